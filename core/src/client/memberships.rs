//! What a client is a member of, so that it can be rejoined: an ordered list, and
//! which of its joins the server has not answered yet.
//!
//! Apart from the client because it outlives every connection. It sends nothing:
//! it knows what is wanted, not what the server made of it.

use super::event::Membership;
use crate::event::AckId;
use crate::rooms::{JoinError, Limits};

/// In the order in which they were joined, so that they are rejoined in it. Finding
/// one looks at all, of which there are at most `rooms_max` and `namespaces_max`.
#[derive(Debug, Default)]
pub(super) struct Memberships {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    group: Membership,
    /// What the join was asked with, until it is answered or the connection ends.
    asked: Option<AckId>,
}

impl Membership {
    /// The namespace it is in, or is.
    pub fn namespace(&self) -> &str {
        match self {
            Membership::Namespace(namespace) => namespace,
            Membership::Room(room) => &room.namespace,
        }
    }

    /// The room's name, if it is one.
    pub fn room(&self) -> Option<&str> {
        match self {
            Membership::Namespace(_) => None,
            Membership::Room(room) => Some(&room.name),
        }
    }
}

impl Memberships {
    pub(super) fn contains(&self, group: &Membership) -> bool {
        self.entries.iter().any(|entry| entry.group == *group)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Membership> {
        self.entries.iter().map(|entry| &entry.group)
    }

    /// Whether one more may be joined.
    pub(super) fn check(&self, group: &Membership, limits: &Limits) -> Result<(), JoinError> {
        limits.check_name(group.namespace())?;
        let Some(room) = group.room() else {
            let namespaces = self.iter().filter(|joined| joined.room().is_none());
            return limits.check_namespaces(namespaces.count());
        };
        limits.check_name(room)?;
        limits.check_rooms(self.iter().filter(|joined| joined.room().is_some()).count())
    }

    /// Adds one that is not there, and was asked for or will be; that it may be was
    /// judged by the caller.
    pub(super) fn insert(&mut self, group: Membership, asked: Option<AckId>) {
        self.entries.push(Entry { group, asked });
    }

    /// Removes one, and with a namespace its rooms; says whether it was there.
    pub(super) fn remove(&mut self, group: &Membership) -> bool {
        let before = self.entries.len();
        self.entries.retain(|Entry { group: joined, .. }| match group {
            Membership::Room(_) => joined != group,
            Membership::Namespace(namespace) => joined.namespace() != &**namespace,
        });
        self.entries.len() < before
    }

    /// A join was asked for with this id; the last one counts.
    pub(super) fn ask(&mut self, group: &Membership, ask: AckId) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.group == *group) {
            entry.asked = Some(ask);
        }
    }

    /// A join is granted; says whether that was one.
    pub(super) fn granted(&mut self, ask: AckId) -> bool {
        let entry = self.entries.iter_mut().find(|entry| entry.asked == Some(ask));
        entry.is_some_and(|entry| entry.asked.take().is_some())
    }

    /// A join is refused: what it was, if it was one.
    pub(super) fn refused(&mut self, ask: AckId) -> Option<Membership> {
        let place = self.entries.iter().position(|entry| entry.asked == Some(ask))?;
        Some(self.entries.remove(place).group)
    }

    /// The connection is over, and nothing is answered any more.
    pub(super) fn forget_asked(&mut self) {
        for entry in &mut self.entries {
            entry.asked = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConnectionSettings;
    use crate::id::ShardId;
    use crate::rooms::RoomName;

    fn room(namespace: &str, name: &str) -> Membership {
        Membership::Room(RoomName::new(namespace, name))
    }

    fn namespace(name: &str) -> Membership {
        Membership::Namespace(name.into())
    }

    fn all() -> Memberships {
        let mut memberships = Memberships::default();
        for group in [room("/", "b"), namespace("/x"), room("/x", "a"), room("/", "a")] {
            memberships.insert(group, None);
        }
        memberships
    }

    fn listed(memberships: &Memberships) -> Vec<Membership> {
        memberships.iter().cloned().collect()
    }

    #[test]
    fn the_order_is_that_of_joining() {
        assert_eq!(listed(&all()), [room("/", "b"), namespace("/x"), room("/x", "a"), room("/", "a")]);
    }

    #[test]
    fn leaving_a_namespace_leaves_its_rooms() {
        let mut memberships = all();
        assert!(memberships.remove(&namespace("/x")) && !memberships.remove(&namespace("/x")));
        assert_eq!(listed(&memberships), [room("/", "b"), room("/", "a")]);
        assert!(memberships.remove(&room("/", "b")) && !memberships.remove(&room("/x", "a")));
        assert_eq!(listed(&memberships), [room("/", "a")]);
    }

    #[test]
    fn limits_are_those_of_a_servers_connection() {
        let limits = Limits::of(&ConnectionSettings {
            rooms_max: 3,
            namespaces_max: 1,
            ..ConnectionSettings::default()
        });
        let mut memberships = all();
        assert_eq!(
            memberships.check(&room("/", "c"), &limits),
            Err(JoinError::TooManyRooms { rooms_max: 3 })
        );
        let refused = memberships.check(&namespace("/y"), &limits);
        assert_eq!(refused, Err(JoinError::TooManyNamespaces { namespaces_max: 1 }));
        assert_eq!(memberships.check(&room("/", ""), &limits), Err(JoinError::NameEmpty));
        memberships.remove(&room("/", "b"));
        assert_eq!(memberships.check(&room("/", "c"), &limits), Ok(()));
    }

    #[test]
    fn an_answer_is_to_the_last_join_and_once() {
        let (mut memberships, id) = (all(), |counted| AckId::new(ShardId(0), counted, 0));
        memberships.ask(&namespace("/x"), id(1));
        memberships.ask(&namespace("/x"), id(2));
        assert!(!memberships.granted(id(1)), "asked again since");
        assert!(memberships.granted(id(2)) && !memberships.granted(id(2)));
        memberships.ask(&room("/", "a"), id(3));
        assert_eq!(memberships.refused(id(3)), Some(room("/", "a")));
        assert!(memberships.refused(id(3)).is_none() && !memberships.contains(&room("/", "a")));
        memberships.ask(&room("/", "b"), id(4));
        memberships.forget_asked();
        assert_eq!(memberships.refused(id(4)), None);
    }
}
