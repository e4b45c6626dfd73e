//! Why settings were refused, one variant per value or pair that cannot work.
//!
//! A message names the settings as they are spelled, with their values, and says
//! what to do. What is checked, and in which order, is in `validate`.

use std::time::Duration;

/// A setting, or a combination of two, that cannot work.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A limit is zero and would let nothing through.
    #[error("{setting} is 0, which would let nothing through; set it to at least 1")]
    ZeroLimit {
        /// The setting's name.
        setting: &'static str,
    },
    /// A time is zero and would be over at once.
    #[error("{setting} is 0s, which would be over at once; set a longer time")]
    ZeroTime {
        /// The setting's name.
        setting: &'static str,
    },
    /// A time that can be switched off is zero instead.
    #[error("{setting} is 0s; set a longer time, or switch it off")]
    ZeroInsteadOfOff {
        /// The setting's name.
        setting: &'static str,
    },
    /// A number is outside the range in which it makes sense.
    #[error("{setting} is {value}, outside {min} to {max}; choose a value in that range")]
    OutOfRange {
        /// The setting's name.
        setting: &'static str,
        /// Its value.
        value: usize,
        /// The least that is accepted.
        min: usize,
        /// The most that is accepted.
        max: usize,
    },
    /// A quiet peer would be cut before it could answer a ping.
    #[error(
        "ping_interval {ping_interval:?} is not shorter than liveness_time_max {liveness_time_max:?}, so a \
         quiet peer would be cut before its pong; lower the first or raise the second"
    )]
    PingAfterLiveness {
        /// How often a ping is sent.
        ping_interval: Duration,
        /// How long a peer may stay silent.
        liveness_time_max: Duration,
    },
    /// The largest message and its frame header do not fit into the outbox.
    #[error(
        "outbox_bytes_max {outbox_bytes_max} does not hold a message of message_bytes_max \
         {message_bytes_max} and its header of {header_bytes} bytes; raise the first or lower the second"
    )]
    OutboxUnderMessage {
        /// What one outbox may hold.
        outbox_bytes_max: usize,
        /// The largest message.
        message_bytes_max: usize,
        /// The largest header of a frame that the server sends.
        header_bytes: usize,
    },
    /// The pressure mark can never be reached.
    #[error(
        "outbox_pressure_bytes {outbox_pressure_bytes} exceeds outbox_bytes_max {outbox_bytes_max} and would \
         never be reached; lower the first or raise the second"
    )]
    PressureOverOutbox {
        /// From where on pressure is told.
        outbox_pressure_bytes: usize,
        /// What one outbox may hold.
        outbox_bytes_max: usize,
    },
    /// The largest message does not fit into the inbox.
    #[error(
        "inbox_bytes_max {inbox_bytes_max} does not hold a message of message_bytes_max {message_bytes_max}; \
         raise the first or lower the second"
    )]
    InboxUnderMessage {
        /// What one inbox may hold.
        inbox_bytes_max: usize,
        /// The largest message.
        message_bytes_max: usize,
    },
    /// An HTTP head may be larger than what is read at once.
    #[error(
        "head_bytes_max {head_bytes_max} exceeds read_buffer_bytes {read_buffer_bytes}, the most that is read \
         at once; lower the first or raise the second"
    )]
    HeadOverReadBuffer {
        /// The largest HTTP head.
        head_bytes_max: usize,
        /// The read buffer of a shard.
        read_buffer_bytes: usize,
    },
    /// One full outbox would exceed the budget of the whole server.
    #[error(
        "server_outbox_bytes_max {server_outbox_bytes_max} is less than outbox_bytes_max {outbox_bytes_max} of \
         one connection; raise the first or lower the second"
    )]
    BudgetUnderOutbox {
        /// The budget of the whole server.
        server_outbox_bytes_max: usize,
        /// What one outbox may hold.
        outbox_bytes_max: usize,
    },
    /// The server's budget is less than one shard leases at a time.
    #[error(
        "server_outbox_bytes_max {server_outbox_bytes_max} is less than the block of {lease_bytes} that a \
         shard leases; raise it"
    )]
    BudgetUnderLease {
        /// The budget of the whole server.
        server_outbox_bytes_max: usize,
        /// [`OUTBOX_LEASE_BYTES`](super::OUTBOX_LEASE_BYTES).
        lease_bytes: usize,
    },
    /// The limit per client address can never be reached.
    #[error(
        "connections_per_address_max {connections_per_address_max} exceeds connections_max {connections_max} \
         and would never be reached; lower the first, raise the second, or set either to 0 (unlimited)"
    )]
    AddressOverTotal {
        /// Connections from one client address.
        connections_per_address_max: usize,
        /// Connections in all.
        connections_max: usize,
    },
    /// A listed origin is nothing that a browser would send.
    #[error(
        "origin lists `{origin}`, which no browser sends; write scheme://host[:port] in lower case, without \
         a path"
    )]
    OriginMalformed {
        /// The entry as given.
        origin: String,
    },
}
