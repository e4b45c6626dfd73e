//! What the floor is made of: a frame's header, the handshake's answer, and an
//! edge-triggered epoll set.
//!
//! It judges nothing: the other end of a measurement is trusted, and every check
//! would be paid for by the figure that is to be measured. It must never be
//! used where a peer may be hostile.

pub mod frame;
pub mod handshake;
pub mod poller;
