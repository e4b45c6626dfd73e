//! One logical connection to a server, which comes back by itself.
//!
//! A [`Client`] is a pure machine like the [`Hub`](crate::hub::Hub): inputs are
//! methods, time is a parameter, chance a generator that is handed in, and every
//! output is asked for. [`poll_connect`](Client::poll_connect) says whom to dial,
//! [`transmit`](Client::transmit) what to do with the transport,
//! [`receive`](Client::receive) returns what the server said,
//! [`next_notice`](Client::next_notice) what happened otherwise, and
//! [`next_deadline`](Client::next_deadline) when to call
//! [`expire`](Client::expire).
//!
//! It is apart from the hub because it has one peer and many lives, where a hub has
//! many peers with one life each. Frames, heartbeat, lifecycle and outbox are the
//! same parts as there.
//!
//! # The life of a transport
//!
//! There is at most one at a time. It begins with a [`ConnectRequest`], and ends
//! when [`connect_failed`](Client::connect_failed) or
//! [`released`](Client::released) is called; only then another is asked for. In
//! between:
//!
//! 1. the adapter dials, and calls [`connected`](Client::connected);
//! 2. the client asks the proxy for a tunnel, if there is one;
//! 3. [`Transmit::StartTls`] asks for TLS, if the URL does; the adapter calls
//!    [`secured`](Client::secured);
//! 4. the client asks for the upgrade, and judges the answer in full:
//!    [`Notice::Connected`];
//! 5. messages go both ways, until [`Notice::Disconnected`];
//! 6. [`Transmit::Release`] gives the transport back.
//!
//! After every call the adapter handles the event that it returned, then
//! [`next_notice`](Client::next_notice) until there is none, then
//! [`poll_connect`](Client::poll_connect) and [`transmit`](Client::transmit). In
//! that order `Connected` precedes the first message, and `Disconnected` follows
//! the last. A call that does not fit the state does nothing.
//!
//! # Driven by hand
//!
//! ```
//! use fanfare_core::client::{Client, ClientSettings, Event, Notice, Transmit};
//! use fanfare_core::random::Random;
//! use fanfare_core::time::Instant;
//! use fanfare_core::wire::Message;
//! # fn answer(request: &[u8]) -> Vec<u8> {
//! #     use fanfare_core::handshake::{HeadLimits, HeadReader, accept};
//! #     let limits = HeadLimits { bytes_max: 8 * 1024, headers_max: 100 };
//! #     let request = HeadReader::default().push(request, &limits).unwrap().request.unwrap();
//! #     accept(request.upgrade().unwrap(), None, None, &http::HeaderMap::new()).unwrap().to_vec()
//! # }
//!
//! let config = ClientSettings::new("ws://example.com/ws".parse()?).build()?;
//! let mut client = Client::new(config.into(), Random::from_seed([7; 32]));
//! let now = Instant::ZERO;
//!
//! // Whom to dial.
//! client.connect(now)?;
//! let dial = client.poll_connect(now).expect("an attempt");
//! assert_eq!((dial.host.as_str(), dial.port, dial.attempt), ("example.com", 80, 0));
//! client.connected();
//!
//! // The upgrade goes out.
//! let Transmit::Write(pieces) = client.transmit(16) else { panic!("a request") };
//! let request: Vec<u8> = pieces.flat_map(|piece| piece.as_bytes()).copied().collect();
//! assert!(request.starts_with(b"GET /ws HTTP/1.1\r\nHost: example.com\r\n"));
//! client.sent(now, request.len());
//!
//! // The answer comes, with a message right behind it.
//! let mut read = answer(&request);
//! read.extend_from_slice(b"\x81\x02hi");
//! let consumed = client.receive(now, &mut read).consumed;
//! assert!(matches!(client.next_notice(), Some(Notice::Connected(_))));
//! let received = client.receive(now, &mut read[consumed..]);
//! assert_eq!(received.event, Some(Event::Message(Message::from("hi"))));
//!
//! // Lost: after five seconds there is another attempt.
//! client.failed(now, std::io::ErrorKind::ConnectionReset);
//! assert!(matches!(client.next_notice(), Some(Notice::Disconnected(lost)) if !lost.is_graceful()));
//! assert!(matches!(client.next_notice(), Some(Notice::Reconnecting { attempt: 1, .. })));
//! assert!(matches!(client.transmit(16), Transmit::Release { .. }));
//! client.released();
//!
//! let later = client.next_deadline().expect("the next attempt");
//! assert_eq!(later.since(now).as_secs(), 5);
//! client.expire(later);
//! assert_eq!(client.poll_connect(later).expect("an attempt").attempt, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod asking;
mod backoff;
mod checked;
mod ending;
mod error;
mod event;
mod events;
mod hint;
mod joining;
mod lifecycle;
mod memberships;
mod offline;
mod opening;
mod receive;
mod sending;
mod settings;
#[cfg(test)]
mod tests;
mod timers;
mod transmit;
mod transport;
mod url;

