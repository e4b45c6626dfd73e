//! The little JSON that is not left to serde: how deep a text nests, and
//! strings written out.
//!
//! Apart because both look at bytes alone. Whether a text *is* JSON is not
//! judged here.

use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Whether arrays and objects nest deeper than `depth_max`. Uses no stack and one
/// pass, or two where brackets are many.
pub(super) fn is_deeper(text: &str, depth_max: usize) -> bool {
    // Nothing is deeper than it has brackets; counting them is as good as free.
    let brackets = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    brackets > depth_max && depth_within_strings_aside(text) > depth_max
}

fn depth_within_strings_aside(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
    }
    deepest
}

/// Goes behind the quote that ends a string.
fn skip_string(bytes: &mut impl Iterator<Item = u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

/// Appends `text` as a JSON string, quotes included (RFC 8259 §7).
pub(super) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some((at, byte)) = rest.bytes().enumerate().find(|&(_, byte)| needs_escape(byte)) {
        // What needs an escape is one byte, so both ends are between characters.
        let (before, behind) = rest.split_at(at);
        out.push_str(before);
        push_escape(out, byte);
        rest = behind.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
    out.push('"');
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn push_escape(out: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0C => b'f',
        b'\r' => b'r',
        _ => {
            out.push_str("\\u00");
            for digit in [byte >> 4, byte & 0x0F] {
                out.extend(HEX.get(usize::from(digit)).map(|&digit| char::from(digit)));
            }
            return;
        }
    };
    out.push('\\');
    out.push(char::from(short));
}

/// A string, borrowed from the text unless it has escapes.
#[derive(Default)]
pub(super) struct Text<'de>(pub(super) Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

/// The value of a field that may come once.
pub(super) enum Once<T> {
    /// It has not come.
    Never,
    /// It has; a `null` is nothing.
    Came(Option<T>),
}

impl<T> Once<T> {
    /// Takes the value that belongs to the key just read.
    pub(super) fn fill<'de, A: de::MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error>
    where
        T: Deserialize<'de>,
    {
        match self {
            Once::Never => *self = Once::Came(map.next_value()?),
            Once::Came(_) => return Err(de::Error::custom("a field comes twice")),
        }
        Ok(())
    }

    pub(super) fn into_value(self) -> Option<T> {
        match self {
            Once::Never => None,
            Once::Came(value) => value,
        }
    }
}

impl<'de> Once<Text<'de>> {
    /// The string, unless it is empty: an empty field is as good as none.
    pub(super) fn into_text(self) -> Option<Cow<'de, str>> {
        self.into_value().map(|text| text.0).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_of_strings() {
        for (text, depth) in [
            ("1", 0),
            ("[]", 1),
            (r#"{"a":[{}]}"#, 3),
            (r#"["[[[[", "]"]"#, 1),
            (r#"["\"[[[["]"#, 1),
            (r#"["\\",[[]]]"#, 3),
            ("[],[],[]", 1),
            ("]]]][", 1),
        ] {
            assert!(!is_deeper(text, depth), "{text}");
            assert!(depth == 0 || is_deeper(text, depth - 1), "{text}");
        }
        assert!(is_deeper(&"[".repeat(1_000_000), 64));
    }

    #[test]
    fn strings_are_written_as_serde_writes_them() {
        let every: String = (0..0x250).filter_map(char::from_u32).chain("🎺\u{2028}".chars()).collect();
        for text in ["", "a", "\"", "\\\\", "ä\nö", &every] {
            let mut written = String::new();
            push_string(&mut written, text);
            assert_eq!(written, serde_json::to_string(text).unwrap());
        }
    }
}
