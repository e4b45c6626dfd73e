//! One test per violation, by its name, and the events of well-formed streams.
//! Chunking in general is the subject of `tests/chunking.rs`.

use super::*;
use crate::wire::{CloseCode, Frame};

const LIMITS: Limits = Limits { message_bytes_max: 300, fragments_max: 3 };
const KEY: [u8; 4] = [0xA1, 0, 0x7F, 0x33];

/// Feeds the bytes one at a time: the violation, and how many bytes showed it.
fn refused_at(role: Role, bytes: &[u8]) -> Option<(Violation, usize)> {
    let mut decoder = Decoder::new(role);
    (1..).zip(bytes).find_map(|(count, &byte)| {
        decoder.decode(&LIMITS, &mut [byte]).err().map(|violation| (violation, count))
    })
}

/// Feeds the bytes whole: the events before the violation, if there is one.
fn decode_all(role: Role, bytes: &[u8]) -> (Vec<Incoming<'static>>, Option<Violation>) {
    let (mut decoder, mut bytes, mut events) = (Decoder::new(role), bytes.to_vec(), Vec::new());
    let mut rest = bytes.as_mut_slice();
    while !rest.is_empty() {
        match decoder.decode(&LIMITS, rest) {
            Ok(Decoded { consumed, incoming }) => {
                events.extend(incoming.map(owned));
                rest = &mut rest[consumed..];
            }
            Err(violation) => return (events, Some(violation)),
        }
    }
    (events, None)
}

