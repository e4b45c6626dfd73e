//! Why something a peer asked is not done, in the words that go out.

use crate::rooms::JoinError;

/// What an error frame says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The message cannot be understood.
    #[error("malformed message")]
    MalformedMessage,
    /// The message has a type that there is not.
    #[error("unknown message type")]
    UnknownMessageType,
    /// An event in a namespace that the sender is not in.
    #[error("namespace not joined")]
    NamespaceNotJoined,
    /// Nobody handles the event.
    #[error("unhandled event")]
    UnhandledEvent,
    /// The application does not let the peer in.
    #[error("join refused")]
    JoinRefused,
    /// The application does not let the peer go.
    #[error("leave refused")]
    LeaveRefused,
    /// As many rooms as allowed.
    #[error("too many rooms")]
    TooManyRooms,
    /// As many namespaces as allowed.
    #[error("too many namespaces")]
    TooManyNamespaces,
    /// The room has as many members as allowed.
    #[error("room full")]
    RoomFull,
    /// A name is longer than allowed.
    #[error("name too long")]
    NameTooLong,
    /// A name has a character that no name may have.
    #[error("invalid name")]
    InvalidName,
    /// The server cannot take more groups.
    #[error("too many groups")]
    TooManyGroups,
}

impl From<JoinError> for Refusal {
    fn from(error: JoinError) -> Refusal {
        match error {
            JoinError::TooManyRooms { .. } => Refusal::TooManyRooms,
            JoinError::TooManyNamespaces { .. } => Refusal::TooManyNamespaces,
            JoinError::RoomFull { .. } => Refusal::RoomFull,
            JoinError::NameTooLong { .. } => Refusal::NameTooLong,
            JoinError::NameEmpty | JoinError::NameHasControl { .. } => Refusal::InvalidName,
            JoinError::TooManyGroups { .. } => Refusal::TooManyGroups,
        }
    }
}
