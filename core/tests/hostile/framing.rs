//! Attacks on frames and messages.

use super::peer::{
    BINARY, BINARY_START, CONTINUATION, LAST_CONTINUATION, PING, TEXT, TEXT_START, close, frame, header,
    header_with, text,
};
use super::shard::{Heard, Shard, assert_refused, assert_refused_by, close_code};
use fanfare_core::close::CloseReason;
use fanfare_core::violation::Violation;
use fanfare_core::wire::Frame;
use std::time::Duration;

#[test]
fn lengths_are_minimal_and_have_no_top_bit() {
    assert_refused(&header_with(BINARY, 127, &[0x80, 0, 0, 0, 0, 0, 0, 0]), 1002);
    assert_refused(&header_with(BINARY, 127, &[0xff; 8]), 1002);
    assert_refused(&header_with(BINARY, 127, &0xffff_u64.to_be_bytes()), 1002);
    assert_refused(&header_with(BINARY, 126, &125_u16.to_be_bytes()), 1002);
}

/// A thousand connections declare a gigabyte each.
#[test]
fn a_declared_length_reserves_nothing() {
    const GIB: usize = 1 << 30;
    let mut shard = Shard::with(|server| {
        server.connection.message_bytes_max = GIB;
        server.connection.inbox_bytes_max = GIB;
        server.connection.outbox_bytes_max = GIB + 10;
        server.server_outbox_bytes_max = GIB + 10;
    });
    let before = process_bytes();
    for first in [BINARY, BINARY_START, TEXT].into_iter().cycle().take(1_000) {
        let id = shard.open();
        assert_eq!(shard.feed(id, &header(first, GIB as u64 - 1)), []);
        assert_eq!(shard.feed(id, &frame(first, b"a few bytes")[6..]), []);
        assert!(shard.hub.is_open(id));
    }
    // A reservation would be a thousand times this.
    assert!(process_bytes() - before < GIB as u64);
}

/// The address space of this process; reserved memory counts, touched or not.
#[cfg(target_os = "linux")]
fn process_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    1024 * size.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
}

/// Elsewhere an allocation of the declared lengths has to fail by itself.
#[cfg(not(target_os = "linux"))]
fn process_bytes() -> u64 {
    0
}

#[test]
fn a_message_over_the_limit_is_refused_by_its_header() {
    assert_refused(&header(BINARY, 512 * 1024 + 1), 1009);
    let in_two = [frame(BINARY_START, &vec![0; 100_000]), header(LAST_CONTINUATION, 512 * 1024)].concat();
    assert_refused(&in_two, 1009);
}

#[test]
fn a_million_fragments_are_refused_at_the_limit() {
    for payload in [&b""[..], b"x"] {
        let mut shard = Shard::new();
        let id = shard.open();
        assert_eq!(shard.feed(id, &frame(BINARY_START, payload)), []);
        let mut fragments = 1;
        while shard.hub.is_open(id) && fragments < 1_000_000 {
            assert_eq!(shard.feed(id, &frame(CONTINUATION, payload)), []);
            fragments += 1;
        }
        assert_eq!(fragments, 1_025);
        let violation = Violation::TooManyFragments { fragments_max: 1_024 };
        assert_eq!(shard.reasons(id), [CloseReason::Violation(violation)]);
        assert_eq!(close_code(&shard.write(id)), Some(1008));
    }
}

/// Where they are allowed, they end as one piece of memory.
#[test]
fn a_million_fragments_become_one_message() {
    let mut shard = Shard::with(|server| {
        server.connection.fragments_max = 1_000_001;
        server.connection.message_bytes_max = 1_000_000;
    });
    let id = shard.open();
    shard.feed(id, &frame(BINARY_START, b""));
    let ten = frame(CONTINUATION, b"x").repeat(10);
    (0..99_999).for_each(|_| assert_eq!(shard.feed(id, &ten), []));
    (0..9).for_each(|_| assert_eq!(shard.feed(id, &frame(CONTINUATION, b"x")), []));
    let heard = shard.feed(id, &frame(LAST_CONTINUATION, b"x"));
    assert_eq!(heard, [Heard::Binary(vec![b'x'; 1_000_000])]);
}

#[test]
fn a_dripped_message_is_cut_when_its_time_is_over() {
    for start in [frame(TEXT_START, b"a"), header(BINARY, 1_000), header(PING, 100)] {
        let mut shard = Shard::new();
        let (id, neighbour) = (shard.open(), shard.open());
        shard.feed(id, &start);
        // Enough to be heard of, and to look alive.
        let drip = if start[0] == TEXT_START { frame(CONTINUATION, b"a") } else { vec![b'a'] };
        for _ in 0..59 {
            assert_eq!(shard.feed(id, &drip), []);
            shard.assert_well(neighbour);
            shard.pass(Duration::from_secs(1));
            shard.write(id);
        }
        assert!(shard.hub.is_open(id));
        shard.pass(Duration::from_millis(1_050));
        assert_eq!(shard.reasons(id), [CloseReason::Violation(Violation::MessageTooSlow)]);
        assert_eq!(close_code(&shard.write(id)), Some(1008));
        shard.assert_well(neighbour);
    }
}

