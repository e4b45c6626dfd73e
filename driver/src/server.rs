//! What all shards of one server share, and how a server comes to be.

use crate::app::{App, Application, BoxFuture};
use crate::blocking::BlockingHandlers;
use crate::clock::Clock;
use crate::error::{AppError, HandleError};
use crate::handle::Handle;
use crate::inbox::{Arrival, Command, Inbox};
use crate::lifecycle::Bus;
use crate::ready::ReadyList;
use crate::reply::{Answer, Reply, reply};
use crate::shard::Shard;
use crate::stop::StopOptions;
use crate::surroundings::Surroundings;
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::transport::Transport;
use fanfare_core::broadcast::{Audience, Target};
use fanfare_core::config::OUTBOX_LEASE_BYTES;
use fanfare_core::directory::{Budget, Directory, ShardSet};
use fanfare_core::event::{Emission, Envelope, Stamp};
use fanfare_core::hub::{HubConfig, Publication};
use fanfare_core::id::{ConnectionId, ShardId};
use fanfare_core::random::Random;
use fanfare_core::stats::Stats;
use fanfare_core::time::Instant;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// More shards than this are a mistake.
const SHARDS_MAX: usize = 1_024;

/// Runs the application's own work off the shards: what a runtime is asked for
/// beside sockets.
pub trait Spawn: Send + Sync {
    /// Runs `future` to its end, whoever drops what.
    fn spawn(&self, future: BoxFuture<()>);

    /// Runs `work` on a thread that it may block, for as long as it likes. How
    /// many there are at once, the driver bounds.
    ///
    /// # Errors
    /// There is no thread for it; `work` is dropped.
    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> io::Result<()>;
}

pub(crate) struct Server {
    pub(crate) app: Application,
    pub(crate) config: Arc<HubConfig>,
    pub(crate) clock: Clock,
    pub(crate) spawner: Arc<dyn Spawn>,
    pub(crate) blocking_handlers: BlockingHandlers,
    pub(crate) bus: Arc<Bus>,
    pub(crate) shards: Vec<ShardLink>,
    directory: Mutex<Directory>,
    budget: Mutex<Budget>,
    /// For the ids of messages that no shard makes.
    random: Mutex<Random>,
    life: Mutex<Life>,
}

/// What everyone may know of a shard.
pub(crate) struct ShardLink {
    pub(crate) inbox: Inbox,
    pub(crate) ready: Arc<ReadyList>,
    /// Its transports, those on their way included.
    pub(crate) load: AtomicUsize,
    stats: Mutex<Stats>,
}

/// How far the server is from its end.
struct Life {
    stage: Stage,
    drained: Vec<Answer<()>>,
    stopped: Vec<Answer<()>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Running,
    /// So many shards still have connections.
    Draining {
        shards_left: usize,
    },
    /// All connections are closed; so many shards have not ended.
    Ending {
        shards_left: usize,
    },
    Stopped,
}

/// A server that was built and waits to be run by an adapter.
#[derive(Debug)]
pub struct Launch {
    /// For the application.
    pub handle: Handle,
    /// For the adapter's accept loop.
    pub acceptor: Acceptor,
    /// Each to be run on its own task or thread.
    pub shards: Vec<Shard>,
}

impl Launch {
    /// Builds a server of `shards` shards. The application is checked here.
    pub fn new(app: App, shards: usize, spawner: Arc<dyn Spawn>) -> Result<Launch, AppError> {
        Launch::within(Surroundings::real()?, app, shards, spawner)
    }

