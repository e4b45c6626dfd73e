//! One message in the encodings that its recipients need.
//!
//! Apart from sending because here is decided what the bytes are, there who gets
//! them. A compressed encoding is made when the first recipient asks for it, and
//! is a frame of its own in the table: queues, limits and conflation know no
//! difference.

use super::Hub;
use crate::broadcast::Fate;
use crate::deflate::Window;
use crate::outbox::{ConflationKey, FrameKey, Frames, Purpose};
use crate::rooms::MemberKey;
use crate::wire::Frame;

/// A message while it is offered to its recipients. Holds every frame for each
/// of them, until it is [released](Self::release).
pub(super) struct Encodings<'f> {
    frame: &'f Frame,
    recipients: usize,
    conflation: Option<ConflationKey>,
    plain: Encoding,
    wide: Compressed,
    narrow: Compressed,
}

/// One frame for some of the recipients.
pub(super) struct Encoding {
    pub(super) frame: FrameKey,
    pub(super) bytes: usize,
    queued: usize,
}

enum Compressed {
    /// Nobody has needed it.
    Unmade,
    Made(Encoding),
    /// It is no shorter, or there is no room for it: the plain one goes.
    Useless,
}

impl<'f> Encodings<'f> {
    /// The plain frame alone, put in the table.
    pub(super) fn new(
        frames: &mut Frames,
        frame: &'f Frame,
        recipients: usize,
        conflation: Option<ConflationKey>,
    ) -> Encodings<'f> {
        let plain = Encoding::share(frames, frame, recipients, conflation);
        let (wide, narrow) = (Compressed::Unmade, Compressed::Unmade);
        Encodings { frame, recipients, conflation, plain, wide, narrow }
    }

    /// Gives back the holds that no queue has taken over.
    pub(super) fn release(self, frames: &mut Frames) {
        let Encodings { recipients, plain, wide, narrow, .. } = self;
        let compressed = [wide, narrow].into_iter().filter_map(|compressed| match compressed {
            Compressed::Made(encoding) => Some(encoding),
            Compressed::Unmade | Compressed::Useless => None,
        });
        for encoding in compressed.chain([plain]) {
            frames.release_many(encoding.frame, recipients - encoding.queued + 1);
        }
    }
}

impl Encoding {
    /// Holds the frame for every recipient at once, and once for the caller.
    fn share(
        frames: &mut Frames,
        frame: &Frame,
        recipients: usize,
        conflation: Option<ConflationKey>,
    ) -> Encoding {
        let key = frames.share(frame.bytes().clone(), Purpose::Data, conflation);
        frames.hold(key, recipients);
        Encoding { frame: key, bytes: frame.len(), queued: 0 }
    }

    /// One recipient's copy is accounted for.
    pub(super) fn count(&mut self, fate: Fate) {
        match fate {
            Fate::Queued => self.queued += 1,
            Fate::Dropped | Fate::Closed => {}
        }
    }
}

impl Hub {
    /// What a message is to be compressed with for a member, if it is.
    pub(super) fn window_for(&self, key: MemberKey, payload_bytes: usize) -> Option<Window> {
        let member = self.members.get(key.0 as usize)?;
        let window = member.deflate?;
        let threshold_bytes = self.config.profile(member.profile).compression_threshold_bytes;
        (payload_bytes >= threshold_bytes).then_some(window)
    }

    /// The frame compressed, if that is any use.
    pub(super) fn compress(&mut self, window: Window, frame: &Frame) -> Option<Frame> {
        self.codec.deflate(window, frame, &mut self.stats)
    }

    /// The encoding for a recipient, made if it is the first to need it.
    pub(super) fn encoding<'e>(
        &mut self,
        encodings: &'e mut Encodings<'_>,
        window: Option<Window>,
    ) -> &'e mut Encoding {
        let Encodings { frame, recipients, conflation, plain, wide, narrow } = encodings;
        let Some(window) = window else { return plain };
        let compressed = match window {
            Window::Wide => wide,
            Window::Narrow => narrow,
        };
        if let Compressed::Unmade = compressed {
            *compressed = match self.compress(window, frame) {
                Some(shrunk) if self.is_within_budget(shrunk.len()) => {
                    Compressed::Made(Encoding::share(&mut self.frames, &shrunk, *recipients, *conflation))
                }
                Some(_) | None => Compressed::Useless,
            };
        }
        match compressed {
            Compressed::Made(encoding) => encoding,
            Compressed::Unmade | Compressed::Useless => plain,
        }
    }
}
