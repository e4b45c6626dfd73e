//! A server in a simulation, as its peers and its application see it.

use crate::wire::{self, Wire};
use fanfare_core::random::Random;
#[cfg(feature = "tls")]
use fanfare_driver::Tls;
use fanfare_driver::{Acceptor, Handle};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

/// A server that a [`Simulation`](crate::Simulation) moves.
pub struct Server {
    handle: Handle,
    acceptor: Acceptor,
    random: Mutex<Random>,
}

impl Server {
    pub(crate) fn new(handle: Handle, acceptor: Acceptor, random: Random) -> Server {
        Server { handle, acceptor, random: Mutex::new(random) }
    }

    /// The server from anywhere. Blocking on one of its replies needs somebody
    /// else to move the simulation.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Speaks TLS on [connections](Self::connect), from now on.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Server {
        self.acceptor = self.acceptor.with_tls(tls);
        self
    }

    /// A new connection from `peer`. Where the server does not take it, because
    /// it has stopped or is too busy, the connection has ended already.
    pub fn connect(&self, peer: Option<SocketAddr>) -> Wire {
        self.hand_over(&self.acceptor, peer, Vec::new())
    }

    /// A connection that somebody else has accepted and read `unread` from,
    /// taken as it is: without TLS.
    pub fn attach(&self, peer: Option<SocketAddr>, unread: Vec<u8>) -> Wire {
        self.hand_over(&self.acceptor.plain(), peer, unread)
    }

    fn hand_over(&self, acceptor: &Acceptor, peer: Option<SocketAddr>, unread: Vec<u8>) -> Wire {
        let random = self.random.lock().unwrap_or_else(PoisonError::into_inner).fork();
        let (wire, near) = wire::connection(random);
        // Refused, the near end is dropped, which ends the wire.
        let _ = acceptor.accept(Box::new(near), peer, unread);
        wire
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("handle", &self.handle).finish_non_exhaustive()
    }
}
