//! What a member has only for a while: questions that wait for an answer, or the
//! memory of its end.
//!
//! Never both: what waits is resolved when the closing begins. So one pointer in
//! the cold part is enough, and one that has nothing of the kind pays only that.

use crate::close::CloseCode;
use crate::event::Pending;
use crate::rooms::RoomName;
use crate::time::Instant;

/// See the module.
#[derive(Debug)]
pub(crate) enum Talk {
    /// It is open, and has events to be remembered.
    Events(Conversation),
    /// Between our close frame and the peer's.
    Closing(Closing),
}

/// What is remembered of the events of an open connection.
#[derive(Debug, Default)]
pub(crate) struct Conversation {
    /// Messages that could not be understood.
    pub(crate) malformed: u32,
    pub(crate) pending: Pending,
    /// When the link is to be looked at for another reason: the wheel knows, and an
    /// earlier look for a question was put before it.
    pub(crate) later_check: Option<Instant>,
}

impl Conversation {
    /// Whether questions wait, or a look at them does.
    pub(crate) fn is_asked(&self) -> bool {
        !self.pending.is_empty() || self.later_check.is_some()
    }
}

/// What is remembered between our close frame and the peer's.
#[derive(Debug)]
pub(crate) struct Closing {
    pub(crate) code: CloseCode,
    /// The rooms it was in.
    pub(crate) rooms: Vec<RoomName>,
}

/// The place for it.
#[derive(Debug, Default)]
pub(crate) struct TalkSlot(Option<Box<Talk>>);

impl TalkSlot {
    pub(crate) fn events(&self) -> Option<&Conversation> {
        match self.0.as_deref()? {
            Talk::Events(conversation) => Some(conversation),
            Talk::Closing(_) => None,
        }
    }

    /// The same to change, if there is any.
    pub(crate) fn events_mut(&mut self) -> Option<&mut Conversation> {
        match self.0.as_deref_mut()? {
            Talk::Events(conversation) => Some(conversation),
            Talk::Closing(_) => None,
        }
    }

    /// The same, made if need be; `None` for one that is closing.
    pub(crate) fn open_events(&mut self) -> Option<&mut Conversation> {
        match &mut **self.0.get_or_insert_with(|| Box::new(Talk::Events(Conversation::default()))) {
            Talk::Events(conversation) => Some(conversation),
            Talk::Closing(_) => None,
        }
    }

    /// Frees what remembers nothing.
    pub(crate) fn tidy(&mut self) {
        if self.events().is_some_and(|events| events.malformed == 0 && !events.is_asked()) {
            self.0 = None;
        }
    }

    /// The conversation is over; what waited in it is returned.
    pub(crate) fn end_events(&mut self) -> Option<Pending> {
        self.events()?;
        match *self.0.take()? {
            Talk::Events(conversation) => Some(conversation.pending),
            Talk::Closing(_) => None,
        }
    }

    pub(crate) fn closing(&self) -> Option<&Closing> {
        match self.0.as_deref()? {
            Talk::Closing(closing) => Some(closing),
            Talk::Events(_) => None,
        }
    }

    pub(crate) fn set_closing(&mut self, closing: Closing) {
        self.0 = Some(Box::new(Talk::Closing(closing)));
    }

    pub(crate) fn take_closing(&mut self) -> Option<Closing> {
        self.closing()?;
        match *self.0.take()? {
            Talk::Closing(closing) => Some(closing),
            Talk::Events(_) => None,
        }
    }
}
