//! The plain, editable settings and their defaults.
//!
//! One field per limit, with its meaning and unit. Nothing is judged here
//! (`validate` does) and no other set of values is known (`Preset` has those).

use super::{
    ClientIdPolicy, Compression, Config, ConfigError, ConnectionConfig, KIB, KeepHeaders, MIB, OriginRule,
    Overflow, Preset, validate,
};
use crate::event::Envelope;
use std::time::Duration;

/// The block in which shards lease the server's outbox budget, in bytes.
pub const OUTBOX_LEASE_BYTES: usize = MIB;

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
    /// Size of the HTTP head, in bytes: 256 to 1 MiB, and no more than
    /// `read_buffer_bytes`.
    pub head_bytes_max: usize,
    /// Header lines in the HTTP head: 5 to 1,000.
    pub headers_max: usize,
    /// Transports of one shard that have not finished their handshake. One more,
    /// and whichever has been longest without a whole head gives way.
    pub pending_handshakes_max: usize,
    /// The one read buffer of a shard, in bytes: 4 KiB to 16 MiB.
    pub read_buffer_bytes: usize,
    /// Bytes of queued frames, all shards together; a frame that waits for many
    /// recipients of a shard counts once. At least [`OUTBOX_LEASE_BYTES`] for each
    /// shard, and the largest `outbox_bytes_max` of a route.
    pub server_outbox_bytes_max: usize,
    /// Messages and commands that wait in a shard's inbox.
    pub shard_inbox_messages_max: usize,
    /// Blocking handlers at once, each with a thread of its own, all shards together.
    pub blocking_handlers_max: usize,
    /// What a second connection with a client id that is in use does.
    pub client_id_policy: ClientIdPolicy,
    /// What a connection keeps of its request headers.
    pub keep_headers: KeepHeaders,
    /// Answers to one question to many that a shard keeps until it is complete, in
    /// bytes.
    pub acks_collected_bytes_max: usize,
    /// Lifecycle events that wait for one subscriber; what has no room is counted
    /// in its place.
    pub lifecycle_events_max: usize,
    /// The defaults of every route.
    pub connection: ConnectionSettings,
}

/// What may differ from route to route. `Default` is the documented default.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ConnectionSettings {
    /// Payload of one message, all fragments together, in bytes: as it is sent,
    /// and inflated where it is compressed.
    pub message_bytes_max: usize,
    /// Frames that one message may be split into.
    pub fragments_max: u32,
    /// From a message's first byte to its last.
    pub message_time_max: Duration,
    /// How often a ping is sent; shorter than `liveness_time_max`. `None` = never.
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
    /// The same in bytes, frame headers included. At least `message_bytes_max`
    /// and the largest frame header (10 bytes).
    pub outbox_bytes_max: usize,
    /// From how many queued bytes on the application is told of the pressure; no
    /// more than `outbox_bytes_max`.
    pub outbox_pressure_bytes: usize,
    /// Sends that wait for room in one connection's outbox, instead of being
    /// subject to its policy.
    pub sends_waiting_max: usize,
    /// What happens when the outbox is full.
    pub outbox_policy: Overflow,
    /// Received messages that wait for a pull-style or asynchronous handler.
    pub inbox_messages_max: usize,
    /// The same in bytes; at least `message_bytes_max`.
    pub inbox_bytes_max: usize,
    /// Whether messages may be compressed, in both directions, where the client
    /// offers it.
    pub compression: Compression,
    /// From which payload on messages that we send are compressed, in bytes.
    pub compression_threshold_bytes: usize,
    /// Rooms one connection may be in.
    pub rooms_max: usize,
    /// Namespaces one connection may be in.
    pub namespaces_max: usize,
    /// Members one room may have on one shard, which knows its own only: a server
    /// of several lets in as many on each. A channel is a room, too. 0 = unlimited.
    pub room_members_max: usize,
    /// Length of a room, namespace or client name, in bytes of UTF-8: 1 to 64 KiB.
    pub name_bytes_max: usize,
    /// How messages are to be understood. The choice of a route's code, and so no
    /// option of a program.
    pub envelope: Envelope,
    /// How long a question to a peer may wait for its answer.
    pub ack_time_max: Duration,
    /// Questions to one peer that may wait.
    pub acks_max: usize,
    /// Messages of one peer that do not fit the envelope and are forgiven.
    pub malformed_events_max: u32,
    /// How deep the JSON of a message may nest, its envelope included: 1 to 127.
    pub json_depth_max: usize,
    /// Control frames accepted from one peer within a second.
    pub control_frames_per_second_max: u32,
    /// Messages accepted from one peer within a second. 0 = unlimited.
    pub messages_per_second_max: u32,
    /// Pongs that wait to be sent; beyond that the oldest gives way to
    /// the latest.
    pub pongs_pending_max: usize,
    /// Which origins may open a connection.
    pub origin: OriginRule,
}

