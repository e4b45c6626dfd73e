//! What an application is promised by the driver, on shards without a runtime:
//! sockets in memory, turns by hand.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says by its panic what was missing")]

mod asking;
mod between;
mod fairness;
mod panics;
mod peer;
mod pulling;
mod requests;
mod socket;
mod stopping;
mod world;
