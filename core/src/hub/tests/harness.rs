//! A driver and its peers, in memory: bytes in, bytes out, time by hand.

use crate::broadcast::{BroadcastReport, Target};
use crate::config::Settings;
use crate::deflate::Inflater;
use crate::handshake::{Request, Response};
use crate::hub::{Acceptance, Closed, Decision, Event, Hub, HubConfig, Notice, Publication, Transmit};
use crate::id::{ConnectionId, ProfileId, ShardId};
use crate::random::Random;
use crate::rooms::GroupName;
use crate::time::Instant;
use crate::wire::{Decoder, Frame, Incoming, Limits, Message, Role};
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;

pub(super) const HEAD: &[u8] = b"GET /chat?room=blue HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// The same with an offer of extensions.
pub(super) fn head_offering(offer: &str) -> Vec<u8> {
    let offer = format!("\r\nSec-WebSocket-Extensions: {offer}\r\n\r\n");
    [HEAD.strip_suffix(b"\r\n\r\n").unwrap(), offer.as_bytes()].concat()
}

const CLIENT_LIMITS: Limits = Limits { message_bytes_max: 1 << 20, fragments_max: 1 };

/// A hub, its time, and what it told.
pub(super) struct World {
    pub(super) hub: Hub,
    pub(super) now: Instant,
    pub(super) notices: Vec<Notice>,
}

/// The other end of one transport.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) id: ConnectionId,
    /// Sent by it, not yet taken by the hub.
    pub(super) unread: Vec<u8>,
    /// The HTTP answer it got, if that is complete.
    pub(super) answer: Option<String>,
    pub(super) heard: Vec<Heard>,
    /// How many of the messages it heard were compressed.
    pub(super) heard_compressed: usize,
    /// How many more bytes it takes before it stops reading.
    pub(super) window: usize,
    /// Its input has ended.
    pub(super) is_shut: bool,
    /// The hub wants the transport dropped; with `abort` or not.
    pub(super) over: Option<bool>,
    wire: Vec<u8>,
    decoder: Decoder,
}

/// What the hub says that a peer said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Said {
    Request(Box<Request>),
    Body(Vec<u8>),
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

/// What a peer heard after the handshake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    Text(String),
    Binary(Vec<u8>),
    Ping,
    Pong(Vec<u8>),
    Close(Option<u16>),
}

impl Heard {
    fn message(message: Message<'_>) -> Heard {
        match message {
            Message::Text(text) => Heard::Text(text.into_owned()),
            Message::Binary(bytes) => Heard::Binary(bytes.into_owned()),
        }
    }

    pub(super) fn text(text: &str) -> Heard {
        Heard::Text(text.to_owned())
    }
}

/// A frame of the client, masked.
pub(super) fn masked(frame: &Frame) -> Vec<u8> {
    frame.masked([0x37, 0xFA, 0x21, 0x3D]).as_bytes().to_vec()
}

