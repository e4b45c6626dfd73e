//! What waits at a connection: sends for room in its outbox, events for their
//! asynchronous handlers, and others for its end.
//!
//! Sends wait in one line, first in, first out. Only its first is ever tried, so
//! none overtakes another, and the hub tells when to try it again. Each is
//! answered exactly once: when it is queued, when it never will be, or when the
//! connection is over. One whose asker has gone is withdrawn.
//!
//! Must never cost anything where nobody waits.

use super::core::Core;
use super::later::Later;
use crate::error::HandleError;
use crate::gather::Part;
use fanfare_core::close::CloseReason;
use fanfare_core::hub::{SendError, UnknownConnection};
use fanfare_core::id::ConnectionId;
use fanfare_core::wire::Frame;
use std::collections::VecDeque;
use std::sync::Arc;

/// See the module.
#[derive(Default)]
pub(crate) struct Waiting {
    sends: VecDeque<(Frame, Part<()>)>,
    ends: Vec<Part<Option<CloseReason>>>,
    /// Here since hardly a connection has it.
    later: Option<Arc<Later>>,
}

impl Core {
    /// Queues a message as soon as there is room, and answers then.
    pub(crate) fn send_when_room(&mut self, id: ConnectionId, frame: Frame, part: Part<()>) {
        let is_first = self.waiting(id).is_none_or(|waiting| waiting.sends.is_empty());
        if is_first && let Some(outcome) = self.try_send(id, &frame) {
            return part.give(outcome);
        }
        let sends_waiting_max = self.hub.limits(id).map_or(0, |limits| limits.sends_waiting_max);
        let Some(waiting) = self.waiting_mut(id) else {
            return part.give(Err(SendError::from(UnknownConnection(id)).into()));
        };
        if waiting.sends.len() >= sends_waiting_max {
            waiting.sends.retain(|(_, part)| part.is_awaited());
        }
        if waiting.sends.len() >= sends_waiting_max {
            return part.give(Err(HandleError::TooManyWaiting { connection: id, sends_waiting_max }));
        }
        waiting.sends.push_back((frame, part));
    }

    /// There is room in an outbox again.
    pub(super) fn room_came(&mut self, id: ConnectionId) {
        while let Some((frame, part)) = self.next_send(id) {
            if let Some(outcome) = self.try_send(id, &frame) {
                part.give(outcome);
            } else if let Some(waiting) = self.waiting_mut(id) {
                return waiting.sends.push_front((frame, part));
            }
        }
    }

    /// Nothing more will be queued.
    pub(super) fn refuse_sends(&mut self, id: ConnectionId) {
        while let Some((_, part)) = self.next_send(id) {
            part.give(Err(SendError::from(UnknownConnection(id)).into()));
        }
    }

    /// Answers once the connection is closed; at once, and without a reason,
    /// where it is over already.
    pub(crate) fn await_end(&mut self, id: ConnectionId, part: Part<Option<CloseReason>>) {
        let Some(waiting) = self.waiting_mut(id) else { return part.give(Ok(None)) };
        if waiting.ends.len() == waiting.ends.capacity() {
            waiting.ends.retain(Part::is_awaited);
        }
        waiting.ends.push(part);
    }

    /// The events that asynchronous handlers have not come to.
    pub(super) fn events_for_later(&mut self, id: ConnectionId) -> Option<Arc<Later>> {
        let limits = self.hub.limits(id)?;
        let (events_max, bytes_max) = (limits.inbox_messages_max, limits.inbox_bytes_max);
        let later = &mut self.waiting_mut(id)?.later;
        Some(Arc::clone(later.get_or_insert_with(|| Arc::new(Later::new(events_max, bytes_max)))))
    }

    /// The connection is closed.
    pub(super) fn answer_all(&mut self, id: ConnectionId, reason: &CloseReason) {
        self.refuse_sends(id);
        let waiting = self.open_session_mut(id).and_then(|open| open.waiting.take());
        for part in waiting.into_iter().flat_map(|waiting| waiting.ends) {
            part.give(Ok(Some(reason.clone())));
        }
    }

    /// `None` when there is no room.
    fn try_send(&mut self, id: ConnectionId, frame: &Frame) -> Option<Result<(), HandleError>> {
        match self.send_if_room(id, frame) {
            Ok(true) => Some(Ok(())),
            Ok(false) => None,
            Err(error) => Some(Err(error.into())),
        }
    }

    /// Takes the first of the line that somebody still waits for.
    fn next_send(&mut self, id: ConnectionId) -> Option<(Frame, Part<()>)> {
        let waiting = self.open_session_mut(id)?.waiting.as_mut()?;
        std::iter::from_fn(|| waiting.sends.pop_front()).find(|(_, part)| part.is_awaited())
    }

    fn waiting(&self, id: ConnectionId) -> Option<&Waiting> {
        self.open_session(id)?.waiting.as_deref()
    }

    /// `None` when the connection is not open.
    fn waiting_mut(&mut self, id: ConnectionId) -> Option<&mut Waiting> {
        self.open_session_mut(id).map(|open| &mut **open.waiting.get_or_insert_default())
    }
}
