//! A member's channel: the one room that is its primary one.
//!
//! A channel is a room and a mark on its membership, so whoever leaves the room,
//! in whichever way, has left the channel, and nothing is to be kept in step.
//! Others may be in the room without the mark. Apart from joining because a move
//! is a join and a leave that are judged as one: both happen, or neither.

use super::limits::{JoinError, Limits};
use super::{GroupKey, Joined, Left, MemberKey, Memberships, Rooms, Scope};
use std::collections::BTreeMap;

/// What a move to a channel did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// How the member came to be in the room, in which it may have been before.
    pub joined: Joined,
    /// Whether the room was not the member's channel before.
    pub is_new: bool,
}

impl Rooms {
    /// Makes the room called `name` the channel of a member, which joins it if
    /// need be and leaves the room that was its channel before. Appends that
    /// departure to `left`. A move that is refused changes nothing; one to the
    /// channel it is in changes nothing either.
    ///
    /// ```
    /// use fanfare_core::rooms::{Limits, MemberKey, Rooms, Scope};
    ///
    /// let (mut rooms, ann, limits) = (Rooms::new((1, 2)), MemberKey(0), Limits::default());
    /// let mut left = Vec::new();
    /// rooms.move_to_channel(ann, "/", "news", &limits, &mut left)?;
    /// rooms.move_to_channel(ann, "/", "sport", &limits, &mut left)?;
    /// assert_eq!(rooms.channel_of(ann), rooms.find(Scope::Room("/"), "sport"));
    /// assert_eq!(left.len(), 1); // the room `news`, which is gone
    /// # Ok::<(), fanfare_core::rooms::JoinError>(())
    /// ```
    pub fn move_to_channel(
        &mut self,
        member: MemberKey,
        namespace: &str,
        name: &str,
        limits: &Limits,
        left: &mut Vec<Left>,
    ) -> Result<Moved, JoinError> {
        limits.check_name(name)?;
        let before = self.channel_of(member);
        let rooms_kept = self.rooms_of(member).saturating_sub(usize::from(before.is_some()));
        let joined = self.join_room(member, namespace, name, rooms_kept, limits)?;
        let is_new = before != Some(joined.group);
        if is_new {
            if let Some(before) = before {
                self.leave(member, before, left);
            }
            self.mark_channel(member, joined.group);
        }
        Ok(Moved { joined, is_new })
    }

    /// Whether somebody who is in no room yet could move to the channel `name`.
    pub(crate) fn check_channel(
        &self,
        namespace: &str,
        name: &str,
        limits: &Limits,
    ) -> Result<(), JoinError> {
        limits.check_name(name)?;
        limits.check_rooms(0)?;
        let room = self.find(Scope::Room(namespace), name);
        room.map_or(Ok(()), |room| limits.check_room_members(self.members(room).len()))
    }

    /// The room that is a member's channel, if it has one. The work is bounded by
    /// the member's own groups.
    pub fn channel_of(&self, member: MemberKey) -> Option<GroupKey> {
        self.members.get(member.index()).and_then(Memberships::channel)
    }

    /// How many members have which room as their channel. Looks at the groups of
    /// every member.
    pub fn channels(&self) -> BTreeMap<GroupKey, usize> {
        let mut channels = BTreeMap::new();
        for channel in self.members.iter().filter_map(Memberships::channel) {
            *channels.entry(channel).or_default() += 1;
        }
        channels
    }

    fn mark_channel(&mut self, member: MemberKey, group: GroupKey) {
        // Looked for only now: leaving another room may have moved it.
        if let Some(slot) = self.slot_of(member, group)
            && let Some(memberships) = self.members.get_mut(member.index())
        {
            memberships.mark_channel(slot);
        }
    }
}
