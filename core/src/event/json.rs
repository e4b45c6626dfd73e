//! The JSON that the envelopes share: how deep a text nests, objects whose fields
//! come once, and strings written out.
//!
//! Apart because none of it knows an envelope: which fields there are, each says.

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
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
    // A text always has a JSON form.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
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

/// The fields of an envelope, as they come.
pub(super) trait Fields<'de>: Default {
    /// Takes the value behind `key`; says whether there is such a field.
    fn fill<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error>;
}

/// Reads an object, and nothing else: a derived reader would take an array for
/// one, and copy every optional string.
pub(super) fn read_object<'de, F: Fields<'de>>(text: &'de str) -> Result<F, serde_json::Error> {
    serde_json::from_str::<Object<F>>(text).map(|object| object.0)
}

struct Object<F>(F);

impl<'de, F: Fields<'de>> Deserialize<'de> for Object<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(F::default()))
    }
}

struct ObjectVisitor<F>(F);

impl<'de, F: Fields<'de>> Visitor<'de> for ObjectVisitor<F> {
    type Value = Object<F>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<F>, A::Error> {
        let ObjectVisitor(mut fields) = self;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if !fields.fill(&key.0, &mut map)? {
                return Err(de::Error::custom("a field that the envelope does not have"));
            }
        }
        Ok(Object(fields))
    }
}

/// The value of a field that may come once.
#[derive(Default)]
pub(super) enum Once<T> {
    /// It has not come.
    #[default]
    Never,
    /// It has; a `null` is nothing.
    Came(Option<T>),
}

impl<T> Once<T> {
    /// Takes the value that belongs to the key just read; for [`Fields::fill`].
    pub(super) fn fill<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<bool, A::Error>
    where
        T: Deserialize<'de>,
    {
        match self {
            Once::Never => *self = Once::Came(map.next_value()?),
            Once::Came(_) => return Err(de::Error::custom("a field comes twice")),
        }
        Ok(true)
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
