//! The payload of a ping or pong, which is short by construction.
//!
//! Apart so that nothing else has to ask: whoever holds a [`ControlPayload`]
//! can frame it, and answering a ping cannot fail.

use std::borrow::Cow;
use std::ops::Deref;

/// At most [`BYTES_MAX`](Self::BYTES_MAX) bytes, borrowed from the read buffer
/// where possible.
///
/// ```
/// use fanfare_core::wire::{ControlPayload, ControlPayloadTooLong};
///
/// let payload = ControlPayload::try_from(&b"are you there?"[..])?;
/// assert_eq!(&*payload, b"are you there?");
/// assert_eq!(
///     ControlPayload::try_from(&[0; 126][..]),
///     Err(ControlPayloadTooLong { bytes: 126 }),
/// );
/// # Ok::<(), ControlPayloadTooLong>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ControlPayload<'b>(Cow<'b, [u8]>);

/// The bytes do not fit into a control frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "a control payload of {bytes} bytes exceeds the {max} bytes that RFC 6455 §5.5 allows; send a message instead",
    max = ControlPayload::BYTES_MAX
)]
pub struct ControlPayloadTooLong {
    /// Their length.
    pub bytes: usize,
}

impl<'b> ControlPayload<'b> {
    /// The longest payload of a control frame, in bytes (RFC 6455 §5.5).
    pub const BYTES_MAX: usize = 125;

    /// No bytes: enough for a heartbeat's ping.
    pub const EMPTY: ControlPayload<'static> = ControlPayload(Cow::Borrowed(&[]));

    /// The same payload, independent of the read buffer. Copies it if it is borrowed.
    pub fn into_owned(self) -> ControlPayload<'static> {
        ControlPayload(Cow::Owned(self.0.into_owned()))
    }

    pub(super) fn new(bytes: Cow<'b, [u8]>) -> Result<Self, ControlPayloadTooLong> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(ControlPayloadTooLong { bytes: bytes.len() });
        }
        Ok(ControlPayload(bytes))
    }
}

impl<'b> TryFrom<&'b [u8]> for ControlPayload<'b> {
    type Error = ControlPayloadTooLong;

    fn try_from(bytes: &'b [u8]) -> Result<Self, Self::Error> {
        Self::new(Cow::Borrowed(bytes))
    }
}

impl TryFrom<Vec<u8>> for ControlPayload<'_> {
    type Error = ControlPayloadTooLong;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Self::Error> {
        Self::new(Cow::Owned(bytes))
    }
}

impl Deref for ControlPayload<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
