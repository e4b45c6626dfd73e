//! The typed envelope: a kind, and fields that are there when they say something.
//!
//! Blind to role: what a client says and what a server says have the same shape.
//! Nothing here knows what a message leads to.

use super::json::{Fields, Once, Text, push_string, read_object};
use super::payload::Payload;
use crate::rooms::ROOT;
use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What a typed message is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Something happened.
    Event,
    /// To be let into a room or a namespace.
    Join,
    /// To leave one.
    Leave,
    /// The answer to an event that asked for one.
    Ack,
    /// Are you there?
    Ping,
    /// I am.
    Pong,
    /// Something that was asked is not done.
    Error,
}

/// A message in the typed envelope, borrowed from its text where possible.
///
/// ```
/// use fanfare_core::event::{Kind, TypedMessage};
///
/// let mut message = TypedMessage::new(Kind::Event, "/");
/// message.event = Some("chat".into());
/// let text = r#"{"type":"event","namespace":"/","event":"chat"}"#;
/// assert_eq!(message.write(), text);
/// assert_eq!(TypedMessage::read(text).ok(), Some(Ok(message)));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypedMessage<'a> {
    /// What it is about.
    pub kind: Kind,
    /// Where; `/` where nothing is said.
    pub namespace: Cow<'a, str>,
    /// The event's name.
    pub event: Option<Cow<'a, str>>,
    /// What it carries.
    pub data: Payload<'a>,
    /// What the answer is to carry.
    pub ack_id: Option<Cow<'a, str>>,
    /// The room in the namespace.
    pub room: Option<Cow<'a, str>>,
    /// What is wrong.
    pub error: Option<Cow<'a, str>>,
}

/// Well-formed, but its `type` is none that there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the message's `type` is none of event, join, leave, ack, ping, pong and error")]
pub struct UnknownKind;

impl Kind {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Event => "event",
            Kind::Join => "join",
            Kind::Leave => "leave",
            Kind::Ack => "ack",
            Kind::Ping => "ping",
            Kind::Pong => "pong",
            Kind::Error => "error",
        }
    }

    fn named(name: &str) -> Option<Kind> {
        const ALL: [Kind; 7] =
            [Kind::Event, Kind::Join, Kind::Leave, Kind::Ack, Kind::Ping, Kind::Pong, Kind::Error];
        ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl<'a> TypedMessage<'a> {
    /// A message that says no more.
    pub fn new(kind: Kind, namespace: impl Into<Cow<'a, str>>) -> TypedMessage<'a> {
        TypedMessage {
            kind,
            namespace: namespace.into(),
            event: None,
            data: Payload::NONE,
            ack_id: None,
            room: None,
            error: None,
        }
    }

    /// Reads a text. `target` is accepted and ignored; every other field that is
    /// not the envelope's, or comes twice, or is of a wrong type, is refused, and
    /// so is anything that is no object.
    ///
    /// Nesting is not bounded here, and needs no stack.
    ///
    /// # Errors
    /// Outside, the text is no such message; inside, its type is unknown.
    pub fn read(text: &'a str) -> Result<Result<TypedMessage<'a>, UnknownKind>, serde_json::Error> {
        let TypedFields { kind, namespace, event, data, ack_id, room, error, target: _ } = read_object(text)?;
        let Some(kind) = Kind::named(&kind.into_text().unwrap_or_default()) else {
            return Ok(Err(UnknownKind));
        };
        Ok(Ok(TypedMessage {
            kind,
            namespace: namespace.into_text().unwrap_or(Cow::Borrowed(ROOT)),
            event: event.into_text(),
            data: Payload::borrowed(data.into_value()),
            ack_id: ack_id.into_text(),
            room: room.into_text(),
            error: error.into_text(),
        }))
    }

    /// Writes it: the fields in their order, those that are empty left out.
    pub fn write(&self) -> String {
        // The names of all fields, and quotes; escapes are rare.
        let mut out = String::with_capacity(96 + self.data.raw().len());
        out.push_str("{\"type\":\"");
        out.push_str(self.kind.name());
        out.push_str("\",\"namespace\":");
        push_string(&mut out, &self.namespace);
        push_field(&mut out, ",\"event\":", self.event.as_deref());
        if !self.data.is_none() {
            out.push_str(",\"data\":");
            out.push_str(self.data.raw());
        }
        push_field(&mut out, ",\"ackId\":", self.ack_id.as_deref());
        push_field(&mut out, ",\"room\":", self.room.as_deref());
        push_field(&mut out, ",\"error\":", self.error.as_deref());
        out.push('}');
        out
    }
}

fn push_field(out: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        out.push_str(key);
        push_string(out, value);
    }
}

/// The fields as they come.
#[derive(Default)]
struct TypedFields<'de> {
    kind: Once<Text<'de>>,
    namespace: Once<Text<'de>>,
    event: Once<Text<'de>>,
    data: Once<&'de RawValue>,
    ack_id: Once<Text<'de>>,
    room: Once<Text<'de>>,
    error: Once<Text<'de>>,
    target: Once<IgnoredAny>,
}

impl<'de> Fields<'de> for TypedFields<'de> {
    fn fill<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "type" => self.kind.fill(map),
            "namespace" => self.namespace.fill(map),
            "event" => self.event.fill(map),
            "data" => self.data.fill(map),
            "ackId" => self.ack_id.fill(map),
            "room" => self.room.fill(map),
            "error" => self.error.fill(map),
            "target" => self.target.fill(map),
            _ => Ok(false),
        }
    }
}
