//! tungstenite's `WebSocketContext` as the judge of what our decoder reads: the
//! same messages, and the same class of error.
//!
//! Apart from the test because a fuzz target asks it too.
//!
//! Where the two differ on purpose:
//!
//! * **When.** tungstenite judges a frame when all of it is there, we at the
//!   byte that shows the fault. A stream that ends in between is an error to us
//!   and not yet to it. Messages complete before the fault are the same.
//! * **Which of several faults.** tungstenite looks at the length before it
//!   looks at reserved bits, masks and sequence, and at a close reason before the
//!   code; we go by the order of the bytes.
//! * **Lengths.** Non-minimal ones and a set top bit are faults to us only. (A
//!   control frame whose length takes more than the one byte is too long, to us.)
//! * **Close codes.** tungstenite reports a code that must not be sent as a close
//!   with 1002, and counts 1014 among them; the IANA registry allows it.
//!
//! The limit on fragments, which tungstenite does not have, is out of reach here.

use super::outcome::{MESSAGE_BYTES_MAX, Outcome, Seen, decode, pieces};
use fanfare_core::violation::Violation;
use fanfare_core::wire::{CloseCode, Limits, Role};
use std::io::{self, Read, Write};
use tungstenite::error::Error;
use tungstenite::protocol::{self, WebSocketConfig, WebSocketContext};

const LIMITS: Limits = Limits { message_bytes_max: MESSAGE_BYTES_MAX, fragments_max: u32::MAX };

/// Decodes `stream`, cut into pieces of these sizes, with both; panics where
/// they differ and should not.
pub(crate) fn judge(role: Role, stream: &[u8], piece_sizes: &[usize]) {
    let ours = as_tungstenite_sees(decode(role, &LIMITS, stream, piece_sizes));
    let theirs = tungstenite(role, stream, piece_sizes);
    if let Err(difference) = compare(&ours, &theirs) {
        panic!("{difference}\nours: {ours:?}\ntheirs: {theirs:?}");
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    Protocol,
    Utf8,
    Size,
}

#[derive(Debug)]
struct Theirs {
    events: Vec<Seen>,
    error: Option<Class>,
}

fn compare(ours: &Outcome, theirs: &Theirs) -> Result<(), &'static str> {
    let Some(more) = theirs.events.strip_prefix(ours.events.as_slice()) else {
        return Err("other events");
    };
    let Some(violation) = ours.violation else {
        return if more.is_empty() && theirs.error.is_none() { Ok(()) } else { Err("we missed something") };
    };
    let is_close_code = matches!(violation, Violation::CloseCodeInvalid { .. });
    let is_ours_only = matches!(
        violation,
        Violation::NonMinimalLength | Violation::LengthTopBitSet | Violation::ControlTooLong
    ) || is_close_code && more == [close_after_violation()];
    match (class(violation), theirs.error) {
        _ if is_ours_only => Ok(()),
        _ if !more.is_empty() => Err("we refused what they took"),
        (ours, Some(theirs)) if ours == theirs => Ok(()),
        // Not judged yet, or one frame with several faults.
        (_, None) | (Class::Protocol, Some(Class::Size)) => Ok(()),
        (Class::Protocol, Some(Class::Utf8)) if is_close_code => Ok(()),
        _ => Err("another class of error"),
    }
}

fn class(violation: Violation) -> Class {
    let classes = [
        (CloseCode::Protocol, Class::Protocol),
        (CloseCode::Invalid, Class::Utf8),
        (CloseCode::Size, Class::Size),
    ];
    let found = classes.into_iter().find(|(code, _)| *code == violation.close_code());
    found.map_or_else(|| panic!("no stream leads to {violation:?} here"), |(_, class)| class)
}

/// The outcome with a close of 1014 as tungstenite reports it.
fn as_tungstenite_sees(mut ours: Outcome) -> Outcome {
    if let Some(close @ Seen::Close(Some((1014, _)))) = ours.events.last_mut() {
        *close = close_after_violation();
    }
    ours
}

/// What tungstenite reports for a close code that must not be sent.
fn close_after_violation() -> Seen {
    Seen::Close(Some((1002, "Protocol violation".to_owned())))
}

fn tungstenite(role: Role, stream: &[u8], sizes: &[usize]) -> Theirs {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
        .read_buffer_size(4096);
    let role = match role {
        Role::Server => protocol::Role::Server,
        Role::Client => protocol::Role::Client,
    };
    let mut context = WebSocketContext::new(role, Some(config));
    let mut theirs = Theirs { events: Vec::new(), error: None };
    for piece in pieces(stream, sizes) {
        let mut transport = Transport(&piece);
        loop {
            theirs.error = match context.read(&mut transport) {
                Ok(message) => {
                    theirs.events.push(seen(message));
                    None
                }
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(Error::Protocol(_)) => Some(Class::Protocol),
                Err(Error::Utf8(_)) => Some(Class::Utf8),
                Err(Error::Capacity(_)) => Some(Class::Size),
                Err(error) => panic!("not an error of the stream: {error}"),
            };
            if theirs.error.is_some() || matches!(theirs.events.last(), Some(Seen::Close(_))) {
                return theirs;
            }
        }
    }
    theirs
}

fn seen(message: tungstenite::Message) -> Seen {
    match message {
        tungstenite::Message::Text(text) => Seen::Text(text.as_str().to_owned()),
        tungstenite::Message::Binary(bytes) => Seen::Binary(bytes.to_vec()),
        tungstenite::Message::Ping(payload) => Seen::Ping(payload.to_vec()),
        tungstenite::Message::Pong(payload) => Seen::Pong(payload.to_vec()),
        tungstenite::Message::Close(frame) => {
            Seen::Close(frame.map(|frame| (frame.code.into(), frame.reason.as_str().to_owned())))
        }
        tungstenite::Message::Frame(frame) => panic!("reading yields no raw frame: {frame}"),
    }
}

/// One piece to read, and a peer that takes every answer.
struct Transport<'p>(&'p [u8]);

impl Read for Transport<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { self.0.read(buffer) }
    }
}

impl Write for Transport<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
