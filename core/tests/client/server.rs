//! The hub, its driver, and an application that checks what it hears.
//!
//! What is said comes at most once and in order on each connection; what is asked
//! is answered, now and then; every room may be joined but one.

use super::network::{Weather, Wires};
use fanfare_core::config::{Compression, Settings};
use fanfare_core::event::{Emission, Envelope, Payload, Regroup};
use fanfare_core::hub::{Acceptance, Decision, Event, Hub, HubConfig, Incoming, Transmit};
use fanfare_core::id::{ConnectionId, ShardId};
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use fanfare_core::wire::{CloseCode, Message};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// The room that nobody may enter.
pub(crate) const FORBIDDEN: &str = "forbidden";

pub(crate) struct Server {
    hub: Hub,
    config: Arc<HubConfig>,
    random: Random,
    /// Which transport belongs to which connection, and whose client it is.
    links: BTreeMap<ConnectionId, (u64, String)>,
    /// The last number that was said on each connection.
    last_said: BTreeMap<ConnectionId, u64>,
    /// Every number that each client ever said.
    said: BTreeSet<(String, u64)>,
    ticks: u64,
    pub(crate) arrived: u64,
}

impl Server {
    pub(crate) fn new(now: Instant, mut random: Random) -> Server {
        let settings = Settings::default().with(|server| {
            server.connection.envelope = Envelope::Typed;
            server.connection.compression = Compression::On;
            server.connection.compression_threshold_bytes = 64;
            server.connection.ping_interval = Some(Duration::from_secs(5));
            server.connection.liveness_time_max = Duration::from_secs(12);
        });
        let config = Arc::new(HubConfig::new(settings.build().unwrap()));
        let hub = hub(now, &config, &mut random);
        Server {
            hub,
            config,
            random,
            links: BTreeMap::new(),
            last_said: BTreeMap::new(),
            said: BTreeSet::new(),
            ticks: 0,
            arrived: 0,
        }
    }

    /// All connections are cut, and nothing is remembered.
    pub(crate) fn restart(&mut self, now: Instant, wires: &mut Wires) {
        self.hub = hub(now, &self.config, &mut self.random);
        self.links.clear();
        self.last_said.clear();
        for wire in wires.values_mut() {
            wire.id = None;
            wire.is_broken = true;
        }
    }

    pub(crate) fn accept(&mut self, now: Instant, wire: u64) -> ConnectionId {
        let id = self.hub.accept(now).unwrap();
        self.links.insert(id, (wire, String::new()));
        id
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.hub.next_deadline()
    }

    /// Says something to one of the clients, or says goodbye.
    pub(crate) fn act(&mut self, now: Instant, weather: &mut Weather) {
        let open: Vec<ConnectionId> = self.hub.connections().filter(|id| self.hub.is_open(*id)).collect();
        let Some(&id) = open.get(weather.chance.place(open.len())) else { return };
        self.ticks += 1;
        let tick = Emission { data: Payload::of(&self.ticks).unwrap(), ..Emission::new("tick") };
        let done = match weather.chance.below(10) {
            0 if weather.is_bad => self.hub.close(now, id, CloseCode::Restart, "retry-after=1").map_err(drop),
            1..4 => self.hub.ask(now, id, &tick, Duration::from_secs(2)).map(drop).map_err(drop),
            _ => self.hub.emit(now, id, &tick).map_err(drop),
        };
        // A full outbox is no fault.
        let _ = done;
    }

    /// One turn; says whether anything moved.
    pub(crate) fn turn(&mut self, now: Instant, wires: &mut Wires, weather: &mut Weather) -> bool {
        let mut moved = false;
        let ids: Vec<(ConnectionId, u64)> = self.links.iter().map(|(id, (wire, _))| (*id, *wire)).collect();
        for (id, number) in ids {
            let wire = wires.get_mut(&number).expect("a wire has two ends");
            if wire.is_broken {
                self.hub.transport_failed(now, id, std::io::ErrorKind::ConnectionReset).unwrap();
            }
            while self.hub.wants_read(id)
                && let Some(mut chunk) = wire.up.read(now)
            {
                moved = true;
                let consumed = self.read(now, id, &mut chunk, weather);
                wire.up.unread(now, &chunk[consumed..]);
            }
            if wire.up.has_ended(now) && self.hub.wants_read(id) {
                self.hub.end_of_input(now, id).unwrap();
            }
        }
        while self.hub.expire(now, 1_000) {}
        while self.hub.next_notice().is_some() {}
        moved | self.write(now, wires, weather)
    }

