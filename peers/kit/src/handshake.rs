//! The two facts of an opening handshake that both ends compute: where the
//! head ends, and how the key is answered (RFC 6455 §4.2.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// `Sec-WebSocket-Accept` for `key`.
///
/// ```
/// let accept = kit::handshake::accept_key("dGhlIHNhbXBsZSBub25jZQ==");
/// assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
pub fn accept_key(key: &str) -> String {
    let digest =
        Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    STANDARD.encode(digest)
}

/// Length of the head at the start of `bytes`, blank line included, once it is
/// complete.
pub fn head_bytes(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// The value of the first header called `name`, whatever its case.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_at_its_blank_line() {
        assert_eq!(head_bytes(b"GET / HTTP/1.1\r\n\r"), None);
        assert_eq!(head_bytes(b"GET / HTTP/1.1\r\n\r\n\x82"), Some(18));
    }

    #[test]
    fn headers_are_found_whatever_their_case() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\nSEC-WEBSOCKET-KEY:  k= \r\n\r\n";
        assert_eq!(header(head, "Sec-WebSocket-Key"), Some("k="));
        assert_eq!(header(head, "Upgrade"), None);
    }
}
