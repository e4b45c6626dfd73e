//! Messages made of what an application has: a type and bytes, or a value.
//!
//! Apart from messages as such because here something can go wrong, and because
//! the application's own `Serialize` runs: with whoever makes the message, never
//! inside a hub.

use super::Message;
use serde::ser::Serialize;
use std::borrow::Cow;
use tungstenite::protocol::frame::coding::{Data, OpCode};

/// Why there is no such message.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// Only text and binary are messages (RFC 6455 §5.6); the rest is the protocol's.
    #[error("{0} is no type of a message: send text or binary; pings and closes have calls of their own")]
    NotData(OpCode),
    /// A text message is UTF-8 (RFC 6455 §8.1).
    #[error("these {bytes} bytes are not UTF-8, and so no text: send them as binary")]
    NotText {
        /// How many there are.
        bytes: usize,
    },
    /// A value cannot be written as JSON: a map with keys that are no strings, say.
    #[error("the value has no JSON form: {why}")]
    NoJson {
        /// What is wrong with it.
        why: String,
    },
}

impl<'b> Message<'b> {
    /// A text message of a value's JSON. Runs the value's own `Serialize`.
    ///
    /// ```
    /// use fanfare_core::wire::Message;
    ///
    /// assert_eq!(Message::json(&("ann", 3))?, Message::from(r#"["ann",3]"#));
    /// # Ok::<(), fanfare_core::wire::MessageError>(())
    /// ```
    ///
    /// # Errors
    /// [`MessageError::NoJson`].
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Message<'static>, MessageError> {
        let json = serde_json::to_string(value);
        json.map(Message::from).map_err(|error| MessageError::NoJson { why: error.to_string() })
    }

    /// A message of a type that is known as a value only, and its bytes.
    ///
    /// ```
    /// use fanfare_core::wire::{Control, Data, Message, MessageError, OpCode};
    ///
    /// let text = Message::raw(OpCode::Data(Data::Text), &b"hi"[..])?;
    /// assert_eq!(text, Message::from("hi"));
    /// let ping = OpCode::Control(Control::Ping);
    /// assert_eq!(Message::raw(ping, &b"hi"[..]), Err(MessageError::NotData(ping)));
    /// # Ok::<(), MessageError>(())
    /// ```
    ///
    /// # Errors
    /// [`MessageError::NotData`] for all types but text and binary, and
    /// [`MessageError::NotText`] for a text that is not UTF-8.
    pub fn raw(opcode: OpCode, payload: impl Into<Cow<'b, [u8]>>) -> Result<Message<'b>, MessageError> {
        match opcode {
            OpCode::Data(Data::Text) => text(payload.into()).map(Message::Text),
            OpCode::Data(Data::Binary) => Ok(Message::Binary(payload.into())),
            OpCode::Data(Data::Continue | Data::Reserved(_)) | OpCode::Control(_) => {
                Err(MessageError::NotData(opcode))
            }
        }
    }
}

fn text(payload: Cow<'_, [u8]>) -> Result<Cow<'_, str>, MessageError> {
    let bytes = payload.len();
    let text = match payload {
        Cow::Borrowed(payload) => std::str::from_utf8(payload).ok().map(Cow::Borrowed),
        Cow::Owned(payload) => String::from_utf8(payload).ok().map(Cow::Owned),
    };
    text.ok_or(MessageError::NotText { bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use tungstenite::protocol::frame::coding::Control;

    #[test]
    fn only_text_and_binary_are_messages() {
        let made = |opcode, payload: &'static [u8]| Message::raw(opcode, payload);
        assert_eq!(made(OpCode::Data(Data::Text), "ä".as_bytes()), Ok(Message::from("ä")));
        assert_eq!(made(OpCode::Data(Data::Binary), b"\xff"), Ok(Message::from(&b"\xff"[..])));
        assert_eq!(made(OpCode::Data(Data::Text), b"a\xff"), Err(MessageError::NotText { bytes: 2 }));
        for opcode in [
            OpCode::Control(Control::Close),
            OpCode::Control(Control::Ping),
            OpCode::Control(Control::Pong),
            OpCode::Data(Data::Continue),
            OpCode::Data(Data::Reserved(3)),
        ] {
            assert_eq!(made(opcode, b""), Err(MessageError::NotData(opcode)));
        }
        let said = MessageError::NotData(OpCode::Control(Control::Ping)).to_string();
        assert!(said.starts_with("PING is no type of a message"), "{said}");
    }

    #[test]
    fn a_value_without_a_json_form_says_so() {
        let error = Message::json(&BTreeMap::from([((1, 2), 3)])).unwrap_err();
        assert_eq!(error.to_string(), "the value has no JSON form: key must be a string");
        assert_eq!(Message::json("a\n"), Ok(Message::from(r#""a\n""#)));
    }
}
