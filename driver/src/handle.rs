//! The server from anywhere: other threads, futures, other servers' handlers.

mod channels;
mod emitting;
mod json;
mod recipient;

pub use recipient::Recipient;

use crate::app::Application;
use crate::error::{HandleError, HandlerError};
use crate::gather::{Gather, Part};
use crate::inbox::{Command, Inbox};
use crate::lifecycle::Subscription;
use crate::reply::Reply;
use crate::server::Server;
use crate::shard::{Core, Job};
use crate::stop::StopOptions;
use crate::wall::Theirs;
use fanfare_core::broadcast::{Audience, BroadcastReport};
use fanfare_core::close::{CloseCode, CloseReason};
use fanfare_core::directory::{ShardSet, Totals};
use fanfare_core::hub::{Publication, UnknownConnection};
use fanfare_core::id::{ConnectionId, ShardId};
use fanfare_core::rooms::{GroupName, ROOT};
use fanfare_core::stats::Stats;
use fanfare_core::time::Instant;
use fanfare_core::wire::{Frame, Message};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// A running server, as its application sees it. Clones are the same server.
///
/// What is asked is done on the shards, in the order one asker asked; the
/// [`Reply`] is a future that can also be waited for by a thread. Dropping it
/// forgets the answer, not the deed, but for a [`send_when_room`](Self::send_when_room)
/// that still waits. Nothing waits for a shard: one that is too busy answers [`HandleError::QueueFull`], and one that has ended
/// [`HandleError::Stopped`].
///
/// ```
/// use fanfare_core::broadcast::Target;
/// use fanfare_driver::{Handle, HandleError};
///
/// async fn announce(handle: &Handle) -> Result<u64, HandleError> {
///     handle.join("ann", "lobby").await?;
///     let report = handle.broadcast(Target::room("/", "lobby"), "ann is here").await?;
///     Ok(report.queued())
/// }
/// # let _ = announce;
/// ```
#[derive(Clone)]
pub struct Handle {
    server: Arc<Server>,
}

/// How a command gets into an inbox: as far as there is room for its kind.
type Push = fn(&Inbox, Command) -> Result<(), HandleError>;

/// An open connection, described.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Its id.
    pub id: ConnectionId,
    /// The application's name for the client.
    pub client_id: String,
    /// Its primary channel, if it has one.
    pub channel: Option<String>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The transport's other end, which is a proxy's where there is one; `None` for
    /// Unix sockets.
    pub peer: Option<SocketAddr>,
    /// The request's path.
    pub path: String,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// When the handshake was accepted, on the clock of [`Handle::now`].
    pub connected_at: Instant,
    /// How long it has been open.
    pub uptime: Duration,
    /// How long ago the peer was last heard.
    pub quiet: Duration,
}

impl Handle {
    pub(crate) fn new(server: Arc<Server>) -> Handle {
        Handle { server }
    }

