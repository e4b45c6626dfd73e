//! An event on its way out, before it has a shape.
//!
//! Apart from the shapes because one event may go out in several of them: each
//! is encoded once, for all its recipients.

use super::AckId;
use super::payload::Payload;
use super::session::SessionMessage;
use super::typed::{Kind, TypedMessage};
use crate::id::ConnectionId;
use crate::rooms::ROOT;
use crate::wire::Frame;
use std::borrow::Cow;

/// An event to be sent.
///
/// ```
/// use fanfare_core::event::{Emission, Payload};
///
/// let payload = Payload::of("hello")?;
/// let event = Emission { room: Some("lobby"), data: payload, ..Emission::new("chat") };
/// assert_eq!((event.namespace, event.name), ("/", "chat"));
/// # Ok::<(), fanfare_core::event::PayloadError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Emission<'a> {
    /// The namespace it belongs to.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The room it is said to be in, where that is to be told: who gets it is
    /// another matter.
    pub room: Option<&'a str>,
    /// What it carries.
    pub data: Payload<'a>,
    /// Whose event it is, for envelopes that tell; `None` for the server's own.
    pub sender: Option<ConnectionId>,
}

/// What the server adds to a message in the session envelope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// The sender, or whom an answer is for; `None` for the server's own.
    pub session: Option<ConnectionId>,
    /// The message's id: random.
    pub message: u128,
    /// Seconds since 1970, of the clock on the wall.
    pub unix_seconds: u64,
}

impl<'a> Emission<'a> {
    /// The server's own event `name`, in the namespace `/`, without a payload.
    pub fn new(name: &'a str) -> Emission<'a> {
        Emission { namespace: ROOT, name, room: None, data: Payload::NONE, sender: None }
    }

    /// The frame that all recipients with the typed envelope get, with the
    /// question `ask` if it is one.
    pub fn typed(&self, ask: Option<AckId>) -> Frame {
        Frame::text(&self.typed_text(ask))
    }

    /// What that frame says.
    pub(crate) fn typed_text(&self, ask: Option<AckId>) -> String {
        let message = TypedMessage {
            event: Some(Cow::Borrowed(self.name)),
            data: self.data.as_borrowed(),
            ack_id: ask.map(|ask| Cow::Owned(ask.to_string())),
            room: self.room.map(Cow::Borrowed),
            ..TypedMessage::new(Kind::Event, self.namespace)
        };
        message.write()
    }

    /// The frame that all recipients with the session envelope get. That has no
    /// place for a namespace or a room.
    pub fn session(&self, stamp: &Stamp) -> Frame {
        Frame::text(&self.session_message().write(stamp))
    }

    /// The event in the session envelope, before anybody has stamped it.
    pub(crate) fn session_message(&self) -> SessionMessage<'_> {
        SessionMessage { event: Cow::Borrowed(self.name), content: self.data.as_borrowed() }
    }
}