#[test]
fn any_split_is_heard_the_same() {
    let stream = [
        text("zażółć"),
        frame(TEXT_START, "za\u{17c}".as_bytes()),
        frame(PING, b"in between"),
        frame(LAST_CONTINUATION, b""),
        frame(BINARY, &[7; 200]),
        close(1000, b"done"),
        text("too late"),
    ]
    .concat();
    let run = |cuts: &[usize]| {
        let mut shard = Shard::new();
        let id = shard.open();
        let (mut heard, mut wire, mut start) = (Vec::new(), Vec::new(), 0);
        for &end in cuts.iter().chain([&stream.len()]) {
            heard.extend(shard.feed(id, &stream[start..end]));
            wire.extend(shard.write(id));
            start = end;
        }
        (heard, wire, shard.reasons(id))
    };
    let whole = run(&[]);
    assert_eq!(whole.0.len(), 4, "{:?}", whole.0);
    assert_eq!(whole.1, [&b"\x8a\x0ain between"[..], Frame::close(1000.into(), "").as_bytes()].concat());
    for at in 0..stream.len() {
        assert_eq!(run(&[at]), whole, "cut at {at}");
    }
    let everywhere: Vec<usize> = (1..stream.len()).collect();
    assert_eq!(run(&everywhere), whole, "cut everywhere");
}

#[test]
fn reserved_bits_are_refused() {
    for bits in 1..8 {
        for opcode in [0x0, 0x1, 0x2, 0x8, 0x9, 0xA] {
            assert_refused(&frame(0x80 | bits << 4 | opcode, b""), 1002);
        }
    }
}

#[test]
fn unknown_opcodes_are_refused() {
    for opcode in (0x3..=0x7).chain(0xB..=0xF) {
        assert_refused(&frame(0x80 | opcode, b""), 1002);
    }
}

#[test]
fn control_frames_are_short_and_whole() {
    for opcode in [0x8, 0x9, 0xA] {
        assert_refused(&frame(0x80 | opcode, &[b'a'; 126]), 1002);
        assert_refused(&frame(opcode, b"ab"), 1002);
    }
}

#[test]
fn fragments_out_of_order_are_refused() {
    assert_refused(&frame(CONTINUATION, b"a"), 1002);
    assert_refused(&frame(LAST_CONTINUATION, b"a"), 1002);
    assert_refused(&[frame(TEXT_START, b"a"), frame(TEXT, b"b")].concat(), 1002);
    assert_refused(&[frame(BINARY_START, b"a"), frame(BINARY_START, b"b")].concat(), 1002);
}

#[test]
fn unmasked_frames_are_refused() {
    assert_refused(Frame::text("a").as_bytes(), 1002);
    assert_refused(b"\x89\x00", 1002);
    assert_refused(b"\x88\x00", 1002);
}

/// Each with the length of what may still become a character.
const NOT_UTF8: [(&[u8], usize); 8] = [
    (b"\x80", 0),
    (b"\xc0\xaf", 0),
    (b"\xc3\x28", 1),
    (b"\xe0\x80\x80", 1),
    (b"\xed\xa0\x80", 1),
    (b"\xe2\x82\x28", 2),
    (b"\xf4\x90\x80\x80", 1),
    (b"\xf5\x80\x80\x80", 0),
];

#[test]
fn invalid_utf8_is_refused_wherever_it_is_split() {
    for (bad, _) in NOT_UTF8 {
        let payload = [b"ok\xe2\x82\xac", bad, b"ok"].concat();
        assert_refused(&frame(TEXT, &payload), 1007);
        for at in 0..=payload.len() {
            let (first, last) = payload.split_at(at);
            let stream = [frame(TEXT_START, first), frame(LAST_CONTINUATION, last)].concat();
            assert_refused(&stream, 1007);
        }
    }
    // A character that never ends.
    assert_refused(&frame(TEXT, b"\xe2\x82"), 1007);
}

#[test]
fn invalid_utf8_is_refused_at_its_first_byte() {
    for (bad, hopeful_bytes) in NOT_UTF8 {
        let mut shard = Shard::new();
        let id = shard.open();
        let stream = frame(TEXT, &[bad, b"a long rest"].concat());
        let header_bytes = 6;
        shard.feed(id, &stream[..header_bytes]);
        for byte in &stream[header_bytes..header_bytes + hopeful_bytes] {
            shard.feed(id, &[*byte]);
            assert!(shard.hub.is_open(id), "{}", bad.escape_ascii());
        }
        shard.feed(id, &stream[header_bytes + hopeful_bytes..=header_bytes + hopeful_bytes]);
        assert_eq!(shard.reasons(id), [CloseReason::Violation(Violation::InvalidUtf8)]);
    }
}

#[test]
fn messages_over_the_rate_are_refused() {
    let limited = || Shard::with(|server| server.connection.messages_per_second_max = 2);
    assert_refused_by(limited, &text("a").repeat(3), 1008);
}
