//! The pure machine of one shard: its links, members, rooms and deadlines.
//!
//! Inputs are methods, time is a parameter, and every output is asked for:
//! [`receive`](Hub::receive) returns what a peer said, [`next_notice`](Hub::next_notice)
//! what happened otherwise, [`next_listed`](Hub::next_listed) which transports
//! to look at and [`transmit`](Hub::transmit) what to do with each,
//! [`next_deadline`](Hub::next_deadline) when to call [`expire`](Hub::expire).
//! Calls may come in any order; a stale id is refused, never a panic.
//!
//! No user code runs in here, so a handler's panic cannot leave a hub half done.
//!
//! # From arrival to broadcast
//!
//! ```
//! use fanfare_core::broadcast::{Exclusion, Target};
//! use fanfare_core::hub::{Acceptance, Decision, Event, Publication, Transmit};
//! use fanfare_core::wire::Frame;
//! # use fanfare_core::config::Settings;
//! # use fanfare_core::hub::{Hub, HubConfig};
//! # use fanfare_core::id::{ConnectionId, ShardId};
//! # use fanfare_core::{random::Random, time::Instant};
//! # use std::sync::Arc;
//! # fn new_hub() -> Hub {
//! #     let config = HubConfig::new(Settings::default().build().unwrap());
//! #     Hub::new(Instant::ZERO, ShardId(0), Arc::new(config), Random::from_seed([7; 32]))
//! # }
//! # const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//! #     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
//! # fn open(hub: &mut Hub, now: Instant, client_id: &str) -> ConnectionId {
//! #     let (id, mut head) = (hub.accept(now).unwrap(), HEAD.to_vec());
//! #     let received = hub.receive(now, id, &mut head).unwrap();
//! #     let Some(Event::Request(request)) = received.event else { panic!("the head is complete") };
//! #     hub.decide(now, id, Decision::Accept(Acceptance::new(&request, client_id))).unwrap();
//! #     id
//! # }
//! let (mut hub, now, mut read_buffer) = (new_hub(), Instant::ZERO, HEAD.to_vec());
//!
//! let id = hub.accept(now)?;
//! let received = hub.receive(now, id, &mut read_buffer)?;
//! let Some(Event::Request(request)) = received.event else { panic!("the head is complete") };
//!
//! hub.decide(now, id, Decision::Accept(Acceptance::new(&request, "ann")))?;
//! assert!(hub.is_open(id));
//!
//! assert_eq!(hub.next_listed(), Some(id));
//! let Transmit::Write(pieces) = hub.transmit(id, 16)? else { panic!("the answer waits") };
//! let lent: usize = pieces.map(|piece| piece.as_bytes().len()).sum();
//! assert!(hub.sent(now, id, 12)?, "a short write: the rest is lent by the next `transmit`");
//! assert!(matches!(hub.transmit(id, 16)?, Transmit::Write(_)));
//! assert!(!hub.sent(now, id, lent - 12)?, "all is written");
//!
//! let mut read_buffer = *b"\x81\x82\0\0\0\0hi";
//! let received = hub.receive(now, id, &mut read_buffer)?;
//! assert!(matches!(received.event, Some(Event::Message(message)) if message.as_text() == Some("hi")));
//!
//! // Rooms come to be by being joined, and a broadcast is encoded once.
//! hub.grant_budget(1024 * 1024); // of what all shards may have waiting
//! let (ann, bob) = (id, open(&mut hub, now, "bob"));
//! assert!(hub.join(ann, "/", "lobby")?);
//! assert!(hub.join(bob, "/", "lobby")? && !hub.join(bob, "/", "lobby")?);
//!
//! let others = Target::room("/", "lobby").except(Exclusion::Connection(ann));
//! let report = hub.broadcast(now, &Publication::new(others, Frame::text("hi")));
//! assert_eq!((report.matched(), report.queued(), report.dropped()), (1, 1, 0));
//! assert_eq!(hub.outbox_level(bob), Some((1, 4)), "a message, with its header");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod acks;
mod answer;
mod channels;
mod closing;
mod emitting;
mod encodings;
mod event;
mod events;
mod listed;
mod membership;
mod messaging;
mod receive;
mod replies;
mod timers;
mod transmit;

