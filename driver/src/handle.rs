//! The server from anywhere: other threads, futures, other servers' handlers.

use crate::error::{HandleError, HandlerError};
use crate::inbox::Command;
use crate::reply::{Answer, Reply, reply};
use crate::server::Server;
use crate::shard::{Collector, Core};
use crate::app::Application;
use crate::stop::StopOptions;
use fanfare_core::broadcast::{Audience, BroadcastReport};
use fanfare_core::close::CloseCode;
use fanfare_core::hub::Publication;
use fanfare_core::id::{ConnectionId, ShardId};
use fanfare_core::relay::Relay;
use fanfare_core::rooms::GroupName;
use fanfare_core::stats::Stats;
use fanfare_core::directory::Totals;
use fanfare_core::time::Instant;
use fanfare_core::wire::{Frame, Message};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// A running server, as its application sees it. Clones are the same server.
///
/// What is asked is done on the shards, in the order one asker asked; the
/// [`Reply`] is a future that can also be waited for by a thread. Never waits
/// for room: a shard that is too busy answers [`HandleError::QueueFull`].
#[derive(Clone)]
pub struct Handle {
    server: Arc<Server>,
}

/// Whom a message or a command is for.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Recipient {
    /// One connection.
    Connection(ConnectionId),
    /// All connections of a client id.
    Client(Arc<str>),
}

impl From<ConnectionId> for Recipient {
    fn from(id: ConnectionId) -> Recipient {
        Recipient::Connection(id)
    }
}

/// A connection id in its outward form, or else a client id.
impl From<&str> for Recipient {
    fn from(name: &str) -> Recipient {
        name.parse().map_or_else(|_| Recipient::Client(name.into()), Recipient::Connection)
    }
}

