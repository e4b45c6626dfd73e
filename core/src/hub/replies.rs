//! What a connection is told about something it has said: by the application, or
//! by the hub itself.
//!
//! Each takes the wish it answers by value, so that nothing is answered twice.

use super::{Hub, MembershipError, SendError};
use crate::event::{
    self, AckAsked, Envelope, MembershipAsked, Payload, Refusal, Regroup, SessionMessage, TypedMessage,
};
use crate::id::ConnectionId;
use crate::time::Instant;
use crate::wire::Frame;
use std::borrow::Cow;

impl Hub {
    /// Answers an event that wanted an answer.
    ///
    /// # Errors
    /// It is not queued; there will be no other answer.
    pub fn acknowledge<'m>(
        &mut self,
        now: Instant,
        id: ConnectionId,
        asked: AckAsked<'m>,
        data: Payload<'m>,
    ) -> Result<(), SendError> {
        self.send(now, id, &Frame::text(&asked.acknowledged(data).write()))
    }

    /// Tells whoever sent an event that wanted an answer that nobody handles it.
    ///
    /// # Errors
    /// It is not queued.
    pub fn unhandled(
        &mut self,
        now: Instant,
        id: ConnectionId,
        asked: AckAsked<'_>,
    ) -> Result<(), SendError> {
        self.send(now, id, &Frame::text(&asked.refused(Refusal::UnhandledEvent).write()))
    }

    /// Tells whoever sent an event that wanted an answer that its handler failed.
    /// Not how: that is nobody's business but the application's.
    ///
    /// # Errors
    /// It is not queued.
    pub fn handler_failed(
        &mut self,
        now: Instant,
        id: ConnectionId,
        asked: AckAsked<'_>,
    ) -> Result<(), SendError> {
        self.send(now, id, &Frame::text(&asked.refused(Refusal::HandlerFailed).write()))
    }

    /// Does what a connection asked for, and answers it: that it is done where an
    /// answer is wanted, or which limit forbids it. Says whether anything changed.
    ///
    /// # Errors
    /// A limit forbids it; the connection has been told.
    pub fn grant(
        &mut self,
        now: Instant,
        id: ConnectionId,
        asked: MembershipAsked<'_>,
    ) -> Result<bool, MembershipError> {
        let namespace = &*asked.namespace;
        let done = match (asked.regroup, asked.room.as_deref()) {
            (Regroup::Join, Some(room)) => self.join(id, namespace, room),
            (Regroup::Join, None) => self.join_namespace(id, namespace),
            (Regroup::Leave, Some(room)) => Ok(self.leave(id, namespace, room)?),
            (Regroup::Leave, None) => Ok(self.leave_namespace(id, namespace)?),
        };
        match &done {
            Ok(_) => {
                if let Some(answer) = asked.done() {
                    self.answer_event(now, id, &answer);
                }
            }
            Err(MembershipError::Refused(limit)) => {
                let answer = asked.refused((*limit).into());
                self.answer_event(now, id, &answer);
            }
            Err(MembershipError::Unknown(_)) => {}
        }
        done
    }

    /// Says no to what a connection asked for.
    pub fn refuse(&mut self, now: Instant, id: ConnectionId, asked: MembershipAsked<'_>) {
        let why = asked.refusal();
        self.answer_event(now, id, &asked.refused(why));
    }

    /// Tells a connection about something it has said, where its envelope has words
    /// for that.
    pub(super) fn answer_event(&mut self, now: Instant, id: ConnectionId, answer: &TypedMessage<'_>) {
        if self.envelope(id) == Some(Envelope::Typed) {
            // A peer that does not read its answers has them dropped, and counted.
            let _ = self.send(now, id, &Frame::text(&answer.write()));
        }
    }

    /// Tells a connection why something it has said leads to nothing.
    pub(super) fn complain(&mut self, now: Instant, id: ConnectionId, namespace: Cow<'_, str>, why: Refusal) {
        match self.envelope(id) {
            Some(Envelope::Typed) => self.answer_event(now, id, &event::error(namespace, why)),
            Some(Envelope::Session) => {
                let frame = self.session_frame(id, "error", why.content(None));
                let _ = self.send(now, id, &frame);
            }
            Some(Envelope::Raw) | None => {}
        }
    }

    /// A message to one connection, in its own session.
    pub(super) fn session_frame(&mut self, id: ConnectionId, event: &str, content: Payload<'_>) -> Frame {
        let stamp = self.stamp(Some(id));
        Frame::text(&SessionMessage { event: Cow::Borrowed(event), content }.write(&stamp))
    }
}
