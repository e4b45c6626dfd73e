//! An application with rooms, which checks what it hears.
//!
//! What a connection says comes in order, and what a client says comes once,
//! whatever becomes of connections and servers. What is said is passed on to a room.

use crate::notes::Notes;
use fanfare_core::broadcast::Target;
use fanfare_core::close::CloseReason;
use fanfare_core::config::{ConnectionSettings, Overflow};
use fanfare_core::event::Envelope;
use fanfare_core::id::ConnectionId;
use fanfare_driver::{Accept, App, Ctx, Event, HandlerError, Route};
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
    /// Of the server that was started last: who is connected, and the last number
    /// that was heard.
    open: BTreeMap<ConnectionId, (String, u64)>,
    /// Of all connections that ever were.
    ever: BTreeSet<(u64, ConnectionId)>,
    said: BTreeSet<(String, u64)>,
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
            books.open.clear();
            books.servers
        };
        // Who does not keep up is cut, or loses what is oldest.
        App::new()
            .route("/strict", self.route(server, |settings| settings.outbox_policy = Overflow::Disconnect))
            .route("/lenient", self.route(server, |settings| settings.outbox_policy = Overflow::DropOldest))
    }

    /// An open connection.
    pub(crate) fn connection(&self, nth: usize) -> Option<ConnectionId> {
        let books = self.books();
        books.open.keys().nth(nth.checked_rem(books.open.len())?).copied()
    }

    /// How many connections each client has.
    pub(crate) fn clients(&self) -> BTreeMap<String, usize> {
        let mut clients = BTreeMap::new();
        for (client, _) in self.books().open.values() {
            *clients.entry(client.clone()).or_default() += 1;
        }
        clients
    }

    fn route(
        &self,
        server: u64,
        edit: impl FnOnce(&mut ConnectionSettings) + Send + Sync + 'static,
    ) -> Route {
        let [opened, closed, heard] = [self, self, self].map(Clone::clone);
        Route::new()
            .envelope(Envelope::Typed)
            .settings(|settings| {
                settings.ping_interval = Some(PING_INTERVAL);
                settings.liveness_time_max = LIVENESS;
                settings.outbox_messages_max = 16;
                edit(settings);
            })
            .authorise(|request| Ok(Accept::new().client_id(request.query().unwrap_or("nobody"))))
            .authorise_join(|_, join| join.room() != Some(FORBIDDEN))
            .on_open(move |ctx| opened.open(server, ctx))
            .on("say", move |ctx, event| heard.hear(server, ctx, event))
            .on_close(move |ctx, over| closed.close(server, ctx.id(), &over.reason))
    }

    fn open(&self, server: u64, ctx: &Ctx<'_>) {
        let client = ctx.info().map(|info| info.client_id).unwrap_or_default();
        let mut books = self.books();
        let is_new = books.ever.insert((server, ctx.id()));
        self.notes.expect(is_new, || format!("{} was opened twice", ctx.id()));
        if server == books.servers {
            books.open.insert(ctx.id(), (client, 0));
        }
    }

    fn close(&self, server: u64, id: ConnectionId, reason: &CloseReason) {
        let mut books = self.books();
        if server == books.servers {
            let was_open = books.open.remove(&id).is_some();
            self.notes.expect(was_open, || format!("{id} was closed without being open"));
        }
        self.notes.count(format!("closed by the server: {reason:?}"));
    }

    fn hear(&self, server: u64, ctx: &mut Ctx<'_>, event: &mut Event<'_>) -> Result<(), HandlerError> {
        let (number, room, words): Say = event.data()?;
        let client = self.note(server, ctx.id(), number);
        self.notes.count("said");
        let said: Said = (server, ctx.id().to_string(), number, room.clone(), words);
        ctx.emit_to(Target::room("/", room), "said", &said)?;
        // Some are never answered.
        if event.wants_ack() && !number.is_multiple_of(4) {
            ctx.ack(event, &client)?;
        }
        Ok(())
    }

    fn note(&self, server: u64, id: ConnectionId, number: u64) -> String {
        let mut books = self.books();
        if server != books.servers {
            // One that is stopping, while another one has started: there is none.
            self.notes.expect(false, || format!("{id} speaks to server {server}, which is over"));
            return String::new();
        }
        let Some((client, last)) = books.open.get_mut(&id) else {
            self.notes.expect(false, || format!("{id} speaks before it is open"));
            return String::new();
        };
        let (client, last) = (client.clone(), std::mem::replace(last, number));
        self.notes.expect(last < number, || format!("{client} said {number} behind {last}"));
        let is_new = books.said.insert((client.clone(), number));
        self.notes.expect(is_new, || format!("{client} said {number} twice"));
        client
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
