//! The masking of payloads (RFC 6455 §5.3), in place.
//!
//! Apart because it is the one loop that touches every received byte. It never
//! chooses a key: those come from the connection's generator.

/// A masking key, positioned at the next byte of its payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Mask {
    /// The key, rotated so that its first byte belongs to the next payload byte.
    key: [u8; 4],
}

impl Mask {
    /// The mask of a payload from its first byte on.
    pub(super) fn new(key: [u8; 4]) -> Mask {
        Mask { key }
    }

    /// Masks or unmasks `bytes`, the part of the payload that follows what
    /// earlier calls were given.
    pub(super) fn apply(&mut self, bytes: &mut [u8]) {
        let key = u32::from_ne_bytes(self.key);
        let wide_key = u64::from(key) << 32 | u64::from(key);
        let (words, tail) = bytes.as_chunks_mut::<8>();
        for word in words {
            *word = (u64::from_ne_bytes(*word) ^ wide_key).to_ne_bytes();
        }
        for (byte, key) in tail.iter_mut().zip(self.key.iter().cycle()) {
            *byte ^= key;
        }
        let [a, b, c, d] = self.key;
        self.key = match bytes.len() % 4 {
            1 => [b, c, d, a],
            2 => [c, d, a, b],
            3 => [d, a, b, c],
            _ => [a, b, c, d],
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked_naively(payload: &[u8], key: [u8; 4]) -> Vec<u8> {
        payload.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]).collect()
    }

    #[test]
    fn every_length_and_every_split_masks_like_the_formula() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        let payload: Vec<u8> = (0..67).collect();
        for length in 0..=payload.len() {
            let expected = masked_naively(&payload[..length], key);
            for split in 0..=length {
                let mut bytes = payload[..length].to_vec();
                let mut mask = Mask::new(key);
                let (head, tail) = bytes.split_at_mut(split);
                mask.apply(head);
                mask.apply(tail);
                assert_eq!(bytes, expected, "length {length}, split at {split}");
            }
        }
    }
}
