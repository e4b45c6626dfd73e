//! fanfare on tokio: sockets, timers and tasks; no decision about any of them.
//! On Unix, with a runtime whose I/O and time are enabled.
//!
//! ```no_run
//! use fanfare_driver::{App, Route};
//! use tokio::net::TcpListener;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let echo = Route::new().on_message(|ctx, message| ctx.send(message));
//! let listener = TcpListener::bind("127.0.0.1:8080").await?;
//! fanfare_tokio::serve(listener, App::new().route("/echo", echo)).await?;
//! # Ok(())
//! # }
//! ```

#[cfg(not(unix))]
compile_error!(
    "tokio waits for a shard's sockets by a descriptor, which only Unix has; use fanfare-std-threads"
);

mod accept;
mod attach;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod dial;
mod listener;
mod server;
mod shard;
mod transport;
mod watch;

pub use attach::Attacher;
#[cfg(feature = "client")]
pub use client::{open, start};
pub use fanfare_driver::ServeError;
pub use listener::Listener;
pub use server::{Placement, Server, serve};
pub use transport::Stream;
