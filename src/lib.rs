//! A WebSocket hub: connections, rooms, namespaces, broadcast, heartbeats, and
//! events with acknowledgements, the same application on every runtime.
//!
//! All protocol and hub logic is one sans-IO [`core`]; thin adapters run it.
//! There are three, each a module and a feature: `tokio`, `smol` and `std_threads`.
//!
//! ```no_run
//! use fanfare::{App, Route, Target};
//! use tokio::net::TcpListener;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! // Everyone on /chat is in the lobby, and hears what is said there.
//! let chat = Route::new()
//!     .on_open(|ctx| ctx.join("lobby").map(drop))
//!     .on_message(|ctx, message| {
//!         ctx.broadcast(Target::room("/", "lobby"), message);
//!     });
//!
//! let listener = TcpListener::bind("127.0.0.1:8080").await?;
//! fanfare::tokio::serve(listener, App::new().route("/chat", chat)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to start
//!
//! - [`App`] and [`Route`] say what is served, and what happens there.
//! - [`Ctx`] is one connection in the hands of a handler; [`Connection`] is one
//!   that a future of its own pulls messages from.
//! - [`Envelope`] makes a route's messages events: [`Route::on`] handles one,
//!   [`Ctx::emit_to`] sends one, [`Handle::emit_with_ack`] asks a peer.
//! - [`Accept::channel`] puts a connection in a primary channel, and
//!   [`Ctx::move_to_channel`] in another; [`Route::default_handlers`] let clients
//!   speak there without a line of the application's.
//! - [`Ctx::reject`] turns a connection away with a reason that it can read, as
//!   [`Accept::then_reject`] does right after the upgrade.
//! - [`Handle`] is the server from anywhere else: send, broadcast, ask, stop;
//!   [`Handle::subscribe`] tells what happens to it, as [`Lifecycle`] events.
//! - [`Target`] and [`Audience`] say who hears a broadcast; its
//!   [`BroadcastReport`] says what became of it.
//! - [`Settings`] are the limits and times; built, they are a [`Config`].
//! - The `Server` of an adapter runs it all, on one shard or several; why it
//!   could not is a [`ServeError`].
//! - A `Client`, with the feature `client`, connects to a server and comes back by
//!   itself. `start` of an adapter runs it, for callbacks that get a `ClientCtx`, or
//!   `open`, for who pulls from a `ClientStream`; a `ClientHandle` asks it for
//!   something from anywhere else.
//!
//! # Features
//!
//! `tokio` (default), `smol` and `std-threads` bring the adapter of that name;
//! without any, only the core and the driver are compiled. `client` brings
//! `Client`. `tls` brings `Tls` and `ClientTls`, for `wss://` without a proxy;
//! without it no cryptography is compiled.

#[doc(inline)]
pub use fanfare_core as core;
#[doc(inline)]
pub use fanfare_driver as driver;
#[cfg(feature = "smol")]
#[doc(inline)]
pub use fanfare_smol as smol;
#[cfg(feature = "std-threads")]
#[doc(inline)]
pub use fanfare_std_threads as std_threads;
#[cfg(feature = "tokio")]
#[doc(inline)]
pub use fanfare_tokio as tokio;

#[cfg(feature = "client")]
#[doc(no_inline)]
pub use fanfare_core::client::{
    ClientConfigError, ClientSettings, ConnectError, Connected, Disconnected, Membership, Offline, Proxy,
    Reconnect, Refused, Url, UrlError,
};
#[doc(no_inline)]
pub use fanfare_core::{
    broadcast::{Audience, BroadcastReport, Condition, Exclusion, Filter, Label, Target},
    close::{CloseCode, CloseReason},
    config::{
        ClientIdPolicy, Compression, Config, ConfigError, ConnectionSettings, KeepHeaders, OriginRule,
        Overflow, Preset, Settings,
    },
    directory::Totals,
    event::{Answer, AnswerError, Envelope, Missing, Payload, Refusal, Rejection},
    handshake::Response,
    hub::{
        Closed, ConflationKey, DEFAULT_CHANNEL, EmitError, MembershipError, Metadata, Publication, SendError,
        UnknownConnection,
    },
    id::ConnectionId,
    rooms::{GroupName, JoinError, RoomName},
    stats::Stats,
    wire::{ControlPayload, Frame, Message, MessageError},
};
#[doc(no_inline)]
pub use fanfare_driver::{
    Accept, App, AppError, AttachError, Authorisation, BlockingConnection, Connection, ConnectionInfo, Ctx,
    DataError, Event, EventName, Handle, HandleError, HandlerError, JoinRequest, Lifecycle, Namespace,
    OwnedEvent, ParamError, Peer, Recipient, Replies, Reply, Request, Route, ServeError, StopOptions,
    Subscription,
};
#[cfg(feature = "client")]
#[doc(no_inline)]
pub use fanfare_driver::{
    Address, Client, ClientCtx, ClientError, ClientFault, ClientHandle, ClientStartError, ClientStream, Heard,
};
#[cfg(feature = "tls")]
#[doc(no_inline)]
pub use fanfare_driver::{ClientTls, RootsError, Tls, TlsError};

/// The examples in the documentation, which must go on compiling.
#[cfg(all(doctest, feature = "tokio"))]
mod documents {
    #[doc = include_str!("../docs/authorisation.md")]
    struct WhoMayConnect;
    #[doc = include_str!("../docs/coming-from/goutils.md")]
    struct Goutils;
    #[doc = include_str!("../docs/coming-from/mist.md")]
    struct Mist;
    #[cfg(feature = "client")]
    #[doc = include_str!("../docs/coming-from/mtp2.md")]
    struct Mtp2;
    #[doc = include_str!("../docs/coming-from/zlib.md")]
    struct Zlib;
}