pub use checked::{ClientConfig, ClientConfigError};
pub use error::{ClientClosed, ConnectError, EmitError, MembershipError, Refused, SendError};
pub use event::{Connected, Disconnected, Event, Incoming, Membership, Notice, Received};
pub use hint::retry_hint;
pub use lifecycle::{ConnectRequest, Status};
pub use settings::{ClientSettings, Offline, Proxy, Reconnect};
pub use transmit::Transmit;
pub use url::{Url, UrlError};

use crate::config::ConnectionConfig;
use crate::deflate::Codec;
use crate::link::Phase;
use crate::random::Random;
use crate::stats::Stats;
use asking::Questions;
use backoff::Backoff;
use lifecycle::{Next, Wish};
use memberships::Memberships;
use offline::OfflineQueue;
use std::collections::VecDeque;
use std::sync::Arc;
use transport::Transport;

/// One logical connection; see [the module](self).
#[derive(Debug)]
pub struct Client {
    config: Arc<ClientConfig>,
    random: Random,
    /// What the application wants.
    wish: Wish,
    /// Whether there was a connection since it was last asked for.
    has_connected: bool,
    next: Next,
    backoff: Backoff,
    transport: Option<Box<Transport>>,
    memberships: Memberships,
    offline: OfflineQueue,
    questions: Questions,
    notices: VecDeque<Notice>,
    codec: Codec,
    stats: Stats,
}

/// Adapters move it between threads.
const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Client>();
};

impl Client {
    /// A client that does nothing until [`connect`](Self::connect). `random` gives
    /// masks and keys, so it must be seeded by the operating system wherever real
    /// peers connect.
    pub fn new(config: Arc<ClientConfig>, random: Random) -> Client {
        Client {
            config,
            random,
            wish: Wish::Offline,
            has_connected: false,
            next: Next::None,
            backoff: Backoff::default(),
            transport: None,
            memberships: Memberships::default(),
            offline: OfflineQueue::default(),
            questions: Questions::default(),
            notices: VecDeque::new(),
            codec: Codec::default(),
            stats: Stats::default(),
        }
    }

    /// Its configuration.
    pub fn config(&self) -> &Arc<ClientConfig> {
        &self.config
    }

    /// What it has done since it was made, in the counts that a client has a use
    /// for: connections opened and closed, messages and bytes in both directions,
    /// compression, questions, violations and timeouts. The others stay 0.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Whether the connection is open: messages go out at once.
    pub fn is_connected(&self) -> bool {
        self.phase() == Some(Phase::Open)
    }

    /// What happened, in order, each once. `None` until more has.
    pub fn next_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    fn phase(&self) -> Option<Phase> {
        self.transport.as_ref().map(|transport| transport.phase)
    }

    fn limits(&self) -> &ConnectionConfig {
        self.config.connection()
    }

    /// A fresh masking key (RFC 6455 §5.3).
    fn mask(&mut self) -> [u8; 4] {
        self.random.next_u32().to_be_bytes()
    }
}
