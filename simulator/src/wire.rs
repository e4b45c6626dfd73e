//! A virtual connection: two bounded lanes of bytes between a peer and a shard.
//!
//! Chance decides how many bytes go over at a time, and whether they are there
//! yet. What ends a stream, and what resets it, is as in TCP.

use fanfare_core::random::Random;
use fanfare_driver::Transport;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What a lane holds until its reader takes it.
const LANE_BYTES_MAX: usize = 64 * 1024;
/// One in so many looks at a lane finds what is there still under way.
const DELAYED_ONE_IN: u32 = 8;
/// Pieces are of 1 to this many bytes, a power of two, small ones as often as large.
const PIECE_BITS_MAX: u32 = 17;

/// The peer's end of a virtual connection. Nothing blocks: what cannot be done
/// yet is [`ErrorKind::WouldBlock`].
///
/// Dropped, it is closed as a socket is: with a reset, when it leaves bytes unread.
#[derive(Debug)]
pub struct Wire {
    line: Line,
}

/// The shard's end.
#[derive(Debug)]
pub(crate) struct Near {
    line: Line,
}

#[derive(Clone, Debug)]
struct Line(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    random: Random,
    to_shard: Lane,
    to_peer: Lane,
    is_reset: bool,
    /// What the shard's end waits for.
    wakers: Vec<Waker>,
}

#[derive(Debug, Default)]
struct Lane {
    bytes: VecDeque<u8>,
    /// Its writer has ended it.
    is_ended: bool,
    /// Nobody will read it any more.
    is_deserted: bool,
}

/// A connection: its two ends.
pub(crate) fn connection(random: Random) -> (Wire, Near) {
    let state = State {
        random,
        to_shard: Lane::default(),
        to_peer: Lane::default(),
        is_reset: false,
        wakers: Vec::new(),
    };
    let line = Line(Arc::new(Mutex::new(state)));
    (Wire { line: line.clone() }, Near { line })
}

impl Wire {
    /// Reads what has arrived; 0 bytes mean the end of the stream.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`], and [`ErrorKind::ConnectionReset`], with
    /// which what had arrived is lost.
    pub fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.line.change(|state| {
            if state.is_reset {
                return Err(ErrorKind::ConnectionReset.into());
            }
            match state.to_peer.take(buffer, usize::MAX) {
                0 if !state.to_peer.is_ended => Err(ErrorKind::WouldBlock.into()),
                count => Ok(count),
            }
        })
    }

    /// Writes what there is room for.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`]; [`ErrorKind::BrokenPipe`] after
    /// [`finish`](Self::finish); and [`ErrorKind::ConnectionReset`], also when
    /// the server has closed its end and nobody will read this.
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.change(|state| {
            if state.to_shard.is_deserted {
                state.reset();
            }
            if state.is_reset {
                return Err(ErrorKind::ConnectionReset.into());
            }
            if state.to_shard.is_ended {
                return Err(ErrorKind::BrokenPipe.into());
            }
            match state.to_shard.put([bytes].into_iter(), usize::MAX) {
                0 if !bytes.is_empty() => Err(ErrorKind::WouldBlock.into()),
                count => Ok(count),
            }
        })
    }

    /// Ends the peer's side of the stream.
    pub fn finish(&mut self) {
        self.line.change(|state| state.to_shard.is_ended = true);
    }

    /// Breaks the connection off; what is under way, either way, is lost.
    pub fn reset(self) {
        self.line.change(State::reset);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.line.change(|state| {
            if !state.to_peer.bytes.is_empty() {
                state.reset();
            }
            state.to_peer.is_deserted = true;
            state.to_shard.is_ended = true;
        });
    }
}

impl Transport for Near {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut state = self.line.lock();
        if state.is_reset {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        if state.to_shard.bytes.is_empty() {
            return if state.to_shard.is_ended { Poll::Ready(Ok(0)) } else { state.wait(cx) };
        }
        if state.is_delayed() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = state.piece();
        Poll::Ready(Ok(state.to_shard.take(buffer, piece)))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.line.lock();
        if state.is_reset {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        if state.to_peer.is_deserted {
            // Taken, and answered by a reset.
            state.reset();
            return Poll::Ready(Ok(pieces.iter().map(|piece| piece.len()).sum()));
        }
        if state.is_delayed() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = state.piece();
        match state.to_peer.put(pieces.iter().map(|piece| &**piece), piece) {
            0 => state.wait(cx),
            count => Poll::Ready(Ok(count)),
        }
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.lock().to_peer.is_ended = true;
        Poll::Ready(Ok(()))
    }

    fn abort(&mut self) {
        self.line.lock().reset();
    }
}

impl Drop for Near {
    fn drop(&mut self) {
        let mut state = self.line.lock();
        if !state.to_shard.bytes.is_empty() {
            state.reset();
        }
        state.to_shard.is_deserted = true;
        state.to_peer.is_ended = true;
    }
}

impl Line {
    /// Changes something the shard's end may wait for.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let (outcome, wakers) = {
            let mut state = self.lock();
            (change(&mut state), std::mem::take(&mut state.wakers))
        };
        wakers.into_iter().for_each(Waker::wake);
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        if !self.wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }

    fn is_delayed(&mut self) -> bool {
        self.random.next_u32().is_multiple_of(DELAYED_ONE_IN)
    }

    fn piece(&mut self) -> usize {
        1 << (self.random.next_u32() % PIECE_BITS_MAX)
    }

    fn reset(&mut self) {
        self.is_reset = true;
        self.to_peer.bytes.clear();
        self.to_shard.bytes.clear();
    }
}

