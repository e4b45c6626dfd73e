//! One frame's payload on its way in.
//!
//! Apart so that unmasking and counting cannot disagree: whatever is taken is
//! unmasked, and whatever is unmasked is counted.

use super::mask::Mask;

/// What of a frame's payload has not been taken yet.
#[derive(Debug)]
pub(super) struct Payload {
    missing_bytes: usize,
    mask: Option<Mask>,
}

impl Payload {
    /// A payload of which nothing was taken.
    pub(super) fn new(payload_bytes: usize, mask: Option<Mask>) -> Payload {
        Payload { missing_bytes: payload_bytes, mask }
    }

    /// How many of its bytes have not been taken.
    pub(super) fn missing_bytes(&self) -> usize {
        self.missing_bytes
    }

    /// Takes its next bytes from the front of `bytes`, unmasked.
    pub(super) fn take<'b>(&mut self, bytes: &'b mut [u8]) -> &'b mut [u8] {
        let count = self.missing_bytes.min(bytes.len());
        let taken = bytes.get_mut(..count).unwrap_or_default();
        if let Some(mask) = &mut self.mask {
            mask.apply(taken);
        }
        self.missing_bytes -= count;
        taken
    }
}
