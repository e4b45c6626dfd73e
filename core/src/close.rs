//! How a connection ended.

use crate::link::Deadline;
use crate::violation::Violation;
use std::io;
pub use tungstenite::Utf8Bytes;
pub use tungstenite::protocol::frame::CloseFrame;
pub use tungstenite::protocol::frame::coding::CloseCode;

/// Close code of a connection whose client id was taken over by a newer one.
pub const REPLACED: u16 = 4001;

/// Why a transport's conversation ended. Told exactly once per transport.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer closed (RFC 6455 §7.1.5); `None` when its close frame was empty.
    #[error("closed by the peer{}", describe(.0.as_ref()))]
    ByPeer(Option<CloseFrame>),
    /// We closed and the peer answered.
    #[error("closed by us with {code}")]
    ByUs {
        /// The code we sent.
        code: CloseCode,
    },
    /// The peer broke a rule or a limit.
    #[error("closed because of a violation: {0}")]
    Violation(#[from] Violation),
    /// A time limit ran out.
    #[error("closed because the {0:?} deadline passed")]
    TimedOut(Deadline),
    /// The outbox was full and its policy is `Disconnect`.
    #[error("closed because the outbox was full")]
    OutboxFull,
    /// The handler of a message panicked, or asked for it by its error.
    #[error("closed because a handler failed")]
    HandlerFailed,
    /// There was no thread for the connection's blocking handler (`blocking_handlers_max`).
    #[error("closed because there was no thread for its handler")]
    HandlerRefused,
    /// The peer ended the stream without a close frame.
    #[error("the peer ended the stream without closing")]
    EndOfInput,
    /// The transport failed.
    #[error("the transport failed: {0}")]
    Transport(io::ErrorKind),
    /// It was the longest to have sent no whole request when others arrived and
    /// `pending_handshakes_max` handshakes were under way.
    #[error("the handshake took longest of too many, and gave way to another")]
    Evicted,
    /// The application, or the end of a graceful stop, cut the connection.
    #[error("aborted by us")]
    Aborted,
    /// The application turned the peer away right after the upgrade: there never
    /// was a connection.
    #[error("turned away after the upgrade with {code}")]
    Rejected {
        /// The code we sent.
        code: CloseCode,
    },
    /// There never was a WebSocket connection: the request was answered with this HTTP status.
    #[error("the request was answered with HTTP {0}")]
    Answered(http::StatusCode),
}

fn describe(frame: Option<&CloseFrame>) -> String {
    frame.map_or_else(String::new, |frame| format!(" with {} {:?}", frame.code, frame.reason.as_str()))
}

impl CloseReason {
    /// The code the connection ended with (RFC 6455 §7.1.5): 1005 when the
    /// peer gave none, 1006 when there was no close frame.
    pub fn code(&self) -> CloseCode {
        match self {
            CloseReason::ByPeer(Some(frame)) => frame.code,
            CloseReason::ByPeer(None) => CloseCode::Status,
            CloseReason::ByUs { code } | CloseReason::Rejected { code } => *code,
            CloseReason::Violation(violation) => violation.close_code(),
            CloseReason::OutboxFull | CloseReason::HandlerRefused => CloseCode::Again,
            CloseReason::HandlerFailed => CloseCode::Error,
            CloseReason::TimedOut(deadline) => deadline.close_code(),
            CloseReason::EndOfInput
            | CloseReason::Transport(_)
            | CloseReason::Evicted
            | CloseReason::Aborted
            | CloseReason::Answered(_) => CloseCode::Abnormal,
        }
    }

    /// Whether both sides said goodbye.
    pub fn is_clean(&self) -> bool {
        matches!(self, CloseReason::ByPeer(_) | CloseReason::ByUs { .. })
    }
}

impl Deadline {
    /// What a peer that let this deadline pass is told, if there is still a way to tell it.
    pub fn close_code(self) -> CloseCode {
        match self {
            Deadline::Message | Deadline::Idle => CloseCode::Policy,
            Deadline::Handler => CloseCode::Error,
            Deadline::Handshake
            | Deadline::Ping
            | Deadline::Ack
            | Deadline::Liveness
            | Deadline::Write
            | Deadline::Close
            | Deadline::Linger => CloseCode::Abnormal,
        }
    }
}
