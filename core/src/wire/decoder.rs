//! Received bytes to events, one at a time.
//!
//! Apart from the link: the decoder knows framing and the two limits of a
//! message, and nothing of time, rates or closing. It has no buffer of its own.
//! A message that lies whole in the caller's bytes is unmasked there and
//! borrowed; only one that does not is assembled. However the bytes are cut
//! into calls, the events and the violation are the same.

use super::assembler::Assembler;
use super::header::{self, Coding, ControlKind, FrameKind, PartialHeader};
use super::message::{Compressed, Message, MessageKind};
use super::payload::Payload;
use super::{CloseFrame, ControlPayload, Role, close};
use crate::violation::Violation;
use std::borrow::Cow;
use std::mem;

/// Decodes what one peer sends.
///
/// ```
/// use fanfare_core::wire::{Decoder, Incoming, Limits, Message, Role};
///
/// let limits = Limits { message_bytes_max: 1024, fragments_max: 16 };
/// let mut decoder = Decoder::new(Role::Client);
/// let mut read_buffer = *b"\x81\x02hi\x81\x05worl";
///
/// let decoded = decoder.decode(&limits, &mut read_buffer)?;
/// assert_eq!(decoded.incoming, Some(Incoming::Message(Message::from("hi"))));
/// let consumed = decoded.consumed;
///
/// let decoded = decoder.decode(&limits, &mut read_buffer[consumed..])?;
/// assert_eq!((decoded.consumed, decoded.incoming), (6, None));
/// assert!(decoder.is_mid_message());
///
/// let mut next_read = *b"d";
/// let decoded = decoder.decode(&limits, &mut next_read)?;
/// assert_eq!(decoded.incoming, Some(Incoming::Message(Message::from("world"))));
/// # Ok::<(), fanfare_core::violation::Violation>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    stage: Stage,
    /// The fragmented message that waits for its next frame.
    unfinished: Option<Box<Assembler>>,
    role: Role,
    /// What was negotiated: a message may be plain, or so.
    coding: Coding,
}

/// Part of every idle connection.
const _: () = assert!(size_of::<Decoder>() <= 48);

/// What bounds one message; from the configuration of its route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Payload of one message as it is sent, compressed or not, all fragments
    /// together, in bytes.
    pub message_bytes_max: usize,
    /// Frames that one message may be split into. An unfragmented message is
    /// always allowed.
    pub fragments_max: u32,
}

/// What one call of [`Decoder::decode`] did.
#[derive(Debug)]
pub struct Decoded<'b> {
    /// How many of the given bytes it took; at least one, if any were given.
    pub consumed: usize,
    /// The event they completed, if they did.
    pub incoming: Option<Incoming<'b>>,
}

