//! One encoded frame, which every recipient shares.
//!
//! Apart because encoding happens once per message and sending once per
//! recipient: a [`Frame`] is the bytes that go out, header and payload in one
//! piece, and cloning it counts a reference. It is always a whole message or a
//! control frame; we fragment nothing.

use super::mask::Mask;
use super::message::{Message, MessageKind};
use super::{CloseCode, ControlPayload, close};
use bytes::Bytes;
use std::fmt;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// A frame as it goes over the wire.
///
/// The constructors make what a server sends: unmasked, so that all recipients
/// get the same bytes. A client sends [`masked`](Self::masked) ones.
///
/// ```
/// use fanfare_core::wire::{CloseCode, ControlPayload, Frame, Message};
///
/// assert_eq!(Frame::text("hi").as_bytes(), b"\x81\x02hi");
/// assert_eq!(Frame::binary(&[7]).as_bytes(), b"\x82\x01\x07");
/// assert_eq!(Frame::ping(&ControlPayload::EMPTY).as_bytes(), b"\x89\x00");
/// assert_eq!(Frame::close(CloseCode::Away, "bye").as_bytes(), b"\x88\x05\x03\xe9bye");
/// assert_eq!(Frame::from(&Message::from("hi")), Frame::text("hi"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    bytes: Bytes,
}

/// First bytes: a whole message that is not compressed.
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
/// Of a first byte: the message is compressed.
const RSV1: u8 = 0x40;

impl Frame {
    /// A text message.
    pub fn text(text: &str) -> Frame {
        encode(&head(OpCode::Data(Data::Text)), text.as_bytes())
    }

    /// A binary message.
    pub fn binary(bytes: &[u8]) -> Frame {
        encode(&head(OpCode::Data(Data::Binary)), bytes)
    }

    /// A ping. Its payload comes back in the pong.
    pub fn ping(payload: &ControlPayload<'_>) -> Frame {
        if payload.is_empty() {
            // The heartbeat's: a million of them need no allocation.
            return Frame { bytes: Bytes::from_static(b"\x89\x00") };
        }
        encode(&head(OpCode::Control(Control::Ping)), payload)
    }

    /// The answer to a ping, with the ping's payload (RFC 6455 §5.5.3).
    pub fn pong(payload: &ControlPayload<'_>) -> Frame {
        encode(&head(OpCode::Control(Control::Pong)), payload)
    }

    /// A close frame. The reason is cut between characters to the 123 bytes that
    /// fit. A code that must not be sent (RFC 6455 §7.4), such as the 1005 of a
    /// peer that gave none, gives a close frame without code and reason.
    pub fn close(code: CloseCode, reason: &str) -> Frame {
        encode(&head(OpCode::Control(Control::Close)), &close::body(code, reason))
    }

    /// A message whose payload is compressed, marked as such (RFC 7692 §6).
    pub(crate) fn compressed(kind: MessageKind, deflated: &[u8]) -> Frame {
        encode(&FrameHeader { rsv1: true, ..head(opcode(kind)) }, deflated)
    }

    /// Kind and payload of an unmasked message that is not compressed; `None`
    /// for every other frame.
    pub(crate) fn message(&self) -> Option<(MessageKind, &[u8])> {
        let (first, payload) = self.unmasked()?;
        match first {
            TEXT => Some((MessageKind::Text, payload)),
            BINARY => Some((MessageKind::Binary, payload)),
            _ => None,
        }
    }

    /// The same frame masked with `key`, as a client must send it (RFC 6455
    /// §5.3). The key must be fresh and unpredictable for every frame. A frame
    /// that is masked already stays as it is.
    ///
    /// ```
    /// use fanfare_core::wire::Frame;
    ///
    /// let frame = Frame::text("Hello").masked([0x37, 0xfa, 0x21, 0x3d]);
    /// assert_eq!(frame.as_bytes(), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    /// ```
    #[must_use]
    pub fn masked(&self, key: [u8; 4]) -> Frame {
        let Some((first, payload)) = self.unmasked() else { return self.clone() };
        let rsv1 = first & RSV1 != 0;
        encode(&FrameHeader { rsv1, mask: Some(key), ..head(OpCode::from(first & 0x0F)) }, payload)
    }

    /// A message as a client sends it: what [`masked`](Self::masked) gives, with
    /// one copy less.
    ///
    /// ```
    /// use fanfare_core::wire::{Frame, Message};
    ///
    /// let (message, key) = (Message::from("Hello"), [0x37, 0xfa, 0x21, 0x3d]);
    /// assert_eq!(Frame::masked_message(&message, key), Frame::from(&message).masked(key));
    /// ```
    pub fn masked_message(message: &Message<'_>, key: [u8; 4]) -> Frame {
        encode(&FrameHeader { mask: Some(key), ..head(opcode(message.kind())) }, message.as_bytes())
    }

    /// Length of the payload of an unmasked frame, in bytes.
    pub(crate) fn payload_bytes(&self) -> usize {
        self.unmasked().map_or(0, |(_, payload)| payload.len())
    }

