//! What can go wrong between an application and its server.

use fanfare_core::config::OUTBOX_LEASE_BYTES;
use fanfare_core::event::{Envelope, Missing};
use fanfare_core::hub::{EmitError, MembershipError, SendError};
use fanfare_core::id::{ConnectionId, ShardId};
use fanfare_core::wire::MessageError;
use std::error::Error;

/// Why something asked of a [`Handle`](crate::Handle) was not done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandleError {
    /// The server has stopped, or stopped before it came to it.
    #[error("the server has stopped")]
    Stopped,
    /// A blocking wait on a shard's own thread would wait for itself. Use
    /// `Ctx::then` in synchronous handlers, or an asynchronous handler.
    #[error("a synchronous handler must not block on its own shard; continue with `Ctx::then`")]
    OnShard,
    /// The shard's inbox is full: it is asked for more than it gets done. Try later.
    #[error("the inbox of shard {} is full ({messages_max} messages, shard_inbox_messages_max); try later", .shard.0)]
    QueueFull {
        /// Whose inbox.
        shard: ShardId,
        /// The limit in force.
        messages_max: usize,
    },
    /// As many sends as may do wait for room in the connection's outbox already.
    #[error(
        "{sends_waiting_max} sends wait for room in the outbox of {connection} (sends_waiting_max); try later"
    )]
    TooManyWaiting {
        /// Whose outbox.
        connection: ConnectionId,
        /// The limit in force.
        sends_waiting_max: usize,
    },
    /// Neither a connection nor a client goes by this name.
    #[error("no connection and no client is called {0:?}")]
    UnknownRecipient(String),
    /// The message was not queued.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The room or namespace was not joined.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// The event was not sent, although its message might have been.
    #[error(transparent)]
    Emit(EmitError),
    /// There is no such message to send.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The data of an event has no JSON form.
    #[error("the event was not sent: {why}")]
    Payload {
        /// What is wrong with it.
        why: String,
    },
    /// A question has no answer, and will have none.
    #[error(transparent)]
    Unanswered(#[from] Missing),
}

/// A message that is not queued is the same, whatever it says.
impl From<EmitError> for HandleError {
    fn from(error: EmitError) -> HandleError {
        match error {
            EmitError::Send(error) => HandleError::Send(error),
            EmitError::NoEnvelope(_) | EmitError::NoAcks(_) | EmitError::TooManyAcks { .. } | _ => {
                HandleError::Emit(error)
            }
        }
    }
}

/// Why a stream could not be attached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachError {
    /// The socket cannot be made ready for a shard.
    #[error("the socket cannot be made nonblocking: {0}")]
    Socket(#[from] std::io::Error),
    /// The shard is too busy, or the server has stopped.
    #[error(transparent)]
    Refused(#[from] HandleError),
}

/// What a handler may fail with. Told to the route's error callback; the
/// connection lives on.
pub type HandlerError = Box<dyn Error + Send + Sync>;

/// What a handler returns: nothing, or a result.
pub trait Outcome {
    /// As a result.
    fn into_result(self) -> Result<(), HandlerError>;
}

impl Outcome for () {
    fn into_result(self) -> Result<(), HandlerError> {
        Ok(())
    }
}

impl<E: Into<HandlerError>> Outcome for Result<(), E> {
    fn into_result(self) -> Result<(), HandlerError> {
        self.map_err(Into::into)
    }
}

/// An application that cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// A path pattern is malformed, or stands for the same paths as another one.
    #[error("the path {path:?} cannot be routed: {why}")]
    Path {
        /// The pattern as given.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Two WebSocket routes, or two handlers of one method, share a path.
    #[error("the path {path:?} has two handlers for {what}; remove one")]
    Twice {
        /// The pattern.
        path: String,
        /// What is there twice.
        what: String,
    },
    /// A route's own settings do not fit each other or the server's.
    #[error("the settings of {path:?} are invalid: {error}")]
    Config {
        /// The route's pattern.
        path: String,
        /// What does not fit.
        error: fanfare_core::config::ConfigError,
    },
    /// A route has an envelope and takes messages as they are.
    #[error(
        "the route {path:?} has the envelope {envelope:?}, so that its messages are events: take them with `on`, \
         or give it the envelope `Raw`"
    )]
    MessagesInEnvelope {
        /// The route's pattern.
        path: String,
        /// What its settings say.
        envelope: Envelope,
    },
    /// A route handles events and has no envelope to read them from.
    #[error("the route {path:?} handles events and has no envelope: give it one with `envelope`")]
    EventsWithoutEnvelope {
        /// The route's pattern.
        path: String,
    },
    /// A route offers an envelope by subprotocol, where events and messages as
    /// they are would meet.
    #[error(
        "the route {path:?} has the envelope {envelope:?}, and {offered:?} by the subprotocol {subprotocol:?}: \
         messages are events by all of them or by none; give the messages that are none a route of their own"
    )]
    SubprotocolWithoutEvents {
        /// The route's pattern.
        path: String,
        /// The subprotocol.
        subprotocol: String,
        /// What it stands for.
        offered: Envelope,
        /// What the route has for others.
        envelope: Envelope,
    },
    /// No client could offer a subprotocol of this name.
    #[error(
        "{subprotocol:?} is no name of a subprotocol, as the route {path:?} has it: letters, digits and some \
         marks, without spaces (RFC 6455 §4.1)"
    )]
    SubprotocolName {
        /// The route's pattern.
        path: String,
        /// The name.
        subprotocol: String,
    },
    /// There are more routes with settings of their own than a server can tell apart.
    #[error("more than 65,535 routes and subprotocols have settings of their own")]
    TooManyProfiles,
    /// A server has 1 to 1,024 shards.
    #[error("{shards} shards cannot be run; choose 1 to 1,024")]
    Shards {
        /// As asked for.
        shards: usize,
    },
    /// The server's budget for queued bytes is less than what its shards lease
    /// to begin with, so that some could never send.
    #[error(
        "server_outbox_bytes_max is {server_outbox_bytes_max}, too little for {shards} shards of at least \
         {OUTBOX_LEASE_BYTES} bytes each; raise it or run fewer shards"
    )]
    BudgetUnderShards {
        /// The budget, in bytes.
        server_outbox_bytes_max: usize,
        /// As asked for.
        shards: usize,
    },
    /// The operating system gave no readiness set to watch a shard's sockets with.
    #[error("a shard's sockets cannot be watched: {0}; raise the limit of open files (ulimit -n)")]
    Readiness(#[source] std::io::Error),
    /// The operating system gave no randomness to seed the generators with.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(String),
}

/// Why a server could not be run, or ended early: the same on every runtime.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The application cannot be served.
    #[error(transparent)]
    App(#[from] AppError),
    /// The runtime, a thread, or the listener could not be set up.
    #[error("the server could not be started: {0}")]
    Start(#[source] std::io::Error),
    /// The system no longer tells which sockets are ready.
    #[error("a shard, or the accept loop, cannot go on: {0}")]
    Readiness(#[source] std::io::Error),
    /// A shard ended by a panic, which is a bug in fanfare.
    #[error("a shard panicked, which is a bug in fanfare: see the log")]
    Shard,
}