impl Lane {
    /// As much as there is, and as lies together.
    fn take(&mut self, buffer: &mut [u8], max: usize) -> usize {
        let wanted = buffer.len().min(max);
        let piece = buffer.get_mut(..wanted).unwrap_or_default();
        // A queue in memory is read without fail.
        self.bytes.read(piece).unwrap_or_default()
    }

    fn put<'b>(&mut self, pieces: impl Iterator<Item = &'b [u8]>, max: usize) -> usize {
        let mut room = (LANE_BYTES_MAX - self.bytes.len()).min(max);
        let before = self.bytes.len();
        for piece in pieces {
            let piece = piece.get(..room).unwrap_or(piece);
            self.bytes.extend(piece);
            room -= piece.len();
        }
        self.bytes.len() - before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends() -> (Wire, Near) {
        connection(Random::from_seed([1; 32]))
    }

    /// Polls until it is no longer under way.
    fn now<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>) -> Option<Result<T, ErrorKind>> {
        let mut cx = Context::from_waker(Waker::noop());
        let done = (0..100).find_map(|_| match poll(&mut cx) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => None,
        });
        done.map(|outcome| outcome.map_err(|error| error.kind()))
    }

    #[test]
    fn all_bytes_go_over_in_order_and_then_the_end() {
        let (mut wire, mut near) = ends();
        let sent: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        assert_eq!(wire.try_write(&sent).unwrap(), sent.len());
        wire.finish();
        let (mut received, mut reads, mut buffer) = (Vec::<u8>::new(), 0, [0; 4096]);
        while let Some(Ok(count @ 1..)) = now(|cx| near.poll_read(cx, &mut buffer)) {
            received.extend(&buffer[..count]);
            reads += 1;
        }
        assert!(received == sent && reads > 3, "{} bytes in {reads} reads", received.len());
        assert_eq!(wire.try_write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_lane_that_is_full_takes_no_more() {
        let (mut wire, mut near) = ends();
        assert_eq!(wire.try_write(&vec![0; LANE_BYTES_MAX + 1]).unwrap(), LANE_BYTES_MAX);
        assert_eq!(wire.try_write(&[0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        let mut written = 0;
        while let Some(Ok(count)) = now(|cx| near.poll_write(cx, &[0; 4096])) {
            written += count;
        }
        assert_eq!(written, LANE_BYTES_MAX);
        let mut buffer = [0; 10];
        assert_eq!(wire.try_read(&mut buffer).unwrap(), 10);
        assert!(now(|cx| near.poll_write(cx, &[0; 100])).is_some());
    }

    #[test]
    fn an_end_that_leaves_something_unread_is_a_reset() {
        let reset = Some(Err(ErrorKind::ConnectionReset));
        let (mut wire, near) = ends();
        wire.try_write(b"unread").unwrap();
        drop(near);
        assert_eq!(wire.try_read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);

        let (wire, mut near) = ends();
        assert_eq!(now(|cx| near.poll_write(cx, b"x")), Some(Ok(1)));
        drop(wire);
        assert_eq!(now(|cx| near.poll_read(cx, &mut [0])), reset);
    }

    #[test]
    fn who_writes_to_nobody_is_reset() {
        let (mut wire, near) = ends();
        drop(near);
        assert_eq!(wire.try_read(&mut [0]).unwrap(), 0, "the end is heard first");
        assert_eq!(wire.try_write(b"x").unwrap_err().kind(), ErrorKind::ConnectionReset);

        let (wire, mut near) = ends();
        drop(wire);
        assert_eq!(now(|cx| near.poll_read(cx, &mut [0])), Some(Ok(0)));
        assert_eq!(now(|cx| near.poll_write(cx, b"xy")), Some(Ok(2)));
        assert_eq!(now(|cx| near.poll_write(cx, b"xy")), Some(Err(ErrorKind::ConnectionReset)));
    }
}
