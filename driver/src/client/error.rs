//! What can go wrong between an application and its client: before it starts,
//! when it is asked for something, and while it runs by itself.

use crate::error::HandlerError;
use crate::reply::Unanswered;
#[cfg(feature = "tls")]
use crate::tls::RootsError;
use fanfare_core::client::{
    ClientConfigError, ConnectError, EmitError, Membership, MembershipError, SendError,
};
use fanfare_core::event::Missing;
use std::io;

/// Why a client could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientStartError {
    /// Its settings do not work.
    #[error(transparent)]
    Config(#[from] ClientConfigError),
    /// There is nobody it could trust.
    #[cfg(feature = "tls")]
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// The URL asks for TLS, which was not compiled.
    #[error("wss:// needs the feature `tls` of fanfare, which this program is built without")]
    NoTls,
    /// The operating system gave no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(String),
    /// There is no runtime, no thread, or no set of sockets to run it with.
    #[error("the client cannot be run: {0}")]
    Run(#[source] io::Error),
}

/// Why something asked of a client was not done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The client has ended, or ended before it came to it: it was closed, or its
    /// task was dropped.
    #[error("the client has ended; make another one")]
    Ended,
    /// A callback of the client's panicked, which has ended it.
    #[error("the client has ended, because a callback panicked: see the log; make another one")]
    Panicked,
    /// A blocking wait in a callback would wait for itself. Go on with
    /// [`ClientCtx::then`](super::ClientCtx::then).
    #[error("a callback must not block; go on with `ClientCtx::then`")]
    OnClient,
    /// The client is asked for more than it gets done.
    #[error("{commands_max} commands wait for the client already (ClientHandle::COMMANDS_MAX); try later")]
    QueueFull {
        /// The limit in force.
        commands_max: usize,
    },
    /// As many sends as may do wait for room in the outbox already.
    #[error("{sends_waiting_max} sends wait for room in the outbox (sends_waiting_max); try later")]
    TooManyWaiting {
        /// The limit in force.
        sends_waiting_max: usize,
    },
    /// There is no connection: the attempt failed, and there is no other.
    #[error("not connected: {0}")]
    Connect(#[from] ConnectError),
    /// There is no connection: the client was told to disconnect meanwhile.
    #[error("not connected, and told to stay so")]
    Disconnected,
    /// The message is not sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The event is not sent, although its message might have been.
    #[error(transparent)]
    Emit(EmitError),
    /// The room or namespace is not joined or left.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// The data has no JSON form.
    #[error("nothing was sent: {why}")]
    Payload {
        /// What is wrong with it.
        why: String,
    },
    /// A question has no answer, and will have none.
    #[error(transparent)]
    Unanswered(#[from] Missing),
}

/// A message that is not sent is the same, whatever it says.
impl From<EmitError> for ClientError {
    fn from(error: EmitError) -> ClientError {
        match error {
            EmitError::Send(error) => ClientError::Send(error),
            EmitError::NoEnvelope | EmitError::NoAcks | EmitError::TooManyAcks { .. } | _ => {
                ClientError::Emit(error)
            }
        }
    }
}

impl Unanswered for ClientError {
    const GONE: ClientError = ClientError::Ended;
    const OWN_THREAD: ClientError = ClientError::OnClient;
}

/// What went wrong while nobody asked for anything. The client goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientFault {
    /// An attempt to connect failed. If there is another, it is announced next.
    #[error("attempt {attempt} to connect failed: {error}")]
    Connect {
        /// Which: 0 is the one that was asked for.
        attempt: u32,
        /// Why.
        error: ConnectError,
    },
    /// As many attempts as allowed have failed (`attempts_max`). There is none
    /// until [`connect`](super::ClientHandle::connect) is called.
    #[error("gave up after {attempts} attempts (attempts_max)")]
    GaveUp {
        /// How many.
        attempts: u32,
    },
    /// A callback failed.
    #[error("a callback failed: {0}")]
    Handler(#[source] HandlerError),
    /// The server does not let the client in. It is not rejoined.
    #[error("not let into {}: {error}", name(.group))]
    JoinRefused {
        /// Into what.
        group: Membership,
        /// In the server's words.
        error: String,
    },
    /// The server complains about something that was not asked with an id.
    #[error("the server complains in {namespace:?}: {error}")]
    Complaint {
        /// The namespace it is about.
        namespace: String,
        /// In the server's words.
        error: String,
    },
    /// A message of the server's does not fit the envelope.
    #[error("a message of the server's is not understood: {why}")]
    Malformed {
        /// What is wrong with it.
        why: String,
    },
}

fn name(group: &Membership) -> String {
    match group {
        Membership::Namespace(name) => format!("{name:?}"),
        Membership::Room(room) => format!("{:?} in {:?}", room.name, room.namespace),
    }
}
