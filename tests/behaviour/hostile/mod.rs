//! What hostile peers try, on a real server with honest neighbours.
//!
//! Each attack is a scenario, so it runs wherever the suite runs. Asserted is
//! what can be observed: what the attacker is answered, that its end is told
//! once, what the server counts, and that a neighbour on every shard is served
//! meanwhile. The core's own table (`core/tests/hostile/main.rs`) has the same
//! attacks with bytes alone, where more can be seen and numbers are larger.
//!
//! | attack | scenario | in the core |
//! |---|---|---|
//! | endless or huge head, one byte at a time | `an_endless_head_is_answered_431` | `handshake::an_endless_head…` |
//! | more than 100 headers | `too_many_header_lines_are_answered_431` | `handshake::too_many_header_lines…` |
//! | non-ASCII, NUL, obs-fold, duplicates, body | `ambiguous_heads_are_answered_400` | `handshake::ambiguous_heads…` |
//! | another protocol or HTTP version | `other_protocols_are_answered_and_closed` | `core/src/handshake/tests` |
//! | another version | `another_version_is_told_ours` | `handshake::another_version…` |
//! | pipelined second request | `a_second_request_behind_an_upgrade_is_no_request`, `a_second_request_behind_a_plain_one_is_never_answered` | `handshake::a_second_request…` (two) |
//! | a message dripped for ever | `a_dripped_message_is_cut_when_its_time_is_over` | `framing::a_dripped_message…` |
//! | slow handshakes, very many of them | `slow_handshakes_share_one_limit_of_time`, `limits::the_silent_keep…` | `handshake::slow_handshakes…`, `handshake::the_handshake_time…` |
//! | foreign, `null` and look-alike origins | `foreign_origins_are_refused_before_the_upgrade`, `authorise::origins_are_judged…` | `handshake::foreign_origins…` |
//! | lengths with the top bit, or longer than need be | `lengths_are_minimal_and_have_no_top_bit` | `framing::lengths_are_minimal…` |
//! | a length over the limit | `a_message_over_the_limit_is_refused_by_its_header` | `framing::a_message_over_the_limit…` |
//! | a large length declared, then silence | `a_declared_length_reserves_nothing` | `framing::a_declared_length…` |
//! | very many tiny fragments | `tiny_fragments_are_refused_at_the_limit`, `tiny_fragments_become_one_message` | `framing::a_million_fragments…` (two) |
//! | every split, one-byte segments | `any_split_is_heard_the_same` | `framing::any_split…` |
//! | reserved bits that nothing defines | `reserved_bits_are_refused` | `framing::reserved_bits…` |
//! | compression offered in odd ways; its bit out of place | `compression::offers_that…`, `compression::the_compressed_bit…` | `handshake::compression_offers…`, `deflating::…` |
//! | inflate bombs, garbage in a compressed message | `compression::bombs_and_garbage…` | `deflating::…` |
//! | a flood of pings, not reading | `a_flood_of_pings_is_refused_at_the_rate`, `pongs_for_a_peer_that_does_not_read_are_bounded` | `flooding::a_million_pings…` (two) |
//! | a flood of messages | `messages_over_the_rate_are_refused` | `framing::messages_over_the_rate…` |
//! | malformed control frames, opcodes, sequences | `malformed_control_frames_are_refused`, `unknown_opcodes_are_refused`, `fragments_out_of_order_are_refused` | `framing::control_frames…`, `framing::unknown_opcodes…`, `framing::fragments_out_of_order…` |
//! | a frame without mask | `unmasked_frames_are_refused` | `framing::unmasked_frames…` |
//! | malformed close frames; data after close | `malformed_close_frames_are_refused`, `nothing_is_heard_after_a_close_frame` | `closing::malformed_close_frames…`, `closing::nothing_is_heard…` |
//! | invalid UTF-8, split anywhere | `invalid_utf8_is_refused_wherever_it_is_split`, `invalid_utf8_is_refused_at_its_first_byte` | `framing::invalid_utf8…` (two) |
//! | a reader that stops | file `slow_readers`, `stopped_readers_stay_within_the_budget` | `flooding::a_stopped_reader…` (three), `flooding::stopped_readers_together…` |
//! | closing never finished, end withheld | `endings::a_close_that_is_never_answered…`, `endings::an_end_that_never_comes…`, `endless_input_after_the_end_is_cut` | `closing::an_unanswered_close…`, `closing::a_withheld_end…`, `closing::endless_input…` |
//! | a reset or an end at any byte | `a_reset_at_any_byte_ends_once`, `an_end_at_any_byte_ends_once` | `closing::a_reset_at_any_byte…` |
//! | many joins, long names, control characters, many namespaces | `rooms_and_namespaces_are_refused_at_the_limit`, `bad_names_are_refused_and_not_kept` | `joining::…` |
//! | many refused handshakes | `refused_handshakes_leave_nothing_behind` | `handshake::refused_handshakes…` |
//!
//! Not here: what a peer cannot observe, colliding names (beside the core's room
//! index) and predictable ids (`handshake::ids_come_from…`); and what needs a
//! process of its own, the limit of descriptors (`server/tests/descriptors.rs`).

