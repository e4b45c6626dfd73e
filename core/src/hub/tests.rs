//! The hub as its peers and its driver see it. After every step of every test
//! the hub's invariants are checked.

mod acks;
mod broadcasts;
mod channels;
mod closing;
mod compression;
mod events;
mod groups;
mod harness;
mod heartbeat;
mod ids;
mod input;
mod invariants;
mod memory;
mod opening;
mod outboxes;
mod rejecting;
mod script;
mod violations;

use super::*;
use harness::{Heard, Peer, Said, World};
use std::time::Duration;
