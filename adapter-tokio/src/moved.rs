//! A TCP socket on its way to another runtime's I/O driver.

use crate::transport::Stream;
use fanfare_driver::Transport;
use std::io::{self, IoSlice};
use std::net;
use std::task::{Context, Poll};
use tokio::net::TcpStream;

/// Registers its socket with the runtime that polls it first.
#[derive(Debug)]
pub(crate) enum Moved {
    /// Not registered anywhere. `None` once registering has failed.
    Unregistered(Option<net::TcpStream>),
    Registered(Stream<TcpStream>),
}

impl Moved {
    /// Takes a socket out of the current runtime's I/O driver.
    pub(crate) fn new(stream: TcpStream) -> io::Result<Moved> {
        Ok(Moved::Unregistered(Some(stream.into_std()?)))
    }

    fn stream(&mut self) -> io::Result<&mut Stream<TcpStream>> {
        if let Moved::Unregistered(stream) = self {
            let stream = stream.take().ok_or(io::ErrorKind::NotConnected)?;
            *self = Moved::Registered(Stream::new(TcpStream::from_std(stream)?));
        }
        match self {
            Moved::Registered(stream) => Ok(stream),
            Moved::Unregistered(_) => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Transport for Moved {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.stream()?.poll_read(cx, buffer)
    }

    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write_vectored(cx, pieces)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
    }

    fn abort(&mut self) {}
}
