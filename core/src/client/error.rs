//! Why an attempt to connect failed, and why something is not sent.
//!
//! Apart from the machine so that what a caller has to handle can be read in one
//! place. Why an open connection ended is a
//! [`CloseReason`](crate::close::CloseReason), as on a server.

use crate::handshake::AnswerFault;
use crate::rooms::JoinError;
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use std::io;
use std::time::Duration;

/// Why an attempt to connect failed. The first five are the adapter's to tell.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The host's name leads to no address.
    #[error("the name of the host cannot be resolved: {0}")]
    Dns(String),
    /// Nobody listens there.
    #[error("the connection was refused: is the server running, and on this port?")]
    Refused,
    /// The transport failed, before or after it was there.
    #[error("the transport failed: {0}")]
    Transport(io::ErrorKind),
    /// The TLS handshake failed.
    #[error("the TLS handshake failed: {0}")]
    Tls(String),
    /// The server, or the proxy, ended the stream before its answer was complete.
    #[error("the peer ended the stream before its answer was complete")]
    EndOfInput,
    /// Not done within `connect_time_max`.
    #[error("not connected within {time_max:?} (connect_time_max)")]
    TimedOut {
        /// The limit in force.
        time_max: Duration,
    },
    /// The server answered with another status than 101.
    #[error("the server refused with HTTP {}", .0.status)]
    Status(Box<Refused>),
    /// The server wants the client elsewhere. Not followed: to where credentials
    /// may be sent is the application's to decide.
    #[error(
        "the server redirects to {} with HTTP {}; connect there, if you trust it", .0.location(), .0.status
    )]
    Redirected(Box<Refused>),
    /// The server's answer breaks the rules of the handshake.
    #[error(transparent)]
    Answer(#[from] AnswerFault),
    /// The proxy answered with another status than 2xx.
    #[error("the proxy refused with HTTP {status}")]
    ProxyStatus {
        /// The status as received.
        status: StatusCode,
    },
    /// The proxy's answer breaks the rules of HTTP.
    #[error("of the proxy: {0}")]
    ProxyAnswer(AnswerFault),
    /// Something was said through the tunnel before we said anything.
    #[error("{bytes} bytes came through the proxy before anything was asked")]
    ProxyAhead {
        /// How many, at least.
        bytes: usize,
    },
}

/// An answer that opens no connection.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Refused {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// The beginning of its body, at most `refusal_bytes_max` bytes; empty where it
    /// comes in chunks.
    pub body: Vec<u8>,
    /// How long the server asks us to stay away (`Retry-After`).
    pub retry_after: Option<Duration>,
}

impl Refused {
    /// Where a redirect leads; empty where it does not say.
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl ConnectError {
    /// How long the server asks us to stay away.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            ConnectError::Status(refused) | ConnectError::Redirected(refused) => refused.retry_after,
            ConnectError::Dns(_)
            | ConnectError::Refused
            | ConnectError::Transport(_)
            | ConnectError::Tls(_)
            | ConnectError::EndOfInput
            | ConnectError::TimedOut { .. }
            | ConnectError::Answer(_)
            | ConnectError::ProxyStatus { .. }
            | ConnectError::ProxyAnswer(_)
            | ConnectError::ProxyAhead { .. } => None,
        }
    }
}

impl From<io::ErrorKind> for ConnectError {
    fn from(kind: io::ErrorKind) -> ConnectError {
        if kind == io::ErrorKind::ConnectionRefused {
            ConnectError::Refused
        } else {
            ConnectError::Transport(kind)
        }
    }
}

/// The client was closed, which is final: make another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the client is closed, which is final; make another one")]
pub struct ClientClosed;

/// Why a message is not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The client was closed.
    #[error(transparent)]
    Closed(#[from] ClientClosed),
    /// There is no connection, and nothing may wait for one.
    #[error("not connected, and messages are not queued meanwhile (offline)")]
    Offline,
    /// There is no connection, and as much as may waits for one.
    #[error(
        "not connected, and {messages} messages of {bytes} bytes wait for a connection already (offline)"
    )]
    OfflineFull {
        /// Messages that wait.
        messages: usize,
        /// Their payload, in bytes.
        bytes: usize,
    },
    /// There is no connection, and the message is too large to wait for one.
    #[error("not connected, and a message of {bytes} bytes can never wait among {bytes_max} (offline)")]
    TooLargeOffline {
        /// The message's length, in bytes.
        bytes: usize,
        /// The limit in force, in bytes.
        bytes_max: usize,
    },
    /// The message could never fit the outbox.
    #[error("a frame of {bytes} bytes can never fit an outbox of {bytes_max} bytes (outbox_bytes_max)")]
    TooLarge {
        /// The frame's length, in bytes.
        bytes: usize,
        /// The limit in force, in bytes.
        bytes_max: usize,
    },
    /// The outbox is full; the message was dropped.
    #[error("the outbox is full: {messages} messages, {bytes} bytes wait; the message was dropped")]
    QueueFull {
        /// Messages that wait.
        messages: usize,
        /// Bytes that wait.
        bytes: usize,
    },
    /// The outbox was full, and its policy ended the connection.
    #[error(
        "the outbox was full: {messages} messages, {bytes} bytes waited; the connection is closed for it"
    )]
    Disconnected {
        /// Messages that waited.
        messages: usize,
        /// Bytes that waited.
        bytes: usize,
    },
}

/// Why an event is not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmitError {
    /// The message is not sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The client has no envelope.
    #[error("the client has no envelope: send messages, or set `connection.envelope`")]
    NoEnvelope,
    /// The client's envelope has no acknowledgements.
    #[error("the session envelope has no acknowledgements: send an event without one")]
    NoAcks,
    /// As many questions as allowed wait for an answer.
    #[error("{acks_max} questions wait for an answer, as many as allowed (acks_max)")]
    TooManyAcks {
        /// The limit in force.
        acks_max: usize,
    },
}

/// Why a room or a namespace is not joined or left.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MembershipError {
    /// The client was closed, or the server could not be told; nothing has changed.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The name or a limit forbids it; nothing has changed.
    #[error(transparent)]
    Refused(#[from] JoinError),
    /// Only the typed envelope has rooms and namespaces.
    #[error("the client's envelope has no rooms: set `connection.envelope` to `Envelope::Typed`")]
    NoRooms,
}
