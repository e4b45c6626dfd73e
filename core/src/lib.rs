//! The sans-IO core of fanfare.

pub mod broadcast;
pub mod config;
pub mod deadlines;
pub mod id;
pub mod random;
pub mod rooms;
pub mod time;
pub mod violation;
pub mod wire;
