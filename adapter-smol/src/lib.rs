//! fanfare on smol: sockets, timers and tasks; no decision about any of them.
//!
//! ```no_run
//! use fanfare_driver::{App, Route};
//! use smol::net::TcpListener;
//!
//! # fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let echo = Route::new().on_message(|ctx, message| ctx.send(message));
//! smol::block_on(async {
//!     let listener = TcpListener::bind("127.0.0.1:8080").await?;
//!     fanfare_smol::serve(listener, App::new().route("/echo", echo)).await?;
//!     Ok(())
//! })
//! # }
//! ```
//!
//! Several shards are on several threads when there are such: with
//! [`Placement::Threads`] always, with [`Placement::Tasks`] as far as the
//! executor has threads. That is smol's global one, which has one thread unless
//! `SMOL_THREADS` said otherwise when it was first used, or one of the
//! [program's own](Server::with_executor).

mod accept;
mod alarm;
mod attach;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod dial;
mod listener;
mod server;
mod shard;
mod transport;

pub use attach::Attacher;
#[cfg(feature = "client")]
pub use client::{open, start};
pub use fanfare_driver::ServeError;
pub use listener::Listener;
pub use server::{Placement, Server, serve};
pub use transport::Stream;
