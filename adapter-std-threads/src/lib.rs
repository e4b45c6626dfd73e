//! fanfare on plain threads: sockets, sleep and threads; no decision about any
//! of them, and no async runtime.
//!
//! ```no_run
//! use fanfare_driver::{App, Route};
//! use std::net::TcpListener;
//!
//! # fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let echo = Route::new().on_message(|ctx, message| ctx.send(message));
//! let listener = TcpListener::bind("127.0.0.1:8080")?;
//! fanfare_std_threads::serve(listener, App::new().route("/echo", echo))?;
//! # Ok(())
//! # }
//! ```
//!
//! Each shard has a thread, which sleeps in the system's poll. The application's
//! futures (asynchronous handlers, the pull style) share a few workers, however
//! many they are, for as long as there is a `Handle` of the server; a blocking
//! handler has a thread of its own.

mod accept;
mod attach;
mod bell;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod dial;
mod executor;
mod listener;
mod server;
mod shard;
#[cfg(feature = "client")]
mod transport;

pub use attach::Attacher;
#[cfg(feature = "client")]
pub use client::{open, start};
pub use fanfare_driver::ServeError;
pub use listener::Listener;
pub use server::{Server, serve};
