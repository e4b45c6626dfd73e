//! Named sets of members: namespaces, the rooms inside them, and client ids.
//!
//! All three are one mechanism, the *group*. A group keeps a dense list of its
//! members, and each member a list of its groups; every entry of one list knows
//! its place in the other. So a join and a leave touch two list ends, a
//! disconnect costs its own groups and nobody else's, and a fan-out copies a
//! list of keys and hashes nothing.
//!
//! What always holds:
//! - a member is in a group's list exactly when the group is in the member's;
//! - no group is empty: the first join makes it, the last leave removes it;
//! - the members of a room are members of its namespace: joining the room joins
//!   the namespace, leaving the namespace leaves its rooms;
//! - a member has at most one channel, and that is a room it is in.
//!
//! Apart because it must know neither connections nor messages: members are
//! numbers here. Whether somebody *may* join is asked before; only the limits
//! are checked here. What happens depends on the calls alone, so equal calls
//! give equal orders whatever the hash keys are.

mod channel;
mod group;
mod index;
mod join;
mod leave;
mod limits;
mod memberships;
mod name;
#[cfg(test)]
mod tests;

pub use channel::Moved;
pub use join::{Entry, Joined};
pub use leave::Left;
pub use limits::{JoinError, Limits};
pub use name::{GroupName, ROOT, RoomName, Scope};

use crate::thrift::Thrift;
use group::{Group, Kind};
use index::Index;
use memberships::{Membership, Memberships};
use slab::Slab;
use std::sync::Arc;

/// A member, as its hub numbers it: small, dense, and reused after
/// [`Rooms::remove_member`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MemberKey(pub u32);

/// A group, for as long as it exists. Reused afterwards, so it is looked up by
/// name ([`Rooms::find`]), used at once, and not kept across a leave.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GroupKey(u32);

/// How many groups of each kind there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct GroupCounts {
    /// Client ids in use.
    pub clients: usize,
    /// Namespaces with a member.
    pub namespaces: usize,
    /// Rooms with a member, in all namespaces together.
    pub rooms: usize,
}

/// Who is in which group.
///
/// ```
/// use fanfare_core::rooms::{Entry, Limits, MemberKey, Rooms, Scope};
///
/// let mut rooms = Rooms::new((1, 2)); // from the hub's random generator
/// let (ann, bob) = (MemberKey(0), MemberKey(1));
/// let limits = Limits::default();
///
/// let joined = rooms.join(ann, Scope::Room("/"), "lobby", &limits)?;
/// assert_eq!((joined.entry, joined.namespace_entry), (Entry::Created, Entry::Created));
/// rooms.join(bob, Scope::Room("/"), "lobby", &limits)?;
/// assert_eq!(rooms.members(joined.group), [ann, bob]);
///
/// let mut left = Vec::new();
/// rooms.remove_member(ann, &mut left);
/// assert_eq!(left.len(), 2); // the lobby, then the namespace `/`
/// assert_eq!(rooms.members(joined.group), [bob]);
/// # Ok::<(), fanfare_core::rooms::JoinError>(())
/// ```
#[derive(Debug)]
pub struct Rooms {
    groups: Slab<Group>,
    index: Index,
    /// By member key; a key that never joined may be beyond the end.
    members: Vec<Memberships>,
    counts: GroupCounts,
    /// Groups come and go while their members stay.
    thrift: Thrift,
}

impl Rooms {
    /// What the index keeps for a member that is in no more than two groups.
    pub(crate) const BYTES_PER_MEMBER: usize = size_of::<Memberships>();

    /// No groups and no members. `hash_keys` must be random and secret where
    /// peers choose names: they keep them from choosing collisions.
    pub fn new(hash_keys: (u64, u64)) -> Rooms {
        Rooms {
            groups: Slab::new(),
            index: Index::new(hash_keys),
            members: Vec::new(),
            counts: GroupCounts::default(),
            thrift: Thrift::default(),
        }
    }

    /// The group called `name`, when it has a member.
    pub fn find(&self, scope: Scope<'_>, name: &str) -> Option<GroupKey> {
        let kind = match scope {
            Scope::Client => Kind::Client,
            Scope::Namespace => Kind::Namespace,
            Scope::Room(namespace) => Kind::Room(self.find_kind(Kind::Namespace, namespace)?),
        };
        self.find_kind(kind, name)
    }

