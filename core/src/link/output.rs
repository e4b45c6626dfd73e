//! What one transport still has to write besides the member's messages: the
//! frame being written, control frames, and HTTP answers.
//!
//! Order on the wire: the frame in flight, then control, then data.

use crate::config::ConnectionConfig;
use crate::outbox::{FrameKey, Frames, Outbox, Purpose, Queue, Walk, Wanted};
use bytes::Bytes;

/// See the module.
#[derive(Debug)]
pub(crate) struct Output {
    control: Queue,
    begun: Option<Begun>,
    /// How many control frames the write under way was lent.
    lent_control: u16,
    pongs: u16,
    ping_waiting: bool,
    farewell: Farewell,
}

/// A frame that is partly written.
#[derive(Clone, Copy, Debug)]
struct Begun {
    frame: FrameKey,
    bytes_left: u32,
}

/// How far our close frame has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Farewell {
    /// There is none, or it waits behind the messages.
    None,
    /// It waits here, so it overtakes the messages.
    Queued,
    /// It has left whole.
    Sent,
}

/// The bytes to write next to one transport, in order, a piece a frame.
///
/// They are *lent* from here until the hub is told what was written: no policy
/// drops, moves or replaces them meanwhile.
#[derive(Clone, Debug)]
pub struct Outgoing<'f> {
    /// What comes next, found when the bytes are lent: mostly it is all there is.
    first: Option<Piece<'f>>,
    control: Walk<'f>,
    data: Walk<'f>,
}

/// One frame, or what is left of one.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'f> {
    bytes: &'f Bytes,
    start: usize,
}

impl<'f> Piece<'f> {
    fn whole(bytes: &'f Bytes) -> Piece<'f> {
        Piece { bytes, start: 0 }
    }

    /// The bytes, for a write that ends before the hub is used again.
    pub fn as_bytes(&self) -> &'f [u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// The same bytes with a life of their own, without copying them: for
    /// encryption filters and completion-based I/O.
    pub fn to_shared(&self) -> Bytes {
        self.bytes.slice(self.start.min(self.bytes.len())..)
    }
}

impl<'f> Iterator for Outgoing<'f> {
    type Item = Piece<'f>;

    fn next(&mut self) -> Option<Piece<'f>> {
        let next = self.first.take();
        next.or_else(|| self.control.next().or_else(|| self.data.next()).map(Piece::whole))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let pieces = usize::from(self.first.is_some()) + self.control.len() + self.data.len();
        (pieces, Some(pieces))
    }
}

impl ExactSizeIterator for Outgoing<'_> {}

/// What a write took, beyond bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Written {
    /// Whole application messages that are gone.
    pub(crate) messages: u32,
    /// Our close frame is gone.
    pub(crate) close: bool,
}

