//! The sans-IO core of fanfare.

pub mod config;
pub mod deadlines;
pub mod directory;
pub mod id;
pub mod random;
pub mod time;
pub mod violation;
