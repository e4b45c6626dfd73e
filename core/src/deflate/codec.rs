//! The codecs of one shard, made when the first message needs them.

use super::{Deflater, Inflater, Window};
use crate::stats::Stats;
use crate::violation::Violation;
use crate::wire::{Compressed, Frame, Message};

/// See the module. Without compressed messages it is a few null pointers.
#[derive(Debug, Default)]
pub(crate) struct Codec {
    inflater: Option<Box<Inflater>>,
    wide: Option<Box<Deflater>>,
    narrow: Option<Box<Deflater>>,
}

impl Codec {
    /// Inflates a message to at most `bytes_max` bytes, and counts it.
    pub(crate) fn inflate(
        &mut self,
        message: &Compressed<'_>,
        bytes_max: usize,
        stats: &mut Stats,
    ) -> Result<Message<'static>, Violation> {
        stats.messages_inflated += 1;
        self.inflater.get_or_insert_default().inflate(message, bytes_max)
    }

    /// Compresses a message, and counts it; `None` when it does not shrink.
    pub(crate) fn deflate(&mut self, window: Window, frame: &Frame, stats: &mut Stats) -> Option<Frame> {
        let deflater = match window {
            Window::Wide => &mut self.wide,
            Window::Narrow => &mut self.narrow,
        };
        let deflater = deflater.get_or_insert_with(|| Box::new(Deflater::new(window)));
        let compressed = deflater.deflate(frame);
        stats.messages_compressed += 1;
        stats.compression_bytes_before += frame.len() as u64;
        stats.compression_bytes_after += compressed.as_ref().unwrap_or(frame).len() as u64;
        compressed
    }
}
