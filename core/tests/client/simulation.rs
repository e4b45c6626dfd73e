//! A seed's whole story: a bad network for a while, then a good one, then the end.

use super::network::{Chance, Faults, Weather, Wires, next_arrivals};
use super::peer::Peer;
use super::server::Server;
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use std::ops::AddAssign;
use std::time::Duration;

/// How many clients there are.
const PEERS: u64 = 4;
/// How long the network is bad.
const STORM: Duration = Duration::from_secs(90);
/// How long it may take until all is well: a dead connection is noticed in 12
/// seconds, twice that if the network stalls while it heals; an attempt waits for
/// at most 3 and takes at most 3.
const HEALING: Duration = Duration::from_secs(60);

/// What came of a seed, or of several.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) faults: Faults,
    pub(crate) connections: u64,
    pub(crate) answered: u64,
    pub(crate) unanswered: u64,
    pub(crate) arrived: u64,
    pub(crate) refused_joins: u64,
    /// All that happened, and when, in one number.
    pub(crate) trace: u64,
}

impl AddAssign for Outcome {
    fn add_assign(&mut self, other: Outcome) {
        self.faults += other.faults;
        self.connections += other.connections;
        self.answered += other.answered;
        self.unanswered += other.unanswered;
        self.arrived += other.arrived;
        self.refused_joins += other.refused_joins;
        self.trace ^= other.trace;
    }
}

struct Simulation {
    now: Instant,
    weather: Weather,
    wires: Wires,
    server: Server,
    peers: Vec<Peer>,
    next_act: Instant,
    next_strike: Instant,
    next_restart: Instant,
    trace: u64,
}

/// Plays a seed, and checks what has to hold.
pub(crate) fn run(seed: u64) -> Outcome {
    let mut simulation = Simulation::new(seed);
    simulation.go_on(STORM);

    simulation.weather.is_bad = false;
    for peer in &mut simulation.peers {
        peer.client.connect(simulation.now).unwrap();
    }
    simulation.go_on(HEALING);
    // Nothing more is begun, so that what is under way can arrive.
    simulation.next_act = Instant::FAR_FUTURE;
    simulation.go_on(Duration::from_secs(10));
    simulation.check_all_is_well();

    for peer in &mut simulation.peers {
        peer.close(simulation.now);
        assert_eq!(peer.open_questions(), 0, "questions of a closed client");
    }
    simulation.go_on(Duration::from_secs(30));
    simulation.check_all_is_over();
    simulation.outcome()
}

impl Simulation {
    fn new(seed: u64) -> Simulation {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut random = Random::from_seed(bytes);
        let chance = Chance(random.fork());
        let mut weather = Weather { chance, is_bad: true, faults: Faults::default() };
        let server = Server::new(Instant::ZERO, random.fork());
        let mut peers: Vec<Peer> =
            (0..PEERS).map(|number| Peer::new(number, random.fork(), &mut weather)).collect();
        for peer in &mut peers {
            peer.client.connect(Instant::ZERO).unwrap();
        }
        let soon = Instant::ZERO + Duration::from_millis(1);
        Simulation {
            now: Instant::ZERO,
            weather,
            wires: Wires::new(),
            server,
            peers,
            next_act: soon,
            next_strike: soon,
            next_restart: soon + Duration::from_secs(15),
            trace: seed,
        }
    }

    fn go_on(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.happen();
            let mut turns = 0;
            while self.turn() {
                turns += 1;
                assert!(turns < 1_000, "nothing comes to rest at {:?}", self.now);
            }
            self.wires.retain(|_, wire| wire.id.is_some() || !wire.client_left);
            let Some(next) = self.next_time().filter(|next| *next <= end) else { break };
            self.now = next;
        }
        self.now = end;
    }

    /// What the applications and the network do of their own accord.
    fn happen(&mut self) {
        let Simulation { now, weather, wires, server, peers, .. } = self;
        if self.next_act <= *now {
            let nth = weather.chance.place(peers.len());
            peers[nth].act(*now, weather);
            server.act(*now, weather);
            self.next_act = *now + weather.chance.millis(80);
        }
        if !weather.is_bad {
            return;
        }
        if self.next_strike <= *now {
            weather.strike(*now, wires);
            self.next_strike = *now + weather.chance.millis(1_500);
        }
        if self.next_restart <= *now {
            server.restart(*now, wires);
            weather.faults.restarts += 1;
            self.next_restart = *now + weather.chance.millis(40_000);
        }
    }

    /// Both sides do what there is to do; says whether there was any.
    fn turn(&mut self) -> bool {
        let Simulation { now, weather, wires, server, peers, .. } = self;
        let mut moved = false;
        for peer in peers.iter_mut() {
            moved |= peer.turn(*now, wires, server, weather);
        }
        moved |= server.turn(*now, wires, weather);
        let seen = wires.len() as u64 ^ now.as_nanos().rotate_left(8) ^ server.arrived.rotate_left(32);
        self.trace = (self.trace ^ seen).wrapping_mul(0x0100_0000_01b3).rotate_left(5);
        moved
    }

    fn next_time(&self) -> Option<Instant> {
        let own = [self.next_act, self.next_strike, self.next_restart];
        // In good weather only the first of them matters.
        let own = own.into_iter().take(if self.weather.is_bad { 3 } else { 1 });
        let peers = self.peers.iter().flat_map(Peer::next_times);
        let times = own.chain(peers).chain(self.server.next_deadline()).chain(next_arrivals(&self.wires));
        times.filter(|time| *time > self.now && *time != Instant::FAR_FUTURE).min()
    }

    fn check_all_is_well(&self) {
        for peer in &self.peers {
            assert!(peer.client.is_connected(), "{} is {:?}", peer.name(), peer.client.status());
            assert_eq!(self.server.rooms_of(peer.name()), peer.rooms(), "rooms of {}", peer.name());
            assert_eq!(peer.open_questions(), 0, "questions of {}", peer.name());
        }
        assert_eq!(self.server.connections(), self.peers.len());
    }

    fn check_all_is_over(&self) {
        for peer in &self.peers {
            assert_eq!(peer.client.status(), fanfare_core::client::Status::Finished);
            assert_eq!(peer.client.next_deadline(), None);
            let stats = peer.client.stats();
            assert_eq!(stats.acks_asked, peer.answered + peer.unanswered);
            assert_eq!(stats.connections_opened, stats.connections_closed);
            assert_eq!(stats.deliveries_queued, stats.deliveries_sent + stats.discarded + stats.evicted);
        }
        assert_eq!((self.server.connections(), self.wires.len()), (0, 0));
    }

    fn outcome(&self) -> Outcome {
        let sum = |count: fn(&Peer) -> u64| self.peers.iter().map(count).sum();
        Outcome {
            faults: self.weather.faults,
            connections: sum(|peer| peer.connections),
            answered: sum(|peer| peer.answered),
            unanswered: sum(|peer| peer.unanswered),
            arrived: self.server.arrived,
            refused_joins: sum(|peer| peer.refused_joins),
            trace: self.trace,
        }
    }
}
