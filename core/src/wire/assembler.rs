//! A message that is not all there yet.
//!
//! Apart because it is the only memory a peer can make the decoder hold: one
//! contiguous buffer that grows with the bytes received, never with the bytes
//! announced. It is made when a message does not lie whole in the read buffer,
//! and gone when the message is complete.

use super::decoder::{Incoming, Limits};
use super::header::Coding;
use super::message::{Compressed, Message, MessageKind};
use super::utf8::Utf8Carry;
use crate::violation::Violation;

/// The beginning of a message, unmasked.
#[derive(Debug)]
pub(super) struct Assembler {
    content: Content,
    fragments: u32,
}

#[derive(Debug)]
enum Content {
    Text {
        text: String,
        carry: Utf8Carry,
    },
    Binary(Vec<u8>),
    /// Of which nothing can be said before it is inflated.
    Compressed {
        kind: MessageKind,
        bytes: Vec<u8>,
    },
}

impl Assembler {
    /// An empty message whose first fragment begins.
    pub(super) fn new(kind: MessageKind, coding: Coding) -> Assembler {
        let content = match (coding, kind) {
            (Coding::Deflate, kind) => Content::Compressed { kind, bytes: Vec::new() },
            (Coding::Plain, MessageKind::Text) => {
                Content::Text { text: String::new(), carry: Utf8Carry::default() }
            }
            (Coding::Plain, MessageKind::Binary) => Content::Binary(Vec::new()),
        };
        Assembler { content, fragments: 1 }
    }

    /// Whether one more fragment is allowed.
    pub(super) fn check_next_fragment(&self, limits: &Limits) -> Result<(), Violation> {
        let fragments_max = limits.fragments_max;
        if self.fragments < fragments_max {
            Ok(())
        } else {
            Err(Violation::TooManyFragments { fragments_max })
        }
    }

    /// One more fragment begins.
    pub(super) fn begin_fragment(&mut self) {
        self.fragments = self.fragments.saturating_add(1);
    }

    /// Bytes received so far.
    pub(super) fn len_bytes(&self) -> usize {
        match &self.content {
            Content::Text { text, carry } => text.len() + carry.len(),
            Content::Binary(bytes) | Content::Compressed { bytes, .. } => bytes.len(),
        }
    }

    /// Appends what arrived. A text is refused at its first bad byte.
    pub(super) fn push(&mut self, payload: &[u8]) -> Result<(), Violation> {
        match &mut self.content {
            Content::Text { text, carry } => {
                let piece = carry.feed(payload)?;
                text.extend(piece.carried);
                text.push_str(piece.text);
            }
            Content::Binary(bytes) | Content::Compressed { bytes, .. } => bytes.extend_from_slice(payload),
        }
        Ok(())
    }

    /// The message is complete.
    pub(super) fn finish(self) -> Result<Incoming<'static>, Violation> {
        Ok(match self.content {
            Content::Text { text, carry } => {
                carry.finish()?;
                Incoming::Message(Message::from(text))
            }
            Content::Binary(bytes) => Incoming::Message(Message::from(bytes)),
            Content::Compressed { kind, bytes } => Incoming::Compressed(Compressed::new(kind, bytes)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_follows_what_arrived() {
        let mut assembler = Assembler::new(MessageKind::Binary, Coding::Plain);
        for received in 1..=1_000 {
            assembler.push(&[0]).unwrap();
            let Content::Binary(bytes) = &assembler.content else { panic!("a binary message") };
            assert!(bytes.capacity() <= 2 * received + 8, "{} for {received}", bytes.capacity());
        }
        assert_eq!(assembler.finish(), Ok(Incoming::Message(Message::from(vec![0; 1_000]))));
    }

    #[test]
    fn a_carried_byte_counts() {
        let mut assembler = Assembler::new(MessageKind::Text, Coding::Plain);
        assembler.push("a€".as_bytes().split_last().unwrap().1).unwrap();
        assert_eq!(assembler.len_bytes(), 3);
        assert_eq!(assembler.finish(), Err(Violation::InvalidUtf8));
    }
}
