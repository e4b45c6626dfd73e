//! An application with rooms, which checks what it hears.
//!
//! What a connection says comes in order, and what a client says comes once,
//! whatever becomes of connections and servers. What is said is passed on to a room.

use crate::notes::Notes;
use fanfare_core::broadcast::Target;
use fanfare_core::close::CloseReason;
use fanfare_core::config::{Compression, Overflow};
use fanfare_core::event::Envelope;
use fanfare_core::id::ConnectionId;
use fanfare_driver::{Accept, App, Ctx, Event, HandlerError, OwnedEvent, Peer, Route};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The rooms that there are.
pub(crate) const ROOMS: [&str; 4] = ["a", "b", "c", FORBIDDEN];
/// The one that nobody may enter.
pub(crate) const FORBIDDEN: &str = "forbidden";
pub(crate) const PING_INTERVAL: Duration = Duration::from_secs(5);
pub(crate) const LIVENESS: Duration = Duration::from_secs(12);

/// What somebody says: a number of its own, to which room, and more words or fewer.
pub(crate) type Say = (u64, String, String);
/// The same passed on: by which server's which connection.
pub(crate) type Said = (u64, String, u64, String, String);

/// What all the servers of a story know.
#[derive(Clone)]
pub(crate) struct Application {
    notes: Notes,
    books: Arc<Mutex<Books>>,
}

#[derive(Default)]
struct Books {
    servers: u64,
    /// All that ever were, by server.
    connections: BTreeMap<(u64, ConnectionId), Connection>,
    said: BTreeSet<(String, u64)>,
}

struct Connection {
    client: String,
    is_open: bool,
    /// The last number that was heard.
    last: u64,
}

impl Application {
    pub(crate) fn new(notes: Notes) -> Application {
        Application { notes, books: Arc::default() }
    }

    /// The application of another server.
    pub(crate) fn app(&self) -> App {
        let server = {
            let mut books = self.books();
            books.servers += 1;
            books.servers
        };
        let [now, later] = [self, self].map(Clone::clone);
        // Who does not keep up is cut, or loses what is oldest.
        let strict = self.route(server, Overflow::Disconnect);
        let lenient = self.route(server, Overflow::DropOldest);
        App::new().route("/strict", strict.on("say", move |ctx, event| now.hear(server, ctx, event))).route(
            "/lenient",
            lenient.on_async("say", move |peer, event| later.clone().hear_later(server, peer, event)),
        )
    }

    /// An open connection.
    pub(crate) fn connection(&self, nth: usize) -> Option<ConnectionId> {
        let books = self.books();
        let open: Vec<_> = books.open().map(|(id, _)| id).collect();
        open.get(nth.checked_rem(open.len())?).copied()
    }

    /// How many connections each client has.
    pub(crate) fn clients(&self) -> BTreeMap<String, usize> {
        let mut clients = BTreeMap::new();
        for (_, connection) in self.books().open() {
            *clients.entry(connection.client.clone()).or_default() += 1;
        }
        clients
    }

    fn route(&self, server: u64, policy: Overflow) -> Route {
        let [opened, closed] = [self, self].map(Clone::clone);
        Route::new()
            .envelope(Envelope::Typed)
            .settings(move |settings| {
                settings.ping_interval = Some(PING_INTERVAL);
                settings.liveness_time_max = LIVENESS;
                settings.outbox_messages_max = 16;
                settings.outbox_policy = policy;
                settings.compression = Compression::On;
                settings.compression_threshold_bytes = 64;
            })
            .authorise(|request| Ok(Accept::new().client_id(request.query().unwrap_or("nobody"))))
            .authorise_join(|_, join| join.room() != Some(FORBIDDEN))
            .on_open(move |ctx| opened.open(server, ctx))
            .on_close(move |ctx, over| closed.close(server, ctx.id(), &over.reason))
    }

    fn open(&self, server: u64, ctx: &Ctx<'_>) {
        let client = ctx.info().map(|info| info.client_id).unwrap_or_default();
        let connection = Connection { client, is_open: true, last: 0 };
        let before = self.books().connections.insert((server, ctx.id()), connection);
        self.notes.expect(before.is_none(), || format!("{} was opened twice", ctx.id()));
    }

    fn close(&self, server: u64, id: ConnectionId, reason: &CloseReason) {
        let mut books = self.books();
        let connection = books.connections.get_mut(&(server, id));
        let was_open = connection.is_some_and(|known| std::mem::replace(&mut known.is_open, false));
        self.notes.expect(was_open, || format!("{id} was closed without being open"));
        self.notes.count(format!("closed by the server: {reason:?}"));
    }

    fn hear(&self, server: u64, ctx: &mut Ctx<'_>, event: &mut Event<'_>) -> Result<(), HandlerError> {
        let (room, said) = self.pass_on(server, ctx.id(), event.data()?);
        ctx.emit_to(room, "said", &said)?;
        // Some are never answered.
        if event.wants_ack() && !said.2.is_multiple_of(4) {
            ctx.ack(event, "heard")?;
        }
        Ok(())
    }

    async fn hear_later(self, server: u64, peer: Peer, event: OwnedEvent) -> Result<(), HandlerError> {
        let (room, said) = self.pass_on(server, peer.id(), event.data()?);
        peer.handle().emit_to(room, "said", &said).await?;
        if event.wants_ack() && !said.2.is_multiple_of(4) {
            peer.ack(&event, "heard").await?;
        }
        Ok(())
    }

    /// What is to be said to which room.
    fn pass_on(&self, server: u64, id: ConnectionId, (number, room, words): Say) -> (Target, Said) {
        self.note(server, id, number);
        (Target::room("/", &*room), (server, id.to_string(), number, room, words))
    }

    fn note(&self, server: u64, id: ConnectionId, number: u64) {
        self.notes.count("said");
        let mut books = self.books();
        let Some(connection) = books.connections.get_mut(&(server, id)) else {
            return self.notes.expect(false, || format!("{id} speaks before it is open"));
        };
        let (client, last) = (connection.client.clone(), std::mem::replace(&mut connection.last, number));
        self.notes.expect(last < number, || format!("{client} said {number} behind {last}"));
        let is_new = books.said.insert((client.clone(), number));
        self.notes.expect(is_new, || format!("{client} said {number} twice"));
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    /// The open connections of the server that was started last.
    fn open(&self) -> impl Iterator<Item = (ConnectionId, &Connection)> {
        let of_last = self.connections.iter().filter(|((server, _), _)| *server == self.servers);
        of_last.filter(|(_, connection)| connection.is_open).map(|((_, id), connection)| (*id, connection))
    }
}
