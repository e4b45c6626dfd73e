//! The session envelope: an event and its content, stamped by the server.
//!
//! From a client only the event and its content mean anything; the rest is
//! accepted whatever it is, and never looked at. There are no rooms, namespaces
//! or acknowledgements in it.

use super::emission::Stamp;
use super::json::{Once, Text, push_string};
use super::payload::Payload;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::{self, Write};

/// What a message in the session envelope says, borrowed from its text where
/// possible.
///
/// ```
/// use fanfare_core::event::{SessionMessage, Stamp};
///
/// let text = r#"{"session_id":"mine?","event":"echo","content":{"a":1}}"#;
/// let message = SessionMessage::read(text)?;
/// let stamp = Stamp { session: None, message: 255, unix_seconds: 1_700_000_000 };
/// assert_eq!(
///     message.write(&stamp),
///     r#"{"session_id":"","message_id":"000000000000000000000000000000ff","event":"echo","content":{"a":1},"timestamp":1700000000}"#,
/// );
/// # Ok::<(), fanfare_core::event::Malformed>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionMessage<'a> {
    /// The event's name.
    pub event: Cow<'a, str>,
    /// What it carries.
    pub content: Payload<'a>,
}

impl<'a> SessionMessage<'a> {
    /// Reads what a client sent. Fields that are not the envelope's, or come
    /// twice, are refused, and so is anything that is no object.
    ///
    /// Nesting is not bounded here, and needs no stack.
    ///
    /// # Errors
    /// The text is no such message.
    pub fn read(text: &'a str) -> Result<SessionMessage<'a>, super::Malformed> {
        let Fields { event, content } = serde_json::from_str(text)?;
        Ok(SessionMessage {
            event: event.into_text().unwrap_or_default(),
            content: Payload::borrowed(content.into_value()),
        })
    }

    /// Writes it as a client says it: what the server would overwrite is left out.
    ///
    /// ```
    /// use fanfare_core::event::{Payload, SessionMessage};
    ///
    /// let message = SessionMessage { event: "echo".into(), content: Payload::of(&[1])? };
    /// assert_eq!(message.write_unstamped(), r#"{"event":"echo","content":[1]}"#);
    /// # Ok::<(), fanfare_core::event::PayloadError>(())
    /// ```
    pub fn write_unstamped(&self) -> String {
        let mut out = String::with_capacity(32 + self.event.len() + self.content.raw().len());
        out.push_str("{\"event\":");
        push_string(&mut out, &self.event);
        out.push_str(",\"content\":");
        out.push_str(self.content.raw());
        out.push('}');
        out
    }

    /// Writes it as the server says it: all fields, in their order.
    pub fn write(&self, stamp: &Stamp) -> String {
        let mut out = String::with_capacity(160 + self.event.len() + self.content.raw().len());
        out.push_str("{\"session_id\":\"");
        // Writing to memory does not fail.
        let _ = stamp.session.map_or(Ok(()), |session| write!(out, "{session}"));
        let _ = write!(out, "\",\"message_id\":\"{:032x}\",\"event\":", stamp.message);
        push_string(&mut out, &self.event);
        out.push_str(",\"content\":");
        out.push_str(self.content.raw());
        let _ = write!(out, ",\"timestamp\":{}}}", stamp.unix_seconds);
        out
    }
}

/// The fields that mean something, as they come.
struct Fields<'de> {
    event: Once<Text<'de>>,
    content: Once<&'de RawValue>,
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields { event: Once::Never, content: Once::Never };
        let [mut session_id, mut message_id, mut timestamp] = [const { Once::<IgnoredAny>::Never }; 3];
        while let Some(key) = map.next_key::<Text<'de>>()? {
            match &*key.0 {
                "session_id" => session_id.fill(&mut map)?,
                "message_id" => message_id.fill(&mut map)?,
                "event" => fields.event.fill(&mut map)?,
                "content" => fields.content.fill(&mut map)?,
                "timestamp" => timestamp.fill(&mut map)?,
                _ => return Err(de::Error::custom("a field that the envelope does not have")),
            }
        }
        Ok(fields)
    }
}