/// A client's frame from its first byte and its payload, shorter than 126 bytes.
pub(super) fn raw(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

impl World {
    pub(super) fn new(edit: impl FnOnce(&mut Settings)) -> World {
        World::with_profiles(edit, |_| {})
    }

    pub(super) fn with_profiles(edit: impl FnOnce(&mut Settings), add: impl FnOnce(&mut HubConfig)) -> World {
        let mut config = HubConfig::new(Settings::default().with(edit).build().unwrap());
        add(&mut config);
        let mut hub = Hub::new(Instant::ZERO, ShardId(3), Arc::new(config), Random::from_seed([7; 32]));
        hub.grant_budget(1 << 30);
        World { hub, now: Instant::ZERO, notices: Vec::new() }
    }

    /// A transport that has not said anything.
    pub(super) fn accept(&mut self) -> Peer {
        let id = self.hub.accept(self.now).unwrap();
        self.settle();
        Peer {
            id,
            unread: Vec::new(),
            answer: None,
            heard: Vec::new(),
            heard_compressed: 0,
            window: usize::MAX,
            is_shut: false,
            over: None,
            wire: Vec::new(),
            decoder: Decoder::new(Role::Client),
        }
    }

    /// A transport whose request waits for a decision.
    pub(super) fn request(&mut self, head: &[u8]) -> (Peer, Box<Request>) {
        let mut peer = self.accept();
        match self.feed(&mut peer, head).pop() {
            Some(Said::Request(request)) => (peer, request),
            other => panic!("a request, not {other:?}"),
        }
    }

    /// An open connection.
    pub(super) fn connect(&mut self, client_id: &str) -> Peer {
        self.connect_on(ProfileId::default(), client_id)
    }

    pub(super) fn connect_on(&mut self, profile: ProfileId, client_id: &str) -> Peer {
        self.connect_with(HEAD, profile, client_id)
    }

    fn connect_with(&mut self, head: &[u8], profile: ProfileId, client_id: &str) -> Peer {
        let (mut peer, request) = self.request(head);
        let acceptance = Acceptance { profile, ..Acceptance::new(&request, client_id) };
        self.hub.decide(self.now, peer.id, Decision::Accept(acceptance)).unwrap();
        self.drain(&mut peer);
        assert!(peer.answer.as_deref().unwrap().starts_with("HTTP/1.1 101 "), "{peer:?}");
        peer
    }

    /// An open connection whose request had this offer of extensions.
    pub(super) fn connect_offering(&mut self, profile: ProfileId, offer: &str) -> Peer {
        self.connect_with(&head_offering(offer), profile, "ann")
    }

    pub(super) fn answer(&mut self, peer: &Peer, status: StatusCode) {
        let decision = Decision::Answer { response: &Response::text(status, "body"), head_only: false };
        self.hub.decide(self.now, peer.id, decision).unwrap();
        self.settle();
    }

    /// The peer sends bytes; the hub takes what it wants.
    pub(super) fn feed(&mut self, peer: &mut Peer, bytes: &[u8]) -> Vec<Said> {
        peer.unread.extend_from_slice(bytes);
        let mut said = Vec::new();
        let mut unread = std::mem::take(&mut peer.unread);
        let mut rest = unread.as_mut_slice();
        while !rest.is_empty() && self.hub.wants_read(peer.id) {
            let received = self.hub.receive(self.now, peer.id, rest).unwrap();
            assert!(received.consumed > 0 || received.event.is_some(), "no progress");
            let consumed = received.consumed;
            said.extend(received.event.map(owned));
            rest = &mut rest[consumed..];
            self.hub.check_invariants();
        }
        peer.unread = rest.to_vec();
        self.settle();
        said
    }

    /// Does whatever the hub wants done with the transport, short of releasing it.
    pub(super) fn drain(&mut self, peer: &mut Peer) {
        loop {
            let taken = match self.hub.transmit(peer.id, 4).unwrap() {
                Transmit::Nothing => break,
                Transmit::Write(outgoing) => {
                    let bytes: Vec<u8> = outgoing.flat_map(|piece| piece.as_bytes().to_vec()).collect();
                    assert!(!bytes.is_empty(), "a write of nothing");
                    let taken = bytes.len().min(peer.window);
                    peer.take(&bytes[..taken]);
                    taken
                }
                Transmit::ShutdownWrite => {
                    peer.is_shut = true;
                    self.hub.write_shut(self.now, peer.id).unwrap();
                    continue;
                }
                Transmit::Release { abort } => {
                    peer.over = Some(abort);
                    break;
                }
            };
            peer.window -= taken;
            self.hub.sent(self.now, peer.id, taken).unwrap();
            self.hub.check_invariants();
            if taken == 0 {
                break;
            }
        }
        self.settle();
    }

    /// Sends, and hears what comes back.
    pub(super) fn say(&mut self, peer: &mut Peer, frame: &Frame) -> Vec<Said> {
        let said = self.feed(peer, &masked(frame));
        self.drain(peer);
        said
    }

    /// Queues a text for one connection, and lets it write.
    pub(super) fn send(&mut self, peer: &mut Peer, text: &str) {
        self.hub.send(self.now, peer.id, &Frame::text(text)).unwrap();
        self.drain(peer);
    }

    pub(super) fn broadcast(&mut self, target: Target, text: &str) -> BroadcastReport {
        self.publish(&Publication::new(target, Frame::text(text)))
    }

    pub(super) fn publish(&mut self, publication: &Publication) -> BroadcastReport {
        let report = self.hub.broadcast(self.now, publication);
        self.settle();
        report
    }

    pub(super) fn end_of_input(&mut self, peer: &mut Peer) {
        self.hub.end_of_input(self.now, peer.id).unwrap();
        self.drain(peer);
    }

    /// Drops a transport that the hub wants dropped.
    pub(super) fn release(&mut self, mut peer: Peer) {
        self.drain(&mut peer);
        self.hub.released(peer.id).unwrap();
        self.settle();
    }

    /// Time passes, and every deadline is met on its tick.
    pub(super) fn advance(&mut self, duration: Duration) {
        let target = self.now + duration;
        while let Some(at) = self.hub.next_deadline().filter(|&at| at <= target) {
            self.now = self.now.max(at);
            self.expire();
        }
        self.now = target;
    }

    /// Time passes unnoticed.
    pub(super) fn jump(&mut self, duration: Duration) {
        self.now = self.now + duration;
    }

    pub(super) fn expire(&mut self) {
        while self.hub.expire(self.now, 8) {
            self.hub.check_invariants();
        }
        assert!(self.hub.next_deadline().is_none_or(|at| at > self.now), "due, and not handled");
        self.settle();
    }

    /// Collects what the hub tells, and checks it.
    pub(super) fn settle(&mut self) {
        self.notices.extend(std::iter::from_fn(|| self.hub.next_notice()));
        self.hub.check_invariants();
    }

    /// The one end of a transport's conversation that was told, if it was.
    pub(super) fn closed(&self, id: ConnectionId) -> Option<&Closed> {
        let mut closed = self.notices.iter().filter_map(|notice| match notice {
            Notice::Closed(closed) if closed.id == id => Some(closed),
            Notice::Closed(_)
            | Notice::Pressure { .. }
            | Notice::Room(_)
            | Notice::Unanswered { .. }
            | Notice::Collected(_)
            | Notice::GroupOpened(_)
            | Notice::GroupClosed(_)
            | Notice::Joined { .. }
            | Notice::Left { .. } => None,
        });
        let first = closed.next();
        assert_eq!(closed.next(), None, "told twice");
        first
    }

    /// Groups that opened (true) and closed (false), in order, since last asked.
    pub(super) fn groups_told(&mut self) -> Vec<(bool, GroupName)> {
        let told = self.notices.iter().filter_map(|notice| match notice {
            Notice::GroupOpened(name) => Some((true, name.clone())),
            Notice::GroupClosed(name) => Some((false, name.clone())),
            Notice::Closed(_)
            | Notice::Pressure { .. }
            | Notice::Room(_)
            | Notice::Unanswered { .. }
            | Notice::Collected(_)
            | Notice::Joined { .. }
            | Notice::Left { .. } => None,
        });
        let told = told.collect();
        self.notices.retain(|notice| !matches!(notice, Notice::GroupOpened(_) | Notice::GroupClosed(_)));
        told
    }
}

impl Peer {
    /// Bytes from the hub.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        assert!(!self.is_shut, "bytes after the end");
        self.wire.extend_from_slice(bytes);
        if self.answer.is_none()
            && let Some(end) = self.wire.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let head: Vec<u8> = self.wire.drain(..end + 4).collect();
            let head = String::from_utf8(head).unwrap();
            if head.contains("permessage-deflate") {
                self.decoder = Decoder::with_deflate(Role::Client);
            }
            self.answer = Some(head);
        }
        if self.is_upgraded() {
            self.hear();
        }
    }

    /// What it has heard since last asked.
    pub(super) fn take_heard(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.heard)
    }

    /// What follows the HTTP head, of an answer that is no upgrade.
    pub(super) fn body(&self) -> &[u8] {
        &self.wire
    }

    fn is_upgraded(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.starts_with("HTTP/1.1 101 "))
    }

    fn hear(&mut self) {
        let mut wire = std::mem::take(&mut self.wire);
        let mut rest = wire.as_mut_slice();
        while !rest.is_empty() {
            assert!(!matches!(self.heard.last(), Some(Heard::Close(_))), "bytes after a close frame");
            let decoded = self.decoder.decode(&CLIENT_LIMITS, rest).unwrap();
            let consumed = decoded.consumed;
            self.heard.extend(decoded.incoming.map(|incoming| match incoming {
                Incoming::Message(message) => Heard::message(message),
                Incoming::Compressed(message) => {
                    self.heard_compressed += 1;
                    Heard::message(Inflater::new().inflate(&message, usize::MAX - 1).unwrap())
                }
                Incoming::Ping(_) => Heard::Ping,
                Incoming::Pong(payload) => Heard::Pong(payload.to_vec()),
                Incoming::Close(frame) => Heard::Close(frame.map(|frame| frame.code.into())),
            }));
            rest = &mut rest[consumed..];
        }
    }
}

fn owned(event: Event<'_>) -> Said {
    match event {
        Event::Request(request) => Said::Request(request),
        Event::Body(body) => Said::Body(body.to_vec()),
        Event::Message(Message::Text(text)) => Said::Text(text.into_owned()),
        Event::Message(Message::Binary(bytes)) => Said::Binary(bytes.into_owned()),
        Event::Ping(payload) => Said::Ping(payload.to_vec()),
        Event::Pong(payload) => Said::Pong(payload.to_vec()),
    }
}