/// An open connection, described.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Its id.
    pub id: ConnectionId,
    /// The application's name for the client.
    pub client_id: String,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The request's path.
    pub path: String,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
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
    pub fn send<'m>(&self, to: impl Into<Recipient>, message: impl Into<Message<'m>>) -> Reply<()> {
        let frame = Frame::from(&message.into());
        self.each(to.into(), move |core, id| Ok(core.send(id, &frame)?))
    }

    /// Starts the closing handshake.
    pub fn close(&self, whom: impl Into<Recipient>, code: CloseCode, reason: &str) -> Reply<()> {
        let reason = reason.to_owned();
        self.each(whom.into(), move |core, id| {
            core.close(id, code, &reason);
            Ok(())
        })
    }

    /// Puts connections in a room of the namespace `/`.
    pub fn join(&self, whom: impl Into<Recipient>, room: &str) -> Reply<()> {
        self.join_in(whom, "/", room)
    }

    /// Puts connections in a room, and in its namespace.
    pub fn join_in(&self, whom: impl Into<Recipient>, namespace: &str, room: &str) -> Reply<()> {
        let (namespace, room) = (namespace.to_owned(), room.to_owned());
        self.each(whom.into(), move |core, id| {
            core.hub.join(id, &namespace, &room)?;
            Ok(())
        })
    }

    /// Takes connections out of a room of the namespace `/`.
    pub fn leave(&self, whom: impl Into<Recipient>, room: &str) -> Reply<()> {
        self.leave_in(whom, "/", room)
    }

    /// Takes connections out of a room.
    pub fn leave_in(&self, whom: impl Into<Recipient>, namespace: &str, room: &str) -> Reply<()> {
        let (namespace, room) = (namespace.to_owned(), room.to_owned());
        self.each(whom.into(), move |core, id| match core.hub.leave(id, &namespace, &room) {
            Ok(_) => Ok(()),
            Err(_) => Err(HandleError::UnknownRecipient(id.to_string())),
        })
    }

    /// Sends a message to an audience on all shards. The report counts every
    /// recipient, once.
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
        let publication = Arc::new(publication);
        self.gather(shards, move |core| core.publish_here(&publication))
    }

    /// The connections in a group, shard by shard, in no promised order.
    pub fn members(&self, group: GroupName) -> Reply<Vec<ConnectionId>> {
        let group = Arc::new(group);
        self.gather(self.server.all_shards(), move |core| {
            Listing(core.hub.group_members(&group).collect())
        })
        .map_into()
    }

    /// All open connections, described.
    pub fn connections(&self) -> Reply<Vec<ConnectionInfo>> {
        self.gather(self.server.all_shards(), |core| Listing(core.describe_connections())).map_into()
    }

    /// Names and sizes of all rooms; a room that spans shards appears once per shard.
    pub fn rooms(&self) -> Reply<Vec<(GroupName, usize)>> {
        self.gather(self.server.all_shards(), |core| Listing(core.hub.rooms().collect())).map_into()
    }

    /// What the shards have done, added up; each as of the end of its last turn.
    pub fn stats(&self) -> Stats {
        let mut total = Stats::default();
        for shard in &self.server.shards {
            total += shard.stats();
        }
        total
    }

    /// Connections now, at most, and ever; refusals by reason.
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

    /// Stops gracefully; resolves when the server has stopped. Asked again, it
    /// shortens the time that is left to the new `time_max`, and waits too.
    pub fn stop(&self, options: &StopOptions) -> Reply<()> {
        self.server.stop(options)
    }

    /// Runs a future on the server's runtime.
    pub(crate) fn spawn(&self, future: crate::app::BoxFuture<()>) {
        self.server.spawner.spawn(future);
    }

    /// A receiver has room again.
    pub(crate) fn resume(&self, id: ConnectionId) {
        self.run_reserved(id.shard(), move |core, _| core.resume(id));
    }

    /// Tells the error callback of a connection's route.
    pub(crate) fn report(&self, id: ConnectionId, error: HandlerError) {
        self.run_reserved(id.shard(), move |core, app| core.handler_failed(app, id, &error));
    }

    /// Runs something on a shard that must not be lost to a full inbox.
    pub(crate) fn run_reserved(
        &self,
        shard: ShardId,
        job: impl FnOnce(&mut Core, &Application) + Send + 'static,
    ) {
        let Some(shard) = self.server.shard(shard) else { return };
        if let Err(error) = shard.inbox.push_reserved(Command::Run(Box::new(job))) {
            tracing::warn!(%error, "something asked of a shard was lost");
        }
    }

    /// Runs something on a shard.
    fn run(
        &self,
        shard: ShardId,
        job: impl FnOnce(&mut Core, &Application) + Send + 'static,
    ) -> Result<(), HandleError> {
        let shard = self.server.shard(shard).ok_or(HandleError::Stopped)?;
        shard.inbox.push(Command::Run(Box::new(job)))
    }

    /// Does `deed` to a connection, or to each of a client's. With several, the
    /// first failure is the answer, and the others are tried all the same.
    fn each(
        &self,
        whom: Recipient,
        deed: impl Fn(&mut Core, ConnectionId) -> Result<(), HandleError> + Send + Sync + 'static,
    ) -> Reply<()> {
        let ids = match &whom {
            Recipient::Connection(id) => vec![*id],
            Recipient::Client(client) => self.server.directory().connections_of_client(client).to_vec(),
        };
        let (answer, waiting) = reply();
        match ids[..] {
            [] => answer.refuse(HandleError::UnknownRecipient(name_of(&whom))),
            [id] => self.one(id, deed, answer),
            _ => self.several(&ids, deed, answer),
        }
        waiting
    }

    fn one(
        &self,
        id: ConnectionId,
        deed: impl Fn(&mut Core, ConnectionId) -> Result<(), HandleError> + Send + 'static,
        answer: Answer<()>,
    ) {
        let answer = Arc::new(std::sync::Mutex::new(Some(answer)));
        let take = |answer: &std::sync::Mutex<Option<Answer<()>>>| {
            answer.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
        };
        let on_shard = Arc::clone(&answer);
        let pushed = self.run(id.shard(), move |core, _| {
            let outcome = if core.hub.is_open(id) {
                deed(core, id)
            } else {
                Err(HandleError::UnknownRecipient(id.to_string()))
            };
            if let Some(answer) = take(&on_shard) {
                answer.finish_with(outcome);
            }
        });
        if let Err(error) = pushed
            && let Some(answer) = take(&answer)
        {
            answer.refuse(error);
        }
    }
}

fn name_of(whom: &Recipient) -> String {
    match whom {
        Recipient::Connection(id) => id.to_string(),
        Recipient::Client(client) => client.to_string(),
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.server).finish()
    }
}
