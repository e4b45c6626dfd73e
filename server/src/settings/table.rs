//! Every setting of the program, one row each.
//!
//! A row is the one place where a setting is named outside the core: its flag,
//! its environment variable, its key in a file and its line in the help follow.
//! The defaults are never repeated here.

use super::Draft;
use super::field::Field;

/// A row.
#[derive(Debug)]
pub(super) struct Setting {
    /// The field's name, which is the key in a file.
    pub(super) name: &'static str,
    /// Where the value lives.
    pub(super) field: for<'a> fn(&'a mut Draft) -> Field<'a>,
    /// One line for the help, without the default.
    pub(super) help: &'static str,
}

/// Rows that belong together in the help and in a file.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) heading: &'static str,
    pub(super) settings: &'static [Setting],
}

/// The rows of all groups.
pub(super) fn all() -> impl Iterator<Item = &'static Setting> {
    GROUPS.iter().flat_map(|group| group.settings)
}

impl Setting {
    /// `ping-interval`.
    pub(super) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// `FANFARE_PING_INTERVAL`.
    pub(super) fn variable(&self) -> String {
        format!("FANFARE_{}", self.name.to_ascii_uppercase())
    }
}

const fn row(
    name: &'static str,
    field: for<'a> fn(&'a mut Draft) -> Field<'a>,
    help: &'static str,
) -> Setting {
    Setting { name, field, help }
}

pub(super) static GROUPS: [Group; 10] = [
    Group { heading: "Server", settings: &SERVER },
    Group { heading: "Admission", settings: &ADMISSION },
    Group { heading: "Messages", settings: &MESSAGES },
    Group { heading: "Heartbeat and times", settings: &TIMES },
    Group { heading: "Sending", settings: &SENDING },
    Group { heading: "Receiving", settings: &RECEIVING },
    Group { heading: "Compression", settings: &COMPRESSION },
    Group { heading: "Rooms and names", settings: &ROOMS },
    Group { heading: "Events", settings: &EVENTS },
    Group { heading: "Shards", settings: &SHARDS },
];

static SERVER: [Setting; 10] = [
    row(
        "addr",
        |d| Field::Address(&mut d.addr),
        "Where to listen; :PORT is this machine only, port 0 any free one",
    ),
    row(
        "tls_cert",
        |d| Field::FileOrOff(&mut d.tls_cert),
        "Speak https and wss with this chain of certificates, in PEM; read again on SIGHUP",
    ),
    row("tls_key", |d| Field::FileOrOff(&mut d.tls_key), "The private key of the certificate, in PEM"),
    row(
        "operator_token",
        |d| Field::Secret(&mut d.operator_token),
        "The bearer token of operators; in the environment or the file only",
    ),
    row(
        "operator_token_file",
        |d| Field::FileOrOff(&mut d.operator_token_file),
        "Operators who are not on this machine show the bearer token in this file (or FANFARE_OPERATOR_TOKEN)",
    ),
    row("runtime", |d| Field::Runtime(&mut d.runtime), "What the shards run on: tokio, smol or std-threads"),
    row(
        "mount",
        |d| Field::Mounts(&mut d.mount),
        "Put an application on another path, in place of what is there; may come several times",
    ),
    row("log", |d| Field::Text(&mut d.log), "What is logged to stderr: a level, or target=level,..."),
    row(
        "status_log_interval",
        |d| Field::TimeOrOff(&mut d.status_log_interval),
        "How often a line of status is logged, at level info",
    ),
    row(
        "stop_time_max",
        |d| Field::Time(&mut d.stop_time_max),
        "How long a graceful stop may take; then connections are cut",
    ),
];

