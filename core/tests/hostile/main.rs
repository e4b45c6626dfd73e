//! What a hostile peer can try with bytes alone, and what a hub makes of it.
//!
//! One named test per attack, against a whole [`Hub`](fanfare_core::hub::Hub):
//! that a decoder refuses is not enough, the right code must go out, the
//! connection must end exactly once, and a neighbour must not feel it. Memory
//! is judged by what can be observed: queued bytes, consumed bytes, counters,
//! slots, and for reservations the size of the process.
//!
//! | attack | test |
//! |---|---|
//! | endless head, one byte at a time; too many headers | `handshake::an_endless_head…`, `handshake::too_many_header_lines…` |
//! | ambiguous heads, wrong version, body, second request | `handshake::ambiguous_heads…`, `handshake::another_version…`, `handshake::a_second_request…` (two) |
//! | a message dripped for ever | `framing::a_dripped_message…` |
//! | slow handshakes | `handshake::slow_handshakes…`, `handshake::the_handshake_time…` |
//! | foreign, `null` and look-alike origins | `handshake::foreign_origins…` |
//! | lengths with the top bit, or longer than need be | `framing::lengths_are_minimal…` |
//! | a large length declared, then silence | `framing::a_declared_length_reserves_nothing` |
//! | a million fragments | `framing::a_million_fragments…` (two) |
//! | every split, one-byte segments | `framing::any_split…` |
//! | compression offered in odd ways; reserved bits | `handshake::compression_offers…`, `deflating::bad_window_sizes…`, `deflating::the_compressed_bit…` (two), `framing::reserved_bits…` |
//! | inflate bombs | `deflating::a_bomb…` (two), `deflating::small_bombs…`, `deflating::streams_without_number…` |
//! | garbage in a compressed message, behind the limit, too | `deflating::garbage…` (two), `deflating::text_that_inflates…` |
//! | a flood of pings, not reading | `flooding::a_million_pings…` (two) |
//! | malformed control frames, opcodes, sequences | `framing::control_frames…`, `framing::unknown_opcodes…`, `framing::fragments_out_of_order…` |
//! | a frame without mask | `framing::unmasked_frames…` |
//! | malformed close frames; data after close | `closing::malformed_close_frames…`, `closing::nothing_is_heard…` |
//! | invalid UTF-8, split anywhere | `framing::invalid_utf8…` |
//! | a reader that stops | `flooding::a_stopped_reader…` (three) |
//! | closing never finished, FIN withheld, reset at any byte | `closing::an_unanswered_close…`, `closing::a_withheld_end…`, `closing::endless_input…`, `closing::a_reset_at_any_byte…` |
//! | millions of joins, long names, control characters | `joining::…` |
//! | envelopes of wrong types, unknown fields, reserved names, duplicate keys, depth | `events::envelopes_of_any_make…`, `events::more_nonsense…` |
//! | a million namespaces | `events::a_million_namespaces…` |
//! | a million questions without answers; forged, duplicate, late answers | `events::a_million_questions…`, `events::forged…` |
//! | many refused handshakes | `handshake::refused_handshakes…` |
//! | predictable ids | `handshake::ids_come_from_the_generator` |
//!
//! Not here, because a hub alone cannot show it: descriptors, the accept limit
//! and real resets (the adapters' tests), the masks and answers a client gets
//! (the client's).
//! Colliding names need the hash key: they are tested beside the room index.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests, too")]

mod closing;
mod deflating;
mod events;
mod flooding;
mod framing;
mod handshake;
mod joining;
mod peer;
mod shard;
