//! Client ids and the connections that answer to them.
//!
//! Apart from the seats because it is what senders look up. A replaced
//! connection is not here any more: what is sent to its client id goes to its
//! successor. Most clients have one connection, so an idle connection pays for
//! a whole client: names stand once, and everything else is a key.

use super::keyed::{CAPACITY_MIN, KeyedHash};
use crate::id::ConnectionId;
use hashbrown::HashTable;
use slab::Slab;
use smallvec::SmallVec;
use std::hash::BuildHasher;

/// Client id → its current connections, never none.
pub(super) struct Clients {
    hash: KeyedHash,
    /// Keys of `list`, by the hash of the client id.
    keys: HashTable<u32>,
    list: Slab<Client>,
}

struct Client {
    name: Box<str>,
    connections: SmallVec<[ConnectionId; 1]>,
}

/// Where a connection is listed, so that it is found without a search among
/// those of its client id.
#[derive(Clone, Copy)]
pub(super) struct Listing {
    client: u32,
    position: u32,
}

impl Clients {
    pub(super) fn new(hash: KeyedHash) -> Clients {
        Clients { hash, keys: HashTable::new(), list: Slab::new() }
    }

    /// The current connections of a client id.
    pub(super) fn connections(&self, name: &str) -> &[ConnectionId] {
        let client = self.find(name).and_then(|key| self.list.get(key as usize));
        client.map_or(&[], |client| client.connections.as_slice())
    }

    /// Lists a connection. The name is stored once, however many there are.
    pub(super) fn insert(&mut self, name: &str, id: ConnectionId) -> Listing {
        let client = self.find(name).unwrap_or_else(|| self.add(name));
        let mut position = 0;
        if let Some(found) = self.list.get_mut(client as usize) {
            position = key32(found.connections.len());
            found.connections.push(id);
        }
        Listing { client, position }
    }

    /// Strikes out one connection and names the one that now has its position.
    pub(super) fn remove(&mut self, listing: Listing) -> Option<ConnectionId> {
        let position = listing.position as usize;
        let client = self.list.get_mut(listing.client as usize)?;
        if position < client.connections.len() {
            client.connections.swap_remove(position);
        }
        let moved = client.connections.get(position).copied();
        if client.connections.is_empty() {
            self.take(listing.client);
        }
        moved
    }

    /// Strikes out all connections of a client id and names them.
    pub(super) fn remove_all(&mut self, name: &str) -> Vec<ConnectionId> {
        let client = self.find(name).and_then(|key| self.take(key));
        client.map(|client| client.connections.into_vec()).unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.list.is_empty()
    }

    fn find(&self, name: &str) -> Option<u32> {
        let is_it = |key: &u32| self.list.get(*key as usize).is_some_and(|client| *client.name == *name);
        self.keys.find(self.hash.hash_one(name), is_it).copied()
    }

    fn add(&mut self, name: &str) -> u32 {
        let key = key32(self.list.insert(Client { name: name.into(), connections: SmallVec::new() }));
        let rehash = rehash(self.hash, &self.list);
        self.keys.insert_unique(self.hash.hash_one(name), key, rehash);
        key
    }

    fn take(&mut self, key: u32) -> Option<Client> {
        let client = self.list.try_remove(key as usize)?;
        if let Ok(entry) = self.keys.find_entry(self.hash.hash_one(&*client.name), |&other| other == key) {
            entry.remove();
        }
        if self.keys.capacity() > CAPACITY_MIN && self.keys.len() < self.keys.capacity() / 8 {
            self.list.shrink_to_fit();
            self.keys.shrink_to(self.keys.len() * 2, rehash(self.hash, &self.list));
        }
        Some(client)
    }
}

/// Finds the hash of a key anew, when the table moves it.
fn rehash(hash: KeyedHash, list: &Slab<Client>) -> impl Fn(&u32) -> u64 {
    move |&key| list.get(key as usize).map_or(0, |client| hash.hash_one(&*client.name))
}

/// There are fewer connections than slots, which have 32 bits.
fn key32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
