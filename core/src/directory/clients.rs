//! Client ids and the connections that answer to them.
//!
//! Apart from the seats because it is what senders look up. A replaced
//! connection is not here any more: what is sent to its client id goes to its
//! successor.

use super::keyed::{KeyedHash, Table, get_or_make, give_back};
use crate::id::ConnectionId;
use smallvec::SmallVec;
use std::sync::Arc;

/// Client id → its current connections, never none.
pub(super) struct Clients {
    connections: Table<Arc<str>, SmallVec<[ConnectionId; 1]>>,
}

/// Where a connection is listed, so that it is found without a search among
/// those of its client id.
pub(super) struct Listing {
    pub(super) client_id: Arc<str>,
    pub(super) position: usize,
}

impl Clients {
    pub(super) fn new(hash: KeyedHash) -> Clients {
        Clients { connections: Table::with_hasher(hash) }
    }

    /// The current connections of a client id.
    pub(super) fn connections(&self, client_id: &str) -> &[ConnectionId] {
        self.connections.get(client_id).map_or(&[], SmallVec::as_slice)
    }

    /// Lists a connection. The name is stored once, however many there are.
    pub(super) fn insert(&mut self, client_id: &str, id: ConnectionId) -> Listing {
        let (client_id, connections) = get_or_make(&mut self.connections, client_id, SmallVec::new);
        let position = connections.len();
        connections.push(id);
        Listing { client_id: Arc::clone(client_id), position }
    }

    /// Strikes out one connection and names the one that now has its position.
    pub(super) fn remove(&mut self, listing: &Listing) -> Option<ConnectionId> {
        let connections = self.connections.get_mut(&listing.client_id)?;
        if listing.position < connections.len() {
            connections.swap_remove(listing.position);
        }
        if connections.is_empty() {
            self.remove_all(&listing.client_id);
            return None;
        }
        connections.get(listing.position).copied()
    }

    /// Strikes out all connections of a client id and names them.
    pub(super) fn remove_all(&mut self, client_id: &str) -> Vec<ConnectionId> {
        let connections = self.connections.remove(client_id).unwrap_or_default();
        give_back(&mut self.connections);
        connections.into_vec()
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }
}
