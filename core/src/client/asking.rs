//! Questions to the server: events that want an answer, each of which ends exactly
//! once: answered, timed out, or ended with the connection it was asked on.
//!
//! Apart from events as such because a question outlives its message. One that
//! waits for a connection is not asked yet: it ends with none, and in time only.

use super::{Client, EmitError, Notice};
use crate::event::{AckId, Answer, Emission, Envelope, Missing, Pending, Waiting};
use crate::id::ShardId;
use crate::time::Instant;
use crate::wire::Message;
use std::time::Duration;

/// What has been asked and not been answered.
#[derive(Debug, Default)]
pub(super) struct Questions {
    pending: Pending,
    asked: u32,
}

impl Client {
    /// Sends an event, and asks for an answer within `time_max`, at most
    /// `ack_time_max`. What comes of it is told once: by
    /// [`Incoming::Answer`](super::Incoming::Answer) or by
    /// [`Notice::Unanswered`].
    ///
    /// Asked without a connection, where messages may wait for one, it is sent with
    /// them; the time runs from now, and once it is over the event is not sent any
    /// more.
    ///
    /// # Errors
    /// It is not asked: the event is not queued, or as many questions as allowed
    /// wait already, or the envelope has none.
    pub fn ask(
        &mut self,
        now: Instant,
        emission: &Emission<'_>,
        time_max: Duration,
    ) -> Result<AckId, EmitError> {
        let limits = self.limits();
        let (envelope, acks_max) = (limits.envelope, limits.acks_max);
        let until = now + time_max.min(limits.ack_time_max);
        match envelope {
            Envelope::Raw => return Err(EmitError::NoEnvelope),
            Envelope::Session => return Err(EmitError::NoAcks),
            Envelope::Typed => {}
        }
        if self.questions.pending.len() >= acks_max {
            return Err(EmitError::TooManyAcks { acks_max });
        }
        let id = self.next_ack_id();
        let message = Message::from(emission.typed_text(Some(id)));
        self.send_asking(now, &message, Some(id))?;
        self.questions.pending.push(Waiting { id, until, collection: None });
        self.stats.acks_asked += 1;
        Ok(id)
    }

    /// How many questions wait for an answer.
    pub fn acks_pending(&self) -> usize {
        self.questions.pending.len()
    }

    /// Never used before, and not to be guessed.
    pub(super) fn next_ack_id(&mut self) -> AckId {
        self.questions.asked = self.questions.asked.wrapping_add(1);
        AckId::new(ShardId(0), self.questions.asked, self.random.next_u32())
    }

    /// The server says that this is its answer; returns it if it is one.
    pub(super) fn answered<'m>(&mut self, ask: AckId, answer: Answer<'m>) -> Option<(AckId, Answer<'m>)> {
        let waiting = self.questions.pending.take(ask);
        let count =
            if waiting.is_some() { &mut self.stats.acks_answered } else { &mut self.stats.acks_ignored };
        *count += 1;
        waiting.map(|waiting| (waiting.id, answer))
    }

    /// When the next question has waited long enough.
    pub(super) fn next_ack_due(&self) -> Option<Instant> {
        self.questions.pending.next()
    }

    pub(super) fn time_questions_out(&mut self, now: Instant) {
        for Waiting { id, .. } in self.questions.pending.take_due(now) {
            self.stats.acks_timed_out += 1;
            self.offline.withdraw(id);
            self.notices.push_back(Notice::Unanswered { ask: id, why: Missing::TimedOut });
        }
    }

    /// Ends all questions, because the connection they were asked on is over, or
    /// there will be none.
    pub(super) fn end_questions(&mut self) {
        for Waiting { id, .. } in self.questions.pending.take_due(Instant::FAR_FUTURE) {
            self.stats.acks_disconnected += 1;
            self.notices.push_back(Notice::Unanswered { ask: id, why: Missing::Disconnected });
        }
    }
}
