//! An application message: what the peers of a connection say to each other.
//!
//! Apart from frames: a message has a kind and a content, and knows nothing of
//! how it was cut up, masked or compressed on the way.

use super::utf8;
use crate::violation::Violation;
use std::borrow::Cow;

/// A text or binary message, borrowed from the read buffer where possible.
///
/// ```
/// use fanfare_core::wire::{Message, MessageKind};
///
/// let message = Message::from("hello");
/// assert_eq!(message.kind(), MessageKind::Text);
/// assert_eq!(message.as_bytes(), b"hello");
/// assert_eq!(message.as_text(), Some("hello"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Message<'b> {
    /// Text, valid UTF-8.
    Text(Cow<'b, str>),
    /// Any bytes.
    Binary(Cow<'b, [u8]>),
}

/// Whether a message is text or binary.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageKind {
    /// Text, valid UTF-8.
    Text,
    /// Any bytes.
    Binary,
}

/// A whole message as a peer with permessage-deflate sent it: still compressed.
/// What it says, an [`Inflater`](crate::deflate::Inflater) finds out.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Compressed<'b> {
    kind: MessageKind,
    payload: Cow<'b, [u8]>,
}

impl<'b> Compressed<'b> {
    pub(crate) fn new(kind: MessageKind, payload: impl Into<Cow<'b, [u8]>>) -> Compressed<'b> {
        Compressed { kind, payload: payload.into() }
    }

    /// Whether it is text or binary.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The compressed bytes.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The same message, independent of the read buffer. Copies the payload if
    /// it is borrowed.
    pub fn into_owned(self) -> Compressed<'static> {
        Compressed { kind: self.kind, payload: Cow::Owned(self.payload.into_owned()) }
    }
}

impl<'b> Message<'b> {
    /// The message that a whole payload is; text must be UTF-8 (RFC 6455 §8.1).
    pub(crate) fn validate(kind: MessageKind, payload: &'b [u8]) -> Result<Message<'b>, Violation> {
        match kind {
            MessageKind::Text => utf8::validate(payload).map(Message::from),
            MessageKind::Binary => Ok(Message::from(payload)),
        }
    }
}

impl Message<'_> {
    /// Whether it is text or binary.
    pub fn kind(&self) -> MessageKind {
        match self {
            Message::Text(_) => MessageKind::Text,
            Message::Binary(_) => MessageKind::Binary,
        }
    }

    /// The payload's length in bytes, for text too.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether the payload has no bytes. An empty message is a message.
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The payload.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
        }
    }

    /// The text, if it is a text message.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Message::Text(text) => Some(text),
            Message::Binary(_) => None,
        }
    }

    /// The same message, independent of the read buffer. Copies the payload if
    /// it is borrowed.
    pub fn into_owned(self) -> Message<'static> {
        match self {
            Message::Text(text) => Message::Text(Cow::Owned(text.into_owned())),
            Message::Binary(bytes) => Message::Binary(Cow::Owned(bytes.into_owned())),
        }
    }
}

/// The same message, borrowed: nothing is copied.
impl<'b> From<&'b Message<'_>> for Message<'b> {
    fn from(message: &'b Message<'_>) -> Self {
        match message {
            Message::Text(text) => Message::from(&**text),
            Message::Binary(bytes) => Message::from(&**bytes),
        }
    }
}

impl<'b> From<&'b str> for Message<'b> {
    fn from(text: &'b str) -> Self {
        Message::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Message<'_> {
    fn from(text: String) -> Self {
        Message::Text(Cow::Owned(text))
    }
}

impl<'b> From<&'b [u8]> for Message<'b> {
    fn from(bytes: &'b [u8]) -> Self {
        Message::Binary(Cow::Borrowed(bytes))
    }
}

impl From<Vec<u8>> for Message<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Message::Binary(Cow::Owned(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_in_bytes_and_an_owned_message_equals_the_borrowed() {
        let text = Message::from("ä");
        assert_eq!((text.len(), text.is_empty()), (2, false));
        assert_eq!(text.clone().into_owned(), text);
        assert_eq!(Message::from(&text), text);
        let binary = Message::from(&[][..]);
        assert_eq!((binary.kind(), binary.len(), binary.is_empty()), (MessageKind::Binary, 0, true));
        assert_eq!(binary.as_text(), None);
        assert_eq!(binary.clone().into_owned(), binary);
        assert_eq!(Message::from(&binary), binary);
    }
}