pub use crate::link::{Deadline, Outgoing, Piece};
pub use crate::member::Metadata;
pub use crate::outbox::ConflationKey;
pub use acks::Ask;
pub use answer::{Acceptance, DecideError, Decision};
pub use channels::DEFAULT_CHANNEL;
pub use emitting::EmitError;
pub use event::{Closed, Event, Notice, Received};
pub use events::Incoming;
pub use membership::MembershipError;
pub use messaging::{Publication, SendError};
pub use transmit::Transmit;

use crate::broadcast::Planner;
use crate::close::CloseReason;
use crate::config::{Config, ConnectionConfig};
use crate::deadlines::{Deadlines, Entry};
use crate::deflate::Codec;
use crate::event::Envelope;
use crate::id::{ConnectionId, ProfileId, ShardId};
use crate::link::{Arrivals, Link, Signal};
use crate::member::Member;
use crate::outbox::Frames;
use crate::random::Random;
use crate::rooms::{Left, MemberKey, ROOT, Rooms};
use crate::stats::Stats;
use crate::thrift::{self, KEPT_PLACES, Thrift};
use crate::time::Instant;
use events::Events;
use listed::Listed;
use slab::Slab;
use std::collections::VecDeque;
use std::sync::Arc;

/// What all hubs of a server share: its configuration and the routes' profiles.
#[derive(Clone, Debug)]
pub struct HubConfig {
    server: Config,
    default_profile: ConnectionConfig,
    /// Profiles 1 and up.
    profiles: Vec<ConnectionConfig>,
    /// Sorted. Beside the one that everybody is in.
    namespaces: Vec<Box<str>>,
}

impl HubConfig {
    /// The server's settings; its connection settings are profile 0.
    pub fn new(server: Config) -> HubConfig {
        HubConfig {
            default_profile: server.connection(),
            profiles: Vec::new(),
            namespaces: Vec::new(),
            server,
        }
    }

    /// Adds a route's own connection settings. There is room for 65,535;
    /// beyond that the default profile is returned.
    pub fn add_profile(&mut self, profile: ConnectionConfig) -> ProfileId {
        match u16::try_from(self.profiles.len() + 1) {
            Ok(id) => {
                self.profiles.push(profile);
                ProfileId(id)
            }
            Err(_) => ProfileId::default(),
        }
    }

    /// Declares a namespace: one that clients may ask to join. Others come to be
    /// only if the application says so, never because a client does.
    pub fn declare_namespace(&mut self, name: &str) {
        if let Err(place) = self.namespaces.binary_search_by(|declared| (**declared).cmp(name)) {
            self.namespaces.insert(place, name.into());
        }
    }

    /// Whether a namespace is declared, or is the one every connection starts in.
    pub fn is_declared(&self, namespace: &str) -> bool {
        namespace == ROOT || self.namespaces.binary_search_by(|declared| (**declared).cmp(namespace)).is_ok()
    }

    /// Whether any route has the envelope.
    pub fn has_envelope(&self, envelope: Envelope) -> bool {
        let mut profiles = std::iter::once(&self.default_profile).chain(&self.profiles);
        profiles.any(|profile| profile.envelope == envelope)
    }

    /// The server's settings.
    pub fn server(&self) -> &Config {
        &self.server
    }

    /// A route's connection settings; the default ones for an unknown id.
    pub fn profile(&self, id: ProfileId) -> &ConnectionConfig {
        let own = usize::from(id.0).checked_sub(1);
        own.and_then(|place| self.profiles.get(place)).unwrap_or(&self.default_profile)
    }
}

/// No connection of this shard has the id: it is over, or never was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no connection {0}: it is closed, or never was")]
pub struct UnknownConnection(pub ConnectionId);

/// A transport was refused because the application has yet to decide on
/// `pending_handshakes_max` others; drop it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{pending} requests wait for a decision, the limit (pending_handshakes_max); the transport is refused"
)]
pub struct TooManyHandshakes {
    /// How many wait.
    pub pending: usize,
}

