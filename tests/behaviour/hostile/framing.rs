//! Attacks with single frames: malformed, out of order, not text.

use super::Siege;
use crate::world::{World, frame};

/// A masked frame with this first byte: flags and opcode.
fn frame_with(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = frame(0, payload);
    bytes[0] = first;
    bytes
}

/// The masked header of a binary frame whose length is written as told.
fn header_with(length: u8, extended: &[u8]) -> Vec<u8> {
    [&[0x82, 0x80 | length], extended, &[0; 4]].concat()
}

pub(crate) fn lengths_are_minimal_and_have_no_top_bit(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    siege.assert_refused(&header_with(127, &[0x80, 0, 0, 0, 0, 0, 0, 0]), 1002);
    siege.assert_refused(&header_with(127, &[0xff; 8]), 1002);
    siege.assert_refused(&header_with(127, &0xffff_u64.to_be_bytes()), 1002);
    siege.assert_refused(&header_with(126, &125_u16.to_be_bytes()), 1002);
    siege.assert_over();
}

pub(crate) fn a_message_over_the_limit_is_refused_by_its_header(world: &World) {
    let mut siege = Siege::new(world, |settings| settings.connection.message_bytes_max = 1_000);
    siege.assert_refused(&header_with(126, &1_001_u16.to_be_bytes()), 1009);
    siege.assert_refused(&header_with(127, &(1_u64 << 62).to_be_bytes()), 1009);
    let second = [&[0x80, 0xfe], &501_u16.to_be_bytes()[..], &[0; 4]].concat();
    siege.assert_refused(&[frame_with(0x02, &[0; 500]), second].concat(), 1009);
    siege.assert_over();
}

pub(crate) fn reserved_bits_are_refused(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    for bits in 1..8 {
        for opcode in [0x0, 0x1, 0x2, 0x8, 0x9, 0xA] {
            siege.assert_refused(&frame_with(0x80 | bits << 4 | opcode, b""), 1002);
        }
    }
    siege.assert_over();
}

pub(crate) fn unknown_opcodes_are_refused(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    for opcode in (0x3..=0x7).chain(0xB..=0xF) {
        siege.assert_refused(&frame(opcode, b""), 1002);
    }
    siege.assert_over();
}

pub(crate) fn malformed_control_frames_are_refused(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    for opcode in [0x8, 0x9, 0xA] {
        siege.assert_refused(&frame(opcode, &[b'a'; 126]), 1002);
        siege.assert_refused(&frame_with(opcode, b"ab"), 1002);
    }
    siege.assert_over();
}

pub(crate) fn fragments_out_of_order_are_refused(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    siege.assert_refused(&frame_with(0x00, b"continues nothing"), 1002);
    siege.assert_refused(&frame_with(0x80, b"ends nothing"), 1002);
    siege.assert_refused(&[frame_with(0x01, b"one"), frame_with(0x81, b"another")].concat(), 1002);
    siege.assert_refused(&[frame_with(0x02, b"one"), frame_with(0x02, b"another")].concat(), 1002);
    siege.assert_over();
}

pub(crate) fn unmasked_frames_are_refused(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    for unmasked in [&b"\x81\x01a"[..], b"\x82\x00", b"\x89\x00", b"\x88\x00"] {
        siege.assert_refused(unmasked, 1002);
    }
    siege.assert_over();
}

pub(crate) fn malformed_close_frames_are_refused(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    siege.assert_refused(&frame(8, b"\x03"), 1002);
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
        siege.assert_refused(&frame(8, &code.to_be_bytes()), 1002);
    }
    let reason_behind_1000 = |reason: &[u8]| frame(8, &[&1000_u16.to_be_bytes(), reason].concat());
    siege.assert_refused(&reason_behind_1000(b"\xc3\x28"), 1007);
    siege.assert_refused(&reason_behind_1000(b"\xe2\x82"), 1007);
    siege.assert_over();
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

pub(crate) fn invalid_utf8_is_refused_wherever_it_is_split(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    for (bad, _) in NOT_UTF8 {
        let payload = [b"\xe2\x82\xac", bad, b"!"].concat();
        siege.assert_refused(&frame(1, &payload), 1007);
        for at in 1..payload.len() {
            let (first, last) = payload.split_at(at);
            siege.assert_refused(&[frame_with(0x01, first), frame_with(0x80, last)].concat(), 1007);
        }
    }
    // A character that never ends.
    siege.assert_refused(&frame(1, b"\xe2\x82"), 1007);
    siege.assert_over();
}

/// The rest of the message never comes, and need not.
pub(crate) fn invalid_utf8_is_refused_at_its_first_byte(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    for (bad, hopeful_bytes) in NOT_UTF8 {
        let stream = frame(1, &[bad, b"a long rest"].concat());
        let header_bytes = 6;
        let (hopeful, rest) = stream.split_at(header_bytes + hopeful_bytes);
        let mut raw = siege.server.raw_open("/");
        raw.write(hopeful);
        siege.assert_served();
        assert_eq!(siege.ends.all().len(), siege.refused, "there is hope");
        raw.write(&rest[..1]);
        siege.hear_refusal(raw, 1007);
    }
    siege.assert_over();
}
