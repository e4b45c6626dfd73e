//! Which shards have members of a namespace or a room.
//!
//! Apart from admission because other facts end here: a shard tells its first
//! join and its last leave, never the members. Client ids are not among these
//! groups; admission knows them. What no shard has is gone.

use super::ShardSet;
use super::keyed::{KeyedHash, Table, get_or_make, give_back};
use crate::id::ShardId;
use hashbrown::hash_map::EntryRef;

/// Namespaces and their rooms, and the shards that have members of them.
pub(super) struct Groups {
    hash: KeyedHash,
    namespaces: Table<Box<str>, Namespace>,
    /// Of all namespaces: counted as they come and go, since it is asked for often.
    rooms: usize,
}

/// A namespace is kept while a shard has members of it or of one of its rooms:
/// what shards tell may arrive in any order.
struct Namespace {
    shards: ShardSet,
    rooms: Table<Box<str>, ShardSet>,
}

impl Groups {
    pub(super) fn new(hash: KeyedHash) -> Groups {
        Groups { hash, namespaces: Table::with_hasher(hash), rooms: 0 }
    }

    pub(super) fn open_namespace(&mut self, shard: ShardId, namespace: &str) -> bool {
        self.namespace_mut(namespace).shards.insert(shard)
    }

    pub(super) fn close_namespace(&mut self, shard: ShardId, namespace: &str) -> bool {
        let Some(found) = self.namespaces.get_mut(namespace) else { return false };
        let changed = found.shards.remove(shard);
        self.drop_if_empty(namespace);
        changed
    }

    pub(super) fn open_room(&mut self, shard: ShardId, namespace: &str, room: &str) -> bool {
        let rooms = &mut self.namespace_mut(namespace).rooms;
        let shards = get_or_make(rooms, room, ShardSet::new).1;
        let is_new = shards.is_empty();
        let changed = shards.insert(shard);
        self.rooms += usize::from(is_new);
        changed
    }

    pub(super) fn close_room(&mut self, shard: ShardId, namespace: &str, room: &str) -> bool {
        let Some(found) = self.namespaces.get_mut(namespace) else { return false };
        let EntryRef::Occupied(mut entry) = found.rooms.entry_ref(room) else { return false };
        let changed = entry.get_mut().remove(shard);
        if entry.get().is_empty() {
            entry.remove();
            give_back(&mut found.rooms);
            self.rooms -= 1;
        }
        self.drop_if_empty(namespace);
        changed
    }

    pub(super) fn namespace(&self, namespace: &str) -> Option<&ShardSet> {
        self.namespaces.get(namespace).map(|namespace| &namespace.shards)
    }

    pub(super) fn room(&self, namespace: &str, room: &str) -> Option<&ShardSet> {
        self.namespaces.get(namespace)?.rooms.get(room)
    }

    /// How many rooms there are.
    pub(super) fn rooms(&self) -> usize {
        self.rooms
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.namespaces.is_empty()
    }

    fn namespace_mut(&mut self, namespace: &str) -> &mut Namespace {
        let make = || Namespace { shards: ShardSet::new(), rooms: Table::with_hasher(self.hash) };
        get_or_make(&mut self.namespaces, namespace, make).1
    }

    fn drop_if_empty(&mut self, namespace: &str) {
        if self
            .namespaces
            .get(namespace)
            .is_some_and(|found| found.shards.is_empty() && found.rooms.is_empty())
        {
            self.namespaces.remove(namespace);
            give_back(&mut self.namespaces);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const NAMES: [&str; 3] = ["", "/chat", "lobby"];

    /// A shard has members of a namespace, or of a room in it.
    type Fact = (ShardId, &'static str, Option<&'static str>);

    fn fact() -> impl Strategy<Value = Fact> {
        let name = || prop::sample::select(&NAMES[..]);
        ((0..4u16).prop_map(ShardId), name(), prop::option::of(name()))
    }

    fn open(groups: &mut Groups, (shard, namespace, room): Fact) -> bool {
        match room {
            None => groups.open_namespace(shard, namespace),
            Some(room) => groups.open_room(shard, namespace, room),
        }
    }

    fn close(groups: &mut Groups, (shard, namespace, room): Fact) -> bool {
        match room {
            None => groups.close_namespace(shard, namespace),
            Some(room) => groups.close_room(shard, namespace, room),
        }
    }

    fn assert_agrees(groups: &Groups, facts: &BTreeSet<Fact>) {
        let shards = |namespace, room| -> ShardSet {
            facts.iter().filter(|fact| (fact.1, fact.2) == (namespace, room)).map(|fact| fact.0).collect()
        };
        for namespace in NAMES {
            assert_eq!(groups.namespace(namespace).cloned().unwrap_or_default(), shards(namespace, None));
            for room in NAMES {
                let found = groups.room(namespace, room);
                assert_eq!(found.cloned().unwrap_or_default(), shards(namespace, Some(room)));
                assert!(found.is_none_or(|shards| !shards.is_empty()), "an empty room is kept");
            }
        }
        let rooms: BTreeSet<_> =
            facts.iter().filter_map(|&(_, namespace, room)| Some((namespace, room?))).collect();
        assert_eq!(groups.rooms(), rooms.len());
        let namespaces: BTreeSet<_> = facts.iter().map(|fact| fact.1).collect();
        assert_eq!(groups.namespaces.len(), namespaces.len(), "a namespace without shards is kept");
    }

    proptest! {
        #[test]
        fn behaves_like_a_set_of_facts(steps in prop::collection::vec((fact(), any::<bool>()), 0..120)) {
            let mut groups = Groups::new(KeyedHash::new((1, 2)));
            let mut facts = BTreeSet::new();
            for (fact, opens) in steps {
                if opens {
                    prop_assert_eq!(open(&mut groups, fact), facts.insert(fact));
                } else {
                    prop_assert_eq!(close(&mut groups, fact), facts.remove(&fact));
                }
                assert_agrees(&groups, &facts);
            }
        }
    }
}
