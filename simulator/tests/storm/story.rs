//! A seed's whole story: a bad network for a while, then a good one, then the end.

use crate::application::{Application, FORBIDDEN};
use crate::notes::{Notes, Questions};
use crate::visitor::Visitor;
use fanfare_core::random::Random;
use fanfare_core::rooms::GroupName;
use fanfare_core::stats::Stats;
use fanfare_core::time::Instant;
use fanfare_driver::{Handle, StopOptions};
use fanfare_simulator::{Faults, Report, Simulation};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

pub(crate) const HOST: &str = "fair.test";
const VISITORS: usize = 24;
const SHARDS: usize = 3;
/// How long the network is bad.
const STORM: Duration = Duration::from_secs(60);
/// How long it may take until all is well: a dead connection is noticed in 12
/// seconds, on either side; then an attempt waits for 3 and takes 3.
const HEALING: Duration = Duration::from_secs(30);
/// What each question, each handshake and each farewell is done with.
const QUIET: Duration = Duration::from_secs(12);

/// What came of a story.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Outcome {
    pub(crate) report: Report,
    pub(crate) counts: BTreeMap<String, u64>,
    /// Of clients, and of servers: answered, unanswered, pending.
    pub(crate) questions: [[u64; 3]; 2],
    /// Of all servers, added up.
    pub(crate) stats: Stats,
    pub(crate) trace: u64,
}

struct Story {
    simulation: Simulation,
    random: Random,
    stop_time_max: Duration,
    application: Application,
    visitors: Vec<Visitor>,
    /// For visitors that come later.
    numbers: Range<usize>,
    notes: Notes,
    asked_by_clients: Questions,
    asked_by_servers: Questions,
    /// The servers that there were, and since when each has been stopping.
    servers: Vec<(Handle, Option<Instant>)>,
    /// How many restarts there had been when the last of them was seen.
    restarts: Option<u64>,
}

/// Plays a seed, and checks what has to hold.
pub(crate) fn play(seed: u64, faults: &Faults) -> Outcome {
    let mut story = Story::new(seed, faults);
    story.go_on(STORM);

    story.simulation.set_faults(Faults::NONE);
    let visitors = &story.visitors;
    let is_back = |simulation: &mut Simulation| simulation.server(HOST).is_some_and(Handle::is_running);
    assert!(story.simulation.run_until(HEALING, is_back), "the last server has no successor");
    for visitor in visitors {
        drop(visitor.handle.connect());
    }
    story.simulation.run_for(HEALING);
    story.simulation.run_for(QUIET);
    story.look();
    story.check_all_is_well();

    story.visitors.iter().for_each(Visitor::close);
    story.simulation.run_for(QUIET);
    story.check_all_have_left();
    story.stop();
    story.outcome()
}

