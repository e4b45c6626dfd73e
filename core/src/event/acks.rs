//! What has been asked of one peer and not been answered: ids, and a table.
//!
//! The table lives with whoever was asked, so an answer can only be to something
//! that this very peer was asked: what another one knows, or guesses, finds
//! nothing. What leaves the table is resolved, and nothing leaves it twice.

use crate::id::ShardId;
use crate::time::Instant;
use std::fmt;
use std::str::FromStr;

/// What names one question of the server, to all who are asked it.
///
/// A serial of 32 counted and 32 random bits, and the shard that asks: never
/// used again. Outwardly it is a string of 20 hexadecimal digits.
///
/// ```
/// use fanfare_core::event::AckId;
///
/// let id: AckId = "00010000000200000003".parse()?;
/// assert_eq!(id.to_string(), "00010000000200000003");
/// assert!("a#1".parse::<AckId>().is_err());
/// # Ok::<(), fanfare_core::event::InvalidAckId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AckId {
    serial: u64,
    shard: ShardId,
}

/// The text is none of our ids: one is 20 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an id of a question: expected {TEXT_BYTES} lower-case hexadecimal digits")]
pub struct InvalidAckId;

/// Length of an id's outward form, in bytes.
const TEXT_BYTES: usize = 20;

impl AckId {
    pub(crate) fn new(shard: ShardId, counted: u32, random: u32) -> AckId {
        AckId { serial: u64::from(counted) << 32 | u64::from(random), shard }
    }

    /// The shard that asks.
    pub fn shard(self) -> ShardId {
        self.shard
    }
}

impl fmt::Display for AckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}{:016x}", self.shard.0, self.serial)
    }
}

impl fmt::Debug for AckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AckId {
    type Err = InvalidAckId;

    fn from_str(text: &str) -> Result<AckId, InvalidAckId> {
        let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != TEXT_BYTES || !text.bytes().all(hexadecimal) {
            return Err(InvalidAckId);
        }
        let (shard, serial) = text.split_at(4);
        let shard = ShardId(u16::from_str_radix(shard, 16).map_err(|_| InvalidAckId)?);
        Ok(AckId { serial: u64::from_str_radix(serial, 16).map_err(|_| InvalidAckId)?, shard })
    }
}

/// A question that waits for its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Waiting {
    pub(crate) id: AckId,
    /// When it has waited long enough.
    pub(crate) until: Instant,
    /// The collection that the answer is for; without one it is for the application.
    pub(crate) collection: Option<u32>,
}

/// The questions to one peer. In the order of their ends, and of asking among
/// those that end together: so the next is the first, and answers that stay out
/// are told in one order, always. Finding one looks at all, of which there are at
/// most `acks_max`.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    waiting: Vec<Waiting>,
}

impl Pending {
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// When the next one has waited long enough.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.waiting.first().map(|waiting| waiting.until)
    }

    /// Adds a question. That there is room for it was judged by the caller.
    pub(crate) fn push(&mut self, waiting: Waiting) {
        let place = self.waiting.partition_point(|other| other.until <= waiting.until);
        self.waiting.insert(place, waiting);
    }

    /// Takes the question that is answered; `None` for what was never asked, or
    /// is resolved.
    pub(crate) fn take(&mut self, id: AckId) -> Option<Waiting> {
        let place = self.waiting.iter().position(|waiting| waiting.id == id)?;
        Some(self.waiting.remove(place))
    }

    /// Takes all that have waited long enough at `now`.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<Waiting> {
        let place = self.waiting.partition_point(|waiting| waiting.until <= now);
        let rest = self.waiting.split_off(place);
        std::mem::replace(&mut self.waiting, rest)
    }
}
