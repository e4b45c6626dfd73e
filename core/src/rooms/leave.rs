//! Leaving a group, and leaving all of them at once.
//!
//! Every removal swaps the last entry into the gap, on both sides, and repairs
//! the pointer to whoever was moved. This is the one place where the two lists
//! shrink, and where groups end.

use super::group::Kind;
use super::{GroupKey, GroupName, MemberKey, Rooms, key32};
use crate::thrift;

/// One departure: a member is no longer in a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Left {
    /// The group's name, which outlives the group.
    pub name: GroupName,
    /// The member was the last one, and the group is gone.
    pub emptied: bool,
}

impl Rooms {
    /// Takes a member out of a group; when that is a namespace, out of its rooms
    /// first. Appends each departure to `left` and returns whether the member
    /// was in the group.
    ///
    /// The work is bounded by the member's own groups; seldom, when most of a crowd
    /// of groups is gone, by how many there were.
    pub fn leave(&mut self, member: MemberKey, group: GroupKey, left: &mut Vec<Left>) -> bool {
        if !self.contains(group, member) {
            return false;
        }
        match self.kind(group) {
            Some(Kind::Namespace) => self.unlink_rooms(member, left, |namespace| namespace == group),
            Some(Kind::Client | Kind::Room(_)) | None => {}
        }
        // Looked for only now: leaving the rooms may have moved it.
        if let Some(slot) = self.slot_of(member, group) {
            self.unlink(member, slot, left);
        }
        true
    }

    /// Takes a member out of everything; its key may be reused afterwards.
    /// Appends each departure to `left`, rooms before their namespace.
    ///
    /// The work is bounded as that of [`leave`](Self::leave).
    pub fn remove_member(&mut self, member: MemberKey, left: &mut Vec<Left>) {
        self.unlink_rooms(member, left, |_| true);
        for slot in (0..self.memberships(member).len()).rev() {
            self.unlink(member, slot, left);
        }
    }

    /// Shrinks what grew with the number of members and groups. The work is
    /// bounded by how many there were.
    pub(crate) fn give_memory_back(&mut self) {
        self.shrink_groups();
        while self.members.pop_if(|last| last.list().is_empty()).is_some() {}
        self.members.shrink_to_fit();
    }

    fn shrink_groups(&mut self) {
        thrift::shrink(&mut self.groups);
        self.index.give_memory_back(&self.groups);
    }

    /// Places there is memory for: of groups, names and members.
    #[cfg(test)]
    pub(crate) fn capacities(&self) -> [usize; 3] {
        [self.groups.capacity(), self.index.capacity(), self.members.capacity()]
    }

    /// Takes a member out of the rooms of some namespaces. Walks its list
    /// backwards, because what a removal swaps into the gap has then been
    /// judged already.
    fn unlink_rooms(&mut self, member: MemberKey, left: &mut Vec<Left>, is_left: impl Fn(GroupKey) -> bool) {
        for slot in (0..self.memberships(member).len()).rev() {
            let membership = self.memberships(member).get(slot);
            match membership.and_then(|membership| self.kind(membership.group)) {
                Some(Kind::Room(namespace)) if is_left(namespace) => self.unlink(member, slot, left),
                Some(Kind::Room(_) | Kind::Client | Kind::Namespace) | None => {}
            }
        }
    }

    /// Takes a member out of the group in `slot` of its list.
    fn unlink(&mut self, member: MemberKey, slot: usize, left: &mut Vec<Left>) {
        let Some(&membership) = self.memberships(member).get(slot) else { return };
        let group = membership.group;
        let (Some(kind), Some(name)) = (self.kind(group), self.full_name(group)) else { return };
        self.close_member_gap(member, slot, kind);
        self.close_group_gap(group, membership.position());
        let emptied = self.members(group).is_empty();
        if emptied {
            self.discard(group, kind);
        }
        left.push(Left { name, emptied });
    }

    /// Removes a slot from a member's list, and tells the group that is swapped
    /// into it.
    fn close_member_gap(&mut self, member: MemberKey, slot: usize, kind: Kind) {
        let memberships = self.members.get_mut(member.index());
        if let Some(moved) = memberships.and_then(|memberships| memberships.swap_remove(slot, kind))
            && let Some(group) = self.groups.get_mut(moved.group.index())
        {
            group.set_slot(moved.position(), key32(slot));
        }
    }

    /// Removes a position from a group's list, and tells the member that is
    /// swapped into it.
    fn close_group_gap(&mut self, group: GroupKey, position: u32) {
        let group = self.groups.get_mut(group.index());
        if let Some((moved, slot)) = group.and_then(|group| group.swap_remove(position))
            && let Some(memberships) = self.members.get_mut(moved.index())
        {
            memberships.set_position(slot, position);
        }
    }

    fn discard(&mut self, group: GroupKey, kind: Kind) {
        if let Some(gone) = self.groups.try_remove(group.index()) {
            self.index.remove(gone.hash, group);
            *self.counts.of(kind) -= 1;
            if self.thrift.removed(self.groups.len(), self.groups.capacity()) {
                self.shrink_groups();
            }
        }
    }
}
