//! Base64 with padding (RFC 4648 §4), as a client's key and credentials are written.
//!
//! Apart because it knows bytes alone. Nothing here reads it: a server only
//! looks at the form of a key.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text that stands for `bytes`.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|at| group.get(at).copied().unwrap_or_default());
        let bits = u32::from_be_bytes([0, a, b, c]);
        for (digit, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            // As many digits as there are bytes, and one; the rest is padding.
            text.push(if digit <= group.len() { self::digit(bits >> shift) } else { '=' });
        }
    }
    text
}

fn digit(bits: u32) -> char {
    DIGITS.get((bits & 0x3F) as usize).copied().map_or('=', char::from)
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn the_vectors_of_the_rfc() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in vectors {
            assert_eq!(encode(bytes.as_bytes()), text);
        }
        assert_eq!(encode(&[0xFB, 0xFF, 0xFE]), "+//+");
    }

    #[test]
    fn the_key_of_rfc_6455() {
        assert_eq!(encode(b"the sample nonce"), "dGhlIHNhbXBsZSBub25jZQ==");
    }
}
