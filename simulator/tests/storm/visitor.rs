//! A client of the application, which checks what it is told.
//!
//! Connected and disconnected alternate; what others say comes in order, once, and
//! to the rooms that were asked for on this connection.

use crate::application::{FORBIDDEN, LIVENESS, PING_INTERVAL, ROOMS, Said, Say};
use crate::notes::{Notes, Questions};
use crate::story::HOST;
use fanfare_core::client::{ClientSettings, Offline, Reconnect};
use fanfare_core::close::CloseCode;
use fanfare_core::config::Compression;
use fanfare_core::event::Envelope;
use fanfare_core::random::Random;
use fanfare_driver::{Client, ClientCtx, ClientError, ClientFault, ClientHandle, DataError, Event, Reply};
use fanfare_simulator::Simulation;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) struct Visitor {
    pub(crate) name: String,
    pub(crate) handle: ClientHandle,
    /// The rooms it has asked for, the forbidden one included.
    pub(crate) rooms: BTreeSet<String>,
    said: u64,
    diary: Diary,
}

/// What a client's callbacks know.
#[derive(Clone)]
struct Diary {
    name: String,
    notes: Notes,
    page: Arc<Mutex<Page>>,
}

#[derive(Default)]
struct Page {
    is_connected: bool,
    /// The rooms it may hear: those it is in, or was in on this connection.
    audible: BTreeSet<String>,
    /// And those it is in.
    joined: BTreeSet<String>,
    /// The last number of each publisher on this connection.
    heard: BTreeMap<(u64, String), u64>,
}

impl Visitor {
    pub(crate) fn new(number: usize, simulation: &mut Simulation, notes: &Notes) -> Visitor {
        let name = format!("visitor-{number}");
        let route = if number.is_multiple_of(2) { "strict" } else { "lenient" };
        let diary = Diary { name: name.clone(), notes: notes.clone(), page: Arc::default() };
        let client = diary.client(settings(&format!("ws://{HOST}/{route}?{name}"), number));
        let handle = simulation.start(client).unwrap();
        drop(handle.connect());
        Visitor { name, handle, rooms: BTreeSet::new(), said: 0, diary }
    }

    /// Does something.
    pub(crate) fn act(&mut self, random: &mut Random, simulation: &mut Simulation, asked: &Questions) {
        let room = ROOMS[random.next_u32() as usize % ROOMS.len()];
        match random.next_u32() % 20 {
            0..8 => {
                let words = self.words(room, random);
                drop(self.handle.emit("say", &words));
            }
            8..12 => {
                let (words, time_max) = (self.words(room, random), random.up_to(Duration::from_secs(4)));
                let answer = self.handle.emit_with_ack("say", &words, time_max);
                simulation.spawn(asked.clone().ask(answer));
            }
            12..16 => self.join(room, simulation),
            16..18 => self.leave(room, simulation),
            18 => drop(self.handle.disconnect()),
            _ => drop(self.handle.connect()),
        }
    }

    /// Says goodbye for good.
    pub(crate) fn close(&self) {
        drop(self.handle.close(CloseCode::Normal, "done"));
    }

    /// Whether callbacks and handle agree, and with whom.
    pub(crate) fn is_connected(&self) -> bool {
        self.diary.page().is_connected && self.handle.is_connected()
    }

    fn join(&mut self, room: &str, simulation: &mut Simulation) {
        // Before it is known: it may be let in, and hear something, at once.
        self.diary.page().audible.insert(room.to_owned());
        if self.is_done(self.handle.join(room), simulation) {
            let mut page = self.diary.page();
            page.joined.insert(room.to_owned());
            // The connection may have been lost at once, too.
            page.audible.insert(room.to_owned());
            self.rooms.insert(room.to_owned());
        }
    }

    fn leave(&mut self, room: &str, simulation: &mut Simulation) {
        if self.is_done(self.handle.leave(room), simulation) {
            self.diary.page().joined.remove(room);
            self.rooms.remove(room);
        }
    }

    /// Whether there was room in the outbox for it.
    fn is_done(&self, outcome: Reply<bool, ClientError>, simulation: &mut Simulation) -> bool {
        let outcome = simulation.finish(Duration::ZERO, outcome);
        let outcome = outcome.expect("what needs nobody else is done at once");
        self.diary.notes.count(if outcome.is_ok() { "moves" } else { "failed moves" });
        outcome.is_ok()
    }

