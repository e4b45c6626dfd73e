//! A nonblocking socket of a client's thread as a transport.
//!
//! Apart from the sockets of a server's shard, which know what their set has told
//! them: here is one connection, and whoever has been woken simply asks.

use fanfare_driver::Transport;
use mio::net::TcpStream;
#[cfg(unix)]
use mio::net::UnixStream;
use std::fmt;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::task::{Context, Poll};

/// A stream in the set of its thread, which tells each change once; so it must be
/// read, and written, until it would block.
pub(crate) struct Stream<S>(S);

/// What can be shut down.
pub(crate) trait Shut {
    fn shut(&self) -> io::Result<()>;
}

impl Shut for TcpStream {
    fn shut(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

#[cfg(unix)]
impl Shut for UnixStream {
    fn shut(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl<S> Stream<S> {
    /// Wraps a stream that is in the set of the thread that will poll it.
    pub(crate) fn new(stream: S) -> Stream<S> {
        Stream(stream)
    }
}

impl<S: Read + Write + Shut + Send> Transport for Stream<S> {
    fn poll_read(&mut self, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        unless_blocked(|| self.0.read(buffer))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        unless_blocked(|| self.0.write(bytes))
    }

    fn poll_write_vectored(
        &mut self,
        _: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        unless_blocked(|| self.0.write_vectored(pieces))
    }

    /// The kernel sends by itself what it has taken.
    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.shut())
    }

    /// Dropping the stream is all there is to do: with unread input the kernel
    /// answers with a reset, which is acceptable here.
    fn abort(&mut self) {}

    fn holds_back(&self) -> bool {
        false
    }
}

/// `Pending` when it would block; again, as long as a signal comes in between.
fn unless_blocked(mut call: impl FnMut() -> io::Result<usize>) -> Poll<io::Result<usize>> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
            outcome => return Poll::Ready(outcome),
        }
    }
}

impl<S> fmt::Debug for Stream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}
