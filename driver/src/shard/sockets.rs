//! The sockets of a shard by slot, the readiness set that watches them, and
//! which of them are to be served next.
//!
//! Apart because two rules live here: a socket is on the ready list at most
//! once, so that none gets more than its turn, and every socket that may be
//! read and should be is on it, so that none is forgotten.

use super::readiness::Readiness;
use super::socket::Socket;
use fanfare_core::id::ConnectionId;
use mio::Token;
use mio::event::Event;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

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
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) readiness: Readiness,
    /// By the slot of the connection.
    places: Vec<Option<Socket>>,
    /// What a turn has no budget for stays.
    ready: VecDeque<ConnectionId>,
}

impl Sockets {
    pub(super) fn new() -> io::Result<Sockets> {
        Ok(Sockets { readiness: Readiness::new()?, places: Vec::new(), ready: VecDeque::new() })
    }

    /// Takes a new socket in, ready.
    ///
    /// # Errors
    /// The system does not watch it. It is taken in all the same.
    pub(super) fn insert(&mut self, mut socket: Socket) -> io::Result<()> {
        let id = socket.id();
        let watched = match socket.source() {
            Some(source) => source.watch(self.readiness.registry(), Token(id.slot() as usize)),
            None => Ok(()),
        };
        let slot = id.slot() as usize;
        if self.places.len() <= slot {
            self.places.resize_with(slot + 1, || None);
        }
        if let Some(place) = self.places.get_mut(slot) {
            *place = Some(socket);
        }
        self.list(id);
        watched
    }

    /// The socket of a connection, unless it is released.
    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Socket> {
        let socket = self.places.get_mut(id.slot() as usize)?.as_mut()?;
        (socket.id() == id).then_some(socket)
    }

    /// Drops the socket, which closes it.
    pub(super) fn remove(&mut self, id: ConnectionId) {
        let registry = self.readiness.registry();
        if let Some(place) = self.places.get_mut(id.slot() as usize)
            && let Some(socket) = place.as_mut().filter(|socket| socket.id() == id)
        {
            if let Some(source) = socket.source()
                && let Err(error) = source.unwatch(registry)
            {
                tracing::debug!(%id, %error, "a socket was not watched any more");
            }
            *place = None;
        }
    }

    /// Drops all sockets, which closes them.
    pub(super) fn clear(&mut self) {
        self.places = Vec::new();
        self.ready = VecDeque::new();
    }

    /// Lists the sockets that the set tells of.
    pub(super) fn look(&mut self) -> io::Result<()> {
        let Sockets { readiness, places, ready } = self;
        readiness.look(|slot, event| told(places, ready, slot, event))
    }

    /// The same, and sleeps until there is something to tell of.
    pub(super) fn wait(&mut self, time_max: Option<Duration>) -> io::Result<()> {
        let Sockets { readiness, places, ready } = self;
        readiness.wait(time_max, |slot, event| told(places, ready, slot, event))
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

/// The set has told something of the socket at `slot`.
fn told(places: &mut [Option<Socket>], ready: &mut VecDeque<ConnectionId>, slot: usize, event: &Event) {
    let Some(Some(socket)) = places.get_mut(slot) else { return };
    if let Some(source) = socket.source() {
        source.told(event);
    }
    socket.woken();
    if socket.enlist() {
        ready.push_back(socket.id());
    }
}