    pub(crate) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Queues a message for a connection, or for all connections of a client.
    /// The answer comes when it is queued, not when it is written.
    ///
    /// # Errors
    /// [`HandleError::UnknownRecipient`], and [`HandleError::Send`] where an
    /// outbox does not take it. With several connections the first failure is
    /// the answer, and the others are served all the same.
    pub fn send<'m>(&self, to: impl Into<Recipient>, message: impl Into<Message<'m>>) -> Reply<()> {
        let frame = Frame::from(&message.into());
        self.each(&to.into(), Inbox::push, move |core, id| Ok(core.send(id, &frame)?))
    }

    /// The same, but where an outbox is full the message waits until half of it is
    /// free, whatever its policy says. The answer comes when it is queued.
    ///
    /// Sends that wait are queued in the order they were asked for; one whose
    /// reply is dropped is withdrawn. A plain [`send`](Self::send) does not wait
    /// behind them. In a synchronous handler, go on with [`Ctx::then`](crate::Ctx::then):
    /// nothing may wait there.
    ///
    /// # Errors
    /// [`HandleError::UnknownRecipient`], and [`HandleError::Send`] where the
    /// connection closes while it waits, the message could never fit, or the
    /// server's byte budget is used up, for which nobody waits.
    /// [`HandleError::TooManyWaiting`] behind `sends_waiting_max` others.
    pub fn send_when_room<'m>(&self, to: impl Into<Recipient>, message: impl Into<Message<'m>>) -> Reply<()> {
        let frame = Frame::from(&message.into());
        self.each_answers(&to.into(), Inbox::push, DONE, move |core, id, part| {
            core.send_when_room(id, frame.clone(), part);
        })
    }

    /// Resolves when a connection is closed, with the reason: at the same time as
    /// its close callback. At once, and without one, if it is over already.
    pub fn closed(&self, id: ConnectionId) -> Reply<Option<CloseReason>> {
        let (gather, waiting) = Gather::start(|reason, known| *reason = known);
        self.ask_for(&gather, id.shard(), Inbox::push_reserved, move |core, part| core.await_end(id, part));
        waiting
    }

    /// Starts the closing handshake (RFC 6455 §7.1.2): what is queued goes
    /// first. The answer comes when it is started. Closes have room of their
    /// own where other commands find the shard's inbox full.
    ///
    /// `reason` is cut to the 123 bytes a close frame has room for.
    ///
    /// # Errors
    /// [`HandleError::UnknownRecipient`] where nobody is open under that name.
    pub fn close(&self, whom: impl Into<Recipient>, code: CloseCode, reason: &str) -> Reply<()> {
        let reason = reason.to_owned();
        self.each(&whom.into(), Inbox::push_reserved, move |core, id| {
            core.close(id, code, &reason);
            Ok(())
        })
    }

    /// Puts connections in a room of the namespace `/`; says whether any was not in it.
    pub fn join(&self, whom: impl Into<Recipient>, room: &str) -> Reply<bool> {
        self.join_in(whom, ROOT, room)
    }

    /// Puts connections in a room, and in its namespace; says whether any was not in
    /// the room.
    ///
    /// # Errors
    /// [`HandleError::UnknownRecipient`], and [`HandleError::Membership`] where
    /// the name or a limit forbids it.
    pub fn join_in(&self, whom: impl Into<Recipient>, namespace: &str, room: &str) -> Reply<bool> {
        let (namespace, room) = (namespace.to_owned(), room.to_owned());
        self.regroup(&whom.into(), move |core, id| Ok(core.regroup(|hub| hub.join(id, &namespace, &room))?))
    }

    /// Puts connections in a namespace; says whether any was not in it.
    pub fn join_namespace(&self, whom: impl Into<Recipient>, namespace: &str) -> Reply<bool> {
        let namespace = namespace.to_owned();
        self.regroup(
            &whom.into(),
            move |core, id| Ok(core.regroup(|hub| hub.join_namespace(id, &namespace))?),
        )
    }

    /// Takes connections out of a room of the namespace `/`; says whether any was in it.
    pub fn leave(&self, whom: impl Into<Recipient>, room: &str) -> Reply<bool> {
        self.leave_in(whom, ROOT, room)
    }

    /// Takes connections out of a room; says whether any was in it.
    pub fn leave_in(&self, whom: impl Into<Recipient>, namespace: &str, room: &str) -> Reply<bool> {
        let (namespace, room) = (namespace.to_owned(), room.to_owned());
        self.regroup(&whom.into(), move |core, id| {
            core.regroup(|hub| hub.leave(id, &namespace, &room)).map_err(unknown)
        })
    }

    /// Takes connections out of a namespace and of its rooms; says whether any was in
    /// it.
    pub fn leave_namespace(&self, whom: impl Into<Recipient>, namespace: &str) -> Reply<bool> {
        let namespace = namespace.to_owned();
        self.regroup(&whom.into(), move |core, id| {
            core.regroup(|hub| hub.leave_namespace(id, &namespace)).map_err(unknown)
        })
    }

    /// Sends a message to an audience on all shards. The report counts every
    /// recipient, once, as of the moment its shard took the message.
    ///
    /// # Errors
    /// One says that not every shard took the message; others may have.
    pub fn broadcast<'m>(
        &self,
        audience: impl Into<Audience>,
        message: impl Into<Message<'m>>,
    ) -> Reply<BroadcastReport> {
        self.publish(Publication::new(audience, Frame::from(&message.into())))
    }

    /// The same with terms of its own: overflow policy, conflation.
    pub fn publish(&self, publication: Publication) -> Reply<BroadcastReport> {
        let shards = self.server.shards_of(&publication.audience);
        self.gather(&shards, move |core| core.deliver(&publication), |total, part| *total += part)
    }

    /// The connections in a group, shard by shard, in no promised order.
    pub fn members(&self, group: GroupName) -> Reply<Vec<ConnectionId>> {
        let list = move |core: &mut Core| core.hub.group_members(&group).collect();
        self.gather(&self.server.all_shards(), list, |all, part: Vec<_>| all.extend(part))
    }

    /// The connections in a group, described; shard by shard, in no promised order.
    pub fn describe(&self, group: GroupName) -> Reply<Vec<ConnectionInfo>> {
        let describe = move |core: &mut Core| {
            core.hub.group_members(&group).filter_map(|id| core.describe(id)).collect()
        };
        self.gather(&self.server.all_shards(), describe, |all, part: Vec<_>| all.extend(part))
    }

    /// All open connections, described; shard by shard.
    pub fn connections(&self) -> Reply<Vec<ConnectionInfo>> {
        self.gather(&self.server.all_shards(), |core| core.describe_connections(), Vec::extend)
    }

    /// Names and sizes of all rooms, in order of their names.
    pub fn rooms(&self) -> Reply<BTreeMap<GroupName, usize>> {
        let list = |core: &mut Core| core.hub.rooms().collect();
        self.gather(&self.server.all_shards(), list, |all: &mut BTreeMap<_, _>, part| {
            for (name, size) in part {
                *all.entry(name).or_default() += size;
            }
        })
    }

    /// Listens to what happens from now on: connections, rooms, the end. Whatever
    /// begins after this has returned is told; nothing is asked of the shards, and
    /// nothing waits for whoever listens.
    ///
    /// ```
    /// use fanfare_driver::{Handle, Lifecycle};
    ///
    /// async fn count_connections(handle: Handle) -> u64 {
    ///     let (mut lifecycle, mut connected) = (handle.subscribe(), 0);
    ///     while let Some(event) = lifecycle.recv().await {
    ///         connected += u64::from(matches!(event, Lifecycle::Connected { .. }));
    ///     }
    ///     connected
    /// }
    /// # let _ = count_connections;
    /// ```
    pub fn subscribe(&self) -> Subscription {
        Subscription::new(&self.server.bus)
    }

    /// What the shards have done, added up; each as of the end of its last turn.
    pub fn stats(&self) -> Stats {
        let mut total = Stats::default();
        for shard in &self.server.shards {
            total += shard.stats();
        }
        total
    }

    /// Connections now, at most, and ever; refusals by reason; rooms now. Asks no
    /// shard, so that it may be polled.
    pub fn totals(&self) -> Totals {
        self.server.directory().totals()
    }

    /// How many shards the server has.
    pub fn shards(&self) -> usize {
        self.server.shards.len()
    }

    /// Whether connections are accepted.
    pub fn is_running(&self) -> bool {
        self.server.is_running()
    }

    /// Whether the server has stopped.
    pub fn is_stopped(&self) -> bool {
        self.server.is_stopped()
    }

    /// Time on the server's own clock, as in [`Stats`] and metadata.
    pub fn now(&self) -> Instant {
        self.server.clock.now()
    }

    /// The time since 1970 on the clock on the wall, for what messages say of when
    /// they were sent.
    pub fn unix_time(&self) -> Duration {
        self.server.clock.unix_time()
    }

    /// Stops gracefully; resolves when the server has stopped. Asked again, it
    /// shortens the time that is left to the new `time_max`, and waits too.
    pub fn stop(&self, options: &StopOptions) -> Reply<()> {
        self.server.stop(options)
    }

    /// Runs a future on the server's runtime.
    pub(crate) fn spawn(&self, future: crate::app::BoxFuture<()>) {
        self.server.spawner.spawn(future);
    }

    /// Gives a connection to a thread of its own, behind the wall; says whether
    /// there is one.
    pub(crate) fn spawn_blocking(&self, work: impl FnOnce() + Send + 'static) -> bool {
        let Some(permit) = self.server.blocking_handlers.admit() else { return false };
        let work = Box::new(move || {
            work();
            drop(permit);
        });
        match self.server.spawner.spawn_blocking(work) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "there is no thread for a blocking handler");
                false
            }
        }
    }

    /// A receiver has room again.
    pub(crate) fn resume(&self, id: ConnectionId) {
        self.run_always(id.shard(), move |core, _| core.resume(id));
    }

    /// Tells the error callback of a connection's route.
    pub(crate) fn report(&self, id: ConnectionId, error: HandlerError) {
        let error = Theirs::new(error);
        self.run_always(id.shard(), move |core, app| core.handler_failed(app, id, &error));
    }

    /// Runs the next step of something under way, which must not be lost to a
    /// full inbox. Forgotten once the shard has ended.
    pub(crate) fn run_always(
        &self,
        shard: ShardId,
        job: impl FnOnce(&mut Core, &Application) + Send + 'static,
    ) {
        let Some(shard) = self.server.shard(shard) else { return };
        if let Err(error) = shard.inbox.push_always(Command::Run(Box::new(job))) {
            tracing::debug!(%error, "the shard has ended, and its connections with it");
        }
    }

    /// Does `deed` to a connection, or to each of a client's. With several, the
    /// first failure is the answer, and the others are tried all the same.
    fn each(
        &self,
        whom: &Recipient,
        push: Push,
        deed: impl Fn(&mut Core, ConnectionId) -> Result<(), HandleError> + Send + Sync + 'static,
    ) -> Reply<()> {
        self.each_answers(whom, push, DONE, move |core, id, part| part.give(deed(core, id)))
    }

    /// The same for what may change something, or nothing; says whether it did, for
    /// any of them.
    fn regroup(
        &self,
        whom: &Recipient,
        deed: impl Fn(&mut Core, ConnectionId) -> Result<bool, HandleError> + Send + Sync + 'static,
    ) -> Reply<bool> {
        let either: fn(&mut bool, bool) = |changed, also| *changed |= also;
        self.each_answers(whom, Inbox::push, either, move |core, id, part| part.give(deed(core, id)))
    }

    /// The same with a deed that may answer later, and with answers that are folded.
    fn each_answers<T: Default + Send + 'static>(
        &self,
        whom: &Recipient,
        push: Push,
        fold: fn(&mut T, T),
        deed: impl Fn(&mut Core, ConnectionId, Part<T>) + Send + Sync + 'static,
    ) -> Reply<T> {
        let ids = match whom {
            Recipient::Connection(id) => vec![*id],
            Recipient::Client(client) => self.server.directory().connections_of_client(client).to_vec(),
        };
        if ids.is_empty() {
            return Reply::ready(Err(HandleError::UnknownRecipient(whom.name())));
        }
        let deed = Arc::new(deed);
        let (gather, waiting) = Gather::start(fold);
        for id in ids {
            let deed = Arc::clone(&deed);
            self.ask_for(&gather, id.shard(), push, move |core, part| {
                if core.hub.is_open(id) {
                    deed(core, id, part);
                } else {
                    part.give(Err(HandleError::UnknownRecipient(id.to_string())));
                }
            });
        }
        waiting
    }

    /// Asks several shards, and folds their answers into one.
    fn gather<T: Default + Send + 'static>(
        &self,
        shards: &ShardSet,
        question: impl Fn(&mut Core) -> T + Send + Sync + 'static,
        fold: fn(&mut T, T),
    ) -> Reply<T> {
        let question = Arc::new(question);
        let (gather, waiting) = Gather::start(fold);
        for shard in shards.iter() {
            let question = Arc::clone(&question);
            self.ask_for(&gather, shard, Inbox::push, move |core, part| part.give(Ok(question(core))));
        }
        waiting
    }

    /// Asks one shard for its part of an answer.
    fn ask_for<T: Default + Send + 'static>(
        &self,
        gather: &Arc<Gather<T>>,
        shard: ShardId,
        push: Push,
        question: impl FnOnce(&mut Core, Part<T>) + Send + 'static,
    ) {
        let part = gather.part();
        let job = move |core: &mut Core, _: &Application| question(core, part);
        if let Err(error) = self.run(shard, push, Box::new(job)) {
            gather.fail(error);
        }
    }

    /// Has a shard run something in its turn.
    fn run(&self, shard: ShardId, push: Push, job: Job) -> Result<(), HandleError> {
        match self.server.shard(shard) {
            Some(link) => push(&link.inbox, Command::Run(job)),
            None => Err(HandleError::Stopped),
        }
    }
}

/// Several that are done are done.
const DONE: fn(&mut (), ()) = |(), ()| ();

fn unknown(UnknownConnection(id): UnknownConnection) -> HandleError {
    HandleError::UnknownRecipient(id.to_string())
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.server).finish()
    }
}
