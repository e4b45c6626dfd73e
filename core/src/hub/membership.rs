//! Rooms and namespaces: joining, leaving, and asking who is where.

use super::{Hub, Notice, UnknownConnection};
use crate::id::ConnectionId;
use crate::rooms::{Entry, GroupKey, GroupName, JoinError, Joined, Left, Limits, MemberKey, Scope};
use std::sync::Arc;

/// Why a connection did not join.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MembershipError {
    /// There is no such open connection.
    #[error(transparent)]
    Unknown(#[from] UnknownConnection),
    /// The name or a limit forbids it; nothing has changed.
    #[error(transparent)]
    Refused(#[from] JoinError),
}

impl Hub {
    /// Puts a connection in a room, and in the room's namespace; both begin to
    /// exist if they did not. Says whether that changed anything.
    pub fn join(&mut self, id: ConnectionId, namespace: &str, room: &str) -> Result<bool, MembershipError> {
        self.join_group(id, Scope::Room(namespace), room)
    }

    /// Puts a connection in a namespace. Says whether that changed anything.
    pub fn join_namespace(&mut self, id: ConnectionId, namespace: &str) -> Result<bool, MembershipError> {
        self.join_group(id, Scope::Namespace, namespace)
    }

    /// Takes a connection out of a room. Says whether it was in it.
    pub fn leave(
        &mut self,
        id: ConnectionId,
        namespace: &str,
        room: &str,
    ) -> Result<bool, UnknownConnection> {
        self.leave_group(id, Scope::Room(namespace), room)
    }

    /// Takes a connection out of a namespace and of its rooms. Says whether it was in it.
    pub fn leave_namespace(&mut self, id: ConnectionId, namespace: &str) -> Result<bool, UnknownConnection> {
        self.leave_group(id, Scope::Namespace, namespace)
    }

    /// Whether each joining and leaving of a room is told, as
    /// [`Notice::Joined`] and [`Notice::Left`]. It is not, to begin with, and costs
    /// nothing.
    pub fn tell_memberships(&mut self, are_told: bool) {
        self.tells_memberships = are_told;
    }

    /// Whether a connection is in a room.
    pub fn is_in(&self, id: ConnectionId, namespace: &str, room: &str) -> bool {
        let group = self.rooms.find(Scope::Room(namespace), room);
        group.zip(self.member_key(id)).is_some_and(|(group, key)| self.rooms.contains(group, key))
    }

    /// Whether a connection is in a namespace.
    pub fn is_in_namespace(&self, id: ConnectionId, namespace: &str) -> bool {
        let group = self.rooms.find(Scope::Namespace, namespace);
        group.zip(self.member_key(id)).is_some_and(|(group, key)| self.rooms.contains(group, key))
    }

    /// The groups a connection is in: its client id, its namespaces, its rooms.
    pub fn groups_of(&self, id: ConnectionId) -> impl Iterator<Item = GroupName> {
        let key = self.member_key(id);
        key.into_iter()
            .flat_map(|key| self.rooms.groups_of(key))
            .filter_map(|group| self.rooms.full_name(group))
    }

    /// This shard's connections in a group, in an order that only joins and leaves change.
    pub fn group_members(&self, group: &GroupName) -> impl Iterator<Item = ConnectionId> {
        let members = self.find_group(group).map_or(&[][..], |group| self.rooms.members(group));
        members.iter().filter_map(|key| self.id_of_member(*key))
    }

    /// How many of this shard's connections are in a group.
    pub fn group_len(&self, group: &GroupName) -> usize {
        self.find_group(group).map_or(0, |group| self.rooms.members(group).len())
    }

    /// All rooms with a member on this shard and their counts, in no particular order.
    pub fn rooms(&self) -> impl Iterator<Item = (GroupName, usize)> {
        self.rooms.groups().filter_map(|group| {
            let name = self.rooms.full_name(group)?;
            matches!(name, GroupName::Room(_)).then(|| (name, self.rooms.members(group).len()))
        })
    }

    /// The client ids that have connections on this shard, and those, in no
    /// particular order.
    pub fn clients(&self) -> impl Iterator<Item = (Arc<str>, impl Iterator<Item = ConnectionId>)> {
        self.rooms.groups().filter_map(|group| match self.rooms.describe(group)? {
            (Scope::Client, _) => {
                let members = self.rooms.members(group).iter();
                Some((self.rooms.name(group)?, members.filter_map(|key| self.id_of_member(*key))))
            }
            (Scope::Namespace | Scope::Room(_), _) => None,
        })
    }

    /// How many rooms have a member on this shard.
    pub fn rooms_len(&self) -> usize {
        self.rooms.counts().rooms
    }

    fn find_group(&self, group: &GroupName) -> Option<GroupKey> {
        match group {
            GroupName::Client(client) => self.rooms.find(Scope::Client, client),
            GroupName::Namespace(namespace) => self.rooms.find(Scope::Namespace, namespace),
            GroupName::Room(room) => self.rooms.find(Scope::Room(&room.namespace), &room.name),
        }
    }

    fn join_group(
        &mut self,
        id: ConnectionId,
        scope: Scope<'_>,
        name: &str,
    ) -> Result<bool, MembershipError> {
        let link = self.link(id).ok_or(UnknownConnection(id))?;
        let limits = Limits::of(self.config.profile(link.profile));
        let key = link.member.filter(|_| self.is_open(id)).ok_or(UnknownConnection(id))?;
        Ok(self.join_member(key, scope, name, &limits)?.changed())
    }

    /// Joins, and tells of groups that this made.
    pub(super) fn join_member(
        &mut self,
        key: MemberKey,
        scope: Scope<'_>,
        name: &str,
        limits: &Limits,
    ) -> Result<Joined, JoinError> {
        let joined = self.rooms.join(key, scope, name, limits)?;
        self.tell_joined(key, scope, joined);
        Ok(joined)
    }

    /// Tells that somebody has joined a group, and of the groups that this has made.
    pub(super) fn tell_joined(&mut self, key: MemberKey, scope: Scope<'_>, joined: Joined) {
        if joined.namespace_entry == Entry::Created
            && let Scope::Room(namespace) = scope
        {
            let namespace = self.rooms.find(Scope::Namespace, namespace);
            self.tell_opened(namespace);
        }
        if joined.entry == Entry::Created {
            self.tell_opened(Some(joined.group));
        }
        if self.tells_memberships
            && joined.changed()
            && let Some(GroupName::Room(room)) = self.rooms.full_name(joined.group)
            && let Some(id) = self.id_of_member(key)
        {
            self.notices.push_back(Notice::Joined { id, room });
        }
    }

    fn tell_opened(&mut self, group: Option<GroupKey>) {
        let name = group.and_then(|group| self.rooms.full_name(group));
        self.notices.extend(name.map(Notice::GroupOpened));
    }

    fn leave_group(
        &mut self,
        id: ConnectionId,
        scope: Scope<'_>,
        name: &str,
    ) -> Result<bool, UnknownConnection> {
        let key = self.member_key(id).ok_or(UnknownConnection(id))?;
        let Some(group) = self.rooms.find(scope, name) else { return Ok(false) };
        let mut left = std::mem::take(&mut self.left);
        let changed = self.rooms.leave(key, group, &mut left);
        self.tell_left(Some(id), left);
        Ok(changed)
    }

    /// Tells that somebody has left groups, and what has become of them; keeps the
    /// list for the next ones.
    pub(super) fn tell_left(&mut self, id: Option<ConnectionId>, mut left: Vec<Left>) {
        for departure in left.drain(..) {
            if self.tells_memberships
                && let GroupName::Room(room) = &departure.name
                && let Some(id) = id
            {
                self.notices.push_back(Notice::Left { id, room: room.clone() });
            }
            if departure.emptied {
                self.notices.push_back(Notice::GroupClosed(departure.name));
            }
        }
        self.left = left;
    }

    pub(super) fn id_of_member(&self, key: MemberKey) -> Option<ConnectionId> {
        let slot = self.members.get(key.0 as usize)?.link as usize;
        self.links.get(slot).map(|link| self.id_at(slot, link.serial))
    }
}
