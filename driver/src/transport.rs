//! What the shard loop needs of a connection's bytes.

use crate::socket::OsSocket;
use std::fmt;
use std::io::{self, IoSlice};
use std::task::{Context, Poll};

/// A byte stream that is polled: a TCP or Unix socket, TLS over either, or a
/// virtual one.
///
/// Contract: a method that returns `Pending` has registered the context's
/// waker for its direction, and only then; one that has a
/// [source](Self::source) leaves the waker alone. A transport is not `Pending` for
/// reading while it holds decoded bytes, nor flushed while it holds encoded
/// ones. After an error no method is called but [`abort`](Self::abort), or
/// none. Dropping a transport closes it.
pub trait Transport: fmt::Debug + Send {
    /// Reads into `buffer`; 0 bytes mean the end of the stream.
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Writes some of `bytes`, which are not empty.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;

    /// Writes some of `pieces`, which are not all empty.
    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>;

    /// Hands all written bytes to the network.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Shuts down the writing side.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Gives up: no bytes that wait need to arrive, a reset is acceptable.
    fn abort(&mut self);

    /// Whether what was written may wait here for a [flush](Self::poll_flush);
    /// always the same. One that holds nothing back is flushed only before it is
    /// shut.
    fn holds_back(&self) -> bool {
        true
    }

    /// Whether the next reads may cost much more than others, as those of a
    /// handshake of TLS do. Of such transports only a few are read in a turn.
    fn is_handshaking(&self) -> bool {
        false
    }

    /// The operating system's socket under this transport, if there is one that
    /// the shard's own readiness set is to watch: it decides whether reading and
    /// writing are `Pending`, and it is always the same one. Without it, the
    /// transport wakes the context's waker.
    fn source(&mut self) -> Option<&mut OsSocket> {
        None
    }
}
