//! Where scripts are played: a world, its peers, and the books of who may hear
//! what. The books know names and lists only, nothing of the hub's structures.

use super::{CHANNELS, End, Op, PEERS, ROOMS, Words};
use crate::broadcast::Target;
use crate::close::{CloseCode, CloseReason};
use crate::config::Overflow;
use crate::hub::tests::harness::{HEAD, Heard, Peer, Said, World, masked, raw};
use crate::hub::{Acceptance, ConflationKey, Deadline, Decision, Notice, Publication, Transmit};
use crate::id::{ConnectionId, ProfileId};
use crate::rooms::{GroupName, RoomName};
use crate::wire::{ControlPayload, Frame};
use http::StatusCode;
use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::io;
use std::num::NonZeroU64;
use std::time::Duration;

const POLICIES: [Overflow; 3] = [Overflow::DropNewest, Overflow::DropOldest, Overflow::Disconnect];

pub(super) struct Stage {
    world: World,
    actors: [Option<Actor>; PEERS],
    accepted: Vec<ConnectionId>,
    /// Numbers everything that is said, so that nothing is said twice.
    number: usize,
    /// Slots that were taken again.
    slots_reused: u64,
    transcript: String,
}

/// A peer and what the books know of it.
struct Actor {
    peer: Peer,
    /// Said, not arrived.
    unsent: VecDeque<u8>,
    /// What the hub will have heard from it, in this order.
    to_be_heard: VecDeque<Said>,
    rooms: BTreeSet<usize>,
    /// Which of them is its channel.
    channel: Option<usize>,
    /// What it may hear, in this order.
    may_hear: VecDeque<String>,
    /// A write that was begun.
    lent: Option<Vec<u8>>,
}

/// Rooms of two namespaces.
fn room_name(room: usize) -> (&'static str, &'static str) {
    [("/", "blue"), ("/", "red"), ("/chat", "blue")][room]
}

fn numbered(number: usize, bytes: usize) -> String {
    format!("{number:bytes$}")
}

impl Stage {
    pub(super) fn new() -> Stage {
        let limits = |server: &mut crate::config::Settings| {
            let route = &mut server.connection;
            (route.message_bytes_max, route.outbox_bytes_max, route.outbox_pressure_bytes) = (100, 150, 90);
            (route.outbox_messages_max, route.pongs_pending_max, route.linger_bytes_max) = (5, 2, 300);
            route.idle_time_max = Some(Duration::from_secs(100));
            route.message_time_max = Duration::from_secs(8);
        };
        let mut world = World::with_profiles(limits, |config| {
            for policy in [Overflow::DropOldest, Overflow::Disconnect] {
                let route = config.server().connection.clone().with(|route| route.outbox_policy = policy);
                config.add_profile(config.server().route(route).unwrap());
            }
        });
        world.hub.tell_memberships(true);
        Stage {
            world,
            actors: [const { None }; PEERS],
            accepted: Vec::new(),
            number: 0,
            slots_reused: 0,
            transcript: String::new(),
        }
    }

    pub(super) fn transcript(&self) -> &str {
        &self.transcript
    }

    pub(super) fn perform(&mut self, op: &Op) {
        self.number += 1;
        let told = self.world.notices.len();
        match *op {
            Op::Say { peer, words } => self.say(peer, words),
            Op::Deliver { peer, bytes } => self.deliver(peer, bytes),
            Op::Begin { peer, pieces_max } => self.begin(peer, pieces_max),
            Op::Report { peer, share } => self.report(peer, share),
            Op::Wait { millis } => self.world.advance(Duration::from_millis(millis)),
            Op::Jump { seconds } => {
                self.world.jump(Duration::from_secs(seconds));
                self.world.expire();
            }
            Op::Join { peer, room } => self.join(peer, room),
            Op::Leave { peer, room } => self.leave(peer, room),
            Op::Move { peer, room } => self.move_to_channel(peer, room),
            Op::Broadcast { room, bytes, policy, conflation } => {
                self.broadcast(room, bytes, policy, conflation);
            }
            Op::Send { peer, bytes } => self.send(peer, bytes),
            Op::Pause { peer, paused } => {
                let id = self.id(peer);
                self.world.hub.set_paused(self.world.now, id, paused).unwrap();
            }
            Op::Close { peer } => {
                let id = self.id(peer);
                self.world.hub.close(self.world.now, id, CloseCode::Away, "so be it").unwrap();
            }
            Op::End { peer, how } => self.end(peer, how),
            Op::Budget { bytes } => {
                self.world.hub.reclaim_budget(u64::MAX);
                self.world.hub.grant_budget(bytes);
            }
        }
        self.world.settle();
        self.forget_rooms_of_the_closed();
        let told = self.world.notices.get(told..).unwrap_or_default();
        writeln!(self.transcript, "{op:?} {told:?}").unwrap();
    }

