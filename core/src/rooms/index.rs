//! From a name to its group: a hash table of group keys.
//!
//! The hash is keyed, so that a peer who picks names cannot pick collisions.
//! The table's order depends on the keys: it is looked into, never walked.

use super::GroupKey;
use super::group::{Group, Kind};
use hashbrown::HashTable;
use siphasher::sip::SipHasher13;
use slab::Slab;
use std::fmt;
use std::hash::Hasher;

pub(super) struct Index {
    hash_keys: (u64, u64),
    table: HashTable<GroupKey>,
}

impl Index {
    pub(super) fn new(hash_keys: (u64, u64)) -> Index {
        Index { hash_keys, table: HashTable::new() }
    }

    /// The hash of a full name. The name comes last, so no two kinds are ever
    /// fed the same bytes.
    pub(super) fn hash(&self, kind: Kind, name: &str) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.hash_keys.0, self.hash_keys.1);
        match kind {
            Kind::Client => hasher.write(&[0]),
            Kind::Namespace => hasher.write(&[1]),
            Kind::Room(namespace) => {
                let [a, b, c, d] = namespace.0.to_le_bytes();
                hasher.write(&[2, a, b, c, d]);
            }
        }
        hasher.write(name.as_bytes());
        hasher.finish()
    }

    /// The group of this full name, whose hash is `hash`.
    pub(super) fn find(&self, groups: &Slab<Group>, hash: u64, kind: Kind, name: &str) -> Option<GroupKey> {
        let is_it = |key: &GroupKey| {
            groups.get(key.index()).is_some_and(|group| group.kind == kind && *group.name == *name)
        };
        self.table.find(hash, is_it).copied()
    }

    /// Adds a group that is in `groups` and not yet in the table.
    pub(super) fn insert(&mut self, groups: &Slab<Group>, hash: u64, key: GroupKey) {
        let hash_of = |key: &GroupKey| groups.get(key.index()).map_or(0, |group| group.hash);
        self.table.insert_unique(hash, key, hash_of);
    }

    pub(super) fn remove(&mut self, hash: u64, key: GroupKey) {
        if let Ok(entry) = self.table.find_entry(hash, |&other| other == key) {
            entry.remove();
        }
    }

    /// Shrinks to what is in use, and as much again.
    pub(super) fn give_memory_back(&mut self, groups: &Slab<Group>) {
        let hash_of = |key: &GroupKey| groups.get(key.index()).map_or(0, |group| group.hash);
        self.table.shrink_to(2 * self.table.len(), hash_of);
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.table.capacity()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}

impl fmt::Debug for Index {
    /// Shows nothing of the keys: who knows them can choose colliding names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Index({} names)", self.table.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Groups whose hash in `index` ends in the same 12 bits: one long chain.
    fn colliding_names(index: &Index) -> Vec<String> {
        let names = (0..200_000).map(|n| format!("room {n}"));
        names.filter(|name| index.hash(Kind::Client, name).trailing_zeros() >= 12).collect()
    }

    #[test]
    fn names_that_collide_under_one_key_are_spread_under_another() {
        let (known, secret) = (Index::new((1, 2)), Index::new((3, 4)));
        let names = colliding_names(&known);
        assert!(names.len() > 30, "{} names", names.len());
        let places: BTreeSet<u64> =
            names.iter().map(|name| secret.hash(Kind::Client, name) & 0xfff).collect();
        assert!(places.len() * 10 > names.len() * 9, "{} places for {} names", places.len(), names.len());
    }

    #[test]
    fn names_of_one_and_the_same_hash_are_told_apart() {
        let mut index = Index::new((1, 2));
        let mut groups = Slab::new();
        let names = ["lobby", "chat", "news"];
        let keys = names.map(|name| {
            let key = GroupKey::of(groups.insert(Group::new(Kind::Client, name, 42)));
            index.insert(&groups, 42, key);
            key
        });
        assert_eq!(names.map(|name| index.find(&groups, 42, Kind::Client, name)), keys.map(Some));
        assert_eq!(index.find(&groups, 42, Kind::Namespace, "lobby"), None);
        index.remove(42, keys[1]);
        assert_eq!(index.find(&groups, 42, Kind::Client, "chat"), None);
        assert_eq!(index.find(&groups, 42, Kind::Client, "news"), Some(keys[2]));
    }

    #[test]
    fn each_kind_and_each_namespace_hashes_for_itself() {
        let index = Index::new((1, 2));
        let kinds = [Kind::Client, Kind::Namespace, Kind::Room(GroupKey(0)), Kind::Room(GroupKey(1))];
        let hashes: BTreeSet<u64> = kinds.iter().map(|&kind| index.hash(kind, "lobby")).collect();
        assert_eq!(hashes.len(), kinds.len());
    }

    #[test]
    fn the_keys_are_not_shown() {
        assert_eq!(format!("{:?}", Index::new((123_456, 654_321))), "Index(0 names)");
    }
}
