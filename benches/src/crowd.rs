//! A hub with open connections whose transports take everything at once.

use crate::upgrade_request;
use fanfare_core::config::Settings;
use fanfare_core::hub::{Acceptance, Decision, Event, Hub, HubConfig, Piece, Transmit};
use fanfare_core::id::{ConnectionId, ShardId};
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use std::sync::Arc;

/// Where the rooms of the benches are.
pub const NAMESPACE: &str = "/";

/// The pieces of one vectored write, as many as Linux takes.
const PIECES_MAX: usize = 1_024;

/// A hub, driven by hand.
#[derive(Debug)]
pub struct Crowd {
    /// The hub itself.
    pub hub: Hub,
    /// Its open connections, in the order they opened.
    pub ids: Vec<ConnectionId>,
    /// What is handed to the hub as the present.
    pub now: Instant,
}

impl Crowd {
    /// A hub with so many open connections, nothing to write and nothing to tell.
    pub fn new(settings: Settings, connections: usize) -> Crowd {
        let config = HubConfig::new(settings.build().expect("the settings go together"));
        let random = Random::from_seed([7; 32]);
        let mut hub = Hub::new(Instant::ZERO, ShardId(0), Arc::new(config), random);
        hub.grant_budget(u64::from(u32::MAX));
        let mut crowd = Crowd { hub, ids: Vec::with_capacity(connections), now: Instant::ZERO };
        for _ in 0..connections {
            crowd.open();
        }
        while crowd.hub.next_notice().is_some() {}
        crowd
    }

    /// One more connection, through its whole handshake.
    pub fn open(&mut self) -> ConnectionId {
        self.open_with(upgrade_request())
    }

    /// The same with a request of one's own.
    pub fn open_with(&mut self, request: &[u8]) -> ConnectionId {
        let (hub, now) = (&mut self.hub, self.now);
        let id = hub.accept(now).expect("no other handshake is pending");
        let mut head = request.to_vec();
        let received = hub.receive(now, id, &mut head).expect("the connection is new");
        let Some(Event::Request(request)) = received.event else { unreachable!("the head is complete") };
        let acceptance = Acceptance::new(&request, "10.0.0.1");
        hub.decide(now, id, Decision::Accept(acceptance)).expect("the request is an upgrade");
        self.ids.push(id);
        self.drain();
        id
    }

    /// Lets go of a connection that is over, and of all notices.
    pub fn forget(&mut self, id: ConnectionId) {
        while self.hub.next_notice().is_some() {}
        self.drain();
        self.hub.released(id).expect("the connection is over");
        self.ids.retain(|other| *other != id);
    }

    /// Writes out everything that waits; returns how many bytes that was.
    pub fn drain(&mut self) -> usize {
        self.drain_each(|_| ())
    }

    /// The same, and names each connection that was written to.
    pub fn drain_each(&mut self, mut written: impl FnMut(ConnectionId)) -> usize {
        let mut total = 0;
        while let Some(id) = self.hub.next_listed() {
            while let Transmit::Write(outgoing) =
                self.hub.transmit(id, PIECES_MAX).expect("a listed connection lives")
            {
                let bytes = outgoing.map(|piece: Piece<'_>| piece.as_bytes().len()).sum();
                total += bytes;
                written(id);
                if !self.hub.sent(self.now, id, bytes).expect("a listed connection lives") {
                    break;
                }
            }
        }
        total
    }
}