    /// No peer does anything any more, and takes nothing: everything ends by itself.
    pub(super) fn finish(&mut self) {
        for peer in 0..PEERS {
            self.report(peer, 0);
            let Some(actor) = &mut self.actors[peer] else { continue };
            actor.peer.window = 0;
            self.world.drain(&mut actor.peer);
        }
        self.world.advance(Duration::from_secs(600));
        for actor in &mut self.actors {
            let Some(mut actor) = actor.take() else { continue };
            self.world.drain(&mut actor.peer);
            assert!(actor.peer.over.is_some(), "{:?} does not end", actor.peer);
            self.world.release(actor.peer);
        }
        let hub = &self.world.hub;
        assert_eq!((hub.queued_bytes(), hub.rooms_len(), hub.connections().count()), (0, 0, 0));
        assert!(hub.links.is_empty() && hub.members.is_empty());
        assert_eq!(hub.next_deadline(), None);
        self.check_notices();
        writeln!(self.transcript, "{:?}", self.world.hub.stats()).unwrap();
    }

    /// How often states were reached that are easily missed.
    pub(super) fn reached(&self) -> Vec<(String, u64)> {
        let stats = self.world.hub.stats();
        let mut reached = vec![
            ("a slot reused".to_owned(), self.slots_reused),
            ("a refusal over HTTP".to_owned(), stats.requests_answered),
            ("a message evicted".to_owned(), stats.evicted),
            ("a message discarded".to_owned(), stats.discarded),
            ("a full outbox".to_owned(), stats.dropped_outbox_full),
            ("a budget exhausted".to_owned(), stats.dropped_budget),
            ("a second chance".to_owned(), stats.deadlines_spared),
        ];
        let closed: Vec<String> = self.world.notices.iter().filter_map(ending).collect();
        let deadlines =
            [Deadline::Handshake, Deadline::Liveness, Deadline::Idle, Deadline::Write, Deadline::Close];
        let endings = [
            "ByPeer",
            "ByUs",
            "Violation",
            "OutboxFull",
            "HandlerFailed",
            "EndOfInput",
            "Transport",
            "Aborted",
        ];
        let timed_out = deadlines.iter().map(|deadline| format!("TimedOut({deadline:?})"));
        for wanted in endings.into_iter().map(str::to_owned).chain(timed_out) {
            let times = closed.iter().filter(|reason| reason.starts_with(&wanted)).count();
            reached.push((wanted, times as u64));
        }
        reached
    }

    /// The actor in a place; a new one where there is none.
    fn actor(&mut self, place: usize) -> &mut Actor {
        let Stage { world, actors, accepted, slots_reused, .. } = self;
        actors[place].get_or_insert_with(|| {
            let peer = world.accept();
            *slots_reused += u64::from(accepted.iter().any(|id| id.slot() == peer.id.slot()));
            accepted.push(peer.id);
            Actor {
                peer,
                unsent: HEAD.iter().copied().collect(),
                to_be_heard: VecDeque::new(),
                rooms: BTreeSet::new(),
                channel: None,
                may_hear: VecDeque::new(),
                lent: None,
            }
        })
    }

    fn id(&mut self, place: usize) -> ConnectionId {
        self.actor(place).peer.id
    }

    fn say(&mut self, place: usize, words: Words) {
        let number = self.number;
        let actor = self.actor(place);
        let (bytes, said) = match words {
            Words::Text { bytes, fragments } => {
                let text = numbered(number, bytes);
                (in_fragments(&text, fragments), Some(Said::Text(text)))
            }
            Words::Binary => {
                let bytes = number.to_be_bytes();
                (masked(&Frame::binary(&bytes)), Some(Said::Binary(bytes.to_vec())))
            }
            Words::Ping => (masked(&Frame::ping(&ControlPayload::EMPTY)), Some(Said::Ping(Vec::new()))),
            Words::Pong => (raw(0x8A, b"pong"), Some(Said::Pong(b"pong".to_vec()))),
            Words::Close => (masked(&Frame::close(CloseCode::Normal, "")), None),
            Words::Nonsense => (raw(0xFF, b"nonsense"), None),
        };
        actor.unsent.extend(bytes);
        actor.to_be_heard.extend(said);
    }

