//! Any of smol's streams as a transport of the shard loop.

use fanfare_driver::Transport;
use smol::io::{AsyncRead, AsyncWrite};
use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A stream of smol's, as a [`Transport`].
pub struct Stream<S>(S);

impl<S> Stream<S> {
    /// Wraps a stream. TCP sockets should have `TCP_NODELAY` set: the shard
    /// writes whole batches, and waiting for more only adds latency.
    pub fn new(stream: S) -> Stream<S> {
        Stream(stream)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Transport for Stream<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, pieces)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }

    /// Dropping the stream is all there is to do: with unread input the kernel
    /// answers with a reset, which is acceptable here.
    fn abort(&mut self) {}
}

impl<S> fmt::Debug for Stream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}
