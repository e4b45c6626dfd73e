//! A hub with a clock, and the driver that a polite adapter would be.

use super::peer::{UPGRADE, get};
use fanfare_core::close::CloseReason;
use fanfare_core::config::Settings;
use fanfare_core::handshake::{Request, Response};
use fanfare_core::hub::{Acceptance, Closed, Decision, Event, Hub, HubConfig, Notice, Transmit};
use fanfare_core::id::{ConnectionId, ShardId};
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use fanfare_core::wire::{Frame, Message};
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Shard {
    pub(crate) hub: Hub,
    pub(crate) now: Instant,
    closed: Vec<Closed>,
    /// More lines of the requests of [`open`](Self::open).
    lines: String,
}

/// An event, owned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    Request(Box<Request>),
    Body(Vec<u8>),
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

impl From<Event<'_>> for Heard {
    #[expect(clippy::wildcard_enum_match_arm, reason = "events may become more; here they must not")]
    fn from(event: Event<'_>) -> Heard {
        match event {
            Event::Request(request) => Heard::Request(request),
            Event::Body(body) => Heard::Body(body.to_vec()),
            Event::Message(Message::Text(text)) => Heard::Text(text.into_owned()),
            Event::Message(Message::Binary(bytes)) => Heard::Binary(bytes.into_owned()),
            Event::Ping(payload) => Heard::Ping(payload.to_vec()),
            Event::Pong(payload) => Heard::Pong(payload.to_vec()),
            // No such kind yet; when there is one, it has to be told apart here.
            event => panic!("cannot be compared: {event:?}"),
        }
    }
}

impl Shard {
    pub(crate) fn new() -> Shard {
        Shard::with(|_| {})
    }

    /// Settings are the defaults but for `edit`.
    pub(crate) fn with(edit: impl FnOnce(&mut Settings)) -> Shard {
        Shard::seeded(7, edit)
    }

    pub(crate) fn seeded(seed: u8, edit: impl FnOnce(&mut Settings)) -> Shard {
        let config = Arc::new(HubConfig::new(Settings::default().with(edit).build().unwrap()));
        let mut hub = Hub::new(Instant::ZERO, ShardId(0), config, Random::from_seed([seed; 32]));
        hub.grant_budget(1 << 30);
        Shard { hub, now: Instant::ZERO, closed: Vec::new(), lines: String::new() }
    }

    /// The same with peers that offer these extensions.
    pub(crate) fn offering(extensions: &str, edit: impl FnOnce(&mut Settings)) -> Shard {
        Shard { lines: format!("Sec-WebSocket-Extensions: {extensions}\r\n"), ..Shard::with(edit) }
    }

    pub(crate) fn arrive(&mut self) -> ConnectionId {
        self.hub.accept(self.now).unwrap()
    }

    /// A connection after its handshake.
    pub(crate) fn open(&mut self) -> ConnectionId {
        let id = self.arrive();
        let heard = self.feed(id, &get(&format!("{UPGRADE}{}", self.lines)));
        let [Heard::Request(request)] = heard.as_slice() else { panic!("no request: {heard:?}") };
        self.grant(id, request);
        let answer = self.write(id);
        assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", answer.escape_ascii());
        id
    }

    /// Accepts an upgrade.
    pub(crate) fn grant(&mut self, id: ConnectionId, request: &Request) {
        let acceptance = Acceptance::new(request, "peer");
        self.hub.decide(self.now, id, Decision::Accept(acceptance)).unwrap();
    }

    pub(crate) fn answer(&mut self, id: ConnectionId, response: &Response) {
        self.hub.decide(self.now, id, Decision::Answer { response, head_only: false }).unwrap();
    }

    /// Brings bytes as one read, until they are used up or nothing more is wanted.
    pub(crate) fn feed(&mut self, id: ConnectionId, bytes: &[u8]) -> Vec<Heard> {
        let mut bytes = bytes.to_vec();
        let (mut rest, mut heard) = (bytes.as_mut_slice(), Vec::new());
        while !rest.is_empty() && self.hub.wants_read(id) {
            let received = self.hub.receive(self.now, id, rest).unwrap();
            let consumed = received.consumed;
            assert!(consumed > 0, "a call without progress: work is not bounded by bytes");
            heard.extend(received.event.map(Heard::from));
            rest = &mut rest[consumed..];
        }
        heard
    }

    /// Brings bytes one at a time.
    pub(crate) fn drip(&mut self, id: ConnectionId, bytes: &[u8]) -> Vec<Heard> {
        bytes.chunks(1).flat_map(|byte| self.feed(id, byte)).collect()
    }

