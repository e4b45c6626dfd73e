//! Any bytes as a compressed message: within the limit, twice the same, and
//! nothing left for the next message. What was inflated is deflated, and comes
//! back.
//!
//! Input: the payload of a compressed message, without the bytes that a message
//! goes without.

#![no_main]

use fanfare_core::deflate::{Deflater, Inflater, Window};
use fanfare_core::violation::Violation;
use fanfare_core::wire::{Decoder, Frame, Incoming, Limits, Message, Role};
use libfuzzer_sys::fuzz_target;

const BYTES_MAX: usize = 10_000;

fuzz_target!(|input: &[u8]| {
    let mut inflater = Inflater::new();
    let first = inflate(&mut inflater, input);
    assert_eq!(inflate(&mut inflater, input), first, "the same again");
    match first {
        Ok(message) => {
            assert!(message.len() <= BYTES_MAX);
            [Window::Wide, Window::Narrow].map(|window| check_round_trip(&mut inflater, window, &message));
        }
        Err(Violation::MessageTooBig { bytes, bytes_max }) => assert!(bytes > bytes_max),
        Err(Violation::MalformedDeflate) => {}
        Err(other) => panic!("a binary message cannot be {other:?}"),
    }
    // Whatever that was.
    assert_eq!(inflate(&mut inflater, b"\xf2\x48\xcd\xc9\xc9\x07\x00"), Ok(Message::from(&b"Hello"[..])));
});

/// The message that a compressed binary frame with this payload is.
fn inflate(inflater: &mut Inflater, payload: &[u8]) -> Result<Message<'static>, Violation> {
    let mut frame = Frame::binary(payload).as_bytes().to_vec();
    frame[0] |= 0x40;
    read(inflater, &mut frame)
}

fn read(inflater: &mut Inflater, frame: &mut [u8]) -> Result<Message<'static>, Violation> {
    let limits = Limits { message_bytes_max: usize::MAX, fragments_max: 1 };
    let decoded = Decoder::with_deflate(Role::Client).decode(&limits, frame).expect("a correct frame");
    let Some(Incoming::Compressed(message)) = decoded.incoming else { panic!("a compressed message") };
    inflater.inflate(&message, BYTES_MAX)
}

fn check_round_trip(inflater: &mut Inflater, window: Window, message: &Message<'_>) {
    let plain = Frame::from(message);
    let Some(compressed) = Deflater::new(window).deflate(&plain) else { return };
    assert!(compressed.len() < plain.len());
    assert_eq!(read(inflater, &mut compressed.as_bytes().to_vec()).as_ref(), Ok(message));
}
