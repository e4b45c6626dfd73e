//! The frames of one hub that wait to be written, each kept once.
//!
//! A broadcast puts its frame in the table and a 4-byte key in every
//! recipient's queue: no atomic count per recipient, and a shared frame counts
//! once against the server's byte budget. A queue names its oldest frame itself;
//! the others are a [ring](super::rings), so an idle connection owns no queue
//! memory, and one that keeps up never needs any.
//!
//! This file knows nothing of connections, limits or policies.

use super::rings::{NodeKey, Rings};
use bytes::Bytes;
use slab::Slab;
use std::num::NonZeroU64;

/// Says which messages stand for the same thing, so that the latest suffices
/// (a price, a position). Chosen by the application.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ConflationKey(pub NonZeroU64);

/// Names a frame in the table. Valid from [`Frames::share`] until its last hold is released.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FrameKey(u32);

impl FrameKey {
    const NONE: FrameKey = FrameKey(u32::MAX);
}

/// What a queued frame is, as far as queues care.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// A message of the application.
    Data,
    Ping,
    Pong,
    Close,
    /// An HTTP request, or the answer to one.
    Http,
    /// What a client has to repeat on every new connection.
    Rejoin,
}

#[derive(Debug)]
struct Shared {
    bytes: Bytes,
    holds: u32,
    purpose: Purpose,
    conflation: Option<ConflationKey>,
}

/// From this capacity on, the table gives its memory back when it is empty.
const SHRINK_FROM_FRAMES: usize = 1_024;

/// A first-in, first-out queue of frames. Meaningless without the [`Frames`] it was filled by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    /// Means something while there is a frame.
    first: FrameKey,
    /// The node of the last one. Means something while there is a second.
    last: NodeKey,
    len: u32,
    bytes: u32,
}

impl Queue {
    pub(crate) const EMPTY: Queue = Queue { first: FrameKey::NONE, last: NodeKey::NONE, len: 0, bytes: 0 };

    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes as usize
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes the frame of a queue that has no other; its hold passes to the caller.
    pub(crate) fn take_only(&mut self) -> Option<FrameKey> {
        let only = (self.len == 1).then_some(self.first)?;
        *self = Queue::EMPTY;
        Some(only)
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    table: Slab<Shared>,
    rings: Rings,
    message_bytes: u64,
}

impl Frames {
    /// Bytes of all messages in the table, each counted once. Control frames and
    /// HTTP answers are not among them: every link bounds its own.
    pub(crate) fn message_bytes(&self) -> u64 {
        self.message_bytes
    }

    /// Puts a frame in the table, held once by the caller, who must queue or
    /// [`release`](Self::release) it.
    pub(crate) fn share(
        &mut self,
        bytes: Bytes,
        purpose: Purpose,
        conflation: Option<ConflationKey>,
    ) -> FrameKey {
        self.message_bytes += message_bytes(&bytes, purpose);
        let key = self.table.insert(Shared { bytes, holds: 1, purpose, conflation });
        u32::try_from(key).map_or(FrameKey::NONE, FrameKey)
    }

    /// Takes more holds, for as many queues.
    pub(crate) fn hold(&mut self, key: FrameKey, holds: usize) {
        if let Some(shared) = self.table.get_mut(key.0 as usize) {
            shared.holds += u32::try_from(holds).unwrap_or(u32::MAX);
        }
    }

    /// Gives back one hold, the last of which frees the frame; says what it was.
    pub(crate) fn release(&mut self, key: FrameKey) -> Option<Purpose> {
        self.release_many(key, 1)
    }

    /// Gives back several holds at once.
    pub(crate) fn release_many(&mut self, key: FrameKey, holds: usize) -> Option<Purpose> {
        let Some(shared) = self.table.get_mut(key.0 as usize) else {
            debug_assert!(false, "released a frame that nobody holds");
            return None;
        };
        let purpose = shared.purpose;
        shared.holds -= u32::try_from(holds).unwrap_or(u32::MAX);
        if shared.holds == 0 {
            self.free(key);
        }
        Some(purpose)
    }

    #[cold]
    fn free(&mut self, key: FrameKey) {
        let shared = self.table.remove(key.0 as usize);
        self.message_bytes -= message_bytes(&shared.bytes, shared.purpose);
        if self.table.is_empty() && self.table.capacity() > SHRINK_FROM_FRAMES {
            self.table = Slab::new();
        }
    }

    pub(crate) fn get(&self, key: FrameKey) -> Option<&Bytes> {
        self.table.get(key.0 as usize).map(|shared| &shared.bytes)
    }

    pub(crate) fn purpose(&self, key: FrameKey) -> Option<Purpose> {
        self.table.get(key.0 as usize).map(|shared| shared.purpose)
    }

    /// Appends a frame of `bytes` bytes, to which a hold of the caller's passes.
    #[inline]
    pub(crate) fn push_back(&mut self, queue: &mut Queue, key: FrameKey, bytes: usize) {
        debug_assert_eq!(Some(bytes), self.get(key).map(Bytes::len), "a frame that is in the table");
        queue.bytes += length(bytes);
        queue.len += 1;
        match queue.len {
            1 => queue.first = key,
            2 => queue.last = self.rings.start(key),
            _ => queue.last = self.rings.insert_after(queue.last, key),
        }
    }

