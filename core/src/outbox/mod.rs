//! What waits to be written to one connection, and what happens when it is too much.

mod frames;
mod rings;

pub use frames::ConflationKey;
pub(crate) use frames::{FrameKey, Frames, Purpose, Queue, Walk, Wanted};

use crate::config::{ConnectionConfig, Overflow};
use bytes::Bytes;

/// The queued messages of one member.
///
/// The first `in_flight` of them are lent to a write: no policy may drop, move
/// or replace them.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Queue,
    in_flight: u32,
    under_pressure: bool,
    /// Somebody waits for room.
    is_awaited: bool,
}

/// What became of a message offered to an outbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Offered {
    Queued {
        /// Older messages that gave way.
        evicted: u32,
        /// The queue has just grown over the soft mark.
        pressure: bool,
    },
    /// The new message was dropped.
    Dropped,
    /// The policy asks for the connection to be closed.
    Disconnect,
}

impl Outbox {
    pub(crate) fn new() -> Outbox {
        Outbox { queue: Queue::EMPTY, in_flight: 0, under_pressure: false, is_awaited: false }
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Offers a frame of `bytes` bytes, of which the caller gives up a hold if it
    /// is queued. A waiting message with the same conflation key gives way, full
    /// or not; when the rest would still leave no room, `policy` decides. Nothing
    /// gives way to a frame that is not queued, and one that could never fit is
    /// dropped under every policy. The work is bounded by the queue's length.
    pub(crate) fn offer(
        &mut self,
        frames: &mut Frames,
        key: FrameKey,
        bytes: usize,
        limits: &ConnectionConfig,
        policy: Overflow,
        conflation: Option<ConflationKey>,
    ) -> Offered {
        let mut evicted = 0;
        if conflation.is_some() || !fits(bytes, self.queue.len(), self.queue.bytes(), limits) {
            match self.make_room(frames, bytes, limits, policy, conflation) {
                Ok(gave_way) => evicted = gave_way,
                Err(refused) => return refused,
            }
        }
        frames.push_back(&mut self.queue, key, bytes);
        let over = self.queue.bytes() > limits.outbox_pressure_bytes;
        let pressure = over && !self.under_pressure;
        self.under_pressure |= over;
        Offered::Queued { evicted, pressure }
    }

    /// Lets messages give way to a frame, as far as they must; says how many
    /// did, or why the frame is not to be queued.
    #[cold]
    fn make_room(
        &mut self,
        frames: &mut Frames,
        bytes: usize,
        limits: &ConnectionConfig,
        policy: Overflow,
        conflation: Option<ConflationKey>,
    ) -> Result<u32, Offered> {
        let in_flight = self.in_flight as usize;
        let replaced = conflation
            .and_then(|conflation| frames.find(&self.queue, in_flight, Wanted::Conflated(conflation)));
        let replaced_bytes = replaced.and_then(|place| frames.get(place.frame())).map_or(0, Bytes::len);
        let messages_left = self.queue.len() - usize::from(replaced.is_some());
        if !fits(bytes, messages_left, self.queue.bytes() - replaced_bytes, limits) {
            match policy {
                Overflow::DropOldest if self.fits_beside_lent(frames, bytes, limits) => {}
                Overflow::Disconnect if bytes <= limits.outbox_bytes_max => return Err(Offered::Disconnect),
                Overflow::DropNewest | Overflow::DropOldest | Overflow::Disconnect => {
                    return Err(Offered::Dropped);
                }
            }
        }
        let mut evicted = 0;
        if let Some(place) = replaced {
            frames.remove(&mut self.queue, place);
            evicted += 1;
        }
        while !fits(bytes, self.queue.len(), self.queue.bytes(), limits)
            && frames.remove_first(&mut self.queue, in_flight, Wanted::Any)
        {
            evicted += 1;
        }
        Ok(evicted)
    }

    fn fits_beside_lent(&self, frames: &Frames, bytes: usize, limits: &ConnectionConfig) -> bool {
        let lent = self.in_flight as usize;
        let lent_bytes = frames.iter(&self.queue, lent).map(Bytes::len).sum();
        fits(bytes, lent, lent_bytes, limits)
    }

    /// Whether a frame of `bytes` bytes has room without anything giving way. If
    /// not, that is remembered, see [`take_room`](Self::take_room).
    pub(crate) fn has_room_or_awaits(&mut self, bytes: usize, limits: &ConnectionConfig) -> bool {
        let has_room = fits(bytes, self.queue.len(), self.queue.bytes(), limits);
        self.is_awaited |= !has_room;
        has_room
    }

    /// Whether room was missed and has come: half of the outbox, so that nobody
    /// is woken for each frame that leaves. True once per miss.
    pub(crate) fn take_room(&mut self, limits: &ConnectionConfig) -> bool {
        if !self.is_awaited {
            return false;
        }
        let has_room = self.queue.is_empty() || !self.is_half_full(limits);
        self.is_awaited = !has_room;
        has_room
    }

    /// Whether half of what may wait does.
    pub(crate) fn is_half_full(&self, limits: &ConnectionConfig) -> bool {
        self.queue.len() * 2 >= limits.outbox_messages_max
            || self.queue.bytes() * 2 >= limits.outbox_bytes_max
    }

    /// Appends the close frame that ends a graceful close; it has reserved room.
    pub(crate) fn push_close(&mut self, frames: &mut Frames, close: Bytes) {
        frames.push_own(&mut self.queue, close, Purpose::Close);
    }

    /// Lends the oldest frames to a write, at most `frames_max`.
    pub(crate) fn lend(&mut self, frames_max: usize) {
        self.in_flight = u32::try_from(self.queue.len().min(frames_max)).unwrap_or(u32::MAX);
    }

    /// Takes the oldest frame that was lent, whose write has begun; its hold
    /// passes to the caller. Says how many bytes it has, too.
    pub(crate) fn take_lent(&mut self, frames: &mut Frames) -> Option<(FrameKey, u32)> {
        self.in_flight = self.in_flight.checked_sub(1)?;
        frames.pop_front(&mut self.queue)
    }

    /// The write is over, and was of one frame, that went whole and was all there
    /// was: what nearly every write comes to. Says whether it was so; if not, or
    /// if somebody waits for room, nothing is done, and the frames are to be
    /// [taken](Self::take_lent) one by one.
    pub(crate) fn take_only(&mut self, frames: &mut Frames, bytes: usize) -> bool {
        let is_all = self.in_flight == 1 && self.queue.bytes() == bytes && !self.is_awaited;
        let only = if is_all { self.queue.take_only() } else { None };
        let Some(only) = only else { return false };
        frames.release(only);
        self.in_flight = 0;
        self.under_pressure = false;
        true
    }

    /// The write is over: what it was lent and did not begin waits again.
    pub(crate) fn end_loan(&mut self, limits: &ConnectionConfig) {
        self.in_flight = 0;
        self.under_pressure = self.under_pressure && self.queue.bytes() > limits.outbox_pressure_bytes / 2;
    }

    /// Drops all that is not in flight; says how many messages that were.
    pub(crate) fn discard_unsent(&mut self, frames: &mut Frames) -> usize {
        frames.truncate(&mut self.queue, self.in_flight as usize)
    }

    /// Drops also what a write was lent and did not begin, because a close frame
    /// now goes first, and nothing may follow it (RFC 6455 §5.5.1); says how many
    /// messages that were.
    #[cold]
    pub(crate) fn discard_overtaken(&mut self, frames: &mut Frames) -> usize {
        self.in_flight = 0;
        self.discard_unsent(frames)
    }

    /// Drops all, because the transport is gone; says how many messages that were.
    pub(crate) fn discard_all(&mut self, frames: &mut Frames) -> usize {
        self.in_flight = 0;
        frames.truncate(&mut self.queue, 0)
    }
}

/// Whether a frame of `bytes` bytes has room beside what waits.
fn fits(bytes: usize, waiting_messages: usize, waiting_bytes: usize, limits: &ConnectionConfig) -> bool {
    waiting_messages < limits.outbox_messages_max && waiting_bytes + bytes <= limits.outbox_bytes_max
}

#[cfg(test)]
mod tests;