    /// The first byte of an unmasked frame, and its payload.
    fn unmasked(&self) -> Option<(u8, &[u8])> {
        match self.as_bytes() {
            &[first, 126, _, _, ref payload @ ..]
            | &[first, 127, _, _, _, _, _, _, _, _, ref payload @ ..]
            | &[first, 0..=125, ref payload @ ..] => Some((first, payload)),
            [..] => None,
        }
    }

    /// The encoded bytes, header and payload.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The encoded bytes as a shared buffer.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The same without counting a reference: a frame that is not shared yet
    /// stays so.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Length of the encoded bytes, header included.
    #[expect(clippy::len_without_is_empty, reason = "a frame has at least its header")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl From<&Message<'_>> for Frame {
    fn from(message: &Message<'_>) -> Self {
        encode(&head(opcode(message.kind())), message.as_bytes())
    }
}

impl fmt::Debug for Frame {
    /// Shows the length only: a frame may be large, and its payload private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} bytes)", self.len())
    }
}

fn opcode(kind: MessageKind) -> OpCode {
    OpCode::Data(match kind {
        MessageKind::Text => Data::Text,
        MessageKind::Binary => Data::Binary,
    })
}

/// The header of a final, unmasked frame.
fn head(opcode: OpCode) -> FrameHeader {
    FrameHeader { opcode, ..FrameHeader::default() }
}

/// Header and payload into one allocation of exactly their size, so that it
/// becomes shared bytes without another copy.
fn encode(header: &FrameHeader, payload: &[u8]) -> Frame {
    let payload_bytes = payload.len() as u64;
    let header_bytes = header.len(payload_bytes);
    let mut bytes = Vec::with_capacity(header_bytes + payload.len());
    let written = header.format(payload_bytes, &mut bytes);
    debug_assert!(written.is_ok(), "writing to memory does not fail");
    bytes.extend_from_slice(payload);
    if let Some(key) = header.mask {
        Mask::new(key).apply(bytes.get_mut(header_bytes..).unwrap_or_default());
    }
    Frame { bytes: Bytes::from(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tungstenite::protocol::frame::FrameHeader;

    #[test]
    fn lengths_around_each_boundary_are_minimal_and_allocated_exactly() {
        for (payload_bytes, header_bytes) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let payload = vec![0x5A; payload_bytes];
            let frame = Frame::binary(&payload);
            assert_eq!(frame.len(), header_bytes + payload_bytes);
            let mut cursor = std::io::Cursor::new(frame.as_bytes());
            let (header, length) = FrameHeader::parse(&mut cursor).unwrap().unwrap();
            assert_eq!((header.is_final, header.mask, length), (true, None, payload_bytes as u64));
            assert_eq!(&frame.as_bytes()[header_bytes..], payload);
        }
    }

    #[test]
    fn masking_changes_the_payload_only_and_only_once() {
        let key = [1, 2, 3, 4];
        for payload_bytes in [0, 1, 125, 126, 65_536] {
            let payload = vec![0x5A; payload_bytes];
            let masked = Frame::binary(&payload).masked(key);
            let mut cursor = std::io::Cursor::new(masked.as_bytes());
            let (header, length) = FrameHeader::parse(&mut cursor).unwrap().unwrap();
            assert_eq!((header.mask, length), (Some(key), payload_bytes as u64));
            let mut unmasked = masked.as_bytes()[masked.len() - payload_bytes..].to_vec();
            Mask::new(key).apply(&mut unmasked);
            assert_eq!(unmasked, payload);
            assert_eq!(masked.masked([9; 4]), masked);
        }
    }

    #[test]
    fn a_compressed_frame_says_so_masked_or_not() {
        let frame = Frame::compressed(MessageKind::Text, b"abc");
        assert_eq!(frame.as_bytes(), b"\xc1\x03abc");
        assert_eq!(frame.masked([0; 4]).as_bytes(), b"\xc1\x83\0\0\0\0abc");
        assert_eq!(frame.message(), None, "not what it says");
    }

    #[test]
    fn only_a_plain_message_gives_its_payload() {
        assert_eq!(Frame::text("hi").message(), Some((MessageKind::Text, &b"hi"[..])));
        let long = vec![7; 70_000];
        assert_eq!(Frame::binary(&long).message(), Some((MessageKind::Binary, &long[..])));
        for other in [Frame::ping(&ControlPayload::EMPTY), Frame::close(CloseCode::Away, "")] {
            assert_eq!(other.message(), None);
        }
        assert_eq!(Frame::text("hi").masked([1; 4]).message(), None);
    }

    #[test]
    fn a_close_frame_is_never_lost() {
        let long = Frame::close(CloseCode::Normal, &"€".repeat(1_000));
        assert_eq!(long.len(), 2 + 2 + 41 * 3);
        assert_eq!(Frame::close(CloseCode::Status, "").as_bytes(), b"\x88\x00");
    }
}