    fn deliver(&mut self, place: usize, bytes: usize) {
        self.actor(place);
        let Some(actor) = &mut self.actors[place] else { return };
        let bytes: Vec<u8> = actor.unsent.drain(..bytes.min(actor.unsent.len())).collect();
        let mut said = self.world.feed(&mut actor.peer, &bytes);
        if let Some(Said::Request(request)) = said.first() {
            if self.accepted.len().is_multiple_of(8) {
                self.world.answer(&actor.peer, StatusCode::NOT_FOUND);
            } else {
                let profile = ProfileId(u16::try_from(place % 3).unwrap());
                let acceptance = Acceptance { profile, ..Acceptance::new(request, "ann") };
                let decision = Decision::Accept(acceptance);
                self.world.hub.decide(self.world.now, actor.peer.id, decision).unwrap();
            }
            said = self.world.feed(&mut actor.peer, &[]);
        }
        for said in said {
            assert_eq!(Some(&said), actor.to_be_heard.pop_front().as_ref(), "out of order");
        }
    }

    fn begin(&mut self, place: usize, pieces_max: usize) {
        let id = self.id(place);
        if self.actor(place).lent.is_some() {
            return;
        }
        match self.world.hub.transmit(id, pieces_max).unwrap() {
            Transmit::Nothing => {}
            Transmit::Write(outgoing) => {
                let lent: Vec<u8> = outgoing.flat_map(|piece| piece.to_shared().to_vec()).collect();
                assert!(!lent.is_empty(), "a write of nothing");
                self.actor(place).lent = Some(lent);
            }
            Transmit::ShutdownWrite => {
                self.actor(place).peer.is_shut = true;
                self.world.hub.write_shut(self.world.now, id).unwrap();
            }
            Transmit::Release { .. } => {
                self.world.hub.released(id).unwrap();
                self.actors[place] = None;
            }
        }
    }

    fn report(&mut self, place: usize, share: usize) {
        let now = self.world.now;
        let actor = self.actor(place);
        let Some(lent) = actor.lent.take() else { return };
        let taken = &lent[..lent.len() * share / 256];
        actor.peer.take(taken);
        for heard in actor.peer.take_heard() {
            let Heard::Text(text) = heard else { continue };
            // In order, at most once, and nothing that was not meant for it.
            while actor.may_hear.pop_front().expect("heard what it was not to hear") != text {}
        }
        let id = actor.peer.id;
        writeln!(self.transcript, "{place} {:?}", taken.escape_ascii().to_string()).unwrap();
        self.world.hub.sent(now, id, taken.len()).unwrap();
    }

    fn join(&mut self, place: usize, room: usize) {
        let id = self.id(place);
        let (namespace, name) = room_name(room);
        if let Ok(changed) = self.world.hub.join(id, namespace, name) {
            assert_eq!(changed, self.actor(place).rooms.insert(room));
        }
    }

    fn leave(&mut self, place: usize, room: usize) {
        let id = self.id(place);
        let (namespace, name) = room_name(room);
        let changed = self.world.hub.leave(id, namespace, name).is_ok_and(|changed| changed);
        let actor = self.actor(place);
        assert_eq!(changed, actor.rooms.remove(&room));
        actor.channel = actor.channel.filter(|channel| *channel != room);
    }

    fn move_to_channel(&mut self, place: usize, room: usize) {
        let id = self.id(place);
        let name = if room < CHANNELS { room_name(room).1 } else { "" };
        let Ok(changed) = self.world.hub.move_to_channel(id, name) else { return };
        let actor = self.actor(place);
        let before = actor.channel.replace(room);
        assert_eq!(changed, before != Some(room));
        if let Some(before) = before {
            actor.rooms.remove(&before);
        }
        actor.rooms.insert(room);
    }

    fn broadcast(&mut self, room: Option<usize>, bytes: usize, policy: Option<usize>, conflation: u64) {
        let text = numbered(self.number, bytes);
        let target = room.map_or(Target::Everyone, |room| {
            let (namespace, name) = room_name(room);
            Target::room(namespace, name)
        });
        let mut matched = 0;
        for actor in self.actors.iter_mut().flatten() {
            let is_open = self.world.hub.is_open(actor.peer.id);
            if is_open && room.is_none_or(|room| actor.rooms.contains(&room)) {
                actor.may_hear.push_back(text.clone());
                matched += 1;
            }
        }
        let mut publication = Publication::new(target, Frame::text(&text));
        publication.overflow = policy.map(|policy| POLICIES[policy]);
        publication.conflation = NonZeroU64::new(conflation).map(ConflationKey);
        let report = self.world.publish(&publication);
        assert_eq!(report.matched(), matched);
        writeln!(self.transcript, "{report:?}").unwrap();
    }

