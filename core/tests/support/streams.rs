//! Byte streams worth decoding: well-formed, slightly corrupted, or garbage.

use super::MESSAGE_BYTES_MAX;
use fanfare_core::wire::Role;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A stream of frames as they are sent to `role`: mostly well-formed, sometimes
/// with a few bytes changed, sometimes with garbage behind.
pub(crate) fn streams(role: Role) -> impl Strategy<Value = Vec<u8>> {
    let changes = prop_oneof![1 => Just(vec![]), 1 => vec(any::<(Index, u8)>(), 1..4)];
    let garbage = prop_oneof![4 => Just(vec![]), 1 => vec(any::<u8>(), 1..20)];
    (vec(message_or_control(), 0..8), changes, garbage).prop_map(move |(groups, changes, garbage)| {
        let frames = groups.into_iter().flatten().flat_map(|frame| frame.encode(role));
        let mut stream: Vec<u8> = frames.chain(garbage).collect();
        for (at, byte) in changes {
            if !stream.is_empty() {
                let at = at.index(stream.len());
                stream[at] = byte;
            }
        }
        stream
    })
}

/// A frame of less than 64 KiB, possibly one that must not be.
#[derive(Clone, Debug)]
struct RawFrame {
    first: u8,
    form: LengthForm,
    key: [u8; 4],
    payload: Vec<u8>,
}

/// How a length is written; too long a form is a fault.
#[derive(Clone, Copy, Debug)]
enum LengthForm {
    Minimal,
    Bits16,
    Bits64,
    /// 64 bits, of which the most significant is set.
    TopBit,
}

impl RawFrame {
    fn encode(self, role: Role) -> Vec<u8> {
        let length = (self.payload.len() as u64).to_be_bytes();
        let (marker, extended) = match (self.form, length) {
            (LengthForm::Minimal, [.., 0, short @ 0..=125]) => (short, vec![]),
            (LengthForm::Minimal | LengthForm::Bits16, [.., high, low]) => (126, vec![high, low]),
            (LengthForm::Bits64, _) => (127, length.to_vec()),
            (LengthForm::TopBit, [high, rest @ ..]) => (127, [&[high | 0x80][..], &rest].concat()),
        };
        let masked = self.payload.iter().zip(self.key.iter().cycle()).map(|(byte, key)| byte ^ key);
        match role {
            Role::Server => {
                [vec![self.first, 0x80 | marker], extended, self.key.to_vec(), masked.collect()].concat()
            }
            Role::Client => [vec![self.first, marker], extended, self.payload].concat(),
        }
    }
}

/// The frames of one message, with control frames between them, or one control
/// frame alone.
fn message_or_control() -> impl Strategy<Value = Vec<RawFrame>> {
    prop_oneof![
        4 => (message_payload(), vec((any::<Index>(), option_of_control()), 0..4))
            .prop_flat_map(|((opcode, payload), cuts)| fragmented(opcode, &payload, cuts)),
        2 => control().prop_map(|frame| vec![frame]),
        1 => raw().prop_map(|frame| vec![frame]),
    ]
}

fn fragmented(
    opcode: u8,
    payload: &[u8],
    cuts: Vec<(Index, Option<RawFrame>)>,
) -> impl Strategy<Value = Vec<RawFrame>> + use<> {
    let mut cuts: Vec<_> =
        cuts.into_iter().map(|(at, control)| (at.index(payload.len() + 1), control)).collect();
    cuts.sort_by_key(|(at, _)| *at);
    let (mut frames, mut from, mut opcode) = (Vec::new(), 0, opcode);
    for (at, control) in cuts {
        frames.push((opcode, payload[from..at].to_vec()));
        frames.extend(control.map(|control| (control.first, control.payload)));
        (from, opcode) = (at, 0);
    }
    frames.push((0x80 | opcode, payload[from..].to_vec()));
    any::<[u8; 4]>().prop_map(move |key| {
        let frame = |(first, payload)| RawFrame { first, form: LengthForm::Minimal, key, payload };
        frames.iter().cloned().map(frame).collect()
    })
}

fn message_payload() -> impl Strategy<Value = (u8, Vec<u8>)> {
    let text = vec(prop_oneof![3 => any::<char>(), 1 => Just('x')], 0..24)
        .prop_map(|text| (1, text.into_iter().collect::<String>().into_bytes()));
    prop_oneof![
        4 => text,
        2 => vec(any::<u8>(), 0..100).prop_map(|bytes| (2, bytes)),
        1 => vec(any::<u8>(), 120..MESSAGE_BYTES_MAX + 10).prop_map(|bytes| (2, bytes)),
        1 => vec(any::<u8>(), 0..10).prop_map(|bytes| (1, bytes)),
    ]
}

fn option_of_control() -> impl Strategy<Value = Option<RawFrame>> {
    prop::option::of((9_u8..=10, vec(any::<u8>(), 0..10)).prop_map(|(opcode, payload)| RawFrame {
        first: 0x80 | opcode,
        form: LengthForm::Minimal,
        key: [0; 4],
        payload,
    }))
}

fn control() -> impl Strategy<Value = RawFrame> {
    let code = prop_oneof![1000_u16..1016, 2998_u16..3002, 4998_u16..5001, Just(0), Just(999)];
    let text = vec(any::<char>(), 0..5).prop_map(|text| text.into_iter().collect::<String>().into_bytes());
    let reason = prop_oneof![3 => text, 1 => vec(any::<u8>(), 0..5)];
    let close_body =
        (code, reason).prop_map(|(code, reason)| [&code.to_be_bytes(), reason.as_slice()].concat());
    let first_and_payload = prop_oneof![
        6 => (0x89_u8..=0x8A, vec(any::<u8>(), 0..20)),
        1 => (0x89_u8..=0x8A, vec(any::<u8>(), 120..130)),
        2 => (Just(0x88), close_body),
        1 => (Just(0x88), vec(any::<u8>(), 0..4)),
    ];
    (first_and_payload, any::<[u8; 4]>()).prop_map(|((first, payload), key)| RawFrame {
        first,
        form: LengthForm::Minimal,
        key,
        payload,
    })
}

/// A frame with any first byte and any length form.
fn raw() -> impl Strategy<Value = RawFrame> {
    let form = prop_oneof![
        5 => Just(LengthForm::Minimal),
        1 => Just(LengthForm::Bits16),
        1 => Just(LengthForm::Bits64),
        1 => Just(LengthForm::TopBit),
    ];
    let first = prop_oneof![2 => 0x80_u8..0x83, 1 => 0_u8..3, 1 => any::<u8>()];
    (first, form, any::<[u8; 4]>(), vec(any::<u8>(), 0..130))
        .prop_map(|(first, form, key, payload)| RawFrame { first, form, key, payload })
}
