//! UTF-8 validation of a text that arrives in chunks.
//!
//! Apart so that an assembled text is validated exactly once: each chunk yields
//! the `&str` it completes, and the one character that a chunk may end within
//! is carried to the next. It never waits for the end of a chunk's character to
//! refuse a byte that no continuation could make valid (RFC 6455 §8.1).

use crate::violation::Violation;
use std::str;

/// What is carried from chunk to chunk: a character's first bytes, at most
/// three, that valid bytes can still complete.
#[derive(Clone, Default, Debug)]
pub(super) struct Utf8Carry {
    bytes: [u8; 4],
    len: u8,
}

/// The valid text that one chunk completed, in order.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Piece<'c> {
    /// The character that an earlier chunk began.
    pub(super) carried: Option<char>,
    /// The characters that lie wholly inside this chunk.
    pub(super) text: &'c str,
}

impl Utf8Carry {
    /// Takes the next chunk of the text; [`Violation::InvalidUtf8`] when it
    /// holds a byte that cannot be where it is.
    pub(super) fn feed<'c>(&mut self, chunk: &'c [u8]) -> Result<Piece<'c>, Violation> {
        let (carried, rest) = self.complete(chunk)?;
        let (whole, unfinished) = rest.split_at_checked(unfinished_from(rest)).unwrap_or((rest, &[]));
        let text = validate(whole)?;
        for &byte in unfinished {
            self.push(byte)?;
        }
        Ok(Piece { carried, text })
    }

    /// How many bytes wait for the rest of their character.
    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// The text ends here; [`Violation::InvalidUtf8`] when that is inside a character.
    pub(super) fn finish(&self) -> Result<(), Violation> {
        if self.len == 0 { Ok(()) } else { Err(Violation::InvalidUtf8) }
    }

    /// Completes the carried character, if there is one, from the front of
    /// `chunk`; returns it and what follows it.
    fn complete<'c>(&mut self, chunk: &'c [u8]) -> Result<(Option<char>, &'c [u8]), Violation> {
        let mut rest = chunk;
        while self.len > 0
            && let Some((&byte, after)) = rest.split_first()
        {
            rest = after;
            if let Some(character) = self.push(byte)? {
                return Ok((Some(character), rest));
            }
        }
        Ok((None, rest))
    }

    /// Adds one byte; returns the character when that completes it.
    fn push(&mut self, byte: u8) -> Result<Option<char>, Violation> {
        let at = self.len();
        *self.bytes.get_mut(at).ok_or(Violation::InvalidUtf8)? = byte;
        self.len += 1;
        let bytes = self.bytes.get(..=at).unwrap_or_default();
        match str::from_utf8(bytes) {
            Ok(text) => {
                self.len = 0;
                Ok(text.chars().next())
            }
            // `None` says: an unexpected end, so far a prefix of a character.
            Err(error) if error.error_len().is_none() => Ok(None),
            Err(_) => Err(Violation::InvalidUtf8),
        }
    }
}

/// Validates a text that is all there.
pub(super) fn validate(bytes: &[u8]) -> Result<&str, Violation> {
    simdutf8::basic::from_utf8(bytes).map_err(|_| Violation::InvalidUtf8)
}

/// Where the character starts that `bytes` end within; their length when they
/// end between characters (or in bytes that cannot be valid anyway).
fn unfinished_from(bytes: &[u8]) -> usize {
    let last_bytes = bytes.iter().rev().take(3);
    for (&byte, bytes_here) in last_bytes.zip(1_usize..) {
        let bytes_needed = match byte {
            0x80..=0xBF => continue,
            0x00..=0x7F => 1,
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xFF => 4,
        };
        let cut = if bytes_needed > bytes_here { bytes_here } else { 0 };
        return bytes.len() - cut;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds `chunks`; the text, or the index of the chunk that was refused
    /// (their number, if only the end was).
    fn feed_all<'c>(chunks: impl Iterator<Item = &'c [u8]>) -> Result<String, usize> {
        let (mut carry, mut text) = (Utf8Carry::default(), String::new());
        let mut fed = 0_usize;
        for chunk in chunks {
            let piece = carry.feed(chunk).map_err(|_| fed)?;
            text.extend(piece.carried);
            text.push_str(piece.text);
            fed += 1;
        }
        carry.finish().map_err(|_| fed)?;
        Ok(text)
    }

    #[test]
    fn every_split_of_a_mixed_text_yields_the_same_text() {
        let text = "aä€𝄞\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}z";
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let bytes = text.as_bytes();
                let chunks = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(feed_all(chunks.into_iter()).as_deref(), Ok(text), "{first}, {second}");
            }
        }
    }

    #[test]
    fn the_first_bad_byte_is_refused_when_it_arrives() {
        let cases: [(&[u8], usize); 9] = [
            (b"ok\x80", 2),               // a continuation without a start
            (b"\xc0\xaf", 0),             // overlong, two bytes
            (b"\xe0\x80\xaf", 1),         // overlong, three bytes
            (b"\xf0\x8f\xbf\xbf", 1),     // overlong, four bytes
            (b"\xed\xa0\x80", 1),         // a surrogate
            (b"\xf4\x90\x80\x80", 1),     // above U+10FFFF
            (b"\xf5", 0),                 // no character starts so
            (b"\xce\xba\xe1\xbd\x41", 4), // a character cut short by another
            (b"\xf0\x9d\x84", 3),         // the text ends inside a character
        ];
        for (bytes, bad) in cases {
            assert_eq!(feed_all(bytes.chunks(1)), Err(bad), "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_chunks_are_judged_like_std(
            bytes in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..12),
                proptest::collection::vec(any::<char>(), 0..40)
                    .prop_map(|text| text.into_iter().collect::<String>().into_bytes()),
            ],
            size in 1_usize..70,
        ) {
            let expected = str::from_utf8(&bytes).ok().map(str::to_owned);
            prop_assert_eq!(feed_all(bytes.chunks(size)).ok(), expected);
        }
    }
}
