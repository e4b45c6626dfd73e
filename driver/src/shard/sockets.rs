//! The sockets of a shard by slot, and which of them are to be served next.
//!
//! Apart because two rules live here: a socket is on the ready list at most
//! once, so that none gets more than its turn, and every socket that may be
//! read and should be is on it, so that none is forgotten.

use super::socket::Socket;
use fanfare_core::id::ConnectionId;
use std::collections::VecDeque;

/// Shortens a table to the slots that are in use, where it has more than twice
/// as many; says whether it did. The work is paid for by what made it long.
pub(super) fn give_back<T>(table: &mut Vec<T>, slots: usize) -> bool {
    let is_worth_it = table.capacity() > SLOTS_KEPT && slots < table.capacity() / 2;
    if is_worth_it {
        table.truncate(slots);
        table.shrink_to_fit();
    }
    is_worth_it
}

/// Tables of no more slots than this are left alone.
const SLOTS_KEPT: usize = 1_024;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    /// By the slot of the connection.
    places: Vec<Option<Socket>>,
    /// What a turn has no budget for stays.
    ready: VecDeque<ConnectionId>,
}

impl Sockets {
    /// Takes a new socket in, ready.
    pub(super) fn insert(&mut self, socket: Socket) {
        let id = socket.id();
        let slot = id.slot() as usize;
        if self.places.len() <= slot {
            self.places.resize_with(slot + 1, || None);
        }
        if let Some(place) = self.places.get_mut(slot) {
            *place = Some(socket);
        }
        self.list(id);
    }

    /// The socket of a connection, unless it is released.
    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Socket> {
        let socket = self.places.get_mut(id.slot() as usize)?.as_mut()?;
        (socket.id() == id).then_some(socket)
    }

    /// Drops the socket, which closes it.
    pub(super) fn remove(&mut self, id: ConnectionId) {
        if self.get_mut(id).is_some()
            && let Some(place) = self.places.get_mut(id.slot() as usize)
        {
            *place = None;
        }
    }

    /// The transport at `slot` was woken. It may be a successor's of the one
    /// that was meant, to which an idle look does no harm.
    pub(super) fn woken(&mut self, slot: u32) {
        if let Some(Some(socket)) = self.places.get_mut(slot as usize) {
            socket.woken();
            let id = socket.id();
            self.list(id);
        }
    }

    /// Puts a socket at the end of the ready list, unless it is on it.
    pub(super) fn list(&mut self, id: ConnectionId) {
        if self.get_mut(id).is_some_and(Socket::enlist) {
            self.ready.push_back(id);
        }
    }

    /// Forgets slots from `slots` on, of which none is in use, once that is worth it.
    pub(super) fn give_memory_back(&mut self, slots: usize) {
        if give_back(&mut self.places, slots) {
            self.ready.shrink_to(2 * self.ready.len());
        }
    }

    /// The next ready socket.
    pub(super) fn next_ready(&mut self) -> Option<ConnectionId> {
        loop {
            let id = self.ready.pop_front()?;
            if let Some(socket) = self.get_mut(id) {
                socket.delist();
                return Some(id);
            }
        }
    }

    pub(super) fn ready_len(&self) -> usize {
        self.ready.len()
    }
}
