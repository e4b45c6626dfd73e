//! The operating system's stream sockets, TCP and Unix, as a shard serves them:
//! never blocking, and watched by the shard's own readiness set.
//!
//! Apart from other transports because these wake nobody: the set tells the
//! shard, and the shard tells them ([`OsSocket::told`]). One registration in one
//! set per socket, no waker, no allocation beside the socket's own.

use crate::transport::Transport;
use mio::event::Event;
use mio::net;
use mio::{Interest, Registry, Token};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::task::{Context, Poll};

/// Whether the set tells of what comes after a call that was cut short. Windows
/// tells only after one that would have blocked.
const TELLS_UNASKED: bool = cfg!(unix);

/// A stream socket of the operating system.
///
/// ```
/// use fanfare_driver::OsSocket;
/// use std::net::{TcpListener, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let _peer = TcpStream::connect(listener.local_addr()?)?;
/// let (accepted, _) = listener.accept()?;
/// let socket = OsSocket::try_from(accepted)?;
/// # let _ = socket;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OsSocket {
    stream: Stream,
    input: Input,
    /// Took less than it was given: it takes nothing until the set says otherwise.
    is_full: bool,
}

#[derive(Debug)]
enum Stream {
    Tcp(net::TcpStream),
    #[cfg(unix)]
    Unix(net::UnixStream),
}

/// What is known of the bytes to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Input {
    /// There may be some.
    Ready,
    /// There is nothing, until the set says otherwise.
    Drained,
    /// The set has told the end, or an error, which it does once: it comes
    /// behind the last bytes, so a short read does not mean that nothing waits.
    Ending,
}

impl TryFrom<std::net::TcpStream> for OsSocket {
    type Error = io::Error;

    /// Makes the socket nonblocking, and turns Nagle's algorithm off: a shard
    /// writes whole batches, and waiting for more only adds latency.
    fn try_from(stream: std::net::TcpStream) -> io::Result<OsSocket> {
        stream.set_nonblocking(true)?;
        Ok(OsSocket::tcp(net::TcpStream::from_std(stream)))
    }
}

#[cfg(unix)]
impl TryFrom<std::os::unix::net::UnixStream> for OsSocket {
    type Error = io::Error;

    /// Makes the socket nonblocking.
    fn try_from(stream: std::os::unix::net::UnixStream) -> io::Result<OsSocket> {
        stream.set_nonblocking(true)?;
        Ok(OsSocket::unix(net::UnixStream::from_std(stream)))
    }
}

impl OsSocket {
    pub(crate) fn tcp(stream: net::TcpStream) -> OsSocket {
        // Fails only on a socket that is dead already; reading will tell.
        let _ = stream.set_nodelay(true);
        OsSocket::new(Stream::Tcp(stream))
    }

    #[cfg(unix)]
    pub(crate) fn unix(stream: net::UnixStream) -> OsSocket {
        OsSocket::new(Stream::Unix(stream))
    }

    fn new(stream: Stream) -> OsSocket {
        OsSocket { stream, input: Input::Ready, is_full: false }
    }

    /// Puts the socket into a set, which tells each change once (edge-triggered). A
    /// shard does so by itself; this is for whoever polls a transport without one.
    ///
    /// # Errors
    /// What the system says.
    pub fn watch(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        match &mut self.stream {
            Stream::Tcp(stream) => registry.register(stream, token, interest),
            #[cfg(unix)]
            Stream::Unix(stream) => registry.register(stream, token, interest),
        }
    }

    /// Takes the socket out of its set. Closing it would not suffice where the
    /// application holds a duplicate.
    pub(crate) fn unwatch(&mut self, registry: &Registry) -> io::Result<()> {
        match &mut self.stream {
            Stream::Tcp(stream) => registry.deregister(stream),
            #[cfg(unix)]
            Stream::Unix(stream) => registry.deregister(stream),
        }
    }

    /// The set has told something of the socket: reading and writing are tried again
    /// accordingly.
    pub fn told(&mut self, event: &Event) {
        if event.is_read_closed() || event.is_error() {
            self.input = Input::Ending;
        } else if event.is_readable() && self.input == Input::Drained {
            self.input = Input::Ready;
        }
        if event.is_writable() || event.is_write_closed() || event.is_error() {
            self.is_full = false;
        }
    }

    /// What a write of `offered` bytes came to. One that was cut short has
    /// found the socket full, so the next needs not ask.
    fn wrote(&mut self, written: io::Result<usize>, offered: usize) -> Poll<io::Result<usize>> {
        match &written {
            Ok(count) => self.is_full = TELLS_UNASKED && *count < offered,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.is_full = true;
                return Poll::Pending;
            }
            Err(_) => {}
        }
        Poll::Ready(written)
    }
}

