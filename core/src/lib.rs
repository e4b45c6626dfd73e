//! The sans-IO core of fanfare: everything a WebSocket hub decides, and nothing
//! it does.
//!
//! No socket, clock, thread or randomness of its own, no lock, no callback. An
//! adapter owns those: it tells a [`Hub`](hub::Hub) what happened and asks it
//! what to do. The same calls with the same bytes, times and seed give the same
//! answers, on every runtime, in a simulator, and in a test.
//!
//! # Vocabulary
//!
//! | word | means |
//! |---|---|
//! | hub | the machine of one shard: its links, members, rooms and deadlines |
//! | shard | a hub and the transports it owns; a server is one or several |
//! | link | one transport and its protocol, from its arrival to its release |
//! | member | what rooms know of a link that became a WebSocket connection |
//! | namespace | a named set of members; every member starts in `/` |
//! | room | a named set of members inside a namespace; joining it joins the namespace |
//!
//! A link and its member are called a *connection* together, and one
//! [`ConnectionId`](id::ConnectionId) names both.
//!
//! # The loop
//!
//! There are three inputs (bytes, commands, time) and three outputs: events,
//! bytes to write, and the next deadline. This is all that an adapter is, less
//! the sockets:
//!
//! ```
//! use fanfare_core::hub::{Acceptance, Decision, Event, Hub, Notice, Transmit};
//! use fanfare_core::id::ConnectionId;
//! # use fanfare_core::{config::Settings, hub::HubConfig, id::ShardId, random::Random};
//! use fanfare_core::time::Instant;
//! use fanfare_core::wire::Frame;
//! use std::collections::BTreeMap;
//! # use std::sync::Arc;
//!
//! #[derive(Default)]
//! struct Socket {
//!     incoming: Vec<u8>,
//!     outgoing: Vec<u8>,
//! }
//!
//! type Sockets = BTreeMap<ConnectionId, Socket>;
//!
//! /// One turn of a shard, here with an application that echoes.
//! fn turn(hub: &mut Hub, now: Instant, sockets: &mut Sockets) -> Result<(), Box<dyn std::error::Error>> {
//!     // Input. One call gives at most one event, which borrows the bytes and not the hub.
//!     for (&id, socket) in sockets.iter_mut() {
//!         let mut read = std::mem::take(&mut socket.incoming);
//!         let mut rest = read.as_mut_slice();
//!         while !rest.is_empty() && hub.wants_read(id) {
//!             let received = hub.receive(now, id, rest)?;
//!             let consumed = received.consumed;
//!             match received.event {
//!                 Some(Event::Request(request)) => {
//!                     let terms = Acceptance::new(&request, "somebody");
//!                     hub.decide(now, id, Decision::Accept(terms))?;
//!                 }
//!                 Some(Event::Message(message)) => hub.send(now, id, &Frame::from(&message))?,
//!                 Some(_) | None => {} // pings are answered by the hub itself
//!             }
//!             rest = &mut rest[consumed..];
//!         }
//!         socket.incoming = rest.to_vec(); // not wanted yet, or ever
//!     }
//!     // Deadlines, behind the input: our own delay must not look like a peer's silence.
//!     hub.expire(now, 1_000);
//!     // Output. Each transport that has something to do is listed once.
//!     while let Some(id) = hub.next_listed() {
//!         loop {
//!             match hub.transmit(id, 16)? {
//!                 Transmit::Write(pieces) => {
//!                     let bytes: Vec<u8> = pieces.flat_map(|piece| piece.as_bytes()).copied().collect();
//!                     hub.sent(now, id, bytes.len())?; // any short write will do
//!                     sockets.entry(id).or_default().outgoing.extend(bytes);
//!                 }
//!                 Transmit::ShutdownWrite => hub.write_shut(now, id)?,
//!                 Transmit::Release { .. } => {
//!                     sockets.remove(&id);
//!                     break hub.released(id)?;
//!                 }
//!                 Transmit::Nothing => break,
//!             }
//!         }
//!     }
//!     // What happened without an answer of its own.
//!     while let Some(notice) = hub.next_notice() {
//!         if let Notice::Closed(closed) = notice {
//!             println!("{} {}", closed.id, closed.reason);
//!         }
//!     }
//!     Ok(()) // and now to sleep, until a socket is ready or `hub.next_deadline()`
//! }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #     let config = Arc::new(HubConfig::new(Settings::default().build()?));
//! #     let mut hub = Hub::new(Instant::ZERO, ShardId(0), config, Random::from_seed([7; 32]));
//! #     hub.grant_budget(1024 * 1024);
//! #     let id = hub.accept(Instant::ZERO)?;
//! #     let mut incoming = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//! #         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".to_vec();
//! #     incoming.extend_from_slice(Frame::text("hi").masked([1, 2, 3, 4]).as_bytes());
//! #     let mut sockets = Sockets::from([(id, Socket { incoming, outgoing: Vec::new() })]);
//! #     turn(&mut hub, Instant::ZERO, &mut sockets)?;
//! #     assert!(sockets[&id].outgoing.starts_with(b"HTTP/1.1 101 "));
//! #     assert!(sockets[&id].outgoing.ends_with(b"\x81\x02hi"));
//! #     hub.abort(Instant::ZERO, id)?;
//! #     turn(&mut hub, Instant::ZERO, &mut sockets)?;
//! #     assert!(sockets.is_empty());
//! #     Ok(())
//! # }
//! ```
//!
//! `examples/drive_by_hand.rs` of the `fanfare` package goes through a whole
//! conversation step by step.
//!
//! # Where to look
//!
//! | module | holds |
//! |---|---|
//! | [`hub`] | the machine itself: start here |
//! | [`client`] | the other side: one connection to a server, which comes back by itself |
//! | [`config`] | every limit and time, checked before a hub sees it |
//! | [`handshake`] | the HTTP head and its answers |
//! | [`wire`] | frames and messages, for either side |
//! | [`deflate`] | permessage-deflate: what is agreed on, and the codecs |
//! | [`event`] | named messages in envelopes, and acknowledgements |
//! | [`rooms`], [`broadcast`] | who is where, and who gets a message |
//! | [`relay`], [`directory`] | what hubs tell each other, and the few facts they share |
//! | [`close`], [`violation`] | how connections end, and what peers do wrong |
//! | [`deadlines`], [`time`] | the wheel, and time as a number |
//! | [`id`], [`random`], [`stats`] | names, the one source of chance, counts |
//!
//! # Deliberately absent
//!
//! I/O and its buffers, clocks, threads, tasks and locks: the adapter's.
//! Handlers and routes: a hub calls nobody back, so that a panic of the
//! application cannot leave it half done. Reading faster than events are
//! handled: `wants_read` says when to stop. And `no_std`: it is no goal.

#![warn(clippy::indexing_slicing)]

pub mod broadcast;
pub mod client;
pub mod close;
pub mod config;
pub mod deadlines;
pub mod deflate;
pub mod directory;
pub mod event;
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
mod thrift;
pub mod time;
pub mod violation;
pub mod wire;

/// Requests and answers are made of its types.
#[doc(no_inline)]
pub use http;
