//! What the runtime adapters of fanfare share, and no runtime: the shard loop
//! over [`Transport`]s, [`App`] and its handlers, [`Handle`], plain HTTP, and
//! the one real clock.
//!
//! Applications use the facade `fanfare` and one adapter. An adapter builds a
//! [`Launch`], runs each [`Shard`] on a task or thread of its own, accepts from an
//! [`OsListener`], and lets an [`Intake`] hand the sockets to the [`Acceptor`]. A
//! shard watches them itself; the adapter lends it a thread to sleep on, or waits
//! for its descriptor. With the feature `client` there is the other side, too: an
//! adapter moves the task of a `Client`, and lends it a way to `Dial`.

#![warn(clippy::indexing_slicing)]

mod app;
mod blocking;
#[cfg(feature = "client")]
mod client;
mod clock;
mod connection;
mod emission;
mod error;
mod gather;
mod handle;
mod inbox;
mod intake;
mod lifecycle;
mod listener;
mod ready;
mod reply;
mod server;
mod shard;
mod socket;
mod stop;
mod surroundings;
#[cfg(feature = "tls")]
mod tls;
mod transport;
mod wall;

pub use app::{
    Accept, App, Authorisation, BoxFuture, Ctx, DataError, Event, JoinRequest, Namespace, OwnedEvent,
    ParamError, Params, Peer, Request, Route,
};
pub use blocking::BlockingConnection;
#[cfg(feature = "client")]
pub use client::{
    Address, Client, ClientCtx, ClientError, ClientFault, ClientHandle, ClientStartError, ClientStream,
    ClientTask, Dial, Hear, HearMessage, Heard,
};
pub use clock::{Clock, ManualClock};
pub use connection::{Connection, Recv};
pub use emission::{EventName, Replies};
pub use error::{AppError, AttachError, HandleError, HandlerError, Outcome, ServeError};
pub use handle::{ConnectionInfo, Handle, Recipient};
pub use intake::{Intake, Next};
pub use lifecycle::{Lifecycle, RecvLifecycle, Subscription};
pub use listener::OsListener;
pub use reply::Reply;
pub use server::{Acceptor, Launch, Spawn};
pub use shard::{Shard, Turn};
pub use socket::OsSocket;
pub use stop::StopOptions;
pub use surroundings::Surroundings;
#[cfg(feature = "tls")]
pub use tls::{ClientTls, RootsError, Tls, TlsError, TlsFailure};
pub use transport::Transport;

/// The TLS in use, for configurations of one's own: see [`Tls::from_config`].
#[cfg(feature = "tls")]
pub use rustls;

#[cfg(test)]
mod tests;
