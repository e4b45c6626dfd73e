//! Any stream, cut anywhere, decodes to what a naive decoder reads from the
//! whole of it: the same events and the same violation, for either role.

mod support;

use fanfare_core::violation::Violation;
use fanfare_core::wire::{Limits, Role};
use proptest::prelude::*;
use support::outcome::{Outcome, Seen, decode};
use support::{MESSAGE_BYTES_MAX, piece_sizes, streams};

const LIMITS: Limits = Limits { message_bytes_max: MESSAGE_BYTES_MAX, fragments_max: 3 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_server_sees_the_same_in_any_chunks(stream in streams(Role::Server), sizes in piece_sizes()) {
        prop_assert_eq!(decode(Role::Server, &LIMITS, &stream, &sizes), reference(Role::Server, &stream));
    }

    #[test]
    fn a_client_sees_the_same_in_any_chunks(stream in streams(Role::Client), sizes in piece_sizes()) {
        prop_assert_eq!(decode(Role::Client, &LIMITS, &stream, &sizes), reference(Role::Client, &stream));
    }
}

/// Reads the whole stream the plain way: no state but the position and the
/// message so far.
fn reference(role: Role, stream: &[u8]) -> Outcome {
    let mut reader = Reference { role, stream, message: None, events: Vec::new() };
    let violation = loop {
        match reader.frame() {
            Ok(()) if matches!(reader.events.last(), Some(Seen::Close(_))) => break None,
            Ok(()) => {}
            Err(Stop::End) => break None,
            Err(Stop::Violation(violation)) => break Some(violation),
        }
    };
    Outcome { events: reader.events, violation }
}

struct Reference<'s> {
    role: Role,
    stream: &'s [u8],
    /// Opcode, payload and frame count of the fragmented message.
    message: Option<(u8, Vec<u8>, u32)>,
    events: Vec<Seen>,
}

enum Stop {
    End,
    Violation(Violation),
}

impl From<Violation> for Stop {
    fn from(violation: Violation) -> Stop {
        Stop::Violation(violation)
    }
}

impl<'s> Reference<'s> {
    fn bytes(&mut self, count: usize) -> Result<&'s [u8], Stop> {
        let (bytes, rest) = self.stream.split_at_checked(count).ok_or(Stop::End)?;
        self.stream = rest;
        Ok(bytes)
    }

    fn frame(&mut self) -> Result<(), Stop> {
        let first = self.bytes(1)?[0];
        let (is_final, opcode) = (first >= 0x80, first & 0x0F);
        self.judge_first(first)?;
        let second = self.bytes(1)?[0];
        match (self.role, second >= 0x80) {
            (Role::Server, false) => return Err(Violation::UnmaskedClientFrame.into()),
            (Role::Client, true) => return Err(Violation::MaskedServerFrame.into()),
            (Role::Server, true) | (Role::Client, false) => {}
        }
        let length = self.length(opcode, second & 0x7F)?;
        let before = self.message.as_ref().map_or(0, |(_, payload, _)| payload.len() as u64);
        let bytes_max = MESSAGE_BYTES_MAX as u64;
        if opcode < 8 && before + length > bytes_max {
            return Err(Violation::MessageTooBig { bytes: before + length, bytes_max }.into());
        }
        let key = if self.role == Role::Server { self.bytes(4)? } else { &[0; 4] };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let here = length.min(self.stream.len());
        let payload =
            self.bytes(here)?.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        if opcode < 8 {
            self.data(opcode, payload, here == length, is_final)
        } else if here < length {
            Err(Stop::End)
        } else {
            self.control(opcode, payload)
        }
    }

    fn judge_first(&self, first: u8) -> Result<(), Violation> {
        match (first & 0x0F, &self.message) {
            _ if first & 0x70 != 0 => Err(Violation::ReservedBits { bits: first >> 4 & 7 }),
            (opcode @ (3..=7 | 11..), _) => Err(Violation::UnknownOpcode { opcode }),
            (8..=10, _) if first < 0x80 => Err(Violation::ControlFragmented),
            (0, None) => Err(Violation::ContinuationWithoutStart),
            (0, Some((.., frames))) if *frames >= LIMITS.fragments_max => {
                Err(Violation::TooManyFragments { fragments_max: LIMITS.fragments_max })
            }
            (1 | 2, Some(_)) => Err(Violation::MessageInsideMessage),
            _ => Ok(()),
        }
    }

    fn length(&mut self, opcode: u8, marker: u8) -> Result<u64, Stop> {
        let (count, least) = match marker {
            126.. if opcode >= 8 => return Err(Violation::ControlTooLong.into()),
            126 => (2, 126),
            127 => (8, 65_536),
            length => return Ok(u64::from(length)),
        };
        let mut length = 0;
        for at in 0..count {
            let byte = self.bytes(1)?[0];
            if count == 8 && at == 0 && byte >= 0x80 {
                return Err(Violation::LengthTopBitSet.into());
            }
            length = length << 8 | u64::from(byte);
            // Six zero bytes of a 64-bit length leave room for 16 bits only.
            if count == 8 && at == 5 && length == 0 {
                return Err(Violation::NonMinimalLength.into());
            }
        }
        if length < least { Err(Violation::NonMinimalLength.into()) } else { Ok(length) }
    }

    fn data(&mut self, opcode: u8, payload: Vec<u8>, is_whole: bool, is_final: bool) -> Result<(), Stop> {
        let (opcode, so_far, frames) = self.message.take().unwrap_or((opcode, Vec::new(), 0));
        let message = [so_far, payload].concat();
        let is_complete = is_whole && is_final;
        let seen = match str::from_utf8(&message) {
            _ if opcode == 2 => Seen::Binary(message.clone()),
            Ok(text) => Seen::Text(text.to_owned()),
            Err(error) if !is_complete && error.error_len().is_none() => Seen::Text(String::new()),
            Err(_) => return Err(Violation::InvalidUtf8.into()),
        };
        match (is_whole, is_final) {
            (false, _) => return Err(Stop::End),
            (true, false) => self.message = Some((opcode, message, frames + 1)),
            (true, true) => self.events.push(seen),
        }
        Ok(())
    }

    fn control(&mut self, opcode: u8, payload: Vec<u8>) -> Result<(), Stop> {
        let seen = match (opcode, payload.as_slice()) {
            (9, _) => Seen::Ping(payload),
            (10, _) => Seen::Pong(payload),
            (_, []) => Seen::Close(None),
            (_, [_]) => return Err(Violation::CloseBodyTooShort.into()),
            (_, [high, low, reason @ ..]) => {
                let code = u16::from_be_bytes([*high, *low]);
                if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                    return Err(Violation::CloseCodeInvalid { code }.into());
                }
                let reason = str::from_utf8(reason).map_err(|_| Violation::CloseReasonNotUtf8)?;
                Seen::Close(Some((code, reason.to_owned())))
            }
        };
        self.events.push(seen);
        Ok(())
    }
}
