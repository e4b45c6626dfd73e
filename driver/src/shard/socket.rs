//! A socket of the shard: reading it into the hub, writing from the hub.

use super::{Core, SharedWaker};
use crate::app::Application;
use crate::transport::Transport;
use fanfare_core::hub::Transmit;
use fanfare_core::id::ConnectionId;
use smallvec::SmallVec;
use std::io::{self, ErrorKind, IoSlice};
use std::task::{Context, Poll, Waker, ready};

/// Reads from one socket in a turn.
const READS_PER_TURN: usize = 4;
/// Frames in one vectored write.
const PIECES_PER_WRITE: usize = 64;

/// A transport, and what is known of its readiness.
#[derive(Debug)]
pub(super) struct Socket {
    id: ConnectionId,
    transport: Box<dyn Transport>,
    listed: SharedWaker,
    waker: Waker,
    /// Bytes that were read before reading paused. Bounded by one read.
    unread: Vec<u8>,
    /// Not known to be `Pending` for reading.
    may_read: bool,
    /// Not known to be `Pending` for writing.
    may_write: bool,
}

impl Socket {
    pub(super) fn new(
        id: ConnectionId,
        transport: Box<dyn Transport>,
        listed: SharedWaker,
        unread: Vec<u8>,
    ) -> Socket {
        let waker = Waker::from(SharedWaker::clone(&listed));
        Socket { id, transport, listed, waker, unread, may_read: true, may_write: true }
    }

    /// The transport's waker was woken; for which direction it does not say.
    pub(super) fn woken(&mut self) {
        self.listed.unlisted();
        self.may_read = true;
        self.may_write = true;
    }
}

/// What serving a socket needs of the shard.
pub(super) struct Serve<'s> {
    pub(super) app: &'s Application,
    pub(super) core: &'s mut Core,
    pub(super) sockets: &'s mut Vec<Option<Socket>>,
}

impl Serve<'_> {
    /// Reads a ready socket and writes what had to wait for it; says whether it
    /// is still ready when its budget is spent.
    pub(super) fn socket(&mut self, slot: u32, buffer: &mut [u8]) -> bool {
        self.write(slot);
        for _ in 0..READS_PER_TURN {
            if !self.read(slot, buffer) {
                return false;
            }
        }
        true
    }

    /// Writes every connection that the hub has listed, once.
    pub(super) fn write_listed(&mut self) {
        for _ in 0..self.core.hub.listed_len() {
            let Some(id) = self.core.hub.next_listed() else { break };
            self.write(id.slot());
        }
        self.core.settle(self.app);
    }

    /// One read and what it leads to; says whether to read again.
    fn read(&mut self, slot: u32, buffer: &mut [u8]) -> bool {
        let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else { return false };
        let id = socket.id;
        if !self.core.hub.wants_read(id) {
            return false;
        }
        if !socket.unread.is_empty() {
            let mut unread = std::mem::take(&mut socket.unread);
            self.feed(slot, id, &mut unread);
            return true;
        }
        if !socket.may_read {
            return false;
        }
        let mut cx = Context::from_waker(&socket.waker);
        match socket.transport.poll_read(&mut cx, buffer) {
            Poll::Pending => {
                socket.may_read = false;
                false
            }
            Poll::Ready(Ok(0)) => {
                socket.may_read = false;
                self.core.end_of_input(self.app, id);
                false
            }
            Poll::Ready(Ok(count)) => {
                if let Some(bytes) = buffer.get_mut(..count) {
                    self.feed(slot, id, bytes);
                }
                true
            }
            Poll::Ready(Err(error)) => {
                socket.may_read = false;
                self.core.transport_failed(self.app, id, error.kind());
                false
            }
        }
    }

    /// Gives bytes to the hub, event by event; keeps what it does not take.
    fn feed(&mut self, slot: u32, id: ConnectionId, bytes: &mut [u8]) {
        let mut start = 0;
        while let Some(rest) = bytes.get_mut(start..)
            && !rest.is_empty()
        {
            let Some(consumed) = self.core.receive(self.app, id, rest) else { return };
            start += consumed;
            // Nobody outruns readers that keep up: they are written before
            // their outboxes fill, in the middle of a read if need be.
            if self.core.hub.take_crowded() {
                self.write_listed();
            }
            if consumed == 0 {
                break;
            }
        }
        let rest = bytes.get(start..).unwrap_or_default();
        if let Some(Some(socket)) = self.sockets.get_mut(slot as usize)
            && socket.id == id
        {
            rest.clone_into(&mut socket.unread);
        }
    }

    /// Does what the hub wants done with one socket, until it is done or the
    /// transport would block. Bounded by what one outbox holds.
    fn write(&mut self, slot: u32) {
        loop {
            let Some(Some(socket)) = self.sockets.get_mut(slot as usize) else { return };
            let (id, core) = (socket.id, &mut *self.core);
            let mut cx = Context::from_waker(&socket.waker);
            let written = match core.hub.transmit(id, PIECES_PER_WRITE) {
                Ok(Transmit::Release { abort }) => {
                    if abort {
                        socket.transport.abort();
                    }
                    self.release(slot, id);
                    return;
                }
                Ok(Transmit::Nothing) | Err(_) => return,
                Ok(Transmit::Write(_) | Transmit::ShutdownWrite) if !socket.may_write => return,
                Ok(Transmit::Write(outgoing)) => {
                    let pieces: SmallVec<[IoSlice<'_>; PIECES_PER_WRITE]> =
                        outgoing.map(|piece| IoSlice::new(piece.as_bytes())).collect();
                    socket.transport.poll_write_vectored(&mut cx, &pieces)
                }
                Ok(Transmit::ShutdownWrite) => match poll_shut(&mut *socket.transport, &mut cx) {
                    Poll::Ready(Ok(())) => {
                        core.write_shut(id);
                        continue;
                    }
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                    Poll::Pending => Poll::Pending,
                },
            };
            match written {
                Poll::Ready(Ok(0)) => core.transport_failed(self.app, id, ErrorKind::WriteZero),
                Poll::Ready(Ok(count)) => core.sent(id, count),
                Poll::Ready(Err(error)) => core.transport_failed(self.app, id, error.kind()),
                Poll::Pending => {
                    socket.may_write = false;
                    core.sent(id, 0);
                }
            }
        }
    }

    fn release(&mut self, slot: u32, id: ConnectionId) {
        if let Some(place) = self.sockets.get_mut(slot as usize) {
            *place = None;
        }
        self.core.released(id);
    }
}

fn poll_shut(transport: &mut dyn Transport, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    ready!(transport.poll_flush(cx))?;
    transport.poll_shutdown(cx)
}
