//! What the floor and the load generator share: a frame's header, the
//! handshake's answer, and an edge-triggered epoll set.
//!
//! It judges nothing: both ends of a measurement are trusted, and every check
//! would be paid for by the figure that is to be measured. It must never be
//! used where a peer may be hostile.

pub mod frame;
pub mod handshake;
pub mod poller;