    fn write(&mut self, now: Instant, wires: &mut Wires, weather: &mut Weather) -> bool {
        let mut moved = false;
        // All of them: a pipe that was full does not tell when it has room.
        while self.hub.next_listed().is_some() {}
        let ids: Vec<(ConnectionId, u64)> = self.links.iter().map(|(id, (wire, _))| (*id, *wire)).collect();
        for (id, number) in ids {
            let wire = wires.get_mut(&number).expect("a wire has two ends");
            loop {
                match self.hub.transmit(id, 16).unwrap() {
                    Transmit::Write(pieces) if wire.down.has_room() || wire.client_left => {
                        let bytes: Vec<u8> = pieces.flat_map(|piece| piece.as_bytes()).copied().collect();
                        let taken = if wire.client_left {
                            bytes.len()
                        } else {
                            wire.down.write(now, &bytes, weather)
                        };
                        self.hub.sent(now, id, taken).unwrap();
                        moved = true;
                    }
                    Transmit::Write(_) => {
                        self.hub.sent(now, id, 0).unwrap();
                        break;
                    }
                    Transmit::ShutdownWrite => {
                        wire.down.finish(now);
                        self.hub.write_shut(now, id).unwrap();
                    }
                    Transmit::Release { abort } => {
                        wire.is_broken |= abort;
                        wire.down.finish(now);
                        wire.id = None;
                        self.hub.released(id).unwrap();
                        self.links.remove(&id);
                        self.last_said.remove(&id);
                        moved = true;
                        break;
                    }
                    Transmit::Nothing => break,
                }
            }
        }
        moved
    }

    fn read(&mut self, now: Instant, id: ConnectionId, chunk: &mut [u8], weather: &mut Weather) -> usize {
        let mut taken = 0;
        while taken < chunk.len() && self.hub.wants_read(id) {
            let received = self.hub.receive(now, id, &mut chunk[taken..]).unwrap();
            taken += received.consumed;
            match received.event {
                Some(Event::Request(request)) => {
                    let client = request.query_param("client").unwrap().into_owned();
                    let decision = Decision::Accept(Acceptance::new(&request, &client));
                    self.hub.decide(now, id, decision).unwrap();
                    self.links.get_mut(&id).unwrap().1 = client;
                }
                Some(Event::Message(message)) => self.hear(now, id, &message, weather),
                Some(_) | None => {}
            }
        }
        taken
    }

    fn hear(&mut self, now: Instant, id: ConnectionId, message: &Message<'_>, weather: &mut Weather) {
        match self.hub.interpret(now, id, message).unwrap() {
            Incoming::Event(event) => {
                let number: u64 = event.data.parse::<(u64, &str)>().unwrap().0;
                let last = self.last_said.insert(id, number);
                assert!(last.is_none_or(|last| last < number), "{number} came behind {last:?}");
                let client = self.links[&id].1.clone();
                assert!(self.said.insert((client, number)), "{number} came twice");
                self.arrived += 1;
                if let Some(asked) = event.ack
                    && !weather.chance.one_in(4)
                {
                    let _ = self.hub.acknowledge(now, id, asked, Payload::NONE);
                }
            }
            Incoming::Membership { asked, .. }
                if asked.regroup == Regroup::Join && asked.room.as_deref() == Some(FORBIDDEN) =>
            {
                self.hub.refuse(now, id, asked);
            }
            Incoming::Membership { asked, .. } => {
                let _ = self.hub.grant(now, id, asked);
            }
            Incoming::Raw | Incoming::Answer { .. } | Incoming::Handled | _ => {}
        }
    }

    /// The rooms of a client's one open connection.
    pub(crate) fn rooms_of(&self, client: &str) -> BTreeSet<String> {
        let mut open = self.links.iter().filter(|(id, (_, who))| who == client && self.hub.is_open(**id));
        let (&id, _) = open.next().expect("the client is connected");
        assert!(open.next().is_none(), "{client} is connected twice");
        let groups = self.hub.groups_of(id).filter_map(|group| match group {
            fanfare_core::rooms::GroupName::Room(room) => Some(room.name.to_string()),
            fanfare_core::rooms::GroupName::Client(_) | fanfare_core::rooms::GroupName::Namespace(_) => None,
        });
        groups.collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.hub.connections().count()
    }
}

fn hub(now: Instant, config: &Arc<HubConfig>, random: &mut Random) -> Hub {
    let mut hub = Hub::new(now, ShardId(0), Arc::clone(config), random.fork());
    hub.grant_budget(1 << 30);
    hub
}
