//! Compressed messages to what they say, within a limit.
//!
//! Apart from the deflater because it works on what strangers send: whatever
//! the bytes are, it stops at the limit, and its work is bounded by the bytes
//! and the limit together.

use super::{FLUSHED, SCRATCH_KEPT_BYTES};
use crate::violation::Violation;
use crate::wire::{Compressed, Message};
use flate2::{Decompress, FlushDecompress, Status};

/// Inflates messages, one after the other, of any number of peers: nothing is
/// kept from one to the next.
#[derive(Debug)]
pub struct Inflater {
    stream: Decompress,
    pub(super) inflated: Vec<u8>,
}

/// What was cut off the message (RFC 7692 §7.2.2), and an empty last block: a
/// stream that does not end with exactly these bytes was cut short.
const END: [u8; 9] = {
    let [a, b, c, d] = FLUSHED;
    [a, b, c, d, 0x01, 0x00, 0x00, 0xFF, 0xFF]
};

/// Room for a message that shrank as JSON does.
const EXPECTED_RATIO: usize = 4;

impl Inflater {
    /// With the window of 15 bits, which serves every peer.
    pub fn new() -> Inflater {
        Inflater { stream: Decompress::new(false), inflated: Vec::new() }
    }

    /// Inflates one message to at most `bytes_max` bytes; text is checked to be
    /// UTF-8 after that.
    ///
    /// # Errors
    ///
    /// [`Violation::MessageTooBig`] as soon as it is, whatever would follow;
    /// [`Violation::MalformedDeflate`] and [`Violation::InvalidUtf8`].
    pub fn inflate(
        &mut self,
        message: &Compressed<'_>,
        bytes_max: usize,
    ) -> Result<Message<'static>, Violation> {
        let inflated = self.inflate_bytes(message.payload(), bytes_max);
        let message = inflated.and_then(|()| Message::validate(message.kind(), &self.inflated));
        let message = message.map(Message::into_owned);
        self.inflated.clear();
        if self.inflated.capacity() > SCRATCH_KEPT_BYTES {
            self.inflated = Vec::new();
        }
        message
    }

    fn inflate_bytes(&mut self, payload: &[u8], bytes_max: usize) -> Result<(), Violation> {
        self.stream.reset(false);
        // No compressor makes an empty payload, but peers that do not compress
        // an empty message send one.
        if payload.is_empty() || self.feed(payload, bytes_max)? || self.feed(&END, bytes_max)? {
            return Ok(());
        }
        Err(Violation::MalformedDeflate)
    }

    /// Inflates `bytes`; says whether the stream ended with the last of them.
    fn feed(&mut self, mut bytes: &[u8], bytes_max: usize) -> Result<bool, Violation> {
        loop {
            self.make_room(bytes.len(), bytes_max);
            let (taken_before, made_before) = (self.stream.total_in(), self.inflated.len());
            let status = self
                .stream
                .decompress_vec(bytes, &mut self.inflated, FlushDecompress::None)
                .map_err(|_| Violation::MalformedDeflate)?;
            let taken = usize::try_from(self.stream.total_in() - taken_before).unwrap_or(usize::MAX);
            bytes = bytes.get(taken..).unwrap_or_default();
            if self.inflated.len() > bytes_max {
                let bytes_max = bytes_max as u64;
                return Err(Violation::MessageTooBig { bytes: bytes_max + 1, bytes_max });
            }
            let has_stalled = taken == 0 && self.inflated.len() == made_before;
            match status {
                Status::StreamEnd if bytes.is_empty() => return Ok(true),
                // RFC 7692 §7.2.3.4: a block may say that it is the last, and not be.
                Status::StreamEnd => self.stream.reset(false),
                Status::Ok | Status::BufError if has_stalled => {
                    return if bytes.is_empty() { Ok(false) } else { Err(Violation::MalformedDeflate) };
                }
                Status::Ok | Status::BufError => {}
            }
        }
    }

    /// Room for at least one more byte, and for one over the limit at most: so
    /// it shows that there is more.
    fn make_room(&mut self, bytes_left: usize, bytes_max: usize) {
        let made = self.inflated.len();
        if made == self.inflated.capacity() {
            let expected = bytes_left.saturating_mul(EXPECTED_RATIO).max(made).max(256);
            let most = bytes_max.saturating_add(1).saturating_sub(made);
            self.inflated.reserve_exact(expected.min(most).max(1));
        }
    }
}

impl Default for Inflater {
    fn default() -> Self {
        Inflater::new()
    }
}
