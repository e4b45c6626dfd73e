//! The sans-IO core of fanfare.

pub mod broadcast;
pub mod close;
pub mod config;
pub mod deadlines;
pub mod directory;
pub mod handshake;
pub mod hub;
pub mod id;
mod link;
mod member;
mod outbox;
pub mod random;
pub mod relay;
pub mod rooms;
pub mod stats;
pub mod time;
pub mod violation;
pub mod wire;

#[doc(no_inline)]
pub use http;
