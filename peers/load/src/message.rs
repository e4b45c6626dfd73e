//! What is sent: a numbered message of a given size.
//!
//! The number is text (eight hexadecimal digits, then filling), so that the same
//! payload may travel as text or as binary.

use crate::client::MASK;
use clap::Args;
use kit::frame;

/// Digits of the number: the smallest message.
const NUMBER_BYTES: usize = 8;
pub(crate) const MESSAGE_BYTES_MAX: u64 = 1_024 * 1_024;

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct MessageShape {
    /// Payload of one message.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(NUMBER_BYTES as u64..=MESSAGE_BYTES_MAX))]
    pub(crate) bytes: u64,
    /// Send text instead of binary messages.
    #[arg(long)]
    pub(crate) text: bool,
}

impl MessageShape {
    pub(crate) fn payload_bytes(self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }

    /// Appends the masked frame of message `number`.
    pub(crate) fn put(self, out: &mut Vec<u8>, number: u32) {
        let mut payload = format!("{number:0NUMBER_BYTES$x}").into_bytes();
        payload.resize(self.payload_bytes().max(NUMBER_BYTES), b'.');
        frame::put(out, if self.text { frame::TEXT } else { frame::BINARY }, Some(MASK), &payload);
    }

    /// The number of a received message; `None` when it is none of ours.
    pub(crate) fn number(self, payload: &[u8]) -> Option<u32> {
        let (digits, _) = payload.split_first_chunk::<NUMBER_BYTES>()?;
        let ours = payload.len() == self.payload_bytes();
        ours.then(|| u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_carries_its_number_and_its_size() {
        for bytes in [8, 64, 16_384] {
            let shape = MessageShape { bytes, text: false };
            let mut wire = Vec::new();
            shape.put(&mut wire, 0xBEEF);
            let (frame, rest) = frame::take(&mut wire).expect("a whole frame");
            assert_eq!((shape.number(frame.payload), rest.len()), (Some(0xBEEF), 0));
            assert_eq!(shape.number(b"0000beef, but longer or shorter"), None);
        }
    }
}
