//! One group: its name, its kind, and the dense list of its members.
//!
//! The list is two parallel arrays, so that a fan-out copies bare member keys:
//! `members[p]` is a member, `slots[p]` the place in that member's own list
//! that points back at `p`. This file keeps the arrays parallel; that the back
//! pointers are true is the business of `Rooms`, which sees both sides.

use super::{GroupKey, MemberKey, key32};
use smallvec::SmallVec;
use std::sync::Arc;

/// Most groups are a client id with a connection or two: four members need no
/// allocation and no more room than an empty `Vec`.
const INLINE_MEMBERS: usize = 4;

/// What kind of set a group is. The owned side of [`Scope`](super::Scope).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Client,
    Namespace,
    /// A room, and the namespace it is in. That one outlives the room, because
    /// the members of a room are members of its namespace.
    Room(GroupKey),
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) kind: Kind,
    pub(super) name: Arc<str>,
    /// Where the index keeps the group; never computed twice.
    pub(super) hash: u64,
    members: SmallVec<[MemberKey; INLINE_MEMBERS]>,
    slots: SmallVec<[u32; INLINE_MEMBERS]>,
}

// There is at least one group per client id: they count when connections idle.
const _: () = assert!(size_of::<Group>() <= 80);

impl Group {
    pub(super) fn new(kind: Kind, name: &str, hash: u64) -> Group {
        Group { kind, name: name.into(), hash, members: SmallVec::new(), slots: SmallVec::new() }
    }

    pub(super) fn members(&self) -> &[MemberKey] {
        &self.members
    }

    /// The position that the next [`push`](Group::push) fills.
    pub(super) fn next_position(&self) -> u32 {
        key32(self.members.len())
    }

    /// Appends a member whose own list points here from `slot`.
    pub(super) fn push(&mut self, member: MemberKey, slot: u32) {
        self.members.push(member);
        self.slots.push(slot);
    }

    /// Where the list of the member at `position` points back from.
    pub(super) fn slot(&self, position: usize) -> Option<u32> {
        self.slots.get(position).copied()
    }

    /// The member at `position` points back from `slot` now.
    pub(super) fn set_slot(&mut self, position: u32, slot: u32) {
        if let Some(entry) = self.slots.get_mut(position as usize) {
            *entry = slot;
        }
    }

    /// Removes the member at `position`. The last one takes its place, and is
    /// returned with its slot unless it was itself removed.
    pub(super) fn swap_remove(&mut self, position: u32) -> Option<(MemberKey, u32)> {
        let index = position as usize;
        if index < self.members.len() && index < self.slots.len() {
            self.members.swap_remove(index);
            self.slots.swap_remove(index);
            self.give_back();
        }
        Some((*self.members.get(index)?, *self.slots.get(index)?))
    }

    /// Returns the memory of a crowd that has left. The threshold is far enough
    /// from the next growth that joins and leaves stay O(1) on average.
    fn give_back(&mut self) {
        if self.members.spilled() && self.members.len() < self.members.capacity() / 4 {
            self.members.shrink_to_fit();
            self.slots.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group_of(members: u32) -> Group {
        let mut group = Group::new(Kind::Client, "alice", 0);
        for member in 0..members {
            group.push(MemberKey(member), member + 100);
        }
        group
    }

    #[test]
    fn the_last_member_takes_the_place_of_the_removed_one() {
        let mut group = group_of(3);
        assert_eq!(group.swap_remove(0), Some((MemberKey(2), 102)));
        assert_eq!(group.members(), [MemberKey(2), MemberKey(1)]);
        assert_eq!(group.swap_remove(1), None);
        assert_eq!(group.swap_remove(7), None);
        assert_eq!(group.members(), [MemberKey(2)]);
        assert_eq!(group.slot(0), Some(102));
    }

    #[test]
    fn a_crowd_that_left_gives_its_memory_back() {
        let mut group = group_of(10_000);
        while group.next_position() > 3 {
            group.swap_remove(0);
        }
        assert!(group.members.capacity() <= 16, "{}", group.members.capacity());
        assert!(group.slots.capacity() <= 16, "{}", group.slots.capacity());
    }
}
