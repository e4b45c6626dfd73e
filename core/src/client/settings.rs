//! The plain, editable settings of a client, and their defaults.
//!
//! One field per choice, with its meaning and unit. Nothing is judged here; the
//! checked form and its rules are in `checked`.

use super::checked::{ClientConfig, ClientConfigError};
use super::url::Url;
use crate::config::ConnectionSettings;
use http::HeaderMap;
use std::fmt;
use std::time::Duration;

/// What a client is to do, and within which limits.
///
/// ```
/// use fanfare_core::client::{ClientSettings, Reconnect};
/// use std::time::Duration;
///
/// let config = ClientSettings::new("wss://example.com/ws".parse()?)
///     .with(|client| {
///         client.subprotocols = vec!["chat.v2".to_owned()];
///         client.reconnect = Reconnect::EXPONENTIAL;
///         client.connection.ping_interval = Some(Duration::from_secs(20));
///     })
///     .build()?;
/// assert_eq!(config.connect_time_max, Duration::from_secs(10));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ClientSettings {
    /// Where to connect to.
    pub url: Url,
    /// Headers of the upgrade request beside those of the handshake:
    /// `authorization`, `cookie`, `origin`, `user-agent`.
    pub headers: HeaderMap,
    /// The subprotocols offered, in order of preference: distinct tokens.
    pub subprotocols: Vec<String>,
    /// The proxy on the way, if there is one.
    pub proxy: Option<Proxy>,
    /// From an attempt's beginning to the verified answer: resolving, dialing,
    /// proxy, TLS and upgrade together.
    pub connect_time_max: Duration,
    /// Size of the head of an answer, in bytes: 256 to 1 MiB.
    pub head_bytes_max: usize,
    /// Header lines in the head of an answer: 5 to 1,000.
    pub headers_max: usize,
    /// How much is kept of the body of an answer that refuses, in bytes. 0 = nothing.
    pub refusal_bytes_max: usize,
    /// What happens when a connection is lost.
    pub reconnect: Reconnect,
    /// Whether an attempt that [`connect`](super::Client::connect) began is
    /// repeated like one after a loss.
    pub reconnect_first: bool,
    /// Attempts without a stable connection between them, before the client gives
    /// up. 0 = unlimited.
    pub attempts_max: u32,
    /// How long a connection must have been open for the attempts to count anew.
    pub stable_time: Duration,
    /// The longest that a server can ask us to stay away.
    pub retry_after_time_max: Duration,
    /// What happens to messages while there is no connection.
    pub offline: Offline,
    /// What holds for the connection as for one of a server: messages, heartbeat,
    /// times, outbox, envelope, questions, compression, and how many rooms and
    /// namespaces are rejoined. `origin` and `room_members_max` are a server's, and
    /// mean nothing here.
    pub connection: ConnectionSettings,
}

/// What happens when a connection is lost.
///
/// Every loss and every failed attempt is answered in the same way, whatever its
/// cause: what may help is the application's to judge, and it can
/// [`disconnect`](super::Client::disconnect). A server that says
/// [when to come back](super::retry_hint) is obeyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Reconnect {
    /// The client stays disconnected.
    Off,
    /// The next attempt comes after a fixed time.
    Fixed {
        /// That time.
        delay: Duration,
    },
    /// Attempt `n`, from 0, comes after a random time between zero and
    /// `base` · 2ⁿ, at most `cap`: so that clients which were lost together do not
    /// come back together.
    Exponential {
        /// The longest that the first attempt waits.
        base: Duration,
        /// The longest that any attempt waits.
        cap: Duration,
    },
}

impl Reconnect {
    /// After 5 seconds.
    pub const FIXED: Reconnect = Reconnect::Fixed { delay: Duration::from_secs(5) };
    /// From 250 milliseconds to 30 seconds.
    pub const EXPONENTIAL: Reconnect =
        Reconnect::Exponential { base: Duration::from_millis(250), cap: Duration::from_secs(30) };
}

/// What happens to messages while there is no connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Offline {
    /// They are refused.
    Refuse,
    /// They wait, and are sent first on the next connection, behind the joins.
    Queue {
        /// How many may wait; at most `outbox_messages_max`.
        messages_max: usize,
        /// Their payload, in bytes; with 14 bytes for each, at most
        /// `outbox_bytes_max`.
        bytes_max: usize,
    },
}

/// An HTTP proxy that is asked for a tunnel by `CONNECT` (RFC 9110 §9.3.6).
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) credentials: Option<(String, String)>,
}

impl Proxy {
    /// The proxy at `host`, a name or an address, an IPv6 address with brackets or
    /// without.
    ///
    /// ```
    /// use fanfare_core::client::Proxy;
    ///
    /// let proxy = Proxy::new("proxy.example.com", 3128).with_credentials("ann", "secret");
    /// assert_eq!(format!("{proxy:?}"), r#"Proxy { host: "proxy.example.com", port: 3128, .. }"#);
    /// ```
    pub fn new(host: impl Into<String>, port: u16) -> Proxy {
        let host: String = host.into();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Proxy { host, port, credentials: None }
    }

    /// With a name and a password (RFC 7617).
    #[must_use]
    pub fn with_credentials(self, user: impl Into<String>, password: impl Into<String>) -> Proxy {
        Proxy { credentials: Some((user.into(), password.into())), ..self }
    }
}

impl fmt::Debug for Proxy {
    /// Shows no credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl ClientSettings {
    /// The defaults, for a connection to `url`.
    pub fn new(url: Url) -> ClientSettings {
        ClientSettings {
            url,
            headers: HeaderMap::new(),
            subprotocols: Vec::new(),
            proxy: None,
            connect_time_max: Duration::from_secs(10),
            head_bytes_max: 8 * 1024,
            headers_max: 100,
            refusal_bytes_max: 4 * 1024,
            reconnect: Reconnect::FIXED,
            reconnect_first: false,
            attempts_max: 0,
            stable_time: Duration::from_secs(10),
            retry_after_time_max: Duration::from_secs(5 * 60),
            offline: Offline::Refuse,
            connection: ConnectionSettings::default(),
        }
    }

    /// Edits in a chain.
    #[must_use]
    pub fn with(mut self, edit: impl FnOnce(&mut ClientSettings)) -> ClientSettings {
        edit(&mut self);
        self
    }

    /// Checks every value and combination; the first that cannot work is the error.
    ///
    /// ```
    /// use fanfare_core::client::{ClientSettings, Offline};
    ///
    /// let refused = ClientSettings::new("ws://example.com".parse()?)
    ///     .with(|client| client.offline = Offline::Queue { messages_max: 1_000, bytes_max: 1_000 })
    ///     .build();
    /// assert_eq!(
    ///     refused.unwrap_err().to_string(),
    ///     "offline messages_max 1000 exceeds outbox_messages_max 256, where all have to go at once; \
    ///      lower the first or raise the second",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn build(self) -> Result<ClientConfig, ClientConfigError> {
        ClientConfig::check(self)
    }
}