    /// The same where time and chance are not the machine's.
    pub fn within(
        surroundings: Surroundings,
        app: App,
        shards: usize,
        spawner: Arc<dyn Spawn>,
    ) -> Result<Launch, AppError> {
        let Surroundings { clock, mut random } = surroundings;
        if !(1..=SHARDS_MAX).contains(&shards) {
            return Err(AppError::Shards { shards });
        }
        let (app, config) = Application::build(app)?;
        let settings = config.server();
        let server_outbox_bytes_max = settings.server_outbox_bytes_max;
        if server_outbox_bytes_max < shards * OUTBOX_LEASE_BYTES {
            return Err(AppError::BudgetUnderShards { server_outbox_bytes_max, shards });
        }
        let links = (0..u16::try_from(shards).unwrap_or(u16::MAX))
            .map(|index| ShardLink::new(ShardId(index), settings.shard_inbox_messages_max))
            .collect();
        let server = Arc::new(Server {
            directory: Mutex::new(Directory::new(settings, (random.next_u64(), random.next_u64()))),
            budget: Mutex::new(Budget::new(server_outbox_bytes_max)),
            random: Mutex::new(random.fork()),
            life: Mutex::new(Life { stage: Stage::Running, drained: Vec::new(), stopped: Vec::new() }),
            bus: Arc::new(Bus::new(settings.lifecycle_events_max)),
            blocking_handlers: BlockingHandlers::new(settings.blocking_handlers_max),
            app,
            config: Arc::new(config),
            clock,
            spawner,
            shards: links,
        });
        let handle = Handle::new(Arc::clone(&server));
        let shards = (0..u16::try_from(shards).unwrap_or(u16::MAX))
            .map(|index| {
                Shard::new(ShardId(index), handle.clone(), random.fork()).map_err(AppError::Readiness)
            })
            .collect::<Result<_, AppError>>()?;
        Ok(Launch { acceptor: Acceptor::new(server), handle, shards })
    }
}

impl ShardLink {
    fn new(id: ShardId, messages_max: usize) -> ShardLink {
        let ready = Arc::new(ReadyList::default());
        ShardLink {
            inbox: Inbox::new(id, messages_max, Arc::clone(&ready)),
            ready,
            load: AtomicUsize::new(0),
            stats: Mutex::default(),
        }
    }

    /// What the shard last said of itself.
    pub(crate) fn stats(&self) -> Stats {
        *lock(&self.stats)
    }

    pub(crate) fn publish_stats(&self, stats: &Stats) {
        *lock(&self.stats) = *stats;
    }
}

impl Server {
    pub(crate) fn shard(&self, id: ShardId) -> Option<&ShardLink> {
        self.shards.get(usize::from(id.0))
    }

    pub(crate) fn has_one_shard(&self) -> bool {
        self.shards.len() == 1
    }

