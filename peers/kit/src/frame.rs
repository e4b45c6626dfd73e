//! One frame in a buffer: header, payload, mask (RFC 6455 §5.2).

/// First byte of a final text frame.
pub const TEXT: u8 = 0x81;
/// First byte of a final binary frame.
pub const BINARY: u8 = 0x82;
/// First byte of a close frame.
pub const CLOSE: u8 = 0x88;
/// First byte of a pong frame.
pub const PONG: u8 = 0x8A;

/// In place of a length: it follows in two bytes, or in eight.
const LENGTH_16: u8 = 0x7E;
const LENGTH_64: u8 = 0x7F;

/// What the receiver does with a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Text, binary or a continuation: is passed on.
    Data,
    /// Is answered by a close frame.
    Close,
    /// Is answered by a pong.
    Ping,
    /// A pong or a reserved control frame: nothing is done.
    Ignorable,
}

/// A whole frame inside a buffer.
#[derive(Debug)]
pub struct Frame<'a> {
    /// FIN, reserved bits and opcode, as received.
    pub first_byte: u8,
    /// The payload, already unmasked.
    pub payload: &'a mut [u8],
}

impl Frame<'_> {
    /// What the receiver does with it.
    pub fn kind(&self) -> Kind {
        match self.first_byte & 0x0F {
            0x0..=0x7 => Kind::Data,
            0x8 => Kind::Close,
            0x9 => Kind::Ping,
            _ => Kind::Ignorable,
        }
    }
}

/// Takes the first whole frame off `bytes`, unmasked in place, and returns it
/// with what follows. Gives `bytes` back untouched while the frame is incomplete.
///
/// ```
/// let mut wire = [0x82, 0x01, b'x', 0x82];
/// let (frame, rest) = kit::frame::take(&mut wire).expect("one whole frame");
/// assert_eq!(frame.payload, b"x");
/// assert_eq!(rest, [0x82]);
/// assert!(kit::frame::take(rest).is_err());
/// ```
pub fn take(bytes: &mut [u8]) -> Result<(Frame<'_>, &mut [u8]), &mut [u8]> {
    let Some(header) = Header::parse(bytes) else { return Err(bytes) };
    // A length beyond the address space is just a frame that never completes.
    let end = header.bytes.saturating_add(header.payload_bytes);
    if bytes.len() < end {
        return Err(bytes);
    }
    let (frame, rest) = bytes.split_at_mut(end);
    let (_, payload) = frame.split_at_mut(header.bytes);
    if let Some(key) = header.mask {
        mask(payload, key);
    }
    Ok((Frame { first_byte: header.first_byte, payload }, rest))
}

/// Appends a frame. Clients pass a mask, servers do not (RFC 6455 §5.1).
pub fn put(out: &mut Vec<u8>, first_byte: u8, mask_key: Option<[u8; 4]>, payload: &[u8]) {
    let mask_bit = if mask_key.is_some() { 0x80 } else { 0 };
    out.push(first_byte);
    if let Some(short) = u8::try_from(payload.len()).ok().filter(|&short| short < LENGTH_16) {
        out.push(mask_bit | short);
    } else if let Ok(medium) = u16::try_from(payload.len()) {
        out.push(mask_bit | LENGTH_16);
        out.extend_from_slice(&medium.to_be_bytes());
    } else {
        out.push(mask_bit | LENGTH_64);
        out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    }
    out.extend_from_slice(mask_key.as_ref().map_or(&[], <[u8; 4]>::as_slice));
    let start = out.len();
    out.extend_from_slice(payload);
    if let (Some(key), Some(copied)) = (mask_key, out.get_mut(start..)) {
        mask(copied, key);
    }
}

/// Masks or unmasks, which is the same, eight bytes at a time.
fn mask(payload: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, tail) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

/// Where the payload lies and how it is masked.
struct Header {
    first_byte: u8,
    mask: Option<[u8; 4]>,
    bytes: usize,
    payload_bytes: usize,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Header> {
        let [first_byte, second_byte, rest @ ..] = bytes else { return None };
        let (payload_bytes, rest) = match second_byte & 0x7F {
            LENGTH_16 => {
                let (length, rest) = rest.split_first_chunk::<2>()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            LENGTH_64 => {
                let (length, rest) = rest.split_first_chunk::<8>()?;
                (usize::try_from(u64::from_be_bytes(*length)).unwrap_or(usize::MAX), rest)
            }
            short => (usize::from(short), rest),
        };
        let (mask, rest) = match second_byte & 0x80 {
            0 => (None, rest),
            _ => rest.split_first_chunk::<4>().map(|(key, rest)| (Some(*key), rest))?,
        };
        Some(Header { first_byte: *first_byte, mask, bytes: bytes.len() - rest.len(), payload_bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_put_is_taken_and_nothing_before_it_is_whole(
            length in prop_oneof![0usize..300, 65_530usize..65_540],
            seed in any::<u8>(),
            key in any::<Option<[u8; 4]>>(),
        ) {
            let payload: Vec<u8> = (0u8..=255).cycle().map(|byte| byte ^ seed).take(length).collect();
            let mut wire = Vec::new();
            put(&mut wire, BINARY, key, &payload);
            let cut = wire.len() - 1;
            prop_assert!(take(&mut wire[..cut]).is_err());
            wire.extend_from_slice(b"next");
            let (frame, rest) = take(&mut wire).expect("a whole frame");
            prop_assert_eq!(frame.first_byte, BINARY);
            prop_assert_eq!(&*frame.payload, payload.as_slice());
            prop_assert_eq!(&*rest, b"next");
        }
    }

    #[test]
    fn an_incomplete_frame_is_given_back_untouched() {
        let mut wire = Vec::new();
        put(&mut wire, TEXT, Some([1, 2, 3, 4]), b"hello");
        let whole = wire.clone();
        let rest = take(&mut wire[..8]).expect_err("three bytes are missing");
        assert_eq!(rest, &whole[..8]);
    }

    #[test]
    fn kinds_follow_the_opcode() {
        let kind = |first_byte| Frame { first_byte, payload: &mut [] }.kind();
        assert_eq!(kind(0x00), Kind::Data);
        assert_eq!(kind(TEXT), Kind::Data);
        assert_eq!(kind(CLOSE), Kind::Close);
        assert_eq!(kind(0x89), Kind::Ping);
        assert_eq!(kind(PONG), Kind::Ignorable);
    }
}