    fn words(&mut self, room: &str, random: &mut Random) -> Say {
        self.said += 1;
        let count = if random.next_u32().is_multiple_of(8) { 100 } else { 1 };
        (self.said, room.to_owned(), "on and ".repeat(count))
    }
}

/// What the number says: half of them queue, half of those and of the others compress.
fn settings(url: &str, number: usize) -> ClientSettings {
    ClientSettings::new(url.parse().unwrap()).with(|client| {
        client.reconnect =
            Reconnect::Exponential { base: Duration::from_millis(250), cap: Duration::from_secs(3) };
        client.reconnect_first = true;
        client.connect_time_max = Duration::from_secs(3);
        client.retry_after_time_max = Duration::from_secs(3);
        client.connection.envelope = Envelope::Typed;
        client.connection.ping_interval = Some(PING_INTERVAL);
        client.connection.liveness_time_max = LIVENESS;
        client.connection.outbox_messages_max = 16;
        if number % 8 < 4 {
            client.connection.compression = Compression::On;
            client.connection.compression_threshold_bytes = 64;
        }
        if number % 4 < 2 {
            client.offline = Offline::Queue { messages_max: 16, bytes_max: 16 * 1024 };
        }
    })
}

impl Diary {
    fn client(&self, settings: ClientSettings) -> Client {
        let [connected, disconnected, reconnecting, faulty, heard, asked] =
            [self, self, self, self, self, self].map(Clone::clone);
        Client::from(settings)
            .on_connected(move |_, _| connected.connected())
            .on_disconnected(move |_, over| {
                disconnected.disconnected();
                disconnected.notes.count(format!("closed by a client: {:?}", over.reason));
            })
            .on_reconnecting(move |_, _, _| reconnecting.reconnecting())
            .on_fault(move |_, fault| faulty.fault(fault))
            .on("said", move |_, event| heard.hear(event))
            .on("ask", move |ctx, event| asked.answer(ctx, event))
    }

    fn connected(&self) {
        let mut page = self.page();
        let was_connected = std::mem::replace(&mut page.is_connected, true);
        self.notes.expect(!was_connected, || format!("{} is connected twice", self.name));
        page.heard.clear();
        self.notes.count("connected");
    }

    fn disconnected(&self) {
        let mut page = self.page();
        let was_connected = std::mem::replace(&mut page.is_connected, false);
        self.notes.expect(was_connected, || format!("{} is disconnected twice", self.name));
        let Page { audible, joined, .. } = &mut *page;
        audible.clone_from(joined);
        self.notes.count("disconnected");
    }

    fn reconnecting(&self) {
        let is_connected = self.page().is_connected;
        self.notes.expect(!is_connected, || format!("{} reconnects while it is connected", self.name));
    }

    fn fault(&self, fault: &ClientFault) {
        match fault {
            ClientFault::Connect { .. } => self.notes.count("failed attempts"),
            ClientFault::JoinRefused { .. } => self.notes.count("refused joins"),
            ClientFault::GaveUp { .. }
            | ClientFault::Handler(_)
            | ClientFault::Complaint { .. }
            | ClientFault::Malformed { .. }
            | _ => self.notes.expect(false, || format!("{}: {fault}", self.name)),
        }
    }

    fn hear(&self, event: &Event<'_>) -> Result<(), DataError> {
        let (server, publisher, number, room, _): Said = event.data()?;
        let mut page = self.page();
        self.notes.expect(page.is_connected, || format!("{} hears without a connection", self.name));
        let is_audible = page.audible.contains(&room) && room != FORBIDDEN;
        self.notes.expect(is_audible, || format!("{} hears {room}, where it is not", self.name));
        let last = page.heard.insert((server, publisher), number).unwrap_or_default();
        self.notes.expect(last < number, || format!("{} hears {number} behind {last}", self.name));
        self.notes.count("heard");
        Ok(())
    }

    /// Answers most questions.
    fn answer(&self, ctx: &mut ClientCtx<'_>, event: &mut Event<'_>) -> Result<(), DataError> {
        let is_hard = event.data::<u64>()?.is_multiple_of(4);
        if !is_hard && ctx.ack(event, "yes").is_err() {
            self.notes.count("answers without room");
        }
        Ok(())
    }

    fn page(&self) -> MutexGuard<'_, Page> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
