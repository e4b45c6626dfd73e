//! Why something a peer asked is not done, in the words that go out.

use super::payload::Payload;
use crate::rooms::JoinError;
use serde::Serialize;

/// What an error frame says: in the typed envelope these words, in the session
/// envelope a [content](Refusal::content) with a code as well.
///
/// | code | said of |
/// |---|---|
/// | 4400 | what cannot be understood, and names that cannot be used |
/// | 4403 | what the application does not allow |
/// | 4404 | what is not there: a namespace or a channel one is in, a handler |
/// | 4429 | what a limit forbids for now |
/// | 4500 | what the application failed to do |
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
    /// Somebody handles the event, and could not.
    #[error("handler failed")]
    HandlerFailed,
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
    /// The event's content is not what its handler reads.
    #[error("invalid content")]
    InvalidContent,
    /// The sender is in no channel.
    #[error("no channel")]
    NoChannel,
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

/// What is said of a refusal where more can be said than words: the content of an
/// `error` event, and of a [`Rejection`](super::Rejection).
#[derive(Serialize)]
pub(super) struct Content<'a, D> {
    pub(super) code: u16,
    pub(super) message: &'a str,
    pub(super) details: D,
}

impl Refusal {
    /// The same as a number: the first digit is that of all codes an application
    /// may use (RFC 6455 §7.4.2), the others are known from HTTP.
    pub const fn code(self) -> u16 {
        match self {
            Refusal::MalformedMessage
            | Refusal::UnknownMessageType
            | Refusal::InvalidContent
            | Refusal::NameTooLong
            | Refusal::InvalidName => 4400,
            Refusal::JoinRefused | Refusal::LeaveRefused => 4403,
            Refusal::NamespaceNotJoined | Refusal::UnhandledEvent | Refusal::NoChannel => 4404,
            Refusal::TooManyRooms
            | Refusal::TooManyNamespaces
            | Refusal::RoomFull
            | Refusal::TooManyGroups => 4429,
            Refusal::HandlerFailed => 4500,
        }
    }

    /// The content of the event `error` that tells of it in the session envelope.
    ///
    /// ```
    /// use fanfare_core::event::Refusal;
    ///
    /// let content = Refusal::JoinRefused.content(Some("members only"));
    /// assert_eq!(content.raw(), r#"{"code":4403,"message":"join refused","details":"members only"}"#);
    /// ```
    pub fn content(self, details: Option<&str>) -> Payload<'static> {
        let content = Content { code: self.code(), message: &self.to_string(), details };
        // A number and two texts always have a JSON form.
        Payload::of(&content).unwrap_or_default()
    }
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