static ADMISSION: [Setting; 10] = [
    row(
        "connections_max",
        |d| Field::Count(&mut d.hub.connections_max),
        "Connections at once; 0 = unlimited",
    ),
    row(
        "connections_per_address_max",
        |d| Field::Count(&mut d.hub.connections_per_address_max),
        "Connections at once from one client address; 0 = unlimited",
    ),
    row(
        "origin",
        |d| Field::Origin(&mut d.hub.connection.origin),
        "Whose pages may connect: same, any, or scheme://host[:port],...",
    ),
    row(
        "trusted_proxies",
        |d| Field::Networks(&mut d.trusted_proxies),
        "Whose word on a client's address is taken: networks with commas, or none",
    ),
    row(
        "client_id_policy",
        |d| Field::ClientIds(&mut d.hub.client_id_policy),
        "A second connection with a client id in use: allow, replace or reject",
    ),
    row(
        "keep_headers",
        |d| Field::Headers(&mut d.hub.keep_headers),
        "Request headers that a connection keeps: none, all, or names with commas",
    ),
    row(
        "handshake_time_max",
        |d| Field::Time(&mut d.hub.handshake_time_max),
        "From a transport's arrival to the answered handshake",
    ),
    row(
        "head_bytes_max",
        |d| Field::Bytes(&mut d.hub.head_bytes_max),
        "Size of the HTTP head: 256 to 1MiB, within read-buffer-bytes",
    ),
    row("headers_max", |d| Field::Count(&mut d.hub.headers_max), "Header lines in the HTTP head: 5 to 1000"),
    row(
        "pending_handshakes_max",
        |d| Field::Count(&mut d.hub.pending_handshakes_max),
        "Unfinished handshakes of one shard",
    ),
];

static MESSAGES: [Setting; 6] = [
    row(
        "message_bytes_max",
        |d| Field::Bytes(&mut d.hub.connection.message_bytes_max),
        "Payload of one message, all fragments together",
    ),
    row(
        "fragments_max",
        |d| Field::Count32(&mut d.hub.connection.fragments_max),
        "Frames that one message may be split into",
    ),
    row(
        "message_time_max",
        |d| Field::Time(&mut d.hub.connection.message_time_max),
        "From a message's first byte to its last",
    ),
    row(
        "messages_per_second_max",
        |d| Field::Count32(&mut d.hub.connection.messages_per_second_max),
        "Messages accepted from one peer within a second; 0 = unlimited",
    ),
    row(
        "control_frames_per_second_max",
        |d| Field::Count32(&mut d.hub.connection.control_frames_per_second_max),
        "Pings, pongs and closes accepted from one peer within a second",
    ),
    row(
        "pongs_pending_max",
        |d| Field::Count(&mut d.hub.connection.pongs_pending_max),
        "Pongs that wait to be sent; beyond, the latest replaces the last",
    ),
];

static TIMES: [Setting; 8] = [
    row(
        "ping_interval",
        |d| Field::TimeOrOff(&mut d.hub.connection.ping_interval),
        "How often a ping is sent; shorter than liveness-time-max",
    ),
    row(
        "liveness_time_max",
        |d| Field::Time(&mut d.hub.connection.liveness_time_max),
        "How long a peer may stay silent",
    ),
    row(
        "idle_time_max",
        |d| Field::TimeOrOff(&mut d.hub.connection.idle_time_max),
        "How long a peer may send no message of the application's",
    ),
    row(
        "write_time_max",
        |d| Field::Time(&mut d.hub.connection.write_time_max),
        "How long a peer may refuse every byte of a pending write",
    ),
    row(
        "handler_time_max",
        |d| Field::Time(&mut d.hub.connection.handler_time_max),
        "How long a handler may keep its connection from being read",
    ),
    row(
        "close_time_max",
        |d| Field::Time(&mut d.hub.connection.close_time_max),
        "From our close frame to the peer's",
    ),
    row(
        "linger_time_max",
        |d| Field::Time(&mut d.hub.connection.linger_time_max),
        "How long a finished connection is drained, to spare its last frame a reset",
    ),
    row(
        "linger_bytes_max",
        |d| Field::Bytes(&mut d.hub.connection.linger_bytes_max),
        "How much is discarded meanwhile",
    ),
];

