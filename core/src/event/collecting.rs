//! The answers to one question to many, as far as this shard's members give them.
//!
//! Apart from the table of questions because it belongs to who asks, not to who
//! is asked. Every shard collects by itself; what several have collected adds up.

use super::AckId;
use super::answer::Answer;
use crate::id::ConnectionId;

/// What became of one question to many.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collected {
    /// The question.
    pub id: AckId,
    /// The answers, in the order they came.
    pub answers: Vec<(ConnectionId, Answer<'static>)>,
    /// Who has not answered, and why.
    pub missing: Vec<(ConnectionId, Missing)>,
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Missing {
    /// None came in time.
    #[error("no answer came in time")]
    TimedOut,
    /// The connection ended before.
    #[error("the connection ended before it answered")]
    Disconnected,
    /// It was not asked: its outbox had no room for the question.
    #[error("it was not asked: its outbox is full")]
    NotQueued,
    /// It was not asked: as many questions as allowed wait for it to answer.
    #[error("it was not asked: as many questions as allowed (acks_max) wait for its answer")]
    TooManyAcks,
    /// It answered, and there was no room for the answer.
    #[error("there was no room for its answer (acks_collected_bytes_max)")]
    NoRoom,
}

impl Collected {
    /// Adds what another shard has collected.
    pub fn merge(&mut self, other: Collected) {
        self.answers.extend(other.answers);
        self.missing.extend(other.missing);
    }
}

/// A collection that is not complete.
#[derive(Debug)]
pub(crate) struct Collecting {
    collected: Collected,
    /// How many have been asked and have neither answered nor failed to.
    awaited: usize,
    bytes_left: usize,
}

impl Collecting {
    /// For `id`, with room for `bytes_max` bytes of answers.
    pub(crate) fn new(id: AckId, bytes_max: usize) -> Collecting {
        let collected = Collected { id, answers: Vec::new(), missing: Vec::new() };
        Collecting { collected, awaited: 0, bytes_left: bytes_max }
    }

    /// One more is asked.
    pub(crate) fn asked(&mut self) {
        self.awaited += 1;
    }

    /// One that cannot be asked.
    pub(crate) fn not_asked(&mut self, id: ConnectionId, why: Missing) {
        self.collected.missing.push((id, why));
    }

    /// One that was asked has answered.
    pub(crate) fn answered(&mut self, id: ConnectionId, answer: Answer<'_>) {
        self.awaited -= 1;
        match self.bytes_left.checked_sub(answer.len()) {
            Some(left) => {
                self.bytes_left = left;
                self.collected.answers.push((id, answer.into_owned()));
            }
            None => self.collected.missing.push((id, Missing::NoRoom)),
        }
    }

    /// One that was asked will not answer.
    pub(crate) fn missed(&mut self, id: ConnectionId, why: Missing) {
        self.awaited -= 1;
        self.collected.missing.push((id, why));
    }

    /// Whether everybody has answered, or will not.
    pub(crate) fn is_complete(&self) -> bool {
        self.awaited == 0
    }

    pub(crate) fn into_collected(self) -> Collected {
        self.collected
    }
}