/// See the [module](self).
#[derive(Debug)]
pub struct Hub {
    shard: ShardId,
    config: Arc<HubConfig>,
    random: Random,
    links: Slab<Link>,
    members: Slab<Member>,
    rooms: Rooms,
    frames: Frames,
    codec: Codec,
    deadlines: Deadlines,
    due: Vec<Entry>,
    listed: Listed,
    notices: VecDeque<Notice>,
    events: Events,
    tells_memberships: bool,
    left: Vec<Left>,
    plan: Vec<MemberKey>,
    planner: Planner,
    budget_bytes: u64,
    serials: u32,
    pending_handshakes: usize,
    arrivals: Arrivals,
    is_crowded: bool,
    thrift: Thrift,
    stats: Stats,
}

impl Hub {
    /// A hub without connections. `random` must be seeded by the operating
    /// system wherever real peers connect.
    pub fn new(now: Instant, shard: ShardId, config: Arc<HubConfig>, mut random: Random) -> Hub {
        let hash_keys = (random.next_u64(), random.next_u64());
        Hub {
            shard,
            config,
            random,
            links: Slab::new(),
            members: Slab::new(),
            rooms: Rooms::new(hash_keys),
            frames: Frames::default(),
            codec: Codec::default(),
            deadlines: Deadlines::new(now),
            due: Vec::new(),
            listed: Listed::default(),
            notices: VecDeque::new(),
            events: Events::default(),
            tells_memberships: false,
            left: Vec::new(),
            plan: Vec::new(),
            planner: Planner::new(),
            budget_bytes: 0,
            serials: 0,
            pending_handshakes: 0,
            arrivals: Arrivals::new(),
            is_crowded: false,
            thrift: Thrift::default(),
            stats: Stats::default(),
        }
    }

    /// A transport arrived. Its id is good until [`released`](Self::released).
    ///
    /// Where `pending_handshakes_max` others have not finished their handshake,
    /// the one that has been longest without a whole head gives way: silence does
    /// not keep anybody out.
    ///
    /// # Errors
    /// All of them wait for a decision, or for a body that was asked for: those
    /// have done their part, and the newcomer is refused.
    pub fn accept(&mut self, now: Instant) -> Result<ConnectionId, TooManyHandshakes> {
        if self.is_crowded_by_handshakes() {
            let Some(slot) = self.arrivals.oldest() else {
                self.stats.transports_refused += 1;
                return Err(TooManyHandshakes { pending: self.pending_handshakes });
            };
            self.stats.handshakes_evicted += 1;
            self.conclude(now, slot, Signal::GiveUp, CloseReason::Evicted);
        }
        self.serials = self.serials.wrapping_add(1);
        let serial = u64::from(self.serials) << 32 | u64::from(self.random.next_u32());
        let place = self.links.vacant_entry();
        let slot = place.key();
        place.insert(Link::new(now, serial, self.arrivals.push(slot)));
        self.pending_handshakes += 1;
        self.stats.transports_accepted += 1;
        self.arm(slot);
        Ok(self.id_at(slot, serial))
    }

    /// Whoever the next [`accept`](Self::accept) would let give way. Read it
    /// first: it may have said all it has to.
    pub fn next_evicted(&self) -> Option<ConnectionId> {
        let slot = self.arrivals.oldest().filter(|_| self.is_crowded_by_handshakes())?;
        self.links.get(slot).map(|link| self.id_at(slot, link.serial))
    }

    /// The next thing that happened without being asked for. Ask after every
    /// input, until `None`.
    pub fn next_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// Whether the connection is open: messages to it may be queued.
    pub fn is_open(&self, id: ConnectionId) -> bool {
        self.member(id).is_some_and(|member| member.is_open)
    }

    /// What is known of a connection, from its acceptance to its release.
    pub fn metadata(&self, id: ConnectionId) -> Option<&Metadata> {
        self.member(id).map(|member| &member.cold.metadata)
    }

    /// When the peer was last heard.
    pub fn last_heard(&self, id: ConnectionId) -> Option<Instant> {
        self.link(id).map(|link| link.clocks.last_heard())
    }