impl Settings {
    /// The defaults with the values of `preset` in their place.
    ///
    /// ```
    /// use fanfare_core::config::{Preset, Settings};
    ///
    /// let settings = Settings::preset(Preset::Mtp2);
    /// assert_eq!(settings.connection.message_bytes_max, 1024 * 1024);
    /// ```
    pub fn preset(preset: Preset) -> Settings {
        preset.settings()
    }

    /// Edits in a chain.
    ///
    /// ```
    /// use fanfare_core::config::Settings;
    ///
    /// let config = Settings::default()
    ///     .with(|server| server.connections_max = 10_000)
    ///     .with(|server| server.connection.rooms_max = 8)
    ///     .build()?;
    /// assert_eq!(config.connections_max, 10_000);
    /// # Ok::<(), fanfare_core::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with(mut self, edit: impl FnOnce(&mut Settings)) -> Settings {
        edit(&mut self);
        self
    }

    /// Checks every value and combination, the connection defaults included.
    /// The first that cannot work is the error.
    ///
    /// ```
    /// use fanfare_core::config::Settings;
    ///
    /// let refused = Settings::default().with(|server| server.headers_max = 1).build();
    /// assert_eq!(
    ///     refused.unwrap_err().to_string(),
    ///     "headers_max is 1, outside 5 to 1000; choose a value in that range",
    /// );
    /// ```
    pub fn build(self) -> Result<Config, ConfigError> {
        validate::server(&self)?;
        Ok(Config(self))
    }
}

impl ConnectionSettings {
    /// Edits in a chain, as [`Settings::with`] does.
    #[must_use]
    pub fn with(mut self, edit: impl FnOnce(&mut ConnectionSettings)) -> ConnectionSettings {
        edit(&mut self);
        self
    }

    /// Checks every value and combination; the first that cannot work is the
    /// error. What depends on the server as well, [`Config::route`] checks.
    ///
    /// ```
    /// use fanfare_core::config::ConnectionSettings;
    /// use std::time::Duration;
    ///
    /// let refused = ConnectionSettings::default()
    ///     .with(|route| route.liveness_time_max = Duration::from_secs(20))
    ///     .build();
    /// assert_eq!(
    ///     refused.unwrap_err().to_string(),
    ///     "ping_interval 30s is not shorter than liveness_time_max 20s, so a quiet peer would be cut \
    ///      before its pong; lower the first or raise the second",
    /// );
    /// ```
    pub fn build(self) -> Result<ConnectionConfig, ConfigError> {
        validate::connection(&self)?;
        Ok(ConnectionConfig(self))
    }
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
            blocking_handlers_max: 512,
            client_id_policy: ClientIdPolicy::Allow,
            keep_headers: KeepHeaders::None,
            acks_collected_bytes_max: MIB,
            lifecycle_events_max: 1_024,
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
            sends_waiting_max: 64,
            outbox_policy: Overflow::DropNewest,
            inbox_messages_max: 64,
            inbox_bytes_max: MIB,
            compression: Compression::Off,
            compression_threshold_bytes: 256,
            rooms_max: 256,
            namespaces_max: 16,
            room_members_max: 0,
            name_bytes_max: 128,
            envelope: Envelope::Raw,
            ack_time_max: Duration::from_secs(5),
            acks_max: 1_024,
            malformed_events_max: 10,
            json_depth_max: 64,
            control_frames_per_second_max: 100,
            messages_per_second_max: 0,
            pongs_pending_max: 16,
            origin: OriginRule::Same,
        }
    }
}
