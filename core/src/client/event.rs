//! What a client tells: events, which borrow what was read, and notices, which
//! came to be without bytes of their own.
//!
//! Apart from the machine so that whoever handles them can read them in one
//! place.

use super::error::ConnectError;
use crate::close::CloseReason;
use crate::event::{self, AckId, Answer, Missing};
use crate::rooms::RoomName;
use crate::wire::{ControlPayload, Message};
use http::HeaderMap;
use std::borrow::Cow;
use std::time::Duration;

/// What one [`Client::receive`](super::Client::receive) did.
#[derive(Debug)]
pub struct Received<'b> {
    /// How many of the given bytes it took.
    pub consumed: usize,
    /// What they said, if they completed anything.
    pub event: Option<Event<'b>>,
}

impl<'b> Received<'b> {
    pub(super) fn nothing(consumed: usize) -> Received<'b> {
        Received { consumed, event: None }
    }

    pub(super) fn event(consumed: usize, event: Event<'b>) -> Received<'b> {
        Received { consumed, event: Some(event) }
    }
}

/// What the server said. Borrows the bytes it was read from, never the client.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event<'b> {
    /// A message. What it says in an envelope,
    /// [`interpret`](super::Client::interpret) finds out.
    Message(Message<'b>),
    /// A ping; it is answered already.
    Ping(ControlPayload<'b>),
    /// A pong, asked for or not.
    Pong(ControlPayload<'b>),
}

/// What happened to the client itself. [`Connected`] and [`Disconnected`]
/// alternate, beginning with the first.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Notice {
    /// The connection is open. Rooms are being rejoined, and what waited is on its
    /// way.
    Connected(Box<Connected>),
    /// The connection is over.
    Disconnected(Disconnected),
    /// An attempt failed. If there is another, [`Notice::Reconnecting`] follows.
    ConnectFailed {
        /// Which: 0 is the one that was asked for.
        attempt: u32,
        /// Why.
        error: ConnectError,
    },
    /// There will be another attempt.
    Reconnecting {
        /// Which, since a connection was last stable: 1 is the first.
        attempt: u32,
        /// How long from now.
        delay: Duration,
    },
    /// As many attempts as allowed have failed (`attempts_max`). The client is as
    /// after [`disconnect`](super::Client::disconnect).
    GaveUp {
        /// How many.
        attempts: u32,
    },
    /// A question has ended without an answer. It is told once, and no answer
    /// comes.
    Unanswered {
        /// The question.
        ask: AckId,
        /// Why: in time it was not answered, or the connection it was asked on was
        /// lost.
        why: Missing,
    },
    /// Room was missed by [`send_if_room`](super::Client::send_if_room), and half
    /// of the outbox is free.
    Room,
}

/// A connection that is open.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Connected {
    /// Which attempt it was: 0 is the one that was asked for.
    pub attempt: u32,
    /// What the server chose of the offered subprotocols.
    pub subprotocol: Option<String>,
    /// Whether messages may be compressed.
    pub is_compressed: bool,
    /// The headers of the server's answer: cookies, for instance.
    pub headers: HeaderMap,
}

/// A connection that is over.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Disconnected {
    /// Why.
    pub reason: CloseReason,
}

impl Disconnected {
    /// Whether both sides said goodbye.
    pub fn is_graceful(&self) -> bool {
        self.reason.is_clean()
    }
}

/// What a message says in the client's envelope.
#[derive(PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Incoming<'m> {
    /// There is no envelope: the message is the application's as it is.
    Raw,
    /// An event. If it wants an answer:
    /// [`acknowledge`](super::Client::acknowledge), or
    /// [`unhandled`](super::Client::unhandled) where nobody handles it.
    Event(event::Event<'m>),
    /// The answer to a question. It is the only one, and no [`Notice::Unanswered`]
    /// comes.
    Answer {
        /// The question.
        ask: AckId,
        /// The answer.
        answer: Answer<'m>,
    },
    /// The server does not let the client in. It is not rejoined, until it is
    /// joined again.
    JoinRefused {
        /// Into what.
        group: Membership,
        /// Why, in the server's words.
        error: Cow<'m, str>,
    },
    /// The server complains about something that was not asked with an id.
    Complaint {
        /// The namespace it is about.
        namespace: Cow<'m, str>,
        /// In the server's words.
        error: Cow<'m, str>,
    },
    /// The message cannot be understood. More of them than `malformed_events_max`
    /// end the connection.
    Malformed(String),
    /// Nothing more: a ping that is answered, a join that is granted, an answer to
    /// nothing that was asked.
    Handled,
}

/// What a client is a member of, or wants to be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Membership {
    /// A namespace.
    Namespace(std::sync::Arc<str>),
    /// A room in a namespace.
    Room(RoomName),
}