/// What a peer said. Borrows the bytes it was decoded from, never the decoder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Incoming<'b> {
    /// A whole message.
    Message(Message<'b>),
    /// A whole message that is compressed; only from a decoder
    /// [`with_deflate`](Decoder::with_deflate).
    Compressed(Compressed<'b>),
    /// A ping, which wants a pong with the same payload.
    Ping(ControlPayload<'b>),
    /// A pong, asked for or not.
    Pong(ControlPayload<'b>),
    /// A close frame; `None` when it has no code. Whatever follows it is to be
    /// ignored (RFC 6455 §5.5.1).
    Close(Option<CloseFrame>),
}

/// Where in a frame the next byte belongs.
#[derive(Debug)]
enum Stage {
    /// Between frames, or inside a header.
    Header(PartialHeader),
    /// Inside the payload of a data frame.
    Data(DataFrame),
    /// Inside the payload of a control frame.
    Control(Box<ControlFrame>),
}

/// A header that is all there and allowed.
struct Header {
    kind: FrameKind,
    payload: Payload,
}

/// A data frame whose payload is not all there.
#[derive(Debug)]
struct DataFrame {
    message: Box<Assembler>,
    payload: Payload,
    is_final: bool,
}

/// A control frame whose payload is not all there.
#[derive(Debug)]
struct ControlFrame {
    kind: ControlKind,
    received: Vec<u8>,
    payload: Payload,
}

impl Decoder {
    /// A decoder for the peer of `role`, which is whose side *we* are.
    pub fn new(role: Role) -> Self {
        Decoder { stage: Stage::default(), unfinished: None, role, coding: Coding::Plain }
    }

    /// The same for a connection that has negotiated permessage-deflate: messages
    /// may be compressed.
    pub fn with_deflate(role: Role) -> Self {
        Decoder { coding: Coding::Deflate, ..Decoder::new(role) }
    }

    /// Decodes at most one event and says how many bytes that took. Call it
    /// again with the rest until the bytes are used up; then nothing is left to
    /// decode until more arrive.
    ///
    /// Always a bounded amount of work: at most one frame.
    ///
    /// # Errors
    ///
    /// Every [`Violation`] of framing, text and size, as early as the bytes that
    /// show it are there. The stream cannot be picked up again after one: give
    /// this decoder nothing more.
    pub fn decode<'b>(&mut self, limits: &Limits, bytes: &'b mut [u8]) -> Result<Decoded<'b>, Violation> {
        // Nearly always: taking the stage out and putting it back would cost a
        // tenth of a short message.
        if let Stage::Header(partial) = &self.stage
            && partial.as_bytes().is_empty()
        {
            return self.decode_frame(limits, bytes);
        }
        match mem::take(&mut self.stage) {
            Stage::Header(partial) => self.decode_header(limits, partial, bytes),
            Stage::Data(frame) => self.decode_data(frame, bytes),
            Stage::Control(frame) => self.decode_control(frame, bytes),
        }
    }

    /// Whether a frame or a fragmented message has begun and not ended.
    pub fn is_mid_message(&self) -> bool {
        match &self.stage {
            Stage::Header(partial) => !partial.as_bytes().is_empty() || self.unfinished.is_some(),
            Stage::Data(_) | Stage::Control(_) => true,
        }
    }

    /// Begins a frame, whose header is read where it is.
    fn decode_frame<'b>(&mut self, limits: &Limits, bytes: &'b mut [u8]) -> Result<Decoded<'b>, Violation> {
        if let Some((header, header_bytes)) = self.parse_header(limits, bytes)? {
            return self.decode_behind_header(header, header_bytes, bytes);
        }
        let mut partial = PartialHeader::default();
        partial.extend(bytes);
        self.stage = Stage::Header(partial);
        Ok(Decoded { consumed: bytes.len(), incoming: None })
    }

    /// Goes on with a header, and with its frame when it is complete.
    fn decode_header<'b>(
        &mut self,
        limits: &Limits,
        mut partial: PartialHeader,
        bytes: &'b mut [u8],
    ) -> Result<Decoded<'b>, Violation> {
        let bytes_held = partial.as_bytes().len();
        partial.extend(bytes);
        if let Some((header, header_bytes)) = self.parse_header(limits, partial.as_bytes())? {
            return self.decode_behind_header(header, header_bytes.saturating_sub(bytes_held), bytes);
        }
        self.stage = Stage::Header(partial);
        Ok(Decoded { consumed: bytes.len(), incoming: None })
    }

    /// Begins the payload of a frame of whose header `bytes` has the last `header_bytes`.
    fn decode_behind_header<'b>(
        &mut self,
        header: Header,
        header_bytes: usize,
        bytes: &'b mut [u8],
    ) -> Result<Decoded<'b>, Violation> {
        let mut decoded = self.decode_payload(header, bytes.get_mut(header_bytes..).unwrap_or_default())?;
        decoded.consumed += header_bytes;
        Ok(decoded)
    }

    /// Reads a header from its first byte on and judges each part before the
    /// next is read. Returns it and its length; `None`: more bytes are needed.
    fn parse_header(&self, limits: &Limits, bytes: &[u8]) -> Result<Option<(Header, usize)>, Violation> {
        let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
        let kind = FrameKind::parse(first, self.coding)?;
        self.check_sequence(limits, kind)?;
        let Some((length, rest)) = header::parse_length(kind, self.role, rest)? else { return Ok(None) };
        let payload_bytes = self.check_size(limits, kind, length)?;
        let Some((mask, rest)) = header::parse_mask(self.role, rest) else { return Ok(None) };
        let payload = Payload::new(payload_bytes, mask);
        Ok(Some((Header { kind, payload }, bytes.len() - rest.len())))
    }

    /// Whether a frame of this kind may come now (RFC 6455 §5.4).
    fn check_sequence(&self, limits: &Limits, kind: FrameKind) -> Result<(), Violation> {
        match (kind, &self.unfinished) {
            (FrameKind::Continuation { .. }, Some(message)) => message.check_next_fragment(limits),
            (FrameKind::Continuation { .. }, None) => Err(Violation::ContinuationWithoutStart),
            (FrameKind::Start { .. }, Some(_)) => Err(Violation::MessageInsideMessage),
            (FrameKind::Start { .. }, None) | (FrameKind::Control(_), _) => Ok(()),
        }
    }

    /// Whether the message may grow by an announced payload; its length, if so.
    fn check_size(&self, limits: &Limits, kind: FrameKind, length: u64) -> Result<usize, Violation> {
        let bytes_before = match (kind, &self.unfinished) {
            (FrameKind::Continuation { .. }, Some(message)) => message.len_bytes(),
            (FrameKind::Continuation { .. } | FrameKind::Start { .. }, _) => 0,
            // At most 125: judged with its first byte.
            (FrameKind::Control(_), _) => return Ok(usize::try_from(length).unwrap_or(usize::MAX)),
        };
        let bytes_left = limits.message_bytes_max.saturating_sub(bytes_before);
        match usize::try_from(length) {
            Ok(payload_bytes) if payload_bytes <= bytes_left => Ok(payload_bytes),
            Ok(_) | Err(_) => Err(Violation::MessageTooBig {
                bytes: length.saturating_add(bytes_before as u64),
                bytes_max: limits.message_bytes_max as u64,
            }),
        }
    }

    /// Begins a frame's payload, of which `bytes` has all, a part or nothing.
    fn decode_payload<'b>(&mut self, header: Header, bytes: &'b mut [u8]) -> Result<Decoded<'b>, Violation> {
        let Header { kind, mut payload } = header;
        let is_whole = payload.missing_bytes() <= bytes.len();
        let (message, is_final) = match kind {
            FrameKind::Start { kind, coding, is_final: true } if is_whole => {
                let payload = payload.take(bytes);
                let consumed = payload.len();
                let incoming = Some(whole_message(kind, coding, payload)?);
                return Ok(Decoded { consumed, incoming });
            }
            FrameKind::Control(kind) if is_whole => {
                let payload = payload.take(bytes);
                let consumed = payload.len();
                let incoming = Some(control_event(kind, Cow::Borrowed(payload))?);
                return Ok(Decoded { consumed, incoming });
            }
            FrameKind::Control(kind) => {
                let received = Vec::with_capacity(payload.missing_bytes());
                return self.decode_control(Box::new(ControlFrame { kind, received, payload }), bytes);
            }
            FrameKind::Start { kind, coding, is_final } => (Box::new(Assembler::new(kind, coding)), is_final),
            FrameKind::Continuation { is_final } => {
                let mut message = self.unfinished.take().ok_or(Violation::ContinuationWithoutStart)?;
                message.begin_fragment();
                (message, is_final)
            }
        };
        self.decode_data(DataFrame { message, payload, is_final }, bytes)
    }

    /// Goes on with the payload of a data frame.
    fn decode_data<'b>(
        &mut self,
        mut frame: DataFrame,
        bytes: &'b mut [u8],
    ) -> Result<Decoded<'b>, Violation> {
        let arrived = frame.payload.take(bytes);
        frame.message.push(arrived)?;
        let consumed = arrived.len();
        let mut incoming = None;
        if frame.payload.missing_bytes() > 0 {
            self.stage = Stage::Data(frame);
        } else if frame.is_final {
            incoming = Some(frame.message.finish()?);
        } else {
            self.unfinished = Some(frame.message);
        }
        Ok(Decoded { consumed, incoming })
    }

    /// Goes on with the payload of a control frame.
    fn decode_control<'b>(
        &mut self,
        mut frame: Box<ControlFrame>,
        bytes: &'b mut [u8],
    ) -> Result<Decoded<'b>, Violation> {
        let arrived = frame.payload.take(bytes);
        frame.received.extend_from_slice(arrived);
        let consumed = arrived.len();
        if frame.payload.missing_bytes() > 0 {
            self.stage = Stage::Control(frame);
            return Ok(Decoded { consumed, incoming: None });
        }
        let incoming = Some(control_event(frame.kind, Cow::Owned(frame.received))?);
        Ok(Decoded { consumed, incoming })
    }
}

impl Default for Stage {
    fn default() -> Self {
        Stage::Header(PartialHeader::default())
    }
}

fn whole_message(kind: MessageKind, coding: Coding, payload: &[u8]) -> Result<Incoming<'_>, Violation> {
    match coding {
        Coding::Plain => Message::validate(kind, payload).map(Incoming::Message),
        Coding::Deflate => Ok(Incoming::Compressed(Compressed::new(kind, payload))),
    }
}

fn control_event(kind: ControlKind, payload: Cow<'_, [u8]>) -> Result<Incoming<'_>, Violation> {
    let too_long = |_| Violation::ControlTooLong;
    match kind {
        ControlKind::Close => close::parse(&payload).map(Incoming::Close),
        ControlKind::Ping => Ok(Incoming::Ping(ControlPayload::new(payload).map_err(too_long)?)),
        ControlKind::Pong => Ok(Incoming::Pong(ControlPayload::new(payload).map_err(too_long)?)),
    }
}

#[cfg(test)]
mod tests;