impl Output {
    pub(crate) fn new() -> Output {
        Output {
            control: Queue::EMPTY,
            begun: None,
            lent_control: 0,
            pongs: 0,
            ping_waiting: false,
            farewell: Farewell::None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.begun.is_none() && self.control.is_empty()
    }

    pub(crate) fn has_ping_waiting(&self) -> bool {
        self.ping_waiting
    }

    /// Whether our close frame has left whole.
    pub(crate) fn is_close_sent(&self) -> bool {
        self.farewell == Farewell::Sent
    }

    /// Whether our close frame precedes whatever message would be lent now.
    pub(crate) fn has_farewell(&self) -> bool {
        self.farewell != Farewell::None
    }

    /// Queues a control frame or an HTTP answer. Of more than `pongs_max`
    /// waiting pongs the oldest gives way (RFC 6455 §5.5.3 allows to answer
    /// only the latest ping).
    pub(crate) fn push(&mut self, frames: &mut Frames, bytes: Bytes, purpose: Purpose, pongs_max: usize) {
        match purpose {
            Purpose::Ping => self.ping_waiting = true,
            Purpose::Pong => {
                let lent = usize::from(self.lent_control);
                if usize::from(self.pongs) >= pongs_max
                    && frames.remove_first(&mut self.control, lent, Wanted::Purpose(Purpose::Pong))
                {
                    self.pongs -= 1;
                }
                self.pongs += 1;
            }
            Purpose::Close => self.farewell = Farewell::Queued,
            Purpose::Http | Purpose::Rejoin | Purpose::Data => {}
        }
        frames.push_own(&mut self.control, bytes, purpose);
    }

    /// The pieces to write next, at most `pieces_max`, lending them to the write.
    pub(crate) fn lend<'f>(
        &mut self,
        frames: &'f Frames,
        outbox: Option<&mut Outbox>,
        pieces_max: usize,
    ) -> Outgoing<'f> {
        let begun = self.begun.and_then(|begun| Some((frames.get(begun.frame)?, begun.bytes_left)));
        let begun = begun.map(|(bytes, left)| Piece { bytes, start: bytes.len() - left as usize });
        let room = pieces_max.saturating_sub(usize::from(begun.is_some()));
        let control = frames.iter(&self.control, room);
        self.lent_control = u16::try_from(control.len()).unwrap_or(u16::MAX);
        let data_room = room - control.len();
        let data = outbox.map_or(Queue::EMPTY, |outbox| {
            outbox.lend(data_room);
            *outbox.queue()
        });
        let (mut control, mut data) = (control, frames.iter(&data, data_room));
        let first = match begun {
            Some(begun) => Some(begun),
            None => control.next().or_else(|| data.next()).map(Piece::whole),
        };
        Outgoing { first, control, data }
    }

    /// Takes note that `bytes` bytes of what was lent are written.
    pub(crate) fn sent(
        &mut self,
        frames: &mut Frames,
        mut outbox: Option<&mut Outbox>,
        limits: &ConnectionConfig,
        mut bytes: usize,
    ) -> Written {
        let mut written = Written::default();
        while bytes > 0 {
            let begun = match self.begun.take() {
                Some(begun) => Some(begun),
                None => self.begin(frames, outbox.as_deref_mut()),
            };
            let Some(Begun { frame, bytes_left }) = begun else {
                debug_assert!(false, "{bytes} more bytes reported as sent than were lent");
                break;
            };
            let Some(left) = bytes.checked_sub(bytes_left as usize) else {
                let bytes_left = bytes_left - u32::try_from(bytes).unwrap_or(bytes_left);
                self.begun = Some(Begun { frame, bytes_left });
                break;
            };
            bytes = left;
            self.finish(frames.release(frame), &mut written);
        }
        self.lent_control = 0;
        if let Some(outbox) = outbox {
            outbox.end_loan(limits);
        }
        written
    }

    /// Drops all of it, because the transport is gone; says whether an
    /// application message was cut short.
    pub(crate) fn discard_all(&mut self, frames: &mut Frames) -> bool {
        let cut_short =
            self.begun.take().is_some_and(|begun| frames.release(begun.frame) == Some(Purpose::Data));
        frames.truncate(&mut self.control, 0);
        self.lent_control = 0;
        cut_short
    }

    /// The next lent frame: control before data.
    fn begin(&mut self, frames: &mut Frames, outbox: Option<&mut Outbox>) -> Option<Begun> {
        let (frame, bytes_left) = if self.lent_control > 0 {
            self.lent_control -= 1;
            frames.pop_front(&mut self.control)?
        } else {
            outbox?.take_lent(frames)?
        };
        Some(Begun { frame, bytes_left })
    }

    /// Takes note of what has left whole.
    fn finish(&mut self, purpose: Option<Purpose>, written: &mut Written) {
        match purpose {
            Some(Purpose::Data) => written.messages += 1,
            Some(Purpose::Ping) => self.ping_waiting = false,
            Some(Purpose::Pong) => self.pongs = self.pongs.saturating_sub(1),
            Some(Purpose::Close) => {
                self.farewell = Farewell::Sent;
                written.close = true;
            }
            Some(Purpose::Http | Purpose::Rejoin) | None => {}
        }
    }
}

#[cfg(test)]
mod tests;
