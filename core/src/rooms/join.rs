//! Joining a group: judge everything first, then change everything.
//!
//! Apart from leaving because they share no step. A join that is refused must
//! have changed nothing, so no check may follow the first change.

use super::group::{Group, Kind};
use super::limits::{JoinError, Limits, check_groups};
use super::memberships::{Membership, Memberships};
use super::{GroupKey, MemberKey, Rooms, Scope};

/// What a join did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Joined {
    /// The group that was asked for.
    pub group: GroupKey,
    /// How the member came to be in it.
    pub entry: Entry,
    /// How the member came to be in the room's namespace;
    /// [`Entry::Unchanged`] when the group is no room.
    pub namespace_entry: Entry,
}

/// How a member came to be in a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// It was there before.
    Unchanged,
    /// It joined the others.
    Joined,
    /// It is the first: the group was made for it.
    Created,
}

/// How a member stands to a name, before a join changes anything.
#[derive(Clone, Copy)]
enum Standing {
    /// It is in the group of that name.
    Inside(GroupKey),
    /// The group exists, and the member is not in it.
    Outside(GroupKey),
    /// There is no such group.
    Absent,
}

impl Rooms {
    /// Puts a member into the group called `name`, which is made if need be; for
    /// a room, into its namespace as well. A join that is refused changes
    /// nothing; one that was done before changes nothing and is never refused
    /// for a count.
    pub fn join(
        &mut self,
        member: MemberKey,
        scope: Scope<'_>,
        name: &str,
        limits: &Limits,
    ) -> Result<Joined, JoinError> {
        limits.check_name(name)?;
        match scope {
            Scope::Client => {
                let standing = self.standing(member, Kind::Client, name)?;
                let (group, entry) = self.enter(member, standing, Kind::Client, name);
                Ok(Joined { group, entry, namespace_entry: Entry::Unchanged })
            }
            Scope::Namespace => {
                let standing = self.standing(member, Kind::Namespace, name)?;
                self.check_namespace(member, standing, limits)?;
                let (group, entry) = self.enter(member, standing, Kind::Namespace, name);
                Ok(Joined { group, entry, namespace_entry: Entry::Unchanged })
            }
            Scope::Room(namespace) => self.join_room(member, namespace, name, self.rooms_of(member), limits),
        }
    }

    /// The same for a room, of a member that stays in `rooms_kept` others.
    pub(super) fn join_room(
        &mut self,
        member: MemberKey,
        namespace_name: &str,
        name: &str,
        rooms_kept: usize,
        limits: &Limits,
    ) -> Result<Joined, JoinError> {
        limits.check_name(namespace_name)?;
        let outer = self.standing(member, Kind::Namespace, namespace_name)?;
        let inner = match outer {
            Standing::Inside(namespace) | Standing::Outside(namespace) => {
                self.standing(member, Kind::Room(namespace), name)?
            }
            Standing::Absent => Standing::Absent,
        };
        self.check_namespace(member, outer, limits)?;
        self.check_room(inner, rooms_kept, limits)?;

        let (namespace, namespace_entry) = self.enter(member, outer, Kind::Namespace, namespace_name);
        let (group, entry) = self.enter(member, inner, Kind::Room(namespace), name);
        Ok(Joined { group, entry, namespace_entry })
    }

    /// Refuses when the group is absent and could not be made.
    fn standing(&self, member: MemberKey, kind: Kind, name: &str) -> Result<Standing, JoinError> {
        match self.find_kind(kind, name) {
            Some(group) if self.contains(group, member) => Ok(Standing::Inside(group)),
            Some(group) => Ok(Standing::Outside(group)),
            None => check_groups(self.groups.len()).map(|()| Standing::Absent),
        }
    }

    fn check_namespace(
        &self,
        member: MemberKey,
        standing: Standing,
        limits: &Limits,
    ) -> Result<(), JoinError> {
        match standing {
            Standing::Inside(_) => Ok(()),
            Standing::Outside(_) | Standing::Absent => limits.check_namespaces(self.namespaces_of(member)),
        }
    }

    fn check_room(&self, standing: Standing, rooms_kept: usize, limits: &Limits) -> Result<(), JoinError> {
        match standing {
            Standing::Inside(_) => Ok(()),
            Standing::Outside(group) => {
                limits.check_rooms(rooms_kept)?;
                limits.check_room_members(self.members(group).len())
            }
            Standing::Absent => limits.check_rooms(rooms_kept),
        }
    }

    fn enter(&mut self, member: MemberKey, standing: Standing, kind: Kind, name: &str) -> (GroupKey, Entry) {
        let (group, entry) = match standing {
            Standing::Inside(group) => return (group, Entry::Unchanged),
            Standing::Outside(group) => (group, Entry::Joined),
            Standing::Absent => (self.create(kind, name), Entry::Created),
        };
        self.link(member, group, kind);
        (group, entry)
    }

    fn create(&mut self, kind: Kind, name: &str) -> GroupKey {
        let hash = self.index.hash(kind, name);
        let key = GroupKey::of(self.groups.insert(Group::new(kind, name, hash)));
        self.index.insert(&self.groups, hash, key);
        *self.counts.of(kind) += 1;
        key
    }

    /// Appends each to the other's list.
    fn link(&mut self, member: MemberKey, key: GroupKey, kind: Kind) {
        if self.members.len() <= member.index() {
            self.members.resize_with(member.index() + 1, Memberships::default);
        }
        let (Some(memberships), Some(group)) =
            (self.members.get_mut(member.index()), self.groups.get_mut(key.index()))
        else {
            return;
        };
        let slot = memberships.push(Membership::new(key, group.next_position()), kind);
        group.push(member, slot);
    }
}

impl Joined {
    /// Whether the member was not in the group before.
    pub fn changed(&self) -> bool {
        self.entry != Entry::Unchanged
    }
}