impl Story {
    fn new(seed: u64, faults: &Faults) -> Story {
        let mut simulation = Simulation::new(seed);
        simulation.set_faults(faults.clone());
        let notes = Notes::default();
        let application = Application::new(notes.clone());
        let apps = application.clone();
        simulation.serve(HOST, SHARDS, move || apps.app()).unwrap();
        let mut numbers = 0..usize::MAX;
        let first = numbers.by_ref().take(VISITORS);
        let visitors = first.map(|number| Visitor::new(number, &mut simulation, &notes)).collect();
        let mut bytes = [1; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Story {
            simulation,
            random: Random::from_seed(bytes),
            stop_time_max: faults.stop_time_max,
            application,
            visitors,
            numbers,
            notes,
            asked_by_clients: Questions::default(),
            asked_by_servers: Questions::default(),
            servers: Vec::new(),
            restarts: None,
        }
    }

    /// Everybody does what comes to mind, for a while.
    fn go_on(&mut self, time: Duration) {
        let end = self.simulation.now() + time;
        while self.simulation.now() < end {
            let nth = self.random.next_u32() as usize % self.visitors.len();
            self.visitors[nth].act(&mut self.random, &mut self.simulation, &self.asked_by_clients);
            self.ask_somebody();
            if self.random.next_u32().is_multiple_of(100) {
                self.replace_somebody();
            }
            self.simulation.run_for(self.random.up_to(Duration::from_millis(60)));
            self.look();
        }
    }

    /// Somebody leaves without a word, and somebody else comes.
    fn replace_somebody(&mut self) {
        let nth = self.random.next_u32() as usize % self.visitors.len();
        let number = self.numbers.next().unwrap();
        self.visitors[nth] = Visitor::new(number, &mut self.simulation, &self.notes);
    }

    /// The server asks one of its clients something.
    fn ask_somebody(&mut self) {
        let (nth, number) = (self.random.next_u32() as usize, u64::from(self.random.next_u32()));
        let Some(connection) = self.application.connection(nth) else { return };
        let Some(server) = self.simulation.server(HOST) else { return };
        let time_max = self.random.up_to(Duration::from_secs(4));
        let answer = server.emit_with_ack(connection, "ask", &number, time_max);
        self.simulation.spawn(self.asked_by_servers.clone().ask(answer));
    }

    /// Whether all servers are in order, those that stop in time included.
    fn look(&mut self) {
        self.notes.check();
        let now = self.simulation.now();
        let restarts = self.simulation.report().restarts;
        if let Some(server) = self.simulation.server(HOST)
            && self.restarts != Some(restarts)
        {
            self.restarts = Some(restarts);
            self.servers.push((server.clone(), None));
        }
        for (server, stopping) in &mut self.servers {
            if !server.is_running() {
                let since = *stopping.get_or_insert(now);
                let is_in_time = now.since(since) <= self.stop_time_max + Duration::from_secs(1);
                assert!(server.is_stopped() || is_in_time, "a server has been stopping since {since:?}");
            }
            check_books(server);
        }
    }

    fn check_all_is_well(&mut self) {
        for visitor in &self.visitors {
            assert!(visitor.is_connected(), "{} is not back", visitor.name);
        }
        let clients = self.application.clients();
        assert!(clients.len() == VISITORS && clients.values().all(|count| *count == 1), "{clients:?}");
        let server = self.simulation.server(HOST).unwrap().clone();
        assert_eq!(server.totals().connections, VISITORS);
        assert_eq!(self.simulation.report().connections_open(), VISITORS as u64);
        assert_eq!(self.rooms(&server), self.rooms_wanted(), "rooms, and how many are in each");
        for questions in [&self.asked_by_clients, &self.asked_by_servers] {
            assert_eq!(questions.counts()[2], 0, "questions without an end");
        }
        let stats = server.stats();
        assert_eq!(stats.connections_opened, stats.connections_closed + VISITORS as u64);
        check_all_is_sent(&stats);
    }

    fn check_all_have_left(&mut self) {
        self.look();
        for visitor in &self.visitors {
            assert!(visitor.handle.end().is_some() && !visitor.is_connected(), "{} goes on", visitor.name);
        }
        assert_eq!(self.notes.counted("connected"), self.notes.counted("disconnected"));
        let server = self.simulation.server(HOST).unwrap().clone();
        assert_eq!((server.totals().connections, server.totals().rooms), (0, 0));
        assert_eq!(self.rooms(&server), BTreeMap::new(), "rooms that are empty");
        assert_eq!(self.simulation.report().connections_open(), 0, "connections that somebody has kept");
    }

    /// Ends the last server. All that there were have nobody left.
    fn stop(&mut self) {
        let server = self.simulation.server(HOST).unwrap().clone();
        let stopped = server.stop(&StopOptions::default());
        assert_eq!(self.simulation.finish(Duration::from_secs(1), stopped), Some(Ok(())));
        for (server, _) in &self.servers {
            let stats = server.stats();
            assert!(server.is_stopped());
            assert_eq!((server.totals().connections, server.totals().rooms), (0, 0));
            assert_eq!(stats.connections_opened, stats.connections_closed);
            check_all_is_sent(&stats);
        }
        self.simulation.run_for(Duration::from_secs(1));
        assert_eq!(self.simulation.next_deadline(), None, "somebody waits for something");
    }

    /// The rooms that a server knows, and how many are in each.
    fn rooms(&mut self, server: &Handle) -> BTreeMap<String, usize> {
        let rooms = self.simulation.finish(Duration::from_secs(1), server.rooms()).unwrap().unwrap();
        let rooms = rooms.into_iter().filter_map(|(name, size)| match name {
            GroupName::Room(room) => Some((room.name.to_string(), size)),
            GroupName::Client(_) | GroupName::Namespace(_) => None,
        });
        rooms.collect()
    }

    /// The rooms that the visitors have asked for.
    fn rooms_wanted(&self) -> BTreeMap<String, usize> {
        let mut rooms = BTreeMap::new();
        let wanted = self.visitors.iter().flat_map(|visitor| &visitor.rooms);
        for room in wanted.filter(|room| *room != FORBIDDEN) {
            *rooms.entry(room.clone()).or_default() += 1;
        }
        rooms
    }

    fn outcome(&self) -> Outcome {
        let mut stats = Stats::default();
        for (server, _) in &self.servers {
            stats += server.stats();
        }
        Outcome {
            report: self.simulation.report(),
            counts: self.notes.counts(),
            questions: [self.asked_by_clients.counts(), self.asked_by_servers.counts()],
            stats,
            trace: self.simulation.trace(),
        }
    }
}

/// What holds at any time.
fn check_books(server: &Handle) {
    let stats = server.stats();
    assert_eq!(stats.deliveries_offered, stats.deliveries_queued + stats.deliveries_dropped(), "{stats:?}");
    assert!(stats.connections_opened >= stats.connections_closed, "{stats:?}");
    let over = stats.deliveries_sent + stats.evicted + stats.discarded;
    assert!(stats.deliveries_queued >= over, "{stats:?}");
    let resolved = stats.acks_answered + stats.acks_timed_out + stats.acks_disconnected;
    assert!(stats.acks_asked >= resolved, "{stats:?}");
}

/// What holds when nothing is under way.
fn check_all_is_sent(stats: &Stats) {
    let over = stats.deliveries_sent + stats.evicted + stats.discarded;
    assert_eq!(stats.deliveries_queued, over, "{stats:?}");
    let resolved = stats.acks_answered + stats.acks_timed_out + stats.acks_disconnected;
    assert_eq!(stats.acks_asked, resolved, "{stats:?}");
}
