//! A client, its adapter, and an application that checks what it is told.
//!
//! Connected and disconnected alternate; each question ends once, and no later than
//! the connection it was sent on; what the server
//! says comes in order on each connection; the next deadline has not passed; after
//! `close` nothing comes but the end.

use super::network::{Weather, Wire, Wires};
use super::server::{FORBIDDEN, Server};
use fanfare_core::client::{
    Client, ClientSettings, ConnectError, Event, Incoming, Membership, Notice, Offline, Reconnect, Transmit,
};
use fanfare_core::config::Compression;
use fanfare_core::event::{AckId, Emission, Envelope, Payload};
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use fanfare_core::wire::{CloseCode, ControlPayload, Message};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(crate) struct Peer {
    name: String,
    pub(crate) client: Client,
    dial: Option<Dial>,
    wire: Option<u64>,
    is_connected: bool,
    is_closed: bool,
    said: u64,
    last_tick: u64,
    /// What has not ended, and whether it was sent on the connection there is.
    asked: BTreeMap<AckId, bool>,
    pub(crate) connections: u64,
    pub(crate) answered: u64,
    pub(crate) unanswered: u64,
    pub(crate) refused_joins: u64,
}

/// An attempt that the adapter makes.
struct Dial {
    /// `None`: nobody ever answers.
    until: Option<Instant>,
    is_refused: bool,
}

