//! One member's side: which groups it is in, and at which position there.
//!
//! A leave swaps the last entry into the gap, so the order means nothing. The
//! counts are kept beside the list because every join is held to a limit. Which
//! of the groups is the member's channel is marked on the entry itself: the mark
//! goes where the entry goes, and costs no room of its own.

use super::group::Kind;
use super::{GroupKey, key32};
use smallvec::SmallVec;

/// Set beside the position in the member's channel. No group has as many members:
/// a process has no more descriptors than the other 31 bits can count.
const IS_CHANNEL: u32 = 1 << 31;

/// One group a member is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Membership {
    pub(super) group: GroupKey,
    /// Where the group's list holds the member, and [`IS_CHANNEL`].
    place: u32,
}

/// The groups of one member. The default is a member that is in none.
#[derive(Default, Debug)]
pub(super) struct Memberships {
    list: SmallVec<[Membership; 2]>,
    rooms: u32,
    namespaces: u32,
}

// Every connection has one, idle or not.
const _: () = assert!(size_of::<Memberships>() <= 32);

impl Membership {
    /// In a group whose list holds the member at `position`.
    pub(super) fn new(group: GroupKey, position: u32) -> Membership {
        debug_assert!(position < IS_CHANNEL, "{position} needs more than 31 bits");
        Membership { group, place: position & !IS_CHANNEL }
    }

    /// Where the group's list holds the member.
    pub(super) fn position(self) -> u32 {
        self.place & !IS_CHANNEL
    }

    /// Whether the group is the member's channel.
    pub(super) fn is_channel(self) -> bool {
        self.place & IS_CHANNEL != 0
    }
}

impl Memberships {
    pub(super) fn list(&self) -> &[Membership] {
        &self.list
    }

    /// The group that is the member's channel.
    pub(super) fn channel(&self) -> Option<GroupKey> {
        let marked = self.list.iter().find(|membership| membership.is_channel());
        marked.map(|membership| membership.group)
    }

    pub(super) fn rooms(&self) -> usize {
        self.rooms as usize
    }

    pub(super) fn namespaces(&self) -> usize {
        self.namespaces as usize
    }

    /// Appends a group and returns the slot it got.
    pub(super) fn push(&mut self, membership: Membership, kind: Kind) -> u32 {
        match kind {
            Kind::Client => {}
            Kind::Namespace => self.namespaces += 1,
            Kind::Room(_) => self.rooms += 1,
        }
        let slot = key32(self.list.len());
        self.list.push(membership);
        slot
    }

    /// The member stands at `position` of the group in `slot` now.
    pub(super) fn set_position(&mut self, slot: u32, position: u32) {
        if let Some(membership) = self.list.get_mut(slot as usize) {
            membership.place = membership.place & IS_CHANNEL | position;
        }
    }

    /// The group in `slot` is the member's channel from now on; none other may be.
    pub(super) fn mark_channel(&mut self, slot: usize) {
        debug_assert!(self.list.iter().all(|membership| !membership.is_channel()));
        if let Some(membership) = self.list.get_mut(slot) {
            membership.place |= IS_CHANNEL;
        }
    }

    /// Removes what `slot` holds, a group of `kind`. The last entry takes its
    /// place, and is returned unless it was itself removed.
    pub(super) fn swap_remove(&mut self, slot: usize, kind: Kind) -> Option<Membership> {
        if slot < self.list.len() {
            self.list.swap_remove(slot);
            match kind {
                Kind::Client => {}
                Kind::Namespace => self.namespaces -= 1,
                Kind::Room(_) => self.rooms -= 1,
            }
            if self.list.spilled() && self.list.len() < self.list.capacity() / 4 {
                self.list.shrink_to_fit();
            }
        }
        self.list.get(slot).copied()
    }
}
