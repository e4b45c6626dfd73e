//! What is sent: a numbered message of a given size.
//!
//! The number is text (eight hexadecimal digits, then filling), so that the same
//! payload may travel as text or as binary.

use clap::{Args, value_parser};
use fanfare_core::wire::{Frame, Message};

/// Digits of the number: the smallest message.
const NUMBER_BYTES: usize = 8;
const MESSAGE_BYTES_MAX: u64 = 1_024 * 1_024;

/// See the module.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct MessageShape {
    /// Payload of one message, in bytes: from 8, where its number has room, to 1048576
    #[arg(long, default_value_t = 64, value_parser = value_parser!(u64).range(NUMBER_BYTES as u64..=MESSAGE_BYTES_MAX))]
    pub(crate) bytes: u64,
    /// Send text instead of binary messages
    #[arg(long)]
    text: bool,
}

impl MessageShape {
    fn payload_bytes(self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }

    /// What writes messages of this shape.
    pub(crate) fn writer(self) -> Writer {
        let filling = ".".repeat(self.payload_bytes().saturating_sub(NUMBER_BYTES));
        Writer { text: self.text, payload: String::with_capacity(self.payload_bytes()), filling }
    }

    /// The number of a received message; `None` when it is none of ours.
    pub(crate) fn number(self, payload: &[u8]) -> Option<u32> {
        let (digits, _) = payload.split_first_chunk::<NUMBER_BYTES>()?;
        if payload.len() != self.payload_bytes() {
            return None;
        }
        digits.iter().try_fold(0, |number, &digit| Some(number << 4 | char::from(digit).to_digit(16)?))
    }
}

/// Writes messages of one shape. What is the same in all of them is made once: with
/// short ones, making is a good part of what the load has to do.
#[derive(Debug)]
pub(crate) struct Writer {
    text: bool,
    /// The message that was written last.
    payload: String,
    filling: String,
}

impl Writer {
    /// Appends the frame of message `number`, masked with `key`.
    pub(crate) fn put(&mut self, out: &mut Vec<u8>, number: u32, key: [u8; 4]) {
        self.payload.clear();
        for digit in (0..NUMBER_BYTES).rev() {
            let value = (number >> (4 * digit)) & 0xF;
            self.payload.push(char::from_digit(value, 16).unwrap_or_default());
        }
        self.payload.push_str(&self.filling);
        let message = if self.text {
            Message::from(self.payload.as_str())
        } else {
            Message::from(self.payload.as_bytes())
        };
        out.extend_from_slice(Frame::masked_message(&message, key).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanfare_core::wire::{Decoder, Incoming, Limits, MessageKind, Role};

    #[test]
    fn a_message_carries_its_number_and_its_size() {
        let limits = Limits { message_bytes_max: 16_384, fragments_max: 1 };
        for (bytes, text) in [(8, false), (64, true), (16_384, false)] {
            let shape = MessageShape { bytes, text };
            let mut wire = Vec::new();
            shape.writer().put(&mut wire, 0xBEEF, [1, 2, 3, 4]);
            let length = wire.len();
            let decoded = Decoder::new(Role::Server).decode(&limits, &mut wire).unwrap();
            let Some(Incoming::Message(message)) = decoded.incoming else { panic!("a whole message") };
            assert_eq!((decoded.consumed, shape.number(message.as_bytes())), (length, Some(0xBEEF)));
            assert_eq!(message.kind() == MessageKind::Text, text);
            assert_eq!(shape.number(b"0000beef, but longer or shorter"), None);
            let wordy = vec![b'g'; usize::try_from(bytes).unwrap()];
            assert_eq!(shape.number(&wordy), None);
        }
    }
}
