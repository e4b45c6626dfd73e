//! One message of a client: what it says, in either envelope, or why it says
//! nothing.
//!
//! Judges the message alone, whoever sent it and whatever was before. What comes
//! out is safe to use as it is: names are within their limits, nesting is
//! bounded, and payloads have not been looked into.

use super::Envelope;
use super::answer::Answer;
use super::asked::{AckAsked, MembershipAsked, Regroup};
use super::json::is_deeper;
use super::payload::Payload;
use super::refusal::Refusal;
use super::session::SessionMessage;
use super::typed::{Kind, TypedMessage, UnknownKind};
use crate::config::ConnectionSettings;
use crate::rooms::{JoinError, Limits, ROOT};
use crate::wire::Message;
use std::borrow::Cow;

/// Names that are keys of every object in some languages: a client that keeps
/// its handlers in one would be led astray by them.
const RESERVED_NAMES: [&str; 3] = ["__proto__", "constructor", "prototype"];

/// What a message of a client says.
#[derive(PartialEq, Eq, Debug)]
pub enum Said<'m> {
    /// Something happened.
    Event(Event<'m>),
    /// To join or leave a room or a namespace.
    Membership(MembershipAsked<'m>),
    /// The answer to what it was asked.
    Ack {
        /// What was asked, as the client has it.
        id: Cow<'m, str>,
        /// Its answer.
        answer: Answer<'m>,
    },
    /// Wants a pong with the same content.
    Ping(Payload<'m>),
    /// That something is wrong which was not asked with an id.
    Complaint {
        /// The namespace it is about.
        namespace: Cow<'m, str>,
        /// What is wrong, in the peer's words.
        error: Cow<'m, str>,
    },
    /// Nothing that wants an answer: a pong.
    Nothing,
}

/// An event, for the application.
#[derive(PartialEq, Eq, Debug)]
pub struct Event<'m> {
    /// The namespace.
    pub namespace: Cow<'m, str>,
    /// What it is called.
    pub name: Cow<'m, str>,
    /// The room it is about, if it says so. Whether the sender is a member, it
    /// does not say.
    pub room: Option<Cow<'m, str>>,
    /// What it carries.
    pub data: Payload<'m>,
    /// The answer it wants, if it wants one.
    pub ack: Option<AckAsked<'m>>,
}

/// Why a message says nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It cannot be understood.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It is of a type that there is not.
    #[error(transparent)]
    UnknownKind(#[from] UnknownKind),
}

/// What is wrong with a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// It is binary; envelopes are text.
    #[error("a binary message cannot be an event: send text")]
    Binary,
    /// Its JSON nests too deep.
    #[error("the message nests deeper than {json_depth_max} levels (json_depth_max)")]
    TooDeep {
        /// The limit in force.
        json_depth_max: usize,
    },
    /// It is not JSON, or not this envelope: a wrong type, an unknown field, a
    /// field that comes twice.
    #[error("the message does not fit the envelope: {0}")]
    Shape(#[from] serde_json::Error),
    /// A name in it breaks the rules for names, or the event has none.
    #[error("a name in the message cannot be used: {0}")]
    Name(#[from] JoinError),
    /// A name that no event, room or namespace may have.
    #[error("`{0}` is reserved: no event, room or namespace can be called so")]
    ReservedName(&'static str),
}

/// The limits a message is held to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ReadLimits {
    /// How deep JSON may nest, the envelope included.
    pub json_depth_max: usize,
    /// For names.
    pub names: Limits,
}

impl ReadLimits {
    /// The part of a route's settings that concerns reading.
    pub fn of(settings: &ConnectionSettings) -> ReadLimits {
        ReadLimits { json_depth_max: settings.json_depth_max, names: Limits::of(settings) }
    }
}

/// What a client's `message` says in its envelope. Borrows from it wherever its
/// strings have no escapes. The work is bounded by the message; nesting costs no
/// stack.
///
/// # Errors
/// It says nothing that can be understood. [`Envelope::Raw`] has no events, so
/// there every message is malformed.
pub fn read<'m>(
    envelope: Envelope,
    message: &'m Message<'_>,
    limits: &ReadLimits,
) -> Result<Said<'m>, Refused> {
    let text = message.as_text().ok_or(Malformed::Binary)?;
    let json_depth_max = limits.json_depth_max;
    if is_deeper(text, json_depth_max) {
        return Err(Malformed::TooDeep { json_depth_max }.into());
    }
    match envelope {
        Envelope::Raw => Err(Malformed::Binary.into()),
        Envelope::Typed => {
            let message = TypedMessage::read(text).map_err(Malformed::from)??;
            Ok(typed(message, limits)?)
        }
        Envelope::Session => Ok(session(SessionMessage::read(text)?, limits)?),
    }
}

fn typed<'m>(message: TypedMessage<'m>, limits: &ReadLimits) -> Result<Said<'m>, Malformed> {
    let TypedMessage { kind, namespace, event, data, ack_id, room, error } = message;
    for name in [Some(&namespace), event.as_ref(), room.as_ref()].into_iter().flatten() {
        check_reserved(name)?;
    }
    ack_id.as_ref().map_or(Ok(()), |id| limits.names.check_name(id))?;
    Ok(match kind {
        Kind::Event => {
            let name = event.unwrap_or_default();
            for name in [Some(&namespace), Some(&name), room.as_ref()].into_iter().flatten() {
                limits.names.check_name(name)?;
            }
            let ack = ack_id.map(|id| AckAsked::new(namespace.clone(), name.clone(), id));
            Said::Event(Event { namespace, name, room, data, ack })
        }
        Kind::Join => Said::Membership(MembershipAsked::new(Regroup::Join, namespace, room, ack_id)),
        Kind::Leave => Said::Membership(MembershipAsked::new(Regroup::Leave, namespace, room, ack_id)),
        Kind::Ack => Said::Ack { id: ack_id.unwrap_or_default(), answer: Answer::Data(data) },
        Kind::Error => match ack_id {
            Some(id) => Said::Ack { id, answer: Answer::Error(error.unwrap_or_default()) },
            None => Said::Complaint { namespace, error: error.unwrap_or_default() },
        },
        Kind::Ping => Said::Ping(Payload::NONE),
        Kind::Pong => Said::Nothing,
    })
}

fn session<'m>(message: SessionMessage<'m>, limits: &ReadLimits) -> Result<Said<'m>, Malformed> {
    let SessionMessage { event, content } = message;
    check_reserved(&event)?;
    limits.names.check_name(&event)?;
    Ok(match &*event {
        "ping" => Said::Ping(content),
        "pong" => Said::Nothing,
        _ => Said::Event(Event {
            namespace: Cow::Borrowed(ROOT),
            name: event,
            room: None,
            data: content,
            ack: None,
        }),
    })
}

/// Whether no event, room or namespace that a client names may be called so.
pub fn is_reserved(name: &str) -> bool {
    check_reserved(name).is_err()
}

fn check_reserved(name: &str) -> Result<(), Malformed> {
    match RESERVED_NAMES.into_iter().find(|&reserved| reserved == name) {
        Some(reserved) => Err(Malformed::ReservedName(reserved)),
        None => Ok(()),
    }
}

impl Refused {
    /// What the client is told.
    pub fn refusal(&self) -> Refusal {
        match self {
            Refused::Malformed(_) => Refusal::MalformedMessage,
            Refused::UnknownKind(_) => Refusal::UnknownMessageType,
        }
    }
}
