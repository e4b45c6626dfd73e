//! Events: named messages with a payload, in an envelope of JSON.
//!
//! One event inside, [`Event`]: a namespace, a name, perhaps a room, a payload,
//! and perhaps the wish for an acknowledgement. How it looks on the wire is the
//! route's [`Envelope`]; a route without one ([`Envelope::Raw`]) pays nothing
//! for any of this.
//!
//! What is here knows neither connections nor hubs: [`read`] judges one message
//! by itself, [`TypedMessage`] and [`SessionMessage`] are the two shapes, `acks` is
//! a table of what has been asked and `collecting` a set of answers. What a message
//! *leads to* is decided by the [hub](crate::hub::Hub::interpret), which knows who
//! is where.
//!
//! Payloads stay as they came until the application asks for a type
//! ([`Payload::parse`]), so that none of its code runs in here.
//!
//! ```
//! use fanfare_core::config::ConnectionSettings;
//! use fanfare_core::event::{Envelope, ReadLimits, Said, read};
//! use fanfare_core::wire::Message;
//!
//! let message = Message::from(r#"{"type":"event","event":"move","data":[1,2]}"#);
//! let limits = ReadLimits::of(&ConnectionSettings::default());
//! let Ok(Said::Event(event)) = read(Envelope::Typed, &message, &limits) else { panic!("an event") };
//! assert_eq!((&*event.namespace, &*event.name), ("/", "move"));
//! assert_eq!(event.data.raw(), "[1,2]");
//! assert_eq!(event.data.parse::<(u8, u8)>().ok(), Some((1, 2)));
//! ```

mod acks;
mod answer;
mod asked;
mod collecting;
mod emission;
mod json;
mod payload;
mod reading;
mod refusal;
mod rejection;
mod session;
#[cfg(test)]
mod tests;
mod typed;

pub use acks::{AckId, InvalidAckId};
pub use answer::{Answer, AnswerError};
pub use asked::{AckAsked, MembershipAsked, Regroup};
pub use collecting::{Collected, Missing};
pub use emission::{Emission, Stamp};
pub use payload::{Payload, PayloadError};
pub use reading::{Event, Malformed, ReadLimits, Refused, Said, is_reserved, read};
pub use refusal::Refusal;
pub use rejection::{NotAnApplicationCode, Rejection};
pub use session::SessionMessage;
pub use typed::{Kind, TypedMessage, UnknownKind};

pub(crate) use acks::{Pending, Waiting};
pub(crate) use asked::error;
pub(crate) use collecting::Collecting;

/// How the messages of a route are to be understood.
///
/// ```
/// use fanfare_core::event::Envelope;
///
/// assert!(Envelope::Typed.has_acks() && !Envelope::Session.has_acks());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Envelope {
    /// Not at all: a message is the application's as it is.
    Raw,
    /// `{"type":…,"namespace":…,"event":…,"data":…,"ackId":…,"room":…,"error":…}`
    Typed,
    /// `{"session_id":…,"message_id":…,"event":…,"content":…,"timestamp":…}`
    Session,
}

impl Envelope {
    /// Those that carry events.
    pub const WITH_EVENTS: [Envelope; 2] = [Envelope::Typed, Envelope::Session];

    /// Whether an event can ask for an acknowledgement.
    pub const fn has_acks(self) -> bool {
        matches!(self, Envelope::Typed)
    }
}