impl Transport for OsSocket {
    fn poll_read(&mut self, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.input == Input::Drained {
            return Poll::Pending;
        }
        let read = uninterrupted(|| self.stream.read(buffer));
        match &read {
            Ok(count) if *count == buffer.len() => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.input = Input::Drained;
                return Poll::Pending;
            }
            // Not even the look that would find nothing: what comes later, the
            // set tells later.
            Ok(_) if TELLS_UNASKED && self.input == Input::Ready => self.input = Input::Drained,
            Ok(_) | Err(_) => {}
        }
        Poll::Ready(read)
    }

    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_full {
            return Poll::Pending;
        }
        let written = uninterrupted(|| self.stream.write(bytes));
        self.wrote(written, bytes.len())
    }

    fn poll_write_vectored(
        &mut self,
        _: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_full {
            return Poll::Pending;
        }
        let offered = pieces.iter().map(|piece| piece.len()).sum();
        let written = uninterrupted(|| self.stream.write_vectored(pieces));
        self.wrote(written, offered)
    }

    /// The kernel sends by itself what it has taken.
    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match &self.stream {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Write),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.shutdown(Shutdown::Write),
        })
    }

    /// Dropping the socket is all there is to do: with unread input the kernel
    /// answers with a reset, which is acceptable here.
    fn abort(&mut self) {}

    fn holds_back(&self) -> bool {
        false
    }

    fn source(&mut self) -> Option<&mut OsSocket> {
        Some(self)
    }
}

impl Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.read(buffer),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.read(buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.write(bytes),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.write(bytes),
        }
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.write_vectored(pieces),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.write_vectored(pieces),
        }
    }
}

/// Again, as long as a signal comes in between.
fn uninterrupted(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use mio::{Events, Poll as Set};
    use std::os::unix::net::UnixStream;
    use std::task::Waker;

    /// A socket in a set, and its peer.
    struct Watched {
        set: Set,
        socket: OsSocket,
        peer: UnixStream,
    }

    impl Watched {
        fn new() -> Watched {
            let (near, peer) = UnixStream::pair().unwrap();
            let (set, mut socket) = (Set::new().unwrap(), OsSocket::try_from(near).unwrap());
            socket.watch(set.registry(), Token(0)).unwrap();
            Watched { set, socket, peer }
        }

        /// Tells the socket what the set has to tell.
        fn tell(&mut self) {
            let mut events = Events::with_capacity(4);
            self.set.poll(&mut events, None).unwrap();
            for event in &events {
                self.socket.told(event);
            }
        }

        fn read(&mut self) -> Poll<usize> {
            let read = self.socket.poll_read(&mut Context::from_waker(Waker::noop()), &mut [0; 8]);
            read.map(|read| read.unwrap())
        }

        fn write(&mut self) -> Poll<usize> {
            let written = self.socket.poll_write(&mut Context::from_waker(Waker::noop()), &[0; 16_000]);
            written.map(|written| written.unwrap())
        }
    }

    #[test]
    fn behind_a_short_read_nothing_is_asked_for_until_the_set_tells() {
        let mut watched = Watched::new();
        watched.peer.write_all(b"four").unwrap();
        assert_eq!(watched.read(), Poll::Ready(4));
        watched.peer.write_all(b"more").unwrap();
        assert_eq!(watched.read(), Poll::Pending, "without a look");
        watched.tell();
        assert_eq!(watched.read(), Poll::Ready(4));
        watched.peer.write_all(b"eight or more").unwrap();
        watched.tell();
        assert_eq!((watched.read(), watched.read()), (Poll::Ready(8), Poll::Ready(5)));
    }

    #[test]
    fn an_end_that_was_told_is_read_behind_a_short_read() {
        let mut watched = Watched::new();
        watched.peer.write_all(b"last").unwrap();
        watched.peer.shutdown(Shutdown::Write).unwrap();
        watched.tell();
        assert_eq!((watched.read(), watched.read()), (Poll::Ready(4), Poll::Ready(0)));
    }

    #[test]
    fn an_end_behind_a_short_read_is_told() {
        let mut watched = Watched::new();
        watched.peer.write_all(b"last").unwrap();
        watched.tell();
        assert_eq!(watched.read(), Poll::Ready(4));
        watched.peer.shutdown(Shutdown::Write).unwrap();
        watched.tell();
        assert_eq!(watched.read(), Poll::Ready(0));
    }

    #[test]
    fn behind_a_short_write_nothing_is_offered_until_the_set_tells() {
        let mut watched = Watched::new();
        watched.tell();
        let mut written = 0;
        while let Poll::Ready(count) = watched.write() {
            written += count;
        }
        let mut taken = vec![0; written];
        watched.peer.read_exact(&mut taken).unwrap();
        assert_eq!(watched.write(), Poll::Pending, "without a look");
        watched.tell();
        assert!(watched.write().is_ready());
    }
}