    fn send(&mut self, place: usize, bytes: usize) {
        let text = numbered(self.number, bytes);
        let id = self.id(place);
        if self.world.hub.send(self.world.now, id, &Frame::text(&text)).is_ok() {
            self.actor(place).may_hear.push_back(text);
        }
    }

    fn end(&mut self, place: usize, how: End) {
        let id = self.id(place);
        let (now, hub) = (self.world.now, &mut self.world.hub);
        match how {
            End::Abort => hub.abort(now, id),
            End::Fail => hub.fail(now, id, CloseCode::Error, CloseReason::HandlerFailed),
            End::Input => hub.end_of_input(now, id),
            End::TransportFailed => hub.transport_failed(now, id, io::ErrorKind::ConnectionReset),
        }
        .unwrap();
    }

    fn forget_rooms_of_the_closed(&mut self) {
        for actor in self.actors.iter_mut().flatten() {
            if !self.world.hub.is_open(actor.peer.id) {
                actor.rooms.clear();
                actor.channel = None;
            }
            let id = actor.peer.id;
            assert_eq!(self.world.hub.channel(id), actor.channel.map(|room| room_name(room).1));
            for room in 0..ROOMS {
                let (namespace, name) = room_name(room);
                assert_eq!(self.world.hub.is_in(id, namespace, name), actor.rooms.contains(&room));
            }
        }
    }

    /// Every transport's end is told once, nothing of it after; groups open and
    /// close in turn, and all are closed in the end. A room opens before its first
    /// member joins it and closes after the last has left it, and each that joins
    /// leaves.
    fn check_notices(&self) {
        let (mut closed, mut groups) = (BTreeSet::new(), BTreeSet::<&GroupName>::new());
        let mut members = BTreeSet::new();
        let is_open =
            |groups: &BTreeSet<&GroupName>, room: &RoomName| groups.contains(&GroupName::Room(room.clone()));
        for notice in &self.world.notices {
            match notice {
                Notice::Closed(end) => assert!(closed.insert(end.id), "{} closed twice", end.id),
                Notice::Pressure { id, .. } | Notice::Room(id) | Notice::Unanswered { id, .. } => {
                    assert!(!closed.contains(id), "{id} after its end");
                }
                Notice::Collected(_) => {}
                Notice::GroupOpened(name) => assert!(groups.insert(name), "{name} opened twice"),
                Notice::GroupClosed(name) => {
                    assert!(groups.remove(name), "{name} closed twice");
                    let is_in = |(_, room): &(_, &RoomName)| GroupName::Room((*room).clone()) == *name;
                    assert!(!members.iter().any(is_in), "{name} closed with members");
                }
                Notice::Joined { id, room } => {
                    assert!(is_open(&groups, room) && !closed.contains(id));
                    assert!(members.insert((*id, room)), "{id} joined {room:?} twice");
                }
                Notice::Left { id, room } => {
                    assert!(is_open(&groups, room) && !closed.contains(id));
                    assert!(members.remove(&(*id, room)), "{id} left {room:?} twice");
                }
            }
        }
        assert!(members.is_empty(), "{members:?} never left");
        assert_eq!(closed, self.accepted.iter().copied().collect());
        assert!(groups.is_empty(), "{groups:?} never closed");
    }
}

fn in_fragments(text: &str, fragments: usize) -> Vec<u8> {
    let chunks: Vec<&[u8]> = text.as_bytes().chunks(text.len().div_ceil(fragments)).collect();
    let frames = chunks.iter().enumerate().map(|(place, chunk)| {
        let opcode = u8::from(place == 0);
        let is_final = if place + 1 == chunks.len() { 0x80 } else { 0 };
        raw(is_final | opcode, chunk)
    });
    frames.flatten().collect()
}

fn ending(notice: &Notice) -> Option<String> {
    match notice {
        Notice::Closed(closed) => Some(format!("{:?}", closed.reason)),
        Notice::Pressure { .. }
        | Notice::Room(_)
        | Notice::Unanswered { .. }
        | Notice::Collected(_)
        | Notice::GroupOpened(_)
        | Notice::GroupClosed(_)
        | Notice::Joined { .. }
        | Notice::Left { .. } => None,
    }
}
