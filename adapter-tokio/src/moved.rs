//! A socket on its way to another runtime's I/O driver.

use crate::transport::Stream;
use fanfare_driver::Transport;
use std::fmt;
use std::io::{self, IoSlice};
use std::net;
#[cfg(unix)]
use std::os::unix;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

/// A socket that can be taken out of one I/O driver and put into another.
pub(crate) trait Movable:
    AsyncRead + AsyncWrite + fmt::Debug + Unpin + Send + Sized + 'static
{
    /// The socket without a driver.
    type Std: fmt::Debug + Send + 'static;

    /// Takes the socket out of its driver.
    fn unregister(self) -> io::Result<Self::Std>;

    /// Puts the socket into the current runtime's driver.
    fn register(stream: Self::Std) -> io::Result<Self>;
}

impl Movable for TcpStream {
    type Std = net::TcpStream;

    fn unregister(self) -> io::Result<net::TcpStream> {
        self.into_std()
    }

    fn register(stream: net::TcpStream) -> io::Result<TcpStream> {
        TcpStream::from_std(stream)
    }
}

#[cfg(unix)]
impl Movable for UnixStream {
    type Std = unix::net::UnixStream;

    fn unregister(self) -> io::Result<unix::net::UnixStream> {
        self.into_std()
    }

    fn register(stream: unix::net::UnixStream) -> io::Result<UnixStream> {
        UnixStream::from_std(stream)
    }
}

/// Registers its socket with the runtime that polls it first.
#[derive(Debug)]
pub(crate) enum Moved<S: Movable> {
    /// Not registered anywhere. `None` once registering has failed.
    Unregistered(Option<S::Std>),
    Registered(Stream<S>),
}

impl<S: Movable> Moved<S> {
    /// Takes a socket out of the current runtime's I/O driver.
    pub(crate) fn new(stream: S) -> io::Result<Moved<S>> {
        Ok(Moved::Unregistered(Some(stream.unregister()?)))
    }

    fn stream(&mut self) -> io::Result<&mut Stream<S>> {
        if let Moved::Unregistered(stream) = self {
            let stream = stream.take().ok_or(io::ErrorKind::NotConnected)?;
            *self = Moved::Registered(Stream::new(S::register(stream)?));
        }
        match self {
            Moved::Registered(stream) => Ok(stream),
            Moved::Unregistered(_) => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl<S: Movable> Transport for Moved<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.stream()?.poll_read(cx, buffer)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(cx, bytes)
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

    /// Dropping the socket is all there is to do, as for any [`Stream`].
    fn abort(&mut self) {}
}