    pub(crate) fn directory(&self) -> MutexGuard<'_, Directory> {
        lock(&self.directory)
    }

    pub(crate) fn budget(&self) -> MutexGuard<'_, Budget> {
        lock(&self.budget)
    }

    pub(crate) fn all_shards(&self) -> ShardSet {
        (0..u16::try_from(self.shards.len()).unwrap_or(u16::MAX)).map(ShardId).collect()
    }

    /// The shards that may have members of an audience.
    pub(crate) fn shards_of(&self, audience: &Audience) -> ShardSet {
        if self.has_one_shard() {
            return self.all_shards();
        }
        let directory = self.directory();
        match &audience.target {
            Target::Namespace(name) => directory.shards_of_namespace(name),
            Target::Room(room) => directory.shards_of_room(&room.namespace, &room.name),
            Target::Rooms(rooms) => {
                let mut shards = ShardSet::new();
                for room in rooms {
                    shards.extend_with(&directory.shards_of_room(&room.namespace, &room.name));
                }
                shards
            }
            Target::Connection(id) => std::iter::once(id.shard()).collect(),
            Target::Connections(ids) => ids.iter().map(|id| id.shard()).collect(),
            Target::Client(client) => directory.shards_of_client(client),
            // What only each connection knows, each shard must judge.
            Target::Everyone | Target::Filter(_) | _ => self.all_shards(),
        }
    }

    /// An event for many, encoded here once for each envelope that any route has.
    pub(crate) fn publications(&self, audience: &Audience, emission: &Emission<'_>) -> Vec<Publication> {
        let encode = |envelope| match envelope {
            Envelope::Typed => Some(emission.typed(None)),
            Envelope::Session => Some(emission.session(&self.stamp(emission.sender))),
            Envelope::Raw | _ => None,
        };
        let envelopes =
            Envelope::WITH_EVENTS.into_iter().filter(|envelope| self.config.has_envelope(*envelope));
        let publish = |envelope| {
            let publication = Publication::new(audience.clone(), encode(envelope)?);
            Some(Publication { envelope: Some(envelope), ..publication })
        };
        envelopes.filter_map(publish).collect()
    }

    fn stamp(&self, session: Option<ConnectionId>) -> Stamp {
        let mut random = lock(&self.random);
        let message = u128::from(random.next_u64()) << 64 | u128::from(random.next_u64());
        Stamp { session, message, unix_seconds: self.clock.unix_time().as_secs() }
    }

    pub(crate) fn is_running(&self) -> bool {
        lock(&self.life).stage == Stage::Running
    }

    pub(crate) fn is_stopped(&self) -> bool {
        lock(&self.life).stage == Stage::Stopped
    }

    /// Starts the stop, or cuts the time of one that goes on; the reply comes
    /// when the server has stopped.
    pub(crate) fn stop(&self, options: &StopOptions) -> Reply<()> {
        let (answer, waiting) = reply();
        {
            let mut life = lock(&self.life);
            match life.stage {
                Stage::Running => life.stage = Stage::Draining { shards_left: self.shards.len() },
                Stage::Draining { .. } | Stage::Ending { .. } => {}
                Stage::Stopped => return Reply::ready(Ok(())),
            }
            life.stopped.push(answer);
        }
        for shard in &self.shards {
            if let Err(error) = shard.inbox.push_always(Command::Drain(options.clone())) {
                tracing::debug!(%error, "a shard had ended before the stop");
            }
        }
        waiting
    }

    /// A shard has no open connection left, or cut those it had.
    pub(crate) fn shard_drained(&self) {
        let answers = {
            let mut life = lock(&self.life);
            let Stage::Draining { shards_left } = life.stage else { return };
            if shards_left > 1 {
                life.stage = Stage::Draining { shards_left: shards_left - 1 };
                return;
            }
            life.stage = Stage::Ending { shards_left: self.shards.len() };
            std::mem::take(&mut life.drained)
        };
        for answer in answers {
            answer.give(());
        }
    }

    /// A shard has ended. Where nobody asked for that it has panicked, or the
    /// adapter was dropped: the whole server ends, so that an accept loop does
    /// not go on feeding a shard that is gone.
    pub(crate) fn shard_ended(&self) {
        let (answers, has_stopped) = {
            let mut life = lock(&self.life);
            let shards_left = match life.stage {
                Stage::Ending { shards_left } => shards_left,
                Stage::Running | Stage::Draining { .. } => self.shards.len(),
                Stage::Stopped => return,
            };
            let drained = std::mem::take(&mut life.drained);
            if shards_left > 1 {
                life.stage = Stage::Ending { shards_left: shards_left - 1 };
                (drained, false)
            } else {
                life.stage = Stage::Stopped;
                let stopped = std::mem::take(&mut life.stopped);
                (drained.into_iter().chain(stopped).collect(), true)
            }
        };
        if has_stopped {
            self.bus.end();
        }
        for answer in answers {
            answer.give(());
        }
    }
}

