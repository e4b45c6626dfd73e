//! Every limit and time of the hub, in one place.
//!
//! [`Settings`] is the plain, editable form; [`Settings::build`] checks the
//! combinations and yields a [`Config`], which can only be read. What may differ
//! from route to route is [`ConnectionSettings`] → [`ConnectionConfig`].
//!
//! Units are the last word of a name; times are [`Duration`]s. `0` means
//! "unlimited" only where a field says so.

use std::num::NonZeroU64;
use std::ops::Deref;
use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// What the whole server shares. `Default` is the documented default.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Connections at once, all shards together. 0 = unlimited.
    pub connections_max: usize,
    /// Connections at once from one client address. 0 = unlimited.
    pub connections_per_address_max: usize,
    /// From the arrival of the transport to the answered handshake.
    pub handshake_time_max: Duration,
    /// Size of the HTTP head, in bytes.
    pub head_bytes_max: usize,
    /// Header lines in the HTTP head.
    pub headers_max: usize,
    /// Transports of one shard that have not finished their handshake.
    pub pending_handshakes_max: usize,
    /// The one read buffer of a shard, in bytes.
    pub read_buffer_bytes: usize,
    /// Bytes of queued frames, all shards together; a frame that waits for many
    /// recipients of a shard counts once.
    pub server_outbox_bytes_max: usize,
    /// Messages and commands that wait in a shard's inbox.
    pub shard_inbox_messages_max: usize,
    /// What a second connection with a client id that is in use does.
    pub client_id_policy: ClientIdPolicy,
    /// What a connection keeps of its request headers.
    pub keep_headers: KeepHeaders,
    /// The defaults of every route.
    pub connection: ConnectionSettings,
}

/// What may differ from route to route. `Default` is the documented default.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ConnectionSettings {
    /// Payload of one message, all fragments together, in bytes.
    pub message_bytes_max: usize,
    /// Frames that one message may be split into.
    pub fragments_max: u32,
    /// From a message's first byte to its last.
    pub message_time_max: Duration,
    /// How often a ping is sent. `None` = never.
    pub ping_interval: Option<Duration>,
    /// How long a peer may stay silent; any inbound byte counts as life.
    pub liveness_time_max: Duration,
    /// How long a peer may refuse every byte of a pending write.
    pub write_time_max: Duration,
    /// From our close frame to the peer's.
    pub close_time_max: Duration,
    /// How long a finished connection is drained so that its last frame is not
    /// lost to a reset.
    pub linger_time_max: Duration,
    /// How many bytes are discarded meanwhile.
    pub linger_bytes_max: usize,
    /// How long a peer may send no application message. `None` = for ever.
    pub idle_time_max: Option<Duration>,
    /// How long a handler may keep the connection from being read.
    pub handler_time_max: Duration,
    /// Messages that wait to be sent to one connection.
    pub outbox_messages_max: usize,
    /// The same in bytes, frame headers included.
    pub outbox_bytes_max: usize,
    /// From how many queued bytes on the application is told of the pressure.
    pub outbox_pressure_bytes: usize,
    /// What happens when the outbox is full.
    pub outbox_policy: Overflow,
    /// Received messages that wait for a pull-style or asynchronous handler.
    pub inbox_messages_max: usize,
    /// The same in bytes.
    pub inbox_bytes_max: usize,
    /// Rooms one connection may be in.
    pub rooms_max: usize,
    /// Namespaces one connection may be in.
    pub namespaces_max: usize,
    /// Members one room may have. 0 = unlimited.
    pub room_members_max: usize,
    /// Length of a room, namespace or client name, in bytes of UTF-8.
    pub name_bytes_max: usize,
    /// Control frames accepted from one peer within a second.
    pub control_frames_per_second_max: u32,
    /// Messages accepted from one peer within a second. 0 = unlimited.
    pub messages_per_second_max: u32,
    /// Pongs that wait to be sent; beyond that the latest replaces the last.
    pub pongs_pending_max: usize,
    /// Which origins may open a connection.
    pub origin: OriginRule,
}

/// What happens to a message for a connection whose outbox is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Overflow {
    /// The new message is dropped and counted.
    DropNewest,
    /// The oldest message that is not being written is dropped; when there is
    /// none, the new one.
    DropOldest,
    /// A waiting message with the same key gives way to the new one, full or
    /// not; when it still does not fit, the new one is dropped.
    Conflate(ConflationKey),
    /// The connection is closed with 1013 (try again later).
    Disconnect,
}

/// Says which messages stand for the same thing, so that the latest suffices
/// (a price, a position). Chosen by the application.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ConflationKey(pub NonZeroU64);

/// What a second connection with a client id that is in use does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ClientIdPolicy {
    /// Joins the others: one client, many connections.
    Allow,
    /// Takes the place of the old one, which is closed with 4001.
    Replace,
    /// Is refused.
    Reject,
}

/// What a connection keeps of its request headers.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum KeepHeaders {
    /// Nothing but the user agent.
    None,
    /// The named ones.
    List(Vec<http::HeaderName>),
    /// All of them.
    All,
}

/// Which origins may open a connection (RFC 6455 §10.2). A request without an
/// `Origin` comes from no browser and is always allowed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum OriginRule {
    /// Host and port of `Origin` are those of `Host`; the scheme is ignored,
    /// because proxies end TLS.
    Same,
    /// Any origin. For services without cookies or other ambient authority.
    Any,
    /// Exactly these, as `scheme://host[:port]`.
    List(Vec<String>),
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            connections_max: 0,
            connections_per_address_max: 0,
            handshake_time_max: Duration::from_secs(10),
            head_bytes_max: 8 * KIB,
            headers_max: 100,
            pending_handshakes_max: 1_000,
            read_buffer_bytes: 64 * KIB,
            server_outbox_bytes_max: 256 * MIB,
            shard_inbox_messages_max: 65_536,
            client_id_policy: ClientIdPolicy::Allow,
            keep_headers: KeepHeaders::None,
            connection: ConnectionSettings::default(),
        }
    }
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        ConnectionSettings {
            message_bytes_max: 512 * KIB,
            fragments_max: 1_024,
            message_time_max: Duration::from_secs(60),
            ping_interval: Some(Duration::from_secs(30)),
            liveness_time_max: Duration::from_secs(60),
            write_time_max: Duration::from_secs(10),
            close_time_max: Duration::from_secs(5),
            linger_time_max: Duration::from_secs(2),
            linger_bytes_max: 256 * KIB,
            idle_time_max: None,
            handler_time_max: Duration::from_secs(60),
            outbox_messages_max: 256,
            outbox_bytes_max: MIB,
            outbox_pressure_bytes: MIB / 2,
            outbox_policy: Overflow::DropNewest,
            inbox_messages_max: 64,
            inbox_bytes_max: MIB,
            rooms_max: 256,
            namespaces_max: 16,
            room_members_max: 0,
            name_bytes_max: 128,
            control_frames_per_second_max: 100,
            messages_per_second_max: 0,
            pongs_pending_max: 16,
            origin: OriginRule::Same,
        }
    }
}

/// Settings that were checked. Read like [`Settings`]; made by [`Settings::build`].
#[derive(Clone, PartialEq, Debug)]
pub struct Config(Settings);

/// Connection settings that were checked. Made by [`ConnectionSettings::build`].
#[derive(Clone, PartialEq, Debug)]
pub struct ConnectionConfig(ConnectionSettings);

impl Deref for Config {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.0
    }
}

impl Deref for ConnectionConfig {
    type Target = ConnectionSettings;

    fn deref(&self) -> &ConnectionSettings {
        &self.0
    }
}
