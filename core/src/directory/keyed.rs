//! Tables under a key that peers do not know.
//!
//! Apart because peers choose names and, within their network, addresses: with
//! a secret key they cannot choose collisions. Must never be iterated to produce
//! output; what has an order keeps a list.

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;
use siphasher::sip::SipHasher13;
use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

/// A hash table with SipHash-1-3 under the directory's key.
pub(super) type Table<K, V> = HashMap<K, V, KeyedHash>;

/// A table never gives back its last few kilobytes.
pub(super) const CAPACITY_MIN: usize = 64;

/// Makes hashers that all have the same secret key.
#[derive(Clone, Copy)]
pub(super) struct KeyedHash {
    key: (u64, u64),
}

impl KeyedHash {
    pub(super) fn new(key: (u64, u64)) -> KeyedHash {
        KeyedHash { key }
    }
}

impl BuildHasher for KeyedHash {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_keys(self.key.0, self.key.1)
    }
}

/// The entry under `name`, made when there is none; only then is the name copied.
pub(super) fn get_or_make<'table, K, V>(
    table: &'table mut Table<K, V>,
    name: &str,
    make: impl FnOnce() -> V,
) -> (&'table K, &'table mut V)
where
    K: Borrow<str> + for<'name> From<&'name str> + Eq + Hash,
{
    match table.entry_ref(name) {
        EntryRef::Occupied(entry) => entry.into_entry(),
        EntryRef::Vacant(entry) => entry.insert_entry_with_key(name.into(), make()).into_entry(),
    }
}

/// Gives memory back once a table is nearly empty. To be called after removals;
/// the rehash is paid for by the removals that led to it.
pub(super) fn give_back<K: Eq + Hash, V>(table: &mut Table<K, V>) {
    if table.capacity() > CAPACITY_MIN && table.len() < table.capacity() / 8 {
        table.shrink_to(table.len() * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_decides_the_hash() {
        let hash = |key| KeyedHash::new(key).hash_one("lobby");
        assert_eq!(hash((1, 2)), hash((1, 2)));
        assert_ne!(hash((1, 2)), hash((1, 3)));
        assert_ne!(hash((1, 2)), hash((2, 2)));
    }

    #[test]
    fn a_nearly_empty_table_gives_its_memory_back() {
        let mut table: Table<u32, u32> = Table::with_hasher(KeyedHash::new((1, 2)));
        table.extend((0..10_000).map(|number| (number, number)));
        for number in 10..10_000 {
            table.remove(&number);
            give_back(&mut table);
        }
        assert!(table.capacity() <= 2 * CAPACITY_MIN, "{}", table.capacity());
        assert!((0..10).all(|number| table.get(&number) == Some(&number)));
    }
}