static SENDING: [Setting; 6] = [
    row(
        "outbox_messages_max",
        |d| Field::Count(&mut d.hub.connection.outbox_messages_max),
        "Messages that wait to be sent to one connection",
    ),
    row(
        "outbox_bytes_max",
        |d| Field::Bytes(&mut d.hub.connection.outbox_bytes_max),
        "The same in bytes; at least message-bytes-max and 10 for the header",
    ),
    row(
        "outbox_pressure_bytes",
        |d| Field::Bytes(&mut d.hub.connection.outbox_pressure_bytes),
        "From how much on the application is told; within outbox-bytes-max",
    ),
    row(
        "outbox_policy",
        |d| Field::Overflow(&mut d.hub.connection.outbox_policy),
        "When it is full: drop-newest, drop-oldest or disconnect",
    ),
    row(
        "server_outbox_bytes_max",
        |d| Field::Bytes(&mut d.hub.server_outbox_bytes_max),
        "Queued frames of all connections together; at least 1MiB",
    ),
    row(
        "sends_waiting_max",
        |d| Field::Count(&mut d.hub.connection.sends_waiting_max),
        "Sends that wait for room in one connection's outbox",
    ),
];

static RECEIVING: [Setting; 2] = [
    row(
        "inbox_messages_max",
        |d| Field::Count(&mut d.hub.connection.inbox_messages_max),
        "Messages that wait for a handler of one connection",
    ),
    row(
        "inbox_bytes_max",
        |d| Field::Bytes(&mut d.hub.connection.inbox_bytes_max),
        "The same in bytes; at least message-bytes-max",
    ),
];

static COMPRESSION: [Setting; 2] = [
    row(
        "compression",
        |d| Field::Compression(&mut d.hub.connection.compression),
        "Whether messages are compressed for clients that offer it (permessage-deflate)",
    ),
    row(
        "compression_threshold_bytes",
        |d| Field::Bytes(&mut d.hub.connection.compression_threshold_bytes),
        "From which payload on messages that are sent are compressed",
    ),
];

static ROOMS: [Setting; 4] = [
    row(
        "rooms_max",
        |d| Field::Count(&mut d.hub.connection.rooms_max),
        "Rooms that one connection may be in",
    ),
    row(
        "namespaces_max",
        |d| Field::Count(&mut d.hub.connection.namespaces_max),
        "Namespaces that one connection may be in",
    ),
    row(
        "room_members_max",
        |d| Field::Count(&mut d.hub.connection.room_members_max),
        "Members that one room may have; 0 = unlimited",
    ),
    row(
        "name_bytes_max",
        |d| Field::Bytes(&mut d.hub.connection.name_bytes_max),
        "Length of a room, namespace or client name: 64 to 64KiB",
    ),
];

static EVENTS: [Setting; 5] = [
    row(
        "ack_time_max",
        |d| Field::Time(&mut d.hub.connection.ack_time_max),
        "How long a question to a peer may wait for its answer",
    ),
    row("acks_max", |d| Field::Count(&mut d.hub.connection.acks_max), "Questions to one peer that may wait"),
    row(
        "acks_collected_bytes_max",
        |d| Field::Bytes(&mut d.hub.acks_collected_bytes_max),
        "Answers to one question to many that a shard keeps",
    ),
    row(
        "malformed_events_max",
        |d| Field::Count32(&mut d.hub.connection.malformed_events_max),
        "Messages that do not fit the envelope and are forgiven to one peer",
    ),
    row(
        "json_depth_max",
        |d| Field::Count(&mut d.hub.connection.json_depth_max),
        "How deep the JSON of an event may nest, its envelope included: 1 to 127",
    ),
];

static SHARDS: [Setting; 6] = [
    row("shards", |d| Field::Shards(&mut d.shards), "How many shards serve; auto = one per core"),
    row(
        "placement",
        |d| Field::Placement(&mut d.placement),
        "Where shards run: tasks of the runtime, threads of their own (the only way of std-threads), or auto",
    ),
    row(
        "read_buffer_bytes",
        |d| Field::Bytes(&mut d.hub.read_buffer_bytes),
        "The one read buffer of a shard: 4KiB to 16MiB",
    ),
    row(
        "shard_inbox_messages_max",
        |d| Field::Count(&mut d.hub.shard_inbox_messages_max),
        "Messages and commands that wait in a shard's inbox",
    ),
    row(
        "blocking_handlers_max",
        |d| Field::Count(&mut d.hub.blocking_handlers_max),
        "Blocking handlers at once, each with a thread of its own",
    ),
    row(
        "lifecycle_events_max",
        |d| Field::Count(&mut d.hub.lifecycle_events_max),
        "Lifecycle events that wait for one subscriber",
    ),
];
