//! One frame header (RFC 6455 §5.2), read in the order of its bytes.
//!
//! Each function reads one part and refuses it as soon as the bytes that show a
//! fault are there, so a header that arrives in pieces fails at the same byte as
//! one that arrives whole. Nothing here knows of earlier frames or of limits.

use super::mask::Mask;
use super::message::MessageKind;
use super::{ControlPayload, Role};
use crate::violation::Violation;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// The longest header: two bytes, a 64-bit length, a masking key.
const HEADER_BYTES_MAX: usize = 14;

/// What a frame is. A control frame is always final, so it does not say so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FrameKind {
    /// The first frame of a message, and its only one when it is final. It says
    /// whether the message is compressed.
    Start { kind: MessageKind, coding: Coding, is_final: bool },
    /// A further frame of the unfinished message.
    Continuation { is_final: bool },
    /// A control frame.
    Control(ControlKind),
}

/// How a message's payload is coded on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Coding {
    /// As it is.
    Plain,
    /// By permessage-deflate.
    Deflate,
}

/// What a control frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ControlKind {
    Close,
    Ping,
    Pong,
}

impl FrameKind {
    /// Reads the first byte: FIN, the reserved bits, the opcode. `best` is the
    /// coding that was negotiated.
    pub(super) fn parse(first: u8, best: Coding) -> Result<FrameKind, Violation> {
        let coding = match ((first >> 4) & 0b111, best) {
            (0, _) => Coding::Plain,
            (0b100, Coding::Deflate) => Coding::Deflate,
            (bits, _) => return Err(Violation::ReservedBits { bits }),
        };
        let kind = FrameKind::parse_opcode(first, coding)?;
        match (kind, coding) {
            // RFC 7692 §6: only a message can be compressed, and its first frame says so.
            (FrameKind::Continuation { .. } | FrameKind::Control(_), Coding::Deflate) => {
                Err(Violation::CompressedBitMisplaced)
            }
            (FrameKind::Start { .. }, _) | (_, Coding::Plain) => Ok(kind),
        }
    }

    fn parse_opcode(first: u8, coding: Coding) -> Result<FrameKind, Violation> {
        let is_final = first & 0x80 != 0;
        let control = |kind| {
            // RFC 6455 §5.5: control frames must not be fragmented.
            if is_final { Ok(FrameKind::Control(kind)) } else { Err(Violation::ControlFragmented) }
        };
        let start = |kind| FrameKind::Start { kind, coding, is_final };
        match OpCode::from(first & 0x0F) {
            OpCode::Data(Data::Continue) => Ok(FrameKind::Continuation { is_final }),
            OpCode::Data(Data::Text) => Ok(start(MessageKind::Text)),
            OpCode::Data(Data::Binary) => Ok(start(MessageKind::Binary)),
            OpCode::Control(Control::Close) => control(ControlKind::Close),
            OpCode::Control(Control::Ping) => control(ControlKind::Ping),
            OpCode::Control(Control::Pong) => control(ControlKind::Pong),
            OpCode::Data(Data::Reserved(opcode)) | OpCode::Control(Control::Reserved(opcode)) => {
                Err(Violation::UnknownOpcode { opcode })
            }
        }
    }
}

/// Reads the mask bit and the payload length from what follows the first byte;
/// returns the length in bytes and what follows it. `None`: more bytes are needed.
pub(super) fn parse_length(
    kind: FrameKind,
    role: Role,
    bytes: &[u8],
) -> Result<Option<(u64, &[u8])>, Violation> {
    let Some((&second, rest)) = bytes.split_first() else { return Ok(None) };
    // RFC 6455 §5.1: a client masks every frame, a server none.
    let is_masked = second & 0x80 != 0;
    match role {
        Role::Server if !is_masked => return Err(Violation::UnmaskedClientFrame),
        Role::Client if is_masked => return Err(Violation::MaskedServerFrame),
        Role::Server | Role::Client => {}
    }
    let marker = second & 0x7F;
    match kind {
        // The markers of the longer forms are greater than 125 too.
        FrameKind::Control(_) if usize::from(marker) > ControlPayload::BYTES_MAX => {
            return Err(Violation::ControlTooLong);
        }
        FrameKind::Control(_) | FrameKind::Start { .. } | FrameKind::Continuation { .. } => {}
    }
    match marker {
        126 => parse_16_bit_length(rest),
        127 => parse_64_bit_length(rest),
        length => Ok(Some((u64::from(length), rest))),
    }
}

fn parse_16_bit_length(bytes: &[u8]) -> Result<Option<(u64, &[u8])>, Violation> {
    match bytes.split_first_chunk() {
        Some(([0, 0..=125], _)) => Err(Violation::NonMinimalLength),
        Some((length, rest)) => Ok(Some((u64::from(u16::from_be_bytes(*length)), rest))),
        None => Ok(None),
    }
}

fn parse_64_bit_length(bytes: &[u8]) -> Result<Option<(u64, &[u8])>, Violation> {
    match bytes {
        [0x80..=0xFF, ..] => return Err(Violation::LengthTopBitSet),
        [0, 0, 0, 0, 0, 0, ..] => return Err(Violation::NonMinimalLength),
        [..] => {}
    }
    Ok(bytes.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length), rest)))
}

/// Reads the masking key, which only a client's frame has, from what follows
/// the length; returns it and the payload. `None`: more bytes are needed.
pub(super) fn parse_mask(role: Role, bytes: &[u8]) -> Option<(Option<Mask>, &[u8])> {
    match role {
        Role::Server => bytes.split_first_chunk().map(|(key, rest)| (Some(Mask::new(*key)), rest)),
        Role::Client => Some((None, bytes)),
    }
}

/// The first bytes of a header, possibly none.
#[derive(Default, Debug)]
pub(super) struct PartialHeader {
    bytes: [u8; HEADER_BYTES_MAX],
    len: u8,
}

impl PartialHeader {
    /// Adds as many bytes as a header can still have.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        let free = self.bytes.iter_mut().skip(usize::from(self.len));
        for (slot, byte) in free.zip(bytes) {
            *slot = *byte;
            self.len += 1;
        }
    }

    /// What has arrived.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}
