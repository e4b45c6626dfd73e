//! The session envelope: an event and its content, stamped by the server.
//!
//! From a client only the event and its content mean anything; the rest is
//! accepted whatever it is, and never looked at. There are no rooms, namespaces
//! or acknowledgements in it.

use super::emission::Stamp;
use super::json::{Fields, Once, Text, push_string, read_object};
use super::payload::Payload;
use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::Write;

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
        let SessionFields { event, content, .. } = read_object(text)?;
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

/// The fields as they come; three of them mean nothing.
#[derive(Default)]
struct SessionFields<'de> {
    session_id: Once<IgnoredAny>,
    message_id: Once<IgnoredAny>,
    event: Once<Text<'de>>,
    content: Once<&'de RawValue>,
    timestamp: Once<IgnoredAny>,
}

impl<'de> Fields<'de> for SessionFields<'de> {
    fn fill<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "session_id" => self.session_id.fill(map),
            "message_id" => self.message_id.fill(map),
            "event" => self.event.fill(map),
            "content" => self.content.fill(map),
            "timestamp" => self.timestamp.fill(map),
            _ => Ok(false),
        }
    }
}
