//! A socket of the shard: its transport, and what is known of its readiness.

use crate::ready::{ConnectionWaker, ReadyList};
use crate::socket::OsSocket;
use crate::transport::Transport;
use bytes::BytesMut;
use fanfare_core::hub::Outgoing;
use fanfare_core::id::ConnectionId;
use smallvec::SmallVec;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

/// Small frames are copied together up to this many bytes.
const COPIED_PER_WRITE_BYTES: usize = 16 * 1024;
/// Frames in one write.
pub(crate) const PIECES_PER_WRITE: usize = 64;

/// See the module.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is true or not whatever the others are")]
pub(super) struct Socket {
    id: ConnectionId,
    transport: Box<dyn Transport>,
    wakes: Wakes,
    /// Bytes that were read before they were wanted. Bounded by one read and what
    /// is read ahead, or by what the transport came with. An idle connection pays for none.
    unread: Option<Box<BytesMut>>,
    is_ready: bool,
    /// Not known to be `Pending` for reading, or at its end.
    may_read: bool,
    /// Not known to be `Pending` for writing.
    may_write: bool,
    /// Has taken bytes that it may still hold.
    must_flush: bool,
    /// The transport's [`holds_back`](Transport::holds_back).
    holds_back: bool,
}

/// How the shard learns that a transport may make progress.
#[derive(Debug)]
enum Wakes {
    /// The shard's readiness set tells of its source.
    Told,
    /// It wakes a waker of its own.
    Woken(Box<OwnWaker>),
}

/// The waker of one connection, shared with its transport.
#[derive(Debug)]
struct OwnWaker {
    listed: Arc<ConnectionWaker>,
    waker: Waker,
}

impl Wakes {
    /// What a transport is polled with.
    fn waker(&self) -> &Waker {
        match self {
            Wakes::Told => Waker::noop(),
            Wakes::Woken(own) => &own.waker,
        }
    }
}

/// `None` for no bytes.
fn boxed(bytes: BytesMut) -> Option<Box<BytesMut>> {
    (!bytes.is_empty()).then(|| Box::new(bytes))
}

impl Socket {
    pub(super) fn new(
        id: ConnectionId,
        mut transport: Box<dyn Transport>,
        ready: &Arc<ReadyList>,
        unread: &[u8],
    ) -> Socket {
        let wakes = if transport.source().is_some() {
            Wakes::Told
        } else {
            let listed = ConnectionWaker::new(id.slot(), ready);
            Wakes::Woken(Box::new(OwnWaker { waker: Waker::from(Arc::clone(&listed)), listed }))
        };
        Socket {
            id,
            holds_back: transport.holds_back(),
            transport,
            wakes,
            unread: boxed(BytesMut::from(unread)),
            is_ready: false,
            may_read: true,
            may_write: true,
            must_flush: false,
        }
    }

    pub(super) fn id(&self) -> ConnectionId {
        self.id
    }

    /// What the readiness set is to watch.
    pub(super) fn source(&mut self) -> Option<&mut OsSocket> {
        self.transport.source()
    }

    /// The transport may make progress; in which direction is not known.
    pub(super) fn woken(&mut self) {
        if let Wakes::Woken(own) = &self.wakes {
            own.listed.unlisted();
        }
        self.may_read = true;
        self.may_write = true;
    }

    /// Says whether the socket is to be put on the ready list.
    pub(super) fn enlist(&mut self) -> bool {
        !std::mem::replace(&mut self.is_ready, true)
    }

    pub(super) fn delist(&mut self) {
        self.is_ready = false;
    }

    /// Whether reading may yield something.
    pub(super) fn may_read(&self) -> bool {
        self.may_read || self.unread.is_some()
    }

    /// Whether writing may get somewhere.
    pub(super) fn may_write(&self) -> bool {
        self.may_write
    }

    /// How many bytes were kept from earlier reads.
    pub(super) fn unread_len(&self) -> usize {
        self.unread.as_ref().map_or(0, |unread| unread.len())
    }

    /// Whether reading may be expensive.
    pub(super) fn is_handshaking(&self) -> bool {
        self.transport.is_handshaking()
    }

    /// The bytes that were kept from earlier reads.
    pub(super) fn take_unread(&mut self) -> BytesMut {
        self.unread.take().map(|unread| *unread).unwrap_or_default()
    }

    /// Keeps bytes for the next read.
    pub(super) fn keep_unread(&mut self, bytes: BytesMut) {
        self.unread = boxed(bytes);
    }

    /// Reads once. `None` when there is nothing for now.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        if !self.may_read {
            return None;
        }
        match self.transport.poll_read(&mut Context::from_waker(self.wakes.waker()), buffer) {
            Poll::Pending => {
                self.may_read = false;
                None
            }
            Poll::Ready(result) => {
                self.may_read = matches!(result, Ok(1..));
                Some(result)
            }
        }
    }

    /// Writes once. `None` when it would block.
    pub(super) fn write(
        &mut self,
        outgoing: Outgoing<'_>,
        scratch: &mut Vec<u8>,
    ) -> Option<io::Result<usize>> {
        let mut cx = Context::from_waker(self.wakes.waker());
        let written = write_pieces(&mut *self.transport, &mut cx, outgoing, scratch);
        self.must_flush |= self.holds_back && written.is_ready();
        self.unless_pending(written)
    }

    /// Sees to it that what was written leaves. `None` when it would block.
    pub(super) fn flush(&mut self) -> Option<io::Result<()>> {
        if !self.must_flush || !self.may_write {
            return Some(Ok(()));
        }
        let flushed = self.transport.poll_flush(&mut Context::from_waker(self.wakes.waker()));
        self.must_flush = flushed.is_pending();
        self.unless_pending(flushed)
    }

    /// Flushes, and shuts the writing side. `None` when it would block.
    pub(super) fn shut(&mut self) -> Option<io::Result<()>> {
        let shut = poll_shut(&mut *self.transport, &mut Context::from_waker(self.wakes.waker()));
        self.unless_pending(shut)
    }

    pub(super) fn abort(&mut self) {
        self.transport.abort();
    }

    fn unless_pending<T>(&mut self, poll: Poll<io::Result<T>>) -> Option<io::Result<T>> {
        match poll {
            Poll::Ready(result) => Some(result),
            Poll::Pending => {
                self.may_write = false;
                None
            }
        }
    }
}

/// Small frames are copied together in `scratch` first: that is cheaper than a
/// vectored write of as many pieces.
pub(crate) fn write_pieces(
    transport: &mut dyn Transport,
    cx: &mut Context<'_>,
    mut outgoing: Outgoing<'_>,
    scratch: &mut Vec<u8>,
) -> Poll<io::Result<usize>> {
    let first = outgoing.next().map(|piece| piece.as_bytes()).unwrap_or_default();
    if outgoing.len() == 0 {
        return transport.poll_write(cx, first);
    }
    scratch.clear();
    scratch.extend_from_slice(first);
    for piece in outgoing.clone() {
        let bytes = piece.as_bytes();
        if scratch.len() + bytes.len() > COPIED_PER_WRITE_BYTES {
            let pieces: SmallVec<[IoSlice<'_>; PIECES_PER_WRITE]> = std::iter::once(first)
                .chain(outgoing.map(|piece| piece.as_bytes()))
                .map(IoSlice::new)
                .collect();
            return transport.poll_write_vectored(cx, &pieces);
        }
        scratch.extend_from_slice(bytes);
    }
    transport.poll_write(cx, scratch)
}

fn poll_shut(transport: &mut dyn Transport, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    ready!(transport.poll_flush(cx))?;
    transport.poll_shutdown(cx)
}
