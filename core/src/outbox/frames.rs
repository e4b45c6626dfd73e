//! The frames of one hub that wait to be written, each kept once.
//!
//! A broadcast puts its frame in the table and a 4-byte key in every
//! recipient's queue: no atomic count per recipient, and a shared frame counts
//! once against the server's byte budget. Queues are threaded through one slab
//! of nodes, so an idle connection owns no queue memory at all.
//!
//! This file knows nothing of connections, limits or policies.

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

/// What a queued frame is, as far as queues care.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// A message of the application.
    Data,
    Ping,
    Pong,
    Close,
    /// The answer to an HTTP request.
    Http,
}

#[derive(Debug)]
struct Shared {
    bytes: Bytes,
    holds: u32,
    purpose: Purpose,
    conflation: Option<ConflationKey>,
}

#[derive(Debug)]
struct Node {
    frame: FrameKey,
    next: u32,
}

/// No node.
const NIL: u32 = u32::MAX;

/// Slabs that emptied give their memory back from this capacity on.
const SHRINK_FROM_ENTRIES: usize = 1_024;

/// A first-in, first-out queue of frames. Meaningless without the [`Frames`] it was filled by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    head: u32,
    tail: u32,
    len: u32,
    bytes: u32,
}

impl Queue {
    pub(crate) const EMPTY: Queue = Queue { head: NIL, tail: NIL, len: 0, bytes: 0 };

    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes as usize
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    table: Slab<Shared>,
    nodes: Slab<Node>,
    message_bytes: u64,
}

impl Frames {
    /// Bytes of all messages in the table, each counted once. Control frames and
    /// HTTP answers are not among them: every link bounds its own.
    pub(crate) fn message_bytes(&self) -> u64 {
        self.message_bytes
    }

    /// Puts a frame in the table, held once by the caller, who must [`release`](Self::release) it.
    pub(crate) fn share(
        &mut self,
        bytes: Bytes,
        purpose: Purpose,
        conflation: Option<ConflationKey>,
    ) -> FrameKey {
        self.message_bytes += message_bytes(&bytes, purpose);
        let key = self.table.insert(Shared { bytes, holds: 1, purpose, conflation });
        FrameKey(u32::try_from(key).unwrap_or(NIL))
    }

    /// Gives back one hold; the last one frees the frame.
    pub(crate) fn release(&mut self, key: FrameKey) {
        let slot = key.0 as usize;
        let Some(shared) = self.table.get_mut(slot) else {
            debug_assert!(false, "released a frame that nobody holds");
            return;
        };
        shared.holds -= 1;
        if shared.holds == 0 {
            let shared = self.table.remove(slot);
            self.message_bytes -= message_bytes(&shared.bytes, shared.purpose);
            shrink_if_empty(&mut self.table);
        }
    }

    pub(crate) fn get(&self, key: FrameKey) -> Option<&Bytes> {
        self.table.get(key.0 as usize).map(|shared| &shared.bytes)
    }

    pub(crate) fn purpose(&self, key: FrameKey) -> Option<Purpose> {
        self.table.get(key.0 as usize).map(|shared| shared.purpose)
    }

    /// Appends a frame, taking a hold of its own.
    pub(crate) fn push_back(&mut self, queue: &mut Queue, key: FrameKey) {
        let Some(shared) = self.table.get_mut(key.0 as usize) else {
            debug_assert!(false, "queued a frame that nobody holds");
            return;
        };
        shared.holds += 1;
        queue.bytes += length(&shared.bytes);
        queue.len += 1;
        let node = u32::try_from(self.nodes.insert(Node { frame: key, next: NIL })).unwrap_or(NIL);
        match self.nodes.get_mut(queue.tail as usize) {
            Some(tail) => tail.next = node,
            None => queue.head = node,
        }
        queue.tail = node;
    }

    /// Takes the oldest frame; its hold passes to the caller.
    pub(crate) fn pop_front(&mut self, queue: &mut Queue) -> Option<FrameKey> {
        let node = self.nodes.try_remove(queue.head as usize)?;
        queue.head = node.next;
        if queue.head == NIL {
            queue.tail = NIL;
            shrink_if_empty(&mut self.nodes);
        }
        queue.len -= 1;
        queue.bytes -= self.get(node.frame).map_or(0, length);
        Some(node.frame)
    }

    /// Where the first frame is, behind the `skip` oldest, that is `wanted`.
    pub(crate) fn find(&self, queue: &Queue, skip: usize, wanted: Wanted) -> Option<Place> {
        let mut previous = NIL;
        let mut current = queue.head;
        let mut position = 0;
        while let Some(node) = self.nodes.get(current as usize) {
            if position >= skip && self.is_wanted(node.frame, wanted) {
                return Some(Place { previous, node: current, frame: node.frame });
            }
            position += 1;
            previous = current;
            current = node.next;
        }
        None
    }

    /// Removes and releases the frame at `place`, found in `queue` as it is now.
    pub(crate) fn remove(&mut self, queue: &mut Queue, place: Place) {
        let Some(removed) = self.nodes.try_remove(place.node as usize) else { return };
        match self.nodes.get_mut(place.previous as usize) {
            Some(previous) => previous.next = removed.next,
            None => queue.head = removed.next,
        }
        if queue.tail == place.node {
            queue.tail = place.previous;
        }
        queue.len -= 1;
        queue.bytes -= self.get(removed.frame).map_or(0, length);
        self.release(removed.frame);
        shrink_if_empty(&mut self.nodes);
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

    /// The queued frames, oldest first.
    pub(crate) fn iter(&self, queue: &Queue) -> Walk<'_> {
        Walk { frames: self, next: queue.head }
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
    previous: u32,
    node: u32,
    frame: FrameKey,
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

/// The frames of one queue, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'f> {
    frames: &'f Frames,
    next: u32,
}

impl<'f> Iterator for Walk<'f> {
    type Item = &'f Bytes;

    fn next(&mut self) -> Option<&'f Bytes> {
        let node = self.frames.nodes.get(self.next as usize)?;
        self.next = node.next;
        self.frames.get(node.frame)
    }
}

/// A frame's length; configuration keeps outboxes, and so frames, below 4 GiB.
fn length(bytes: &Bytes) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// What a frame counts against the server's byte budget.
fn message_bytes(bytes: &Bytes, purpose: Purpose) -> u64 {
    match purpose {
        Purpose::Data => bytes.len() as u64,
        Purpose::Ping | Purpose::Pong | Purpose::Close | Purpose::Http => 0,
    }
}

fn shrink_if_empty<T>(slab: &mut Slab<T>) {
    if slab.is_empty() && slab.capacity() > SHRINK_FROM_ENTRIES {
        *slab = Slab::new();
    }
}

#[cfg(test)]
mod tests;
