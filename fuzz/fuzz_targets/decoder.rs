//! Any bytes in any pieces: the same events and the same violation as in one go.
//!
//! Input: the role (`S` or `C`), the piece sizes, the stream.

#![no_main]

#[path = "../../core/tests/support/outcome.rs"]
mod outcome;

use fanfare_core::wire::Limits;
use fanfare_fuzz::Script;
use libfuzzer_sys::fuzz_target;
use outcome::{MESSAGE_BYTES_MAX, Seen, decode};

const LIMITS: Limits = Limits { message_bytes_max: MESSAGE_BYTES_MAX, fragments_max: 3 };

fuzz_target!(|input: &[u8]| {
    let mut script = Script::new(input);
    let role = script.role();
    let piece_sizes = script.piece_sizes();
    let stream = script.rest();

    let whole = decode(role, &LIMITS, stream, &[]);
    assert_eq!(decode(role, &LIMITS, stream, &piece_sizes), whole);
    assert_eq!(decode(role, &LIMITS, stream, &[1]), whole);
    for seen in &whole.events {
        let bytes_max = match seen {
            Seen::Text(_) | Seen::Binary(_) | Seen::Compressed(_) => MESSAGE_BYTES_MAX,
            Seen::Ping(_) | Seen::Pong(_) | Seen::Close(_) => 125,
        };
        assert!(payload_bytes(seen) <= bytes_max, "{seen:?}");
    }
});

fn payload_bytes(seen: &Seen) -> usize {
    match seen {
        Seen::Text(text) => text.len(),
        Seen::Binary(bytes) | Seen::Compressed(bytes) | Seen::Ping(bytes) | Seen::Pong(bytes) => bytes.len(),
        Seen::Close(frame) => frame.as_ref().map_or(0, |(_, reason)| 2 + reason.len()),
    }
}