    /// Does what the hub asks for until it asks for nothing more than a
    /// release; what went over the wire.
    pub(crate) fn write(&mut self, id: ConnectionId) -> Vec<u8> {
        let mut wire = Vec::new();
        loop {
            match self.hub.transmit(id, 16).unwrap() {
                Transmit::Write(pieces) => {
                    let written_before = wire.len();
                    pieces.for_each(|piece| wire.extend(piece.as_bytes()));
                    self.hub.sent(self.now, id, wire.len() - written_before).unwrap();
                }
                Transmit::ShutdownWrite => self.hub.write_shut(self.now, id).unwrap(),
                Transmit::Nothing | Transmit::Release { .. } => return wire,
            }
        }
    }

    /// Looks at the transport without taking a byte: a peer that does not read.
    pub(crate) fn write_nothing(&mut self, id: ConnectionId) {
        self.waiting_pieces(id);
    }

    /// How many frames wait for a peer that does not read, control frames too.
    pub(crate) fn waiting_pieces(&mut self, id: ConnectionId) -> usize {
        let Transmit::Write(pieces) = self.hub.transmit(id, usize::MAX).unwrap() else { return 0 };
        let waiting = pieces.count();
        self.hub.sent(self.now, id, 0).unwrap();
        waiting
    }

    /// Lets time pass, from one deadline to the next.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = self.hub.next_deadline().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            while self.hub.expire(self.now, 100) {}
        }
        self.now = end;
    }

    /// Every reason that the connection was closed with so far.
    pub(crate) fn reasons(&mut self, id: ConnectionId) -> Vec<CloseReason> {
        while let Some(notice) = self.hub.next_notice() {
            if let Notice::Closed(closed) = notice {
                self.closed.push(closed);
            }
        }
        self.closed.iter().filter(|closed| closed.id == id).map(|closed| closed.reason.clone()).collect()
    }

    /// Forgets who was closed so far.
    pub(crate) fn forget(&mut self) {
        self.closed.clear();
    }

    /// Whether the hub wants the transport dropped.
    pub(crate) fn is_over(&mut self, id: ConnectionId) -> bool {
        matches!(self.hub.transmit(id, 16), Ok(Transmit::Release { .. }))
    }

    /// The peer ends its side; the transport is dropped and its slot is free.
    #[track_caller]
    pub(crate) fn release(&mut self, id: ConnectionId) {
        if self.hub.wants_read(id) {
            self.hub.end_of_input(self.now, id).unwrap();
        }
        self.write(id);
        self.hub.released(id).expect("the hub wants the transport dropped");
    }

    /// Asserts that a connection is as good as new.
    #[track_caller]
    pub(crate) fn assert_well(&mut self, id: ConnectionId) {
        assert_eq!(self.feed(id, &super::peer::text("well?")), [Heard::Text("well?".to_owned())]);
        self.hub.send(self.now, id, &Frame::text("well")).unwrap();
        assert!(self.write(id).ends_with(b"\x81\x04well"));
    }
}

/// Asserts that a stream on an open connection is refused with `code`, brought
/// whole or byte by byte; and that it ends this connection once and no other.
#[track_caller]
pub(crate) fn assert_refused(stream: &[u8], code: u16) {
    assert_refused_by(Shard::new, stream, code);
}

/// [`assert_refused`] in a shard of one's own.
#[track_caller]
pub(crate) fn assert_refused_by(shard: impl Fn() -> Shard, stream: &[u8], code: u16) {
    for bring in [Shard::feed, Shard::drip] {
        let mut shard = shard();
        let (id, neighbour) = (shard.open(), shard.open());
        bring(&mut shard, id, stream);

        assert!(!shard.hub.is_open(id), "{} was not refused", stream.escape_ascii());
        assert_eq!(shard.feed(id, &super::peer::text("more")), [], "heard after the end");
        let reasons = shard.reasons(id);
        assert_eq!(reasons.iter().map(|reason| reason.code().into()).collect::<Vec<u16>>(), [code]);
        assert_eq!(shard.hub.stats().violations, 1);

        let wire = shard.write(id);
        assert_eq!(close_code(&wire), Some(code), "{}", wire.escape_ascii());
        shard.release(id);
        assert_eq!((shard.reasons(id).len(), shard.hub.queued_bytes()), (1, 0));
        shard.assert_well(neighbour);
    }
}

/// The code of the close frame that is all of `wire`.
pub(crate) fn close_code(wire: &[u8]) -> Option<u16> {
    match wire {
        [0x88, length, high, low, reason @ ..] if usize::from(*length) == 2 + reason.len() => {
            Some(u16::from_be_bytes([*high, *low]))
        }
        _ => None,
    }
}

/// The status of an HTTP answer.
pub(crate) fn status(wire: &[u8]) -> Option<u16> {
    let text = str::from_utf8(wire).ok()?;
    text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}
