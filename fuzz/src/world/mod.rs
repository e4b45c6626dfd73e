//! A hub and its peers, and what must hold whatever they do.
//!
//! Limits are tiny, so that short inputs reach all of them. The world keeps to
//! the hub's contract (no more is reported as sent than was lent) and to nothing
//! else: ids go stale, calls come in any order, time jumps.

mod operations;
mod setting;

use fanfare_core::handshake::Request;
use fanfare_core::hub::{Event, Hub, Notice, Received, Transmit};
use fanfare_core::id::{ConnectionId, ProfileId};
use fanfare_core::time::Instant;
use setting::BUDGET_BYTES;
use std::time::Duration;

/// A transport that was accepted, and what is remembered of it.
#[derive(Debug)]
struct Peer {
    id: ConnectionId,
    /// What waits for a decision.
    request: Option<Box<Request>>,
    /// What the hub lent to a write that has not been reported.
    lent_bytes: usize,
    is_closed: bool,
    is_released: bool,
}

/// See the module.
#[derive(Debug)]
pub struct World {
    hub: Hub,
    profiles: Vec<ProfileId>,
    peers: Vec<Peer>,
    now: Instant,
}

impl World {
    /// A hub without connections.
    pub fn new() -> World {
        let (mut hub, profiles) = setting::hub();
        hub.grant_budget(BUDGET_BYTES);
        World { hub, profiles, peers: Vec::new(), now: Instant::ZERO }
    }

    /// What holds after every operation.
    pub fn check(&mut self) {
        self.take_notices();
        let stats = self.hub.stats();
        let (offered, queued) = (stats.deliveries_offered, stats.deliveries_queued);
        assert_eq!(offered, queued + stats.deliveries_dropped(), "every delivery has one fate: {stats:?}");
        assert_eq!(stats.transports_accepted, self.peers.len() as u64);
        let closed = self.peers.iter().filter(|peer| peer.is_closed).count();
        assert!(stats.connections_closed <= closed as u64, "{stats:?}");
        let open = self.hub.connections().count() as u64;
        assert!(open <= stats.connections_opened - stats.connections_closed, "{stats:?}");
        for peer in &self.peers {
            let is_open = self.hub.is_open(peer.id);
            assert!(!(is_open && peer.is_closed), "{} is open after its end", peer.id);
            if !is_open {
                assert!(
                    self.hub.groups_of(peer.id).next().is_none(),
                    "{} is a member after its end",
                    peer.id
                );
            }
            assert!(!peer.is_released || self.hub.metadata(peer.id).is_none(), "{} is still known", peer.id);
        }
    }

    /// Lets everything end: time passes and every transport takes what it is
    /// given, until each was released; then nothing may be left.
    pub fn end(mut self) {
        for _ in 0..100 {
            self.drive();
            self.pass(Duration::from_secs(100));
            self.check();
            if self.peers.iter().all(|peer| peer.is_released) {
                break;
            }
        }
        let left: Vec<&Peer> =
            self.peers.iter().filter(|peer| !peer.is_released || !peer.is_closed).collect();
        assert!(left.is_empty(), "not ended: {left:?}");
        assert_eq!(self.hub.queued_bytes(), 0);
        assert_eq!((self.hub.rooms_len(), self.hub.connections().count()), (0, 0));
        let stats = self.hub.stats();
        assert_eq!(stats.connections_opened, stats.connections_closed, "{stats:?}");
        let gone = stats.deliveries_sent + stats.evicted + stats.discarded;
        assert_eq!(stats.deliveries_queued, gone, "every message queued went one way: {stats:?}");
        self.pass(Duration::from_secs(100_000));
        assert_eq!(self.hub.next_deadline(), None, "a timer outlived everybody");
    }

    /// Writes what is listed, all of it, and lets go of what is over.
    fn drive(&mut self) {
        while let Some(id) = self.hub.next_listed() {
            let place = self.peers.iter().position(|peer| peer.id == id);
            let place = place.expect("only accepted transports are listed");
            assert!(!self.peers[place].is_released, "{id} is listed after its release");
            while self.transmit(place, usize::MAX) {}
        }
    }

    /// Does once what the hub wants done with a transport; says whether it may
    /// want more. Of a write, at most `bytes_max` bytes are taken.
    fn transmit(&mut self, place: usize, bytes_max: usize) -> bool {
        let (peer, now) = (&mut self.peers[place], self.now);
        match self.hub.transmit(peer.id, 3) {
            Ok(Transmit::Nothing) => false,
            Ok(Transmit::Write(outgoing)) => {
                let lent_bytes: usize = outgoing.map(|piece| piece.as_bytes().len()).sum();
                assert!(lent_bytes > 0, "a write of nothing");
                peer.lent_bytes = 0;
                self.hub.sent(now, peer.id, lent_bytes.min(bytes_max)).expect("it was just written to");
                bytes_max >= lent_bytes
            }
            Ok(Transmit::ShutdownWrite) => {
                self.hub.write_shut(now, peer.id).expect("its writing side was just shut");
                true
            }
            Ok(Transmit::Release { .. }) => {
                self.hub.released(peer.id).expect("the hub asked for it");
                peer.is_released = true;
                false
            }
            Err(_) => {
                assert!(peer.is_released, "{} is unknown before its release", peer.id);
                false
            }
        }
    }

    /// Hands bytes to the hub until it takes no more.
    fn receive(&mut self, place: usize, mut bytes: Vec<u8>) {
        let peer = &mut self.peers[place];
        let mut rest = bytes.as_mut_slice();
        while !rest.is_empty() && self.hub.wants_read(peer.id) {
            let given = rest.len();
            let received = self.hub.receive(self.now, peer.id, rest).expect("it wants to be read");
            let Received { consumed, event } = received;
            assert!(consumed > 0 && consumed <= given, "{consumed} of {given} bytes");
            match event {
                None => {}
                Some(Event::Request(request)) => peer.request = Some(request),
                Some(Event::Body(_)) => assert!(peer.request.is_some(), "a body without a request"),
                Some(Event::Message(_) | Event::Ping(_) | Event::Pong(_)) => {
                    assert!(!peer.is_closed, "{} said something after its end", peer.id);
                }
                Some(other) => panic!("unknown event {other:?}"),
            }
            rest = &mut rest[consumed..];
        }
    }

    /// Lets time pass and handles all that is due.
    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        for _ in 0..10_000 {
            let more = self.hub.expire(self.now, 3);
            let is_due = self.hub.next_deadline().is_some_and(|next| next <= self.now);
            assert_eq!(more, is_due, "whether more is due");
            if !more {
                return;
            }
        }
        panic!("it never ends: {:?}", self.hub.next_deadline());
    }

    fn take_notices(&mut self) {
        while let Some(notice) = self.hub.next_notice() {
            let (id, ends) = match notice {
                Notice::Closed(closed) => (closed.id, true),
                Notice::Pressure { id, queued_bytes } => {
                    assert!(queued_bytes > 0);
                    (id, false)
                }
                Notice::GroupOpened(_) | Notice::GroupClosed(_) => continue,
                other => panic!("unknown notice {other:?}"),
            };
            let peer =
                self.peers.iter_mut().find(|peer| peer.id == id).expect("a notice of a known transport");
            assert!(!peer.is_closed, "a notice after the end of {id}");
            peer.is_closed = ends;
        }
    }
}

impl Default for World {
    fn default() -> World {
        World::new()
    }
}