impl Peer {
    pub(crate) fn new(number: u64, random: Random, weather: &mut Weather) -> Peer {
        let name = format!("c{number}");
        let is_compressing = weather.chance.one_in(2);
        let is_queueing = weather.chance.one_in(2);
        let url = format!("ws://server/ws?client={name}").parse().unwrap();
        let settings = ClientSettings::new(url).with(|client| {
            client.reconnect =
                Reconnect::Exponential { base: Duration::from_millis(250), cap: Duration::from_secs(3) };
            client.reconnect_first = true;
            client.connect_time_max = Duration::from_secs(3);
            client.connection.envelope = Envelope::Typed;
            client.connection.ping_interval = Some(Duration::from_secs(5));
            client.connection.liveness_time_max = Duration::from_secs(12);
            client.connection.compression_threshold_bytes = 64;
            client.connection.outbox_messages_max = 32;
            if is_compressing {
                client.connection.compression = Compression::On;
            }
            if is_queueing {
                client.offline = Offline::Queue { messages_max: 16, bytes_max: 16 * 1024 };
            }
        });
        Peer {
            name,
            client: Client::new(settings.build().unwrap().into(), random),
            dial: None,
            wire: None,
            is_connected: false,
            is_closed: false,
            said: 0,
            last_tick: 0,
            asked: BTreeMap::new(),
            connections: 0,
            answered: 0,
            unanswered: 0,
            refused_joins: 0,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Questions that have not ended.
    pub(crate) fn open_questions(&self) -> usize {
        assert_eq!(self.asked.len(), self.client.acks_pending());
        self.asked.len()
    }

    /// The rooms it should be in.
    pub(crate) fn rooms(&self) -> BTreeSet<String> {
        self.client.memberships().filter_map(Membership::room).map(str::to_owned).collect()
    }

    pub(crate) fn next_times(&self) -> impl Iterator<Item = Instant> {
        let dialed = self.dial.as_ref().and_then(|dial| dial.until);
        [self.client.next_deadline(), dialed].into_iter().flatten()
    }

    /// The application does something.
    pub(crate) fn act(&mut self, now: Instant, weather: &mut Weather) {
        let chance = &mut weather.chance;
        let room = ["a", "b", "c", FORBIDDEN][chance.place(4)];
        // While the network heals nobody moves: the rooms have to be those of before.
        match chance.below(if weather.is_bad { 20 } else { 14 }) {
            0..8 => drop(self.say(now, chance.one_in(4), None)),
            8..12 => drop(self.say(now, false, Some(Duration::from_millis(1 + chance.below(5_000))))),
            12 => drop(self.client.ping(&ControlPayload::EMPTY)),
            13 => self.client.connect(now).unwrap(),
            14..17 => drop(self.client.join(now, "/", room)),
            17 => drop(self.client.leave(now, "/", room)),
            18 => self.client.disconnect(now),
            _ => self.client.abort(now),
        }
    }

    /// Says a new number, with more words or fewer, or asks by it.
    fn say(&mut self, now: Instant, is_long: bool, ask: Option<Duration>) -> Option<AckId> {
        self.said += 1;
        let words = "again and ".repeat(if is_long { 100 } else { 1 });
        let say = Emission { data: Payload::of(&(self.said, words)).unwrap(), ..Emission::new("say") };
        let Some(time_max) = ask else {
            let _ = self.client.emit(now, &say);
            return None;
        };
        let id = self.client.ask(now, &say, time_max).ok()?;
        let is_sent = self.client.is_connected();
        assert!(self.asked.insert(id, is_sent).is_none(), "an id was used twice");
        Some(id)
    }

    pub(crate) fn close(&mut self, now: Instant) {
        self.client.close(now, CloseCode::Normal, "done");
        self.hear_notices();
        self.is_closed = true;
    }

    /// One turn of the adapter; says whether anything moved.
    pub(crate) fn turn(
        &mut self,
        now: Instant,
        wires: &mut Wires,
        server: &mut Server,
        weather: &mut Weather,
    ) -> bool {
        let mut moved = self.go_on_dialing(now, wires, server);
        if let Some(wire) = self.wire.and_then(|number| wires.get_mut(&number)) {
            moved |= self.read(now, wire);
        }
        self.hear_notices();
        self.client.expire(now);
        self.hear_notices();
        let next = self.client.next_deadline();
        assert!(next.is_none_or(|next| next > now), "{next:?} has passed at {now:?}");
        if self.client.poll_connect(now).is_some() {
            assert!(self.dial.is_none() && self.wire.is_none(), "one transport at a time");
            self.dial = Some(Dial::new(now, weather));
            moved = true;
        }
        moved | self.write(now, wires, weather)
    }

    fn go_on_dialing(&mut self, now: Instant, wires: &mut Wires, server: &mut Server) -> bool {
        let Some(dial) = self.dial.take_if(|dial| dial.until.is_some_and(|until| until <= now)) else {
            return false;
        };
        if dial.is_refused {
            self.client.connect_failed(now, ConnectError::Refused);
            return true;
        }
        let number = wires.last_key_value().map_or(0, |(last, _)| last + 1);
        wires.insert(number, Wire::new(server.accept(now, number)));
        self.wire = Some(number);
        self.client.connected();
        true
    }

    fn read(&mut self, now: Instant, wire: &mut Wire) -> bool {
        let mut moved = false;
        while !wire.is_broken
            && self.client.wants_read()
            && let Some(mut chunk) = wire.down.read(now)
        {
            moved = true;
            let mut taken = 0;
            while taken < chunk.len() && self.client.wants_read() {
                let received = self.client.receive(now, &mut chunk[taken..]);
                taken += received.consumed;
                if let Some(Event::Message(message)) = received.event {
                    self.hear(now, &message);
                }
                self.hear_notices();
            }
            wire.down.unread(now, &chunk[taken..]);
        }
        if wire.is_broken {
            self.client.failed(now, std::io::ErrorKind::ConnectionReset);
        } else if wire.down.has_ended(now) && self.client.wants_read() {
            self.client.end_of_input(now);
        }
        moved
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else there will be, nobody says it here")]
    fn hear(&mut self, now: Instant, message: &Message<'_>) {
        assert!(self.is_connected && !self.is_closed, "a message without a connection");
        match self.client.interpret(now, message) {
            Incoming::Event(event) => {
                let tick: u64 = event.data.parse().unwrap();
                assert!(tick > self.last_tick, "{tick} came behind {}", self.last_tick);
                self.last_tick = tick;
                if let Some(asked) = event.ack {
                    let _ = self.client.acknowledge(now, asked, Payload::NONE);
                }
            }
            Incoming::Answer { ask, .. } => {
                assert_eq!(self.asked.remove(&ask), Some(true), "answered twice, or before it was sent");
                self.answered += 1;
            }
            Incoming::JoinRefused { group, .. } => {
                assert_eq!(group.room(), Some(FORBIDDEN));
                self.refused_joins += 1;
            }
            Incoming::Handled => {}
            other => panic!("nobody says that: {other:?}"),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else there will be, nobody asked for it")]
    fn hear_notices(&mut self) {
        while let Some(notice) = self.client.next_notice() {
            let is_end = matches!(notice, Notice::Disconnected(_));
            assert!(!self.is_closed || is_end, "{notice:?} came after close");
            match notice {
                Notice::Connected(_) => {
                    assert!(!self.is_connected, "connected twice");
                    self.is_connected = true;
                    self.connections += 1;
                    // What waited for a connection is on its way.
                    self.asked.values_mut().for_each(|is_sent| *is_sent = true);
                }
                Notice::Disconnected(_) => {
                    assert!(self.is_connected, "disconnected twice");
                    let outlives = self.asked.iter().find(|(_, is_sent)| **is_sent);
                    assert_eq!(outlives, None, "asked on a connection that is over");
                    self.is_connected = false;
                }
                Notice::Unanswered { ask, .. } => {
                    assert!(self.asked.remove(&ask).is_some(), "ended twice");
                    self.unanswered += 1;
                }
                Notice::ConnectFailed { .. } | Notice::Reconnecting { .. } => {
                    assert!(!self.is_connected, "attempts while connected");
                }
                other => panic!("nobody asked for {other:?}"),
            }
        }
        assert!(
            self.is_connected || !self.client.is_connected(),
            "an open connection that nobody was told of"
        );
    }

    fn write(&mut self, now: Instant, wires: &mut Wires, weather: &mut Weather) -> bool {
        let mut moved = false;
        let wire = self.wire.and_then(|number| wires.get_mut(&number));
        match (self.client.transmit(16), wire) {
            (Transmit::Nothing, _) => {}
            (Transmit::Write(pieces), Some(wire)) => {
                let bytes: Vec<u8> = pieces.flat_map(|piece| piece.as_bytes()).copied().collect();
                let taken = if wire.is_broken { 0 } else { wire.up.write(now, &bytes, weather) };
                self.client.sent(now, taken);
                moved = taken > 0;
            }
            (Transmit::Release { abort }, wire) => {
                if let Some(wire) = wire {
                    wire.is_broken |= abort;
                    wire.client_left = true;
                    wire.up.finish(now);
                }
                (self.dial, self.wire) = (None, None);
                self.client.released();
                moved = true;
            }
            (Transmit::Write(_), None) => panic!("to write on nothing"),
            (Transmit::StartTls, _) => panic!("nobody wanted TLS"),
        }
        self.hear_notices();
        moved
    }
}

impl Dial {
    fn new(now: Instant, weather: &mut Weather) -> Dial {
        let (is_lost, is_refused) = (weather.is_bad && weather.chance.one_in(20), weather.chance.one_in(10));
        let is_refused = is_refused && weather.is_bad;
        weather.faults.refusals += u64::from(is_lost || is_refused);
        let until = now + weather.chance.millis(50);
        Dial { until: (!is_lost).then_some(until), is_refused }
    }
}