fn owned(incoming: Incoming<'_>) -> Incoming<'static> {
    match incoming {
        Incoming::Message(message) => Incoming::Message(message.into_owned()),
        Incoming::Compressed(message) => Incoming::Compressed(message.into_owned()),
        Incoming::Ping(payload) => Incoming::Ping(payload.into_owned()),
        Incoming::Pong(payload) => Incoming::Pong(payload.into_owned()),
        Incoming::Close(frame) => Incoming::Close(frame),
    }
}

/// The bytes are refused with `violation`, whole or in pieces, and not before
/// byte `shown_by`, counted from 1.
#[track_caller]
fn assert_refused(role: Role, bytes: &[u8], violation: Violation, shown_by: usize) {
    assert_eq!(refused_at(role, bytes), Some((violation, shown_by)));
    assert_eq!(decode_all(role, bytes).1, Some(violation));
}

#[test]
fn reserved_bits() {
    assert_refused(Role::Client, &[0xC1], Violation::ReservedBits { bits: 0b100 }, 1);
    assert_refused(Role::Server, &[0xB9], Violation::ReservedBits { bits: 0b011 }, 1);
}

#[test]
fn unknown_opcode() {
    for opcode in [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        assert_refused(Role::Client, &[0x80 | opcode], Violation::UnknownOpcode { opcode }, 1);
    }
}

#[test]
fn unmasked_client_frame() {
    assert_refused(Role::Server, &[0x81, 0x02, b'h', b'i'], Violation::UnmaskedClientFrame, 2);
}

#[test]
fn masked_server_frame() {
    assert_refused(Role::Client, &[0x81, 0x80, 1, 2, 3, 4], Violation::MaskedServerFrame, 2);
}

#[test]
fn non_minimal_length() {
    assert_refused(Role::Client, &[0x82, 126, 0, 125], Violation::NonMinimalLength, 4);
    assert_refused(Role::Client, &[0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], Violation::NonMinimalLength, 8);
    assert_eq!(refused_at(Role::Client, &[0x82, 126, 0, 126]), None);
}

#[test]
fn length_top_bit_set() {
    assert_refused(Role::Client, &[0x82, 127, 0x80], Violation::LengthTopBitSet, 3);
}

#[test]
fn control_too_long() {
    for marker in [126, 127] {
        assert_refused(Role::Client, &[0x89, marker], Violation::ControlTooLong, 2);
    }
    assert_eq!(refused_at(Role::Client, &[0x89, 125]), None);
}

#[test]
fn control_fragmented() {
    for opcode in [0x8, 0x9, 0xA] {
        assert_refused(Role::Client, &[opcode], Violation::ControlFragmented, 1);
    }
}

#[test]
fn continuation_without_start() {
    assert_refused(Role::Client, &[0x80], Violation::ContinuationWithoutStart, 1);
    let after_a_whole_message = [0x81, 1, b'a', 0x00];
    assert_refused(Role::Client, &after_a_whole_message, Violation::ContinuationWithoutStart, 4);
}

#[test]
fn message_inside_message() {
    assert_refused(Role::Client, &[0x01, 0, 0x82], Violation::MessageInsideMessage, 3);
}

#[test]
fn invalid_utf8() {
    let at_the_first_bad_byte = [0x81, 4, b'a', 0xC3, 0x28, b'b'];
    assert_refused(Role::Client, &at_the_first_bad_byte, Violation::InvalidUtf8, 5);
    let across_fragments = [0x01, 1, 0xF0, 0x80, 1, 0x80];
    assert_refused(Role::Client, &across_fragments, Violation::InvalidUtf8, 6);
    let cut_short_by_the_end = [0x01, 1, 0xE2, 0x80, 1, 0x82];
    assert_refused(Role::Client, &cut_short_by_the_end, Violation::InvalidUtf8, 6);
}

#[test]
fn message_too_big() {
    let announced = Violation::MessageTooBig { bytes: 301, bytes_max: 300 };
    assert_refused(Role::Server, &[0x82, 0xFE, 0x01, 0x2D], announced, 4);
    let huge = Violation::MessageTooBig { bytes: u64::MAX >> 1, bytes_max: 300 };
    let huge_header = [&[0x82, 127, 0x7F][..], &[0xFF; 7]].concat();
    assert_refused(Role::Client, &huge_header, huge, 10);
    let over_in_all = [&[0x02, 100][..], &[0; 100], &[0x80, 126, 0, 201]].concat();
    assert_refused(Role::Client, &over_in_all, announced, 106);
}

#[test]
fn too_many_fragments() {
    let fragments = [0x02, 0, 0x00, 0, 0x89, 0, 0x00, 0, 0x80];
    assert_refused(Role::Client, &fragments, Violation::TooManyFragments { fragments_max: 3 }, 9);
}

#[test]
fn close_body_too_short() {
    assert_refused(Role::Client, &[0x88, 1, 3], Violation::CloseBodyTooShort, 3);
}

#[test]
fn close_code_invalid() {
    assert_refused(Role::Client, &[0x88, 2, 0x03, 0xED], Violation::CloseCodeInvalid { code: 1005 }, 4);
}

#[test]
fn close_reason_not_utf8() {
    assert_refused(Role::Client, &[0x88, 3, 0x03, 0xE8, 0xFF], Violation::CloseReasonNotUtf8, 5);
}

#[test]
fn a_whole_message_is_borrowed_and_one_in_pieces_is_owned() {
    let frame = Frame::text("Grüße").masked(KEY);
    let mut decoder = Decoder::new(Role::Server);
    let mut whole = frame.as_bytes().to_vec();
    let step = decoder.decode(&LIMITS, &mut whole).unwrap();
    assert_eq!(step.consumed, frame.len());
    assert!(matches!(step.incoming, Some(Incoming::Message(Message::Text(Cow::Borrowed("Grüße"))))));

    for split in 1..frame.len() {
        let mut bytes = frame.as_bytes().to_vec();
        let (head, tail) = bytes.split_at_mut(split);
        let step = decoder.decode(&LIMITS, head).unwrap();
        assert_eq!((step.consumed, step.incoming), (split, None));
        assert!(decoder.is_mid_message(), "split at {split}");
        let step = decoder.decode(&LIMITS, tail).unwrap();
        assert_eq!(step.consumed, frame.len() - split);
        assert_eq!(step.incoming, Some(Incoming::Message(Message::from("Grüße"))));
        assert!(!decoder.is_mid_message());
    }
}

#[test]
fn control_frames_come_between_fragments() {
    let bytes = b"\x01\x03Hel\x89\x01!\x00\x00\x8A\x00\x80\x02lo\x88\x02\x03\xE8";
    let payload = ControlPayload::try_from(&b"!"[..]).unwrap();
    let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    let expected = vec![
        Incoming::Ping(payload),
        Incoming::Pong(ControlPayload::EMPTY),
        Incoming::Message(Message::from("Hello")),
        Incoming::Close(Some(normal)),
    ];
    assert_eq!(decode_all(Role::Client, bytes), (expected, None));
}

#[test]
fn a_fragmented_message_is_unfinished_between_its_frames() {
    let mut decoder = Decoder::new(Role::Client);
    assert!(!decoder.is_mid_message());
    decoder.decode(&LIMITS, &mut [0x02, 0]).unwrap();
    assert!(decoder.is_mid_message());
    let mut last = [0x80, 0];
    let step = decoder.decode(&LIMITS, &mut last).unwrap();
    assert_eq!(step.incoming, Some(Incoming::Message(Message::from(&[][..]))));
    assert!(!decoder.is_mid_message());
}

#[test]
fn no_bytes_are_no_event() {
    let step = Decoder::new(Role::Server).decode(&LIMITS, &mut []).unwrap();
    assert_eq!((step.consumed, step.incoming), (0, None));
}

#[test]
fn a_message_of_exactly_the_limit_is_allowed() {
    let frame = Frame::binary(&[7; 300]);
    let (events, violation) = decode_all(Role::Client, frame.as_bytes());
    assert_eq!((events.len(), violation), (1, None));
}

/// The violation that bytes in pieces of this size show where messages may be compressed.
fn refused_with_deflate(bytes: &[u8], size: usize) -> Option<Violation> {
    let mut decoder = Decoder::with_deflate(Role::Client);
    bytes.chunks(size).find_map(|chunk| {
        let mut chunk = chunk.to_vec();
        let mut rest = chunk.as_mut_slice();
        while !rest.is_empty() {
            match decoder.decode(&LIMITS, rest).map(|decoded| decoded.consumed) {
                Ok(consumed) => rest = &mut rest[consumed..],
                Err(violation) => return Some(violation),
            }
        }
        None
    })
}

#[track_caller]
fn assert_refused_with_deflate(bytes: &[u8], violation: Violation) {
    assert_eq!(refused_with_deflate(bytes, 1), Some(violation));
    assert_eq!(refused_with_deflate(bytes, bytes.len()), Some(violation));
}

#[test]
fn compressed_bit_misplaced() {
    for control in [0xC8, 0xC9, 0xCA] {
        assert_refused_with_deflate(&[control, 0], Violation::CompressedBitMisplaced);
    }
    assert_refused_with_deflate(&[0x41, 1, 0, 0x40, 1, 0], Violation::CompressedBitMisplaced);
    assert_refused_with_deflate(&[0x01, 1, b'a', 0xC0, 1, 0], Violation::CompressedBitMisplaced);
}

#[test]
fn reserved_bits_stay_reserved_beside_the_compressed_one() {
    for (first, bits) in [(0xE1, 0b110), (0xD1, 0b101), (0xB1, 0b011), (0xA9, 0b010)] {
        assert_refused_with_deflate(&[first, 0], Violation::ReservedBits { bits });
    }
    assert_refused_with_deflate(&[0xC3, 0], Violation::UnknownOpcode { opcode: 3 });
}

#[test]
fn compressed_messages_are_told_as_they_came() {
    let mut decoder = Decoder::with_deflate(Role::Client);
    let mut decode = |bytes: &[u8]| decoder.decode(&LIMITS, &mut bytes.to_vec()).unwrap().incoming.map(owned);
    let compressed =
        |kind, payload: &'static [u8]| Some(Incoming::Compressed(Compressed::new(kind, payload)));
    // No text, and nothing is said about that: it may become one.
    assert_eq!(decode(b"\xc1\x02\xff\xfe"), compressed(MessageKind::Text, b"\xff\xfe"));
    assert_eq!(decode(b"\xc2\x00"), compressed(MessageKind::Binary, b""));
    assert_eq!(decode(b"\x41\x01\xff"), None);
    assert_eq!(decode(b"\x89\x00"), Some(Incoming::Ping(ControlPayload::EMPTY)));
    assert_eq!(decode(b"\x80\x01\xfe"), compressed(MessageKind::Text, b"\xff\xfe"));
    assert_eq!(decode(b"\x81\x02hi"), Some(Incoming::Message(Message::from("hi"))));
}

#[test]
fn compressed_bytes_are_limited_like_others() {
    let refused = Violation::MessageTooBig { bytes: 301, bytes_max: 300 };
    assert_refused_with_deflate(&[0xC2, 126, 1, 45], refused);
    assert_refused_with_deflate(&[&[0x42, 100][..], &[0; 100], &[0x80, 126, 0, 201]].concat(), refused);
}
