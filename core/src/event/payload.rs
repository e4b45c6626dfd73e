//! What an event carries: JSON that nobody has looked into.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use std::borrow::Cow;
use std::fmt;

/// A JSON value as text, or none. Valid by construction: it was either read as
/// part of a message or written by serde.
///
/// ```
/// use fanfare_core::event::Payload;
///
/// let payload = Payload::of(&["a", "b"])?;
/// assert_eq!(payload.raw(), r#"["a","b"]"#);
/// assert_eq!(payload.parse::<Vec<&str>>()?, ["a", "b"]);
/// assert_eq!(Payload::NONE.raw(), "null");
/// # Ok::<(), fanfare_core::event::PayloadError>(())
/// ```
#[derive(Clone, Default)]
pub struct Payload<'a>(Option<Cow<'a, RawValue>>);

/// A payload is not what was asked for, or what was given is not JSON.
#[derive(Debug, thiserror::Error)]
#[error("the payload does not fit its type: {0}")]
pub struct PayloadError(#[from] serde_json::Error);

impl<'a> Payload<'a> {
    /// No payload; reads as `null`.
    pub const NONE: Payload<'static> = Payload(None);

    pub(super) fn borrowed(value: Option<&'a RawValue>) -> Payload<'a> {
        Payload(value.map(Cow::Borrowed))
    }

    /// The JSON of a value. Runs the value's own `Serialize`: not for inside a hub.
    ///
    /// # Errors
    /// The value has no JSON form: a map with keys that are no strings, say.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Payload<'static>, PayloadError> {
        let json = to_raw_value(value)?;
        Ok(if json.get() == "null" { Payload::NONE } else { Payload(Some(Cow::Owned(json))) })
    }

    /// The JSON text; `null` where there is none.
    pub fn raw(&self) -> &str {
        self.0.as_deref().map_or("null", RawValue::get)
    }

    /// Whether there is none. A `null` is none, too.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The value behind the text.
    ///
    /// # Errors
    /// It is of another type.
    pub fn parse<'s, T: Deserialize<'s>>(&'s self) -> Result<T, PayloadError> {
        Ok(serde_json::from_str(self.raw())?)
    }

    /// The same, independent of the message.
    pub fn into_owned(self) -> Payload<'static> {
        Payload(self.0.map(|value| Cow::Owned(value.into_owned())))
    }

    /// The same, borrowed from this one.
    pub fn as_borrowed(&self) -> Payload<'_> {
        Payload(self.0.as_deref().map(Cow::Borrowed))
    }
}

/// As the value behind the text, so that a payload can be passed on unread.
impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(value) => value.serialize(serializer),
            None => serializer.serialize_unit(),
        }
    }
}

/// Whatever JSON comes, unread and borrowed from its text: a field of an
/// application's own type that is only passed on (`#[serde(borrow)]`).
impl<'de: 'a, 'a> Deserialize<'de> for Payload<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = <&'de RawValue>::deserialize(deserializer)?;
        Ok(Payload((value.get() != "null").then_some(Cow::Borrowed(value))))
    }
}

/// Equal are payloads of the same text: nobody has looked into them.
impl PartialEq for Payload<'_> {
    fn eq(&self, other: &Payload<'_>) -> bool {
        self.is_none() == other.is_none() && self.raw() == other.raw()
    }
}

impl Eq for Payload<'_> {}

impl fmt::Debug for Payload<'_> {
    /// Shows the length only: a payload may be large, and private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.raw().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn what_goes_in_comes_out() {
        let payload = Payload::of(&(1, "a\n", None::<u8>)).unwrap();
        assert_eq!(payload.raw(), r#"[1,"a\n",null]"#);
        assert_eq!(payload.parse::<(u8, String, Option<u8>)>().unwrap(), (1, "a\n".to_owned(), None));
        assert_eq!(payload.as_borrowed().into_owned(), payload);
        assert_ne!(payload, Payload::NONE);
        assert_eq!(
            (Payload::of(&payload).unwrap(), Payload::of(&Payload::NONE).unwrap()),
            (payload, Payload::NONE)
        );
    }

    #[test]
    fn a_payload_in_a_payload_is_passed_on_unread() {
        #[derive(serde::Deserialize)]
        struct Outer<'a> {
            #[serde(borrow)]
            inner: Payload<'a>,
        }
        for (text, inner) in [
            (r#"{"inner": {"a" : [1] }}"#, r#"{"a" : [1] }"#),
            (r#"{"inner": "text"}"#, r#""text""#),
            (r#"{"inner": null}"#, "null"),
        ] {
            let outer = Outer::deserialize(&mut serde_json::Deserializer::from_str(text)).unwrap();
            assert_eq!(outer.inner.raw(), inner);
            assert_eq!(outer.inner.is_none(), inner == "null");
        }
        assert!(serde_json::from_str::<Outer<'_>>("{}").is_err(), "none is not there by itself");
    }

    #[test]
    fn another_type_is_an_error_that_says_so() {
        let error = Payload::of("text").unwrap().parse::<u8>().unwrap_err().to_string();
        assert!(error.contains("invalid type"), "{error}");
        assert!(Payload::of(&BTreeMap::from([((1, 2), 3)])).is_err());
        assert_eq!(Payload::NONE.parse::<Option<u8>>().unwrap(), None);
    }

    #[test]
    fn it_does_not_show_what_it_holds() {
        assert_eq!(format!("{:?}", Payload::of("secret").unwrap()), "Payload(8 bytes)");
    }
}
