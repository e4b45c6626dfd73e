//! How far back a compressor looks.

/// The window of a compressor: how far back in a message it refers, and so how
/// much its receiver has to remember.
///
/// There are two, so that a message to many has at most two compressed forms:
/// whoever asks for less than 15 bits gets 9. (8 bits are in the RFC, but zlib
/// cannot compress with them.)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Window {
    /// 15 bits: 32 KiB.
    Wide,
    /// 9 bits: 512 bytes.
    Narrow,
}

impl Window {
    /// The base-2 logarithm of its size in bytes.
    pub const fn bits(self) -> u8 {
        match self {
            Window::Wide => 15,
            Window::Narrow => 9,
        }
    }

    /// The one for a receiver that allows `bits`; none is small enough for 8.
    pub(super) const fn within(bits: u8) -> Option<Window> {
        match bits {
            ..=8 => None,
            9..=14 => Some(Window::Narrow),
            15.. => Some(Window::Wide),
        }
    }
}

/// A window size as both sides write it: 8 to 15, without leading zeros (RFC
/// 7692 §7.1.2).
pub(super) fn parse_bits(text: &str) -> Option<u8> {
    let bits = text.parse().ok().filter(|bits| (8..=15).contains(bits))?;
    (text.len() == if bits < 10 { 1 } else { 2 }).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_in_one_way() {
        for (text, bits) in [("8", 8), ("9", 9), ("10", 10), ("15", 15)] {
            assert_eq!(parse_bits(text), Some(bits));
        }
        for text in ["", "0", "7", "16", "08", "015", "+9", "+10", "-9", "9.0", " 9", "nine", "265"] {
            assert_eq!(parse_bits(text), None, "{text}");
        }
    }

    #[test]
    fn a_window_is_never_larger_than_allowed() {
        assert_eq!(Window::within(8), None);
        for bits in 9..=15 {
            assert!(Window::within(bits).is_some_and(|window| window.bits() <= bits));
        }
    }
}
