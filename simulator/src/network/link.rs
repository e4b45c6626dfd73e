//! A connection on the network: two ends, a pipe each way, and what befalls them.
//!
//! What ends a stream, and what resets it, is as in TCP; only that a connection
//! that has fallen silent tells nobody of anything any more.

use super::Network;
use super::pipe::{Heard, Pipe};
use super::weather::Stroke;
use fanfare_core::time::Instant;
use fanfare_driver::Transport;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// One end of a connection.
#[derive(Debug)]
pub(super) struct End {
    link: Arc<Mutex<Link>>,
    side: Side,
    network: Network,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Client,
    Server,
}

#[derive(Debug)]
struct Link {
    to_server: Pipe,
    to_client: Pipe,
    state: State,
    /// One of its ends is gone.
    is_left: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Up,
    Reset,
    /// Nothing arrives any more, not even that.
    Silent,
}

/// A connection: its client's end and its server's.
pub(super) fn link(network: &Network) -> (End, End) {
    let link = Link { to_server: Pipe::new(), to_client: Pipe::new(), state: State::Up, is_left: false };
    let link = Arc::new(Mutex::new(link));
    let end = |side| End { link: Arc::clone(&link), side, network: network.clone() };
    (end(Side::Client), end(Side::Server))
}

impl Link {
    /// The pipe that a side writes to.
    fn outgoing(&mut self, side: Side) -> &mut Pipe {
        match side {
            Side::Client => &mut self.to_server,
            Side::Server => &mut self.to_client,
        }
    }

    /// The pipe that a side reads from.
    fn incoming(&mut self, side: Side) -> &mut Pipe {
        match side {
            Side::Client => &mut self.to_client,
            Side::Server => &mut self.to_server,
        }
    }

    fn reset(&mut self) {
        if self.state == State::Up {
            self.state = State::Reset;
        }
        self.to_server.clear();
        self.to_client.clear();
    }

    fn fall_silent(&mut self) {
        self.state = State::Silent;
        self.to_server.stall(Instant::FAR_FUTURE);
        self.to_client.stall(Instant::FAR_FUTURE);
    }

    /// Whoever at the other end waits for something.
    fn take_wakers_beyond(&mut self, side: Side) -> [Option<Waker>; 2] {
        [self.outgoing(side).take_reader(), self.incoming(side).take_writer()]
    }
}

impl End {
    /// Changes something that the other end may wait for. Not to be called for
    /// nothing: ends that wake each other keep each other busy.
    fn change<T>(&self, change: impl FnOnce(&mut Link) -> T) -> T {
        let (outcome, wakers) = {
            let mut link = self.lock();
            (change(&mut link), link.take_wakers_beyond(self.side))
        };
        wakers.into_iter().flatten().for_each(Waker::wake);
        outcome
    }

    /// How many bytes may be written; `None` while there is room for none, and the
    /// waker is woken when there is.
    fn room(&self, waker: &Waker) -> Option<usize> {
        let window_bytes = self.network.weather().faults.window_bytes;
        let mut link = self.lock();
        let is_up = link.state != State::Reset;
        let pipe = link.outgoing(self.side);
        // Nobody is waited for who reads no more.
        let room = window_bytes.saturating_sub(pipe.bytes());
        if room == 0 && is_up && !pipe.is_deserted {
            pipe.await_room(waker);
            return None;
        }
        Some(room.max(1))
    }

    /// Writes bytes that there is room for, as far as the weather lets them.
    fn send(&self, link: &mut Link, bytes: &[u8]) -> io::Result<usize> {
        if link.state == State::Reset {
            return Err(ErrorKind::ConnectionReset.into());
        }
        if link.outgoing(self.side).is_deserted {
            // Taken, and answered by a reset.
            link.reset();
            return Ok(bytes.len());
        }
        let now = self.network.now();
        let mut weather = self.network.weather();
        let stroke = weather.stroke();
        match stroke {
            Stroke::None => link.outgoing(self.side).send(now, bytes, &mut weather),
            Stroke::Stall(time) => {
                link.outgoing(self.side).send(now, bytes, &mut weather);
                link.outgoing(self.side).stall(now + time);
            }
            Stroke::Silence => link.fall_silent(),
            Stroke::HalfClose => {
                let kept = bytes.get(..weather.below(bytes.len())).unwrap_or_default();
                link.outgoing(self.side).send(now, kept, &mut weather);
                link.outgoing(self.side).finish(now);
            }
            Stroke::Reset => {
                link.reset();
                return Err(ErrorKind::ConnectionReset.into());
            }
        }
        Ok(bytes.len())
    }

    fn lock(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for End {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let (heard, writer) = {
            let mut link = self.lock();
            if link.state == State::Reset {
                return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
            }
            let pipe = link.incoming(self.side);
            let heard = pipe.read(self.network.now(), buffer);
            if let Heard::Nothing { until } = heard {
                if pipe.await_bytes(cx.waker(), until)
                    && let Some(until) = until
                {
                    self.network.timer().set(until, cx.waker());
                }
                return Poll::Pending;
            }
            (heard, pipe.take_writer())
        };
        if let Some(writer) = writer {
            writer.wake();
        }
        match heard {
            Heard::Bytes(count) => Poll::Ready(Ok(count)),
            Heard::End | Heard::Nothing { .. } => Poll::Ready(Ok(0)),
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Some(room) = self.room(cx.waker()) else { return Poll::Pending };
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).take(room).collect();
        Poll::Ready(self.change(|link| self.send(link, &bytes)))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let now = self.network.now();
        self.change(|link| link.outgoing(self.side).finish(now));
        Poll::Ready(Ok(()))
    }

    fn abort(&mut self) {
        self.change(Link::reset);
    }
}

impl Drop for End {
    /// Closes as a socket is closed: with a reset, when it leaves bytes unread.
    fn drop(&mut self) {
        let now = self.network.now();
        let is_over = self.change(|link| {
            if link.incoming(self.side).bytes() > 0 {
                link.reset();
            }
            link.incoming(self.side).is_deserted = true;
            link.outgoing(self.side).finish(now);
            std::mem::replace(&mut link.is_left, true)
        });
        if is_over {
            self.network.weather().report.connections_over += 1;
        }
    }
}
