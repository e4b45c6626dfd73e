//! permessage-deflate (RFC 7692): what the sides agree on, and the two codecs.
//!
//! Always without context takeover, in both directions: each message is
//! compressed for itself, so no connection holds the state of a codec, a message
//! to many is compressed once for all of them, and one inflater and at most two
//! deflaters serve a whole shard.
//!
//! | | server | client |
//! |---|---|---|
//! | agrees by | [`Agreement::find`] | [`OFFER`], [`check_answer`] |
//! | sends with | [`Deflater`] | [`Deflater`], then [`Frame::masked`](crate::wire::Frame::masked) |
//! | reads with | [`Inflater`] | [`Inflater`] |
//!
//! Apart from [`wire`](crate::wire), which knows where a compressed message
//! begins and ends but not what it says, and from the hub, which decides whom
//! to send which bytes. Nothing here is kept from one message to the next but
//! memory.
//!
//! ```
//! use fanfare_core::deflate::{Deflater, Inflater, Window};
//! use fanfare_core::wire::{Decoder, Frame, Incoming, Limits, Message, Role};
//!
//! let text = "to everyone, ".repeat(100);
//! let plain = Frame::text(&text);
//! let frame = Deflater::new(Window::Wide).deflate(&plain).expect("it shrinks");
//! assert!(frame.len() < 50 && plain.len() > 1_300);
//!
//! let mut read_buffer = frame.as_bytes().to_vec();
//! let limits = Limits { message_bytes_max: 2_000, fragments_max: 1 };
//! let decoded = Decoder::with_deflate(Role::Client).decode(&limits, &mut read_buffer)?;
//! let Some(Incoming::Compressed(message)) = decoded.incoming else { panic!("a compressed message") };
//!
//! let mut inflater = Inflater::new();
//! assert_eq!(inflater.inflate(&message, 2_000)?, Message::from(text.as_str()));
//! assert!(inflater.inflate(&message, 1_000).is_err(), "more than we are ready to take");
//! # Ok::<(), fanfare_core::violation::Violation>(())
//! ```

mod answer;
mod codec;
mod deflater;
mod inflater;
mod offer;
#[cfg(test)]
mod tests;
mod window;

pub use answer::{AnswerRefused, OFFER, check_answer};
pub(crate) use codec::Codec;
pub use deflater::Deflater;
pub use inflater::Inflater;
pub use offer::Agreement;
pub use window::Window;

/// The extension's name (RFC 7692 §7).
const NAME: &str = "permessage-deflate";

/// What a flushed compressor ends with, and a message goes without (RFC 7692 §7.2.1).
const FLUSHED: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// Scratch memory over this is not kept for the next message.
const SCRATCH_KEPT_BYTES: usize = 64 * 1024;