/// Hands new transports to shards.
#[derive(Clone, Debug)]
pub struct Acceptor {
    server: Arc<Server>,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

impl Acceptor {
    fn new(server: Arc<Server>) -> Acceptor {
        Acceptor {
            server,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// The same for peers that speak TLS, on every transport that is given.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Acceptor {
        Acceptor { tls: Some(tls), ..self }
    }

    /// The same for transports that are taken as they are, whatever the others are.
    #[must_use]
    pub fn plain(&self) -> Acceptor {
        Acceptor::new(Arc::clone(&self.server))
    }

    /// Gives a transport to the least loaded shard. `unread` are bytes that
    /// were read from it before; nothing of them is lost.
    pub fn accept(
        &self,
        transport: Box<dyn Transport>,
        peer: Option<SocketAddr>,
        unread: Vec<u8>,
    ) -> Result<(), HandleError> {
        let least = self.server.shards.iter().min_by_key(|shard| shard.load.load(Ordering::Relaxed));
        let Some(shard) = least else { return Err(HandleError::Stopped) };
        shard.load.fetch_add(1, Ordering::Relaxed);
        #[cfg(feature = "tls")]
        let (transport, unread) = match &self.tls {
            Some(tls) => (tls.wrap(transport, unread), Vec::new()),
            None => (transport, unread),
        };
        let arrival = Arrival { transport, peer, unread };
        shard.inbox.push(Command::Arrive(arrival)).inspect_err(|_| {
            shard.load.fetch_sub(1, Ordering::Relaxed);
        })
    }

    /// The server's time.
    pub(crate) fn now(&self) -> Instant {
        self.server.clock.now()
    }

    /// Resolves when a stop has been asked for and all connections are closed
    /// or cut, or when a shard has ended by itself: close the listener then, and
    /// [`finish`](Self::finish). Cancel-safe: ask again for another.
    pub fn drained(&self) -> Reply<()> {
        let (answer, waiting) = reply();
        let mut life = lock(&self.server.life);
        match life.stage {
            Stage::Running | Stage::Draining { .. } => life.drained.push(answer),
            Stage::Ending { .. } | Stage::Stopped => {
                drop(life);
                answer.give(());
            }
        }
        waiting
    }

    /// Ends the shards, dropping what transports they still have.
    pub fn finish(&self) {
        for shard in &self.server.shards {
            if let Err(error) = shard.inbox.push_always(Command::Finish) {
                tracing::debug!(%error, "a shard had ended before it was told to");
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("shards", &self.shards.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanfare_core::config::Settings;

    struct Nowhere;

    impl Spawn for Nowhere {
        fn spawn(&self, _: BoxFuture<()>) {}

        fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_shard_that_ends_by_itself_ends_the_server() {
        let Launch { handle, acceptor, mut shards } = Launch::new(App::new(), 3, Arc::new(Nowhere)).unwrap();
        drop(shards.pop());
        // Otherwise an accept loop would go on feeding it.
        assert_eq!(acceptor.drained().wait(), Ok(()));
        assert!(!handle.is_running() && !handle.is_stopped());
        let stopped = handle.stop(&StopOptions::default());
        drop(shards);
        assert_eq!(stopped.wait(), Ok(()));
        assert!(handle.is_stopped());
    }

    #[test]
    fn a_server_has_at_least_one_shard() {
        let refused = Launch::new(App::new(), 0, Arc::new(Nowhere)).unwrap_err();
        assert_eq!(refused.to_string(), "0 shards cannot be run; choose 1 to 1,024");
    }

    #[test]
    fn every_shard_has_a_part_of_the_budget() {
        let two =
            Settings::default().with(|settings| settings.server_outbox_bytes_max = 2 * OUTBOX_LEASE_BYTES);
        let launch = |shards| {
            let app = App::new().config(two.clone().build().unwrap());
            Launch::new(app, shards, Arc::new(Nowhere))
        };
        let Launch { handle, .. } = launch(2).unwrap();
        let leased = [ShardId(0), ShardId(1)].map(|shard| handle.server().budget().leased_bytes(shard));
        assert_eq!(leased, [OUTBOX_LEASE_BYTES; 2]);
        let refused = launch(3).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "server_outbox_bytes_max is 2097152, too little for 3 shards of at least 1048576 bytes each; \
             raise it or run fewer shards",
        );
    }
}