mod closing;
mod flooding;
mod fragments;
mod framing;
mod handshake;
mod naming;
mod slowness;

pub(crate) use {closing::*, flooding::*, fragments::*, framing::*, handshake::*, naming::*, slowness::*};

use crate::world::{Log, Peer, Raw, Server, World, config, eventually};
use fanfare::{App, Route, Settings};

/// A server under attack.
struct Siege<'w> {
    /// Honest connections, one on each shard at least.
    neighbours: Vec<Peer<'w>>,
    server: Server<'w>,
    /// How connections ended, in order.
    ends: Log,
    /// How many attackers were refused.
    refused: usize,
}

impl<'w> Siege<'w> {
    /// An echo with these settings.
    fn new(world: &'w World, edit: impl FnOnce(&mut Settings)) -> Siege<'w> {
        Siege::of(world, edit, Siege::echo(), |app| app)
    }

    fn echo() -> Route {
        Route::new().on_message(|ctx, message| ctx.send(&message))
    }

    /// A route at `/` that answers each message with one, and what `more` adds.
    fn of(
        world: &'w World,
        edit: impl FnOnce(&mut Settings),
        route: Route,
        more: impl FnOnce(App) -> App,
    ) -> Siege<'w> {
        let ends = Log::default();
        let noted = ends.clone();
        let route = route.on_close(move |_, closed| noted.note(closed.reason.to_string()));
        let server = world.start(more(App::new().config(config(edit)).route("/", route)));
        let mut siege = Siege { neighbours: Vec::new(), server, ends, refused: 0 };
        while !siege.has_neighbours_everywhere() {
            assert!(siege.neighbours.len() < 64, "a shard gets no connection");
            siege.neighbours.push(siege.server.connect("/"));
        }
        siege
    }

    fn has_neighbours_everywhere(&self) -> bool {
        let handle = self.server.handle();
        let connections = handle.connections().wait().unwrap();
        let mut shards: Vec<_> = connections.iter().map(|info| info.id.shard().0).collect();
        shards.sort_unstable();
        shards.dedup();
        shards.len() == handle.shards()
    }

    /// The neighbours are served: each hears the very next answer.
    #[track_caller]
    fn assert_served(&mut self) {
        for neighbour in &mut self.neighbours {
            neighbour.expect_echo("well?");
        }
    }

    /// A stream on an open connection is refused with `code`, brought whole or
    /// byte by byte.
    #[track_caller]
    fn assert_refused(&mut self, stream: &[u8], code: u16) {
        for bring in [Raw::write, drip] {
            let mut raw = self.server.raw_open("/");
            bring(&mut raw, stream);
            self.hear_refusal(raw, code);
        }
    }

    /// The next and last that an attacker hears is a close with this code.
    #[track_caller]
    fn hear_refusal(&mut self, raw: Raw, code: u16) {
        self.hear_refusal_after(raw, code, |_, opcode| panic!("a close must come, not opcode {opcode}"));
    }

    /// The same after other frames, whose opcodes are given to `other`.
    #[track_caller]
    fn hear_refusal_after(&mut self, mut raw: Raw, code: u16, mut other: impl FnMut(&mut Raw, u8)) {
        let payload = loop {
            match raw.hear() {
                (8, payload) => break payload,
                (opcode, _) => other(&mut raw, opcode),
            }
        };
        assert_eq!(u16::from_be_bytes([payload[0], payload[1]]), code);
        raw.hear_end();
        self.count_refusal();
    }

    /// One more was refused, and the application is told of its end, once.
    #[track_caller]
    fn count_refusal(&mut self) {
        self.refused += 1;
        let ends = self.ends.wait_for(self.refused);
        assert_eq!(ends.len(), self.refused, "{ends:?}");
    }

    /// Whoever was refused is gone, for a violation that was told and counted
    /// once, and the neighbours are as good as new.
    #[track_caller]
    fn assert_over(&mut self) {
        let ends = self.ends.wait_for(self.refused);
        assert_eq!(ends.len(), self.refused, "{ends:?}");
        assert!(ends.iter().all(|end| end.starts_with("closed because of a violation: ")), "{ends:?}");
        let (handle, neighbours) = (self.server.handle(), self.neighbours.len());
        eventually("the attackers are gone", || handle.totals().connections == neighbours);
        eventually("each violation is counted", || handle.stats().violations == self.refused as u64);
        self.assert_served();
    }
}

/// Writes one byte at a time.
fn drip(raw: &mut Raw, bytes: &[u8]) {
    bytes.chunks(1).for_each(|byte| raw.write(byte));
}