    /// The limits in force for a connection.
    pub fn limits(&self, id: ConnectionId) -> Option<&ConnectionConfig> {
        self.link(id).map(|link| self.config.profile(link.profile))
    }

    /// All open connections, in the order of their slots.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.members.iter().filter(|(_, member)| member.is_open).filter_map(|(_, member)| {
            let slot = member.link as usize;
            self.links.get(slot).map(|link| self.id_at(slot, link.serial))
        })
    }

    /// All transports that have not been released, whatever their phase.
    pub fn transports(&self) -> impl Iterator<Item = ConnectionId> {
        self.links.iter().map(|(slot, link)| self.id_at(slot, link.serial))
    }

    /// Whether the end of any transport's conversation is still to be told.
    pub fn has_conversations(&self) -> bool {
        self.links.iter().any(|(_, link)| link.phase.is_talking())
    }

    /// Counts, cumulative.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Bytes of the messages that wait to be written, each counted once: what
    /// the server-wide budget bounds.
    pub fn queued_bytes(&self) -> u64 {
        self.frames.message_bytes()
    }

    /// What waits for one connection: messages and their bytes.
    pub fn outbox_level(&self, id: ConnectionId) -> Option<(usize, usize)> {
        self.member(id).map(|member| (member.outbox.queue().len(), member.outbox.queue().bytes()))
    }

    /// The shard this hub is.
    pub fn shard(&self) -> ShardId {
        self.shard
    }

    /// The configuration it runs under.
    pub fn config(&self) -> &Arc<HubConfig> {
        &self.config
    }

    /// The slots there is memory for: those of all live ids are below. Falls when
    /// a crowd has left, and then what a driver keeps by slot may shrink, too.
    pub fn slots_kept(&self) -> usize {
        self.links.capacity()
    }

    /// Shrinks what grew with the number of links.
    fn give_memory_back(&mut self) {
        thrift::shrink(&mut self.links);
        thrift::shrink(&mut self.members);
        self.rooms.give_memory_back();
        self.listed.give_memory_back(self.links.capacity());
        self.planner.give_memory_back();
        self.plan = Vec::new();
        self.due = Vec::new();
        self.left = Vec::new();
        self.notices.shrink_to(KEPT_PLACES);
    }

    fn is_crowded_by_handshakes(&self) -> bool {
        self.pending_handshakes >= self.config.server.pending_handshakes_max
    }

    fn id_at(&self, slot: usize, serial: u64) -> ConnectionId {
        ConnectionId { serial, slot: u32::try_from(slot).unwrap_or(u32::MAX), shard: self.shard }
    }

    fn link(&self, id: ConnectionId) -> Option<&Link> {
        let link = self.links.get(id.slot as usize)?;
        (link.serial == id.serial && id.shard == self.shard).then_some(link)
    }

    /// The slot of a live id.
    fn slot(&self, id: ConnectionId) -> Result<usize, UnknownConnection> {
        self.link(id).map(|_| id.slot as usize).ok_or(UnknownConnection(id))
    }

    fn member_key(&self, id: ConnectionId) -> Option<MemberKey> {
        self.link(id)?.member
    }

    fn member(&self, id: ConnectionId) -> Option<&Member> {
        self.members.get(self.member_key(id)?.0 as usize)
    }

    fn member_at(&self, slot: usize) -> Option<&Member> {
        self.members.get(self.links.get(slot)?.member?.0 as usize)
    }

    fn member_at_mut(&mut self, slot: usize) -> Option<&mut Member> {
        self.members.get_mut(self.links.get(slot)?.member?.0 as usize)
    }

    /// Puts a link on the list of those to look at, once.
    fn list(&mut self, slot: usize) {
        if self.links.contains(slot) {
            self.listed.insert(slot);
        }
    }
}

/// What an idle connection costs, cold metadata apart.
const HOT_BYTES_MAX: usize = 256;
const _: () = assert!(
    size_of::<Link>() + size_of::<Member>() + Rooms::BYTES_PER_MEMBER <= HOT_BYTES_MAX,
    "the hot part of an idle connection must stay within 256 bytes"
);

#[cfg(test)]
mod tests;
