//! What peers send: heads and frames as bytes, correct or not.

use fanfare_core::wire::Frame;

pub(crate) const TEXT: u8 = 0x81;
pub(crate) const TEXT_START: u8 = 0x01;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const BINARY_START: u8 = 0x02;
pub(crate) const CONTINUATION: u8 = 0x00;
pub(crate) const LAST_CONTINUATION: u8 = 0x80;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The lines of a correct upgrade.
pub(crate) const UPGRADE: &str = "Host: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A GET with these header lines.
pub(crate) fn get(lines: &str) -> Vec<u8> {
    format!("GET /ws HTTP/1.1\r\n{lines}\r\n").into()
}

/// A masked frame with this first byte.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, payload.len() as u64);
    bytes.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// The header of a masked frame that announces `payload_bytes`, mask included.
pub(crate) fn header(first: u8, payload_bytes: u64) -> Vec<u8> {
    match payload_bytes {
        0..=125 => header_with(first, payload_bytes.to_be_bytes()[7], &[]),
        126..=0xffff => header_with(first, 126, &payload_bytes.to_be_bytes()[6..]),
        _ => header_with(first, 127, &payload_bytes.to_be_bytes()),
    }
}

/// A header whose length is written as told, right or wrong.
pub(crate) fn header_with(first: u8, length: u8, extended: &[u8]) -> Vec<u8> {
    [&[first, 0x80 | length], extended, &KEY].concat()
}

/// A close frame with this code and reason.
pub(crate) fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(CLOSE, &[&code.to_be_bytes(), reason].concat())
}

/// A text message.
pub(crate) fn text(text: &str) -> Vec<u8> {
    Frame::text(text).masked(KEY).as_bytes().to_vec()
}
