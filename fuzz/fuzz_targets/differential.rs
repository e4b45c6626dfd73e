//! Any bytes in any pieces: the same messages and the same class of error as
//! tungstenite's `WebSocketContext`, apart from what the oracle names.
//!
//! Input: the role (`S` or `C`), the piece sizes, the stream.

#![no_main]

#[path = "../../core/tests/support/oracle.rs"]
mod oracle;
#[path = "../../core/tests/support/outcome.rs"]
mod outcome;

use fanfare_fuzz::Script;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut script = Script::new(input);
    let role = script.role();
    let piece_sizes = script.piece_sizes();
    oracle::judge(role, script.rest(), &piece_sizes);
});
