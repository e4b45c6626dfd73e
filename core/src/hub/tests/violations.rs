//! Each violation by its name: reached through the hub, answered by its code,
//! told as the reason, and the end of the connection. A masked server frame is
//! what only a client can meet: the decoder's tests have it.

use super::harness::{masked, raw};
use super::*;
use crate::close::CloseReason;
use crate::violation::Violation;
use crate::wire::Frame;

/// `bytes` get an open connection failed with `violation` and `code`.
#[track_caller]
fn assert_violated(bytes: &[u8], violation: Violation, code: u16) {
    let edit = |server: &mut crate::config::Settings| {
        let route = &mut server.connection;
        (route.message_bytes_max, route.fragments_max) = (300, 3);
        (route.control_frames_per_second_max, route.messages_per_second_max) = (4, 5);
    };
    let mut world = World::new(edit);
    let mut peer = world.connect("ann");
    world.hub.send(world.now, peer.id, &Frame::text("queued before")).unwrap();
    world.feed(&mut peer, bytes);
    assert!(peer.unread.is_empty(), "what follows is discarded");
    world.drain(&mut peer);
    let mut heard = peer.take_heard();
    heard.retain(|heard| !matches!(heard, Heard::Pong(_)));
    assert_eq!(heard, [Heard::text("queued before"), Heard::Close(Some(code))], "{violation}");
    let closed = world.closed(peer.id).unwrap();
    assert_eq!((&closed.reason, closed.was_open), (&CloseReason::Violation(violation), true));
    assert_eq!(u16::from(violation.close_code()), code);
    assert_eq!((world.hub.stats().violations, world.hub.stats().discarded), (1, 0));
    assert_eq!((peer.is_shut, peer.over), (true, None), "lingering");
    world.feed(&mut peer, &masked(&Frame::text("nobody hears this")));
    world.end_of_input(&mut peer);
    assert_eq!(peer.over, Some(false));
    world.release(peer);
}

#[test]
fn reserved_bits() {
    assert_violated(&raw(0xC1, b"x"), Violation::ReservedBits { bits: 0b100 }, 1002);
    assert_violated(&raw(0xB1, b"x"), Violation::ReservedBits { bits: 0b011 }, 1002);
}

#[test]
fn unknown_opcode() {
    assert_violated(&raw(0x83, b"x"), Violation::UnknownOpcode { opcode: 3 }, 1002);
    assert_violated(&raw(0x8B, b"x"), Violation::UnknownOpcode { opcode: 11 }, 1002);
}

#[test]
fn unmasked_client_frame() {
    assert_violated(Frame::text("x").as_bytes(), Violation::UnmaskedClientFrame, 1002);
}

#[test]
fn non_minimal_length() {
    assert_violated(&[0x82, 0xFE, 0, 125], Violation::NonMinimalLength, 1002);
}

#[test]
fn length_top_bit_set() {
    assert_violated(&[0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], Violation::LengthTopBitSet, 1002);
}

#[test]
fn control_too_long() {
    assert_violated(&[0x89, 0xFE, 0, 126], Violation::ControlTooLong, 1002);
}

#[test]
fn control_fragmented() {
    assert_violated(&raw(0x09, b"x"), Violation::ControlFragmented, 1002);
}

#[test]
fn continuation_without_start() {
    assert_violated(&raw(0x80, b"x"), Violation::ContinuationWithoutStart, 1002);
}

#[test]
fn message_inside_message() {
    let bytes = [raw(0x01, b"x"), raw(0x81, b"y")].concat();
    assert_violated(&bytes, Violation::MessageInsideMessage, 1002);
}

#[test]
fn invalid_utf8() {
    assert_violated(&raw(0x81, b"\xFF"), Violation::InvalidUtf8, 1007);
    assert_violated(&[raw(0x01, b"\xE2\x82"), raw(0x80, b"\x41")].concat(), Violation::InvalidUtf8, 1007);
}

#[test]
fn message_too_big() {
    let too_big = Violation::MessageTooBig { bytes: 301, bytes_max: 300 };
    assert_violated(&masked(&Frame::binary(&[0; 301])), too_big, 1009);
    let pieces = [raw(0x02, &[0; 120]), raw(0x00, &[0; 120]), raw(0x80, &[0; 61])].concat();
    assert_violated(&pieces, too_big, 1009);
}

#[test]
fn too_many_fragments() {
    let bytes = [raw(0x02, b""), raw(0x00, b""), raw(0x00, b""), raw(0x80, b"")].concat();
    assert_violated(&bytes, Violation::TooManyFragments { fragments_max: 3 }, 1008);
}

#[test]
fn message_too_slow() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.feed(&mut peer, &raw(0x01, b"begun"));
    for _ in 0..3 {
        world.advance(Duration::from_millis(20_100));
        world.feed(&mut peer, &raw(0x8A, b"alive"));
    }
    world.drain(&mut peer);
    assert_eq!(peer.take_heard().last(), Some(&Heard::Close(Some(1008))));
    let expected = CloseReason::Violation(Violation::MessageTooSlow);
    assert_eq!(world.closed(peer.id).unwrap().reason, expected);
}

#[test]
fn control_rate() {
    let bytes = [raw(0x89, b""), raw(0x8A, b"")].concat().repeat(3);
    assert_violated(&bytes, Violation::ControlRate { per_second_max: 4 }, 1008);
}

#[test]
fn message_rate() {
    assert_violated(&raw(0x81, b"x").repeat(7), Violation::MessageRate { per_second_max: 5 }, 1008);
}

#[test]
fn close_body_too_short() {
    assert_violated(&raw(0x88, b"x"), Violation::CloseBodyTooShort, 1002);
}

#[test]
fn close_code_invalid() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
        let bytes = raw(0x88, &u16::to_be_bytes(code));
        assert_violated(&bytes, Violation::CloseCodeInvalid { code }, 1002);
    }
}

#[test]
fn close_reason_not_utf8() {
    assert_violated(&raw(0x88, b"\x03\xE8\xFF"), Violation::CloseReasonNotUtf8, 1007);
}

#[test]
fn a_violation_after_our_close_frame_sends_no_second_one() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.hub.close(world.now, peer.id, crate::close::CloseCode::Away, "").unwrap();
    world.feed(&mut peer, &raw(0xFF, b""));
    world.drain(&mut peer);
    assert_eq!(peer.take_heard(), [Heard::Close(Some(1001))]);
    let closed = world.closed(peer.id).unwrap();
    assert_eq!(closed.reason, CloseReason::Violation(Violation::ReservedBits { bits: 7 }));
}