    /// Appends a frame that is for this queue alone.
    pub(crate) fn push_own(&mut self, queue: &mut Queue, bytes: Bytes, purpose: Purpose) {
        let len = bytes.len();
        let key = self.share(bytes, purpose, None);
        self.push_back(queue, key, len);
    }

    /// Takes the oldest frame, whose hold passes to the caller; says how many
    /// bytes it has, too.
    pub(crate) fn pop_front(&mut self, queue: &mut Queue) -> Option<(FrameKey, u32)> {
        let key = queue.first;
        let left = queue.len.checked_sub(1)?;
        if left > 0 {
            (_, queue.first) = self.rings.remove_after(queue.last)?;
        }
        let bytes = self.get(key).map_or(0, |bytes| length(bytes.len()));
        queue.len = left;
        queue.bytes -= bytes;
        Some((key, bytes))
    }

    /// Where the first frame is, behind the `skip` oldest, that is `wanted`.
    pub(crate) fn find(&self, queue: &Queue, skip: usize, wanted: Wanted) -> Option<Place> {
        if skip == 0 && !queue.is_empty() && self.is_wanted(queue.first, wanted) {
            return Some(Place { frame: queue.first, at: At::Front });
        }
        let mut previous = queue.last;
        for position in 1..queue.len() {
            let (node, frame) = self.rings.after(previous)?;
            if position >= skip && self.is_wanted(frame, wanted) {
                return Some(Place { frame, at: At::Ring { previous } });
            }
            previous = node;
        }
        None
    }

    /// Removes and releases the frame at `place`, found in `queue` as it is now.
    pub(crate) fn remove(&mut self, queue: &mut Queue, place: Place) {
        match place.at {
            At::Front => {
                self.pop_front(queue);
            }
            At::Ring { previous } => {
                if self.rings.remove_after(previous).is_some_and(|(node, _)| node == queue.last) {
                    queue.last = previous;
                }
                queue.len -= 1;
                queue.bytes -= self.get(place.frame).map_or(0, |bytes| length(bytes.len()));
            }
        }
        self.release(place.frame);
    }

    /// Removes and releases the first frame behind the `skip` oldest that is
    /// `wanted`; says whether there was one.
    pub(crate) fn remove_first(&mut self, queue: &mut Queue, skip: usize, wanted: Wanted) -> bool {
        let place = self.find(queue, skip, wanted);
        place.inspect(|place| self.remove(queue, *place)).is_some()
    }

    /// Removes and releases everything behind the `keep` oldest; says how many
    /// messages were among it.
    pub(crate) fn truncate(&mut self, queue: &mut Queue, keep: usize) -> usize {
        let mut messages = 0;
        while let Some(place) = self.find(queue, keep, Wanted::Any) {
            messages += usize::from(self.purpose(place.frame) == Some(Purpose::Data));
            self.remove(queue, place);
        }
        messages
    }

    /// The queued frames, oldest first, at most `frames_max`.
    pub(crate) fn iter(&self, queue: &Queue, frames_max: usize) -> Walk<'_> {
        let left = queue.len.min(u32::try_from(frames_max).unwrap_or(u32::MAX));
        Walk { frames: self, next: queue.first, node: queue.last, left }
    }

    fn is_wanted(&self, key: FrameKey, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Any => true,
            Wanted::Conflated(conflation) => {
                self.table.get(key.0 as usize).is_some_and(|shared| shared.conflation == Some(conflation))
            }
            Wanted::Purpose(purpose) => self.purpose(key) == Some(purpose),
        }
    }
}

/// Where in a queue a frame is. Good until the queue changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    frame: FrameKey,
    at: At,
}

#[derive(Clone, Copy, Debug)]
enum At {
    Front,
    Ring {
        /// The one before it in the ring; itself, if it is alone there.
        previous: NodeKey,
    },
}

impl Place {
    /// The frame that is there.
    pub(crate) fn frame(self) -> FrameKey {
        self.frame
    }
}

/// Which queued frame [`Frames::find`] looks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {
    Any,
    Conflated(ConflationKey),
    Purpose(Purpose),
}

/// Frames of one queue, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'f> {
    frames: &'f Frames,
    next: FrameKey,
    /// The node of `next`; the last one's, as long as the first is next.
    node: NodeKey,
    left: u32,
}

impl Walk<'_> {
    /// How many are still to come.
    pub(crate) fn len(&self) -> usize {
        self.left as usize
    }
}

impl<'f> Iterator for Walk<'f> {
    type Item = &'f Bytes;

    fn next(&mut self) -> Option<&'f Bytes> {
        self.left = self.left.checked_sub(1)?;
        let key = self.next;
        if self.left > 0 {
            (self.node, self.next) = self.frames.rings.after(self.node)?;
        }
        self.frames.get(key)
    }
}

/// A frame's length; configuration keeps outboxes, and so frames, below 4 GiB.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// What a frame counts against the server's byte budget.
fn message_bytes(bytes: &Bytes, purpose: Purpose) -> u64 {
    match purpose {
        Purpose::Data => bytes.len() as u64,
        Purpose::Ping | Purpose::Pong | Purpose::Close | Purpose::Http | Purpose::Rejoin => 0,
    }
}

#[cfg(test)]
mod tests;
