//! Rings of frame keys, threaded through one list of nodes.
//!
//! Apart from the queues because it is about nodes only: a ring is named by the
//! node that its owner cares for, a free node is the next to be used. It never
//! knows whose a ring is, and a node that is not in the caller's own ring must
//! not be asked for.

use super::frames::FrameKey;

/// Names a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct NodeKey(u32);

impl NodeKey {
    pub(super) const NONE: NodeKey = NodeKey(u32::MAX);
}

#[derive(Debug)]
struct Node {
    frame: FrameKey,
    /// The next of the ring, or the next that is free.
    next: NodeKey,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Rings {
    nodes: Vec<Node>,
    free: NodeKey,
    used: usize,
}

/// From this capacity on, the memory is given back when the last ring is gone.
const SHRINK_FROM_NODES: usize = 1_024;

impl Rings {
    pub(super) const EMPTY: Rings = Rings { nodes: Vec::new(), free: NodeKey::NONE, used: 0 };

    /// Starts a ring.
    pub(super) fn start(&mut self, frame: FrameKey) -> NodeKey {
        self.used += 1;
        let key = self.free;
        if let Some(node) = self.get_mut(key) {
            let next_free = node.next;
            *node = Node { frame, next: key };
            self.free = next_free;
            return key;
        }
        let key = NodeKey(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { frame, next: key });
        key
    }

    /// Puts a frame behind the one at `previous`.
    pub(super) fn insert_after(&mut self, previous: NodeKey, frame: FrameKey) -> NodeKey {
        let key = self.start(frame);
        if let Some(previous) = self.get_mut(previous) {
            let next = std::mem::replace(&mut previous.next, key);
            self.link(key, next);
        }
        key
    }

    /// Takes out the frame behind the one at `previous`, which may be itself;
    /// says at which node it was.
    pub(super) fn remove_after(&mut self, previous: NodeKey) -> Option<(NodeKey, FrameKey)> {
        let (key, frame) = self.after(previous)?;
        let next_free = self.free;
        let node = self.get_mut(key)?;
        let next = std::mem::replace(&mut node.next, next_free);
        if key != previous {
            self.link(previous, next);
        }
        self.free = key;
        self.used -= 1;
        if self.used == 0 && self.nodes.capacity() > SHRINK_FROM_NODES {
            *self = Rings::EMPTY;
        }
        Some((key, frame))
    }

    /// What is behind the frame at `previous`.
    pub(super) fn after(&self, previous: NodeKey) -> Option<(NodeKey, FrameKey)> {
        let key = self.nodes.get(previous.0 as usize)?.next;
        self.nodes.get(key.0 as usize).map(|node| (key, node.frame))
    }

    fn link(&mut self, key: NodeKey, next: NodeKey) {
        if let Some(node) = self.get_mut(key) {
            node.next = next;
        }
    }

    fn get_mut(&mut self, key: NodeKey) -> Option<&mut Node> {
        self.nodes.get_mut(key.0 as usize)
    }

    /// How many nodes are in rings.
    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.used
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.nodes.capacity()
    }
}

impl Default for Rings {
    fn default() -> Rings {
        Rings::EMPTY
    }
}
