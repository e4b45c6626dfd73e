//! The client that comes back by itself, as far as it is the same on every runtime.
//!
//! What it does is decided by the machine of [`fanfare_core::client`]; here it is
//! told of bytes and time, and its decisions are carried out: `task` is a turn,
//! `line` its transport, `dial` how it gets one, `inbox` how it is asked, `core` who
//! waits for what. Each adapter moves a [`ClientTask`] by its turns, as it does
//! with shards, and lends it a [`Dial`].

mod builder;
mod callbacks;
mod context;
mod core;
mod dial;
mod error;
mod handle;
mod hearing;
mod inbox;
mod line;
mod stream;
mod task;
mod telling;
mod trust;
mod writing;

pub use builder::Client;
pub use context::ClientCtx;
pub use dial::{Address, Dial};
pub use error::{ClientError, ClientFault, ClientStartError};
pub use handle::ClientHandle;
pub use stream::{ClientStream, Hear, HearMessage, Heard};
pub use task::ClientTask;