    /// The members of a group, in an order that only joins and leaves change:
    /// arrivals go to the end, and the last takes the place of who leaves. Empty
    /// when there is no such group.
    pub fn members(&self, group: GroupKey) -> &[MemberKey] {
        self.groups.get(group.index()).map_or(&[], Group::members)
    }

    /// A group's kind and its name among those.
    pub fn describe(&self, group: GroupKey) -> Option<(Scope<'_>, &str)> {
        let Group { kind, name, .. } = self.groups.get(group.index())?;
        let scope = match *kind {
            Kind::Client => Scope::Client,
            Kind::Namespace => Scope::Namespace,
            Kind::Room(namespace) => Scope::Room(&self.groups.get(namespace.index())?.name),
        };
        Some((scope, name))
    }

    /// A group's name among those of its kind, to keep. Allocates nothing.
    pub fn name(&self, group: GroupKey) -> Option<Arc<str>> {
        self.groups.get(group.index()).map(|group| Arc::clone(&group.name))
    }

    /// A group's full name, to keep. Allocates nothing.
    pub fn full_name(&self, group: GroupKey) -> Option<GroupName> {
        let group = self.groups.get(group.index())?;
        let name = Arc::clone(&group.name);
        Some(match group.kind {
            Kind::Client => GroupName::Client(name),
            Kind::Namespace => GroupName::Namespace(name),
            Kind::Room(namespace) => {
                let namespace = Arc::clone(&self.groups.get(namespace.index())?.name);
                GroupName::Room(RoomName { namespace, name })
            }
        })
    }

    /// All groups, in the order of their keys.
    pub fn groups(&self) -> impl Iterator<Item = GroupKey> {
        self.groups.iter().map(|(index, _)| GroupKey::of(index))
    }

    /// How many groups of each kind there are.
    pub fn counts(&self) -> GroupCounts {
        self.counts
    }

    /// The groups of a member, in no order that means anything.
    pub fn groups_of(&self, member: MemberKey) -> impl Iterator<Item = GroupKey> {
        self.memberships(member).iter().map(|membership| membership.group)
    }

    /// Whether a member is in a group. Looks through the member's groups or the
    /// group's members, whichever are fewer.
    pub fn contains(&self, group: GroupKey, member: MemberKey) -> bool {
        self.slot_of(member, group).is_some()
    }

    /// How many rooms a member is in, in all namespaces together.
    pub fn rooms_of(&self, member: MemberKey) -> usize {
        self.members.get(member.index()).map_or(0, Memberships::rooms)
    }

    /// How many namespaces a member is in.
    pub fn namespaces_of(&self, member: MemberKey) -> usize {
        self.members.get(member.index()).map_or(0, Memberships::namespaces)
    }

    fn find_kind(&self, kind: Kind, name: &str) -> Option<GroupKey> {
        self.index.find(&self.groups, self.index.hash(kind, name), kind, name)
    }

    fn kind(&self, group: GroupKey) -> Option<Kind> {
        self.groups.get(group.index()).map(|group| group.kind)
    }

    fn memberships(&self, member: MemberKey) -> &[Membership] {
        self.members.get(member.index()).map_or(&[], Memberships::list)
    }

    /// Where the member's list names the group. Each list points into the
    /// other, so the shorter one is searched.
    fn slot_of(&self, member: MemberKey, group: GroupKey) -> Option<usize> {
        let memberships = self.memberships(member);
        let group_entry = self.groups.get(group.index())?;
        let members = group_entry.members();
        if memberships.len() <= members.len() {
            memberships.iter().position(|membership| membership.group == group)
        } else {
            let position = members.iter().position(|&other| other == member)?;
            group_entry.slot(position).map(|slot| slot as usize)
        }
    }
}

impl GroupCounts {
    fn of(&mut self, kind: Kind) -> &mut usize {
        match kind {
            Kind::Client => &mut self.clients,
            Kind::Namespace => &mut self.namespaces,
            Kind::Room(_) => &mut self.rooms,
        }
    }
}

impl MemberKey {
    fn index(self) -> usize {
        self.0 as usize
    }
}

impl GroupKey {
    fn of(index: usize) -> GroupKey {
        GroupKey(key32(index))
    }

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// An index as 32 bits. Exact: groups are bounded by `limits::check_groups`,
/// the members of a group and the groups of a member by the keys there are.
fn key32(index: usize) -> u32 {
    debug_assert!(u32::try_from(index).is_ok(), "{index} needs more than 32 bits");
    u32::try_from(index).unwrap_or(u32::MAX)
}
