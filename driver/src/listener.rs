//! Where sockets come from: listening sockets, TCP and Unix, that never block.
//!
//! Apart from the adapters because accepting is the same on all of them; only
//! how they wait for it differs.

use crate::socket::OsSocket;
use mio::event::Source;
use mio::net;
use mio::{Interest, Registry, Token};
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

/// A listening socket, TCP or Unix, that never blocks: for an adapter's
/// accept loop, which waits for it in its own way.
#[derive(Debug)]
pub struct OsListener(Listening);

#[derive(Debug)]
enum Listening {
    Tcp(net::TcpListener),
    #[cfg(unix)]
    Unix(net::UnixListener),
}

impl TryFrom<std::net::TcpListener> for OsListener {
    type Error = io::Error;

    /// Makes the socket nonblocking.
    fn try_from(listener: std::net::TcpListener) -> io::Result<OsListener> {
        listener.set_nonblocking(true)?;
        Ok(OsListener(Listening::Tcp(net::TcpListener::from_std(listener))))
    }
}

#[cfg(unix)]
impl TryFrom<std::os::unix::net::UnixListener> for OsListener {
    type Error = io::Error;

    /// Makes the socket nonblocking.
    fn try_from(listener: std::os::unix::net::UnixListener) -> io::Result<OsListener> {
        listener.set_nonblocking(true)?;
        Ok(OsListener(Listening::Unix(net::UnixListener::from_std(listener))))
    }
}

impl OsListener {
    /// The next connection, and the address of a TCP peer.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when there is none for now; a listener may be
    /// waited for only after that.
    pub fn accept(&self) -> io::Result<(OsSocket, Option<SocketAddr>)> {
        match &self.0 {
            Listening::Tcp(listener) => {
                let (stream, peer) = listener.accept()?;
                Ok((OsSocket::tcp(stream), Some(peer)))
            }
            #[cfg(unix)]
            Listening::Unix(listener) => {
                let (stream, _) = listener.accept()?;
                Ok((OsSocket::unix(stream), None))
            }
        }
    }
}

impl Source for OsListener {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        match &mut self.0 {
            Listening::Tcp(listener) => listener.register(registry, token, interests),
            #[cfg(unix)]
            Listening::Unix(listener) => listener.register(registry, token, interests),
        }
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        match &mut self.0 {
            Listening::Tcp(listener) => listener.reregister(registry, token, interests),
            #[cfg(unix)]
            Listening::Unix(listener) => listener.reregister(registry, token, interests),
        }
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        match &mut self.0 {
            Listening::Tcp(listener) => listener.deregister(registry),
            #[cfg(unix)]
            Listening::Unix(listener) => listener.deregister(registry),
        }
    }
}

#[cfg(unix)]
impl AsFd for OsListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.0 {
            Listening::Tcp(listener) => listener.as_fd(),
            Listening::Unix(listener) => listener.as_fd(),
        }
    }
}

#[cfg(unix)]
impl AsRawFd for OsListener {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}
