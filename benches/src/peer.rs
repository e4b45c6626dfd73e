//! What the other end of a connection sends, as bytes.

use fanfare_core::wire::{Frame, Message};

/// A client's opening handshake.
pub fn upgrade_request() -> &'static [u8] {
    b"GET /ws HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
      Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
}

/// The same by a client that offers compression.
pub fn compressing_request() -> Vec<u8> {
    let offer = "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    let lines = upgrade_request().strip_suffix(b"\r\n\r\n").expect("a head ends with an empty line");
    [lines, offer.as_bytes()].concat()
}

/// As many copies of `message` as fit into `bytes_max`, each in a frame with
/// its own masking key, and how many they are.
pub fn masked_stream(message: &Message<'_>, bytes_max: usize) -> (Vec<u8>, u64) {
    let frame = Frame::from(message);
    let (mut stream, mut messages) = (Vec::new(), 0);
    for counter in 0_u32.. {
        let masked = frame.masked(counter.wrapping_mul(0x9E37_79B9).to_be_bytes());
        if stream.len() + masked.len() > bytes_max {
            break;
        }
        stream.extend_from_slice(masked.as_bytes());
        messages += 1;
    }
    (stream, messages)
}
