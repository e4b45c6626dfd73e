//! The decoder run over a stream in any pieces, and what came of it.
//!
//! Apart from the strategies because the fuzz targets, which have streams of
//! their own, run it too.

use fanfare_core::violation::Violation;
use fanfare_core::wire::{Decoder, Incoming, Limits, Message, Role};

/// Small, so that generated streams reach both limits.
pub(crate) const MESSAGE_BYTES_MAX: usize = 200;

/// An event, as far as it can be compared with another decoder's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Compressed(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

impl From<Incoming<'_>> for Seen {
    fn from(incoming: Incoming<'_>) -> Seen {
        match incoming {
            Incoming::Message(Message::Text(text)) => Seen::Text(text.into_owned()),
            Incoming::Message(Message::Binary(bytes)) => Seen::Binary(bytes.into_owned()),
            Incoming::Compressed(message) => Seen::Compressed(message.payload().to_vec()),
            Incoming::Ping(payload) => Seen::Ping(payload.to_vec()),
            Incoming::Pong(payload) => Seen::Pong(payload.to_vec()),
            Incoming::Close(frame) => {
                Seen::Close(frame.map(|frame| (frame.code.into(), frame.reason.as_str().to_owned())))
            }
        }
    }
}

/// The events of a stream up to its first close frame, its violation or its end.
#[derive(PartialEq, Eq, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Seen>,
    pub(crate) violation: Option<Violation>,
}

/// Decodes `stream`, cut into pieces of the given sizes, the last one repeated.
pub(crate) fn decode(role: Role, limits: &Limits, stream: &[u8], piece_sizes: &[usize]) -> Outcome {
    decode_with(Decoder::new(role), limits, stream, piece_sizes)
}

/// The same with a decoder of one's own.
pub(crate) fn decode_with(
    mut decoder: Decoder,
    limits: &Limits,
    stream: &[u8],
    piece_sizes: &[usize],
) -> Outcome {
    let mut outcome = Outcome::default();
    for mut piece in pieces(stream, piece_sizes) {
        let mut rest = piece.as_mut_slice();
        while !rest.is_empty() {
            match decoder.decode(limits, rest) {
                Ok(step) => {
                    let (consumed, seen) = (step.consumed, step.incoming.map(Seen::from));
                    assert!(consumed > 0, "no progress");
                    rest = &mut rest[consumed..];
                    let is_close = matches!(seen, Some(Seen::Close(_)));
                    outcome.events.extend(seen);
                    if is_close {
                        return outcome;
                    }
                }
                Err(violation) => {
                    outcome.violation = Some(violation);
                    return outcome;
                }
            }
        }
    }
    outcome
}

/// `stream` in pieces of the given sizes, the last one repeated.
pub(crate) fn pieces(stream: &[u8], piece_sizes: &[usize]) -> Vec<Vec<u8>> {
    let (mut sizes, mut size) = (piece_sizes.iter(), stream.len().max(1));
    let (mut rest, mut pieces) = (stream, Vec::new());
    while !rest.is_empty() {
        size = *sizes.next().unwrap_or(&size);
        let (piece, after) = rest.split_at(size.min(rest.len()));
        pieces.push(piece.to_vec());
        rest = after;
    }
    pieces
}
