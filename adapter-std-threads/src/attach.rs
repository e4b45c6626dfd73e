//! Streams that somebody else has accepted.

use fanfare_driver::{Acceptor, AttachError, OsSocket, Transport};
use std::io;
use std::net::SocketAddr;

/// Hands streams to a server: of an existing accept loop, or virtual ones.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use fanfare_driver::{App, Route, StopOptions};
/// use fanfare_std_threads::Server;
/// use std::io::{Read, Write};
/// use std::net::{TcpListener, TcpStream};
/// use std::thread;
///
/// let server = Server::new(App::new().route("/echo", Route::new()))?;
/// let (attacher, handle) = (server.attacher(), server.handle());
/// let running = thread::spawn(|| server.run());
///
/// // Somebody has read the beginning of a request already.
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let mut peer = TcpStream::connect(listener.local_addr()?)?;
/// let (ours, address) = listener.accept()?;
/// attacher.attach(ours, Some(address), b"GET /nowhere HTTP/1.1\r\n".to_vec())?;
/// peer.write_all(b"Host: localhost\r\n\r\n")?;
/// let mut answer = [0; 12];
/// peer.read_exact(&mut answer)?;
/// assert_eq!(&answer, b"HTTP/1.1 404");
///
/// drop(peer);
/// handle.stop(&StopOptions::default()).wait()?;
/// running.join().expect("it has not panicked")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Attacher {
    acceptor: Acceptor,
}

impl Attacher {
    pub(crate) fn new(acceptor: Acceptor) -> Attacher {
        Attacher { acceptor }
    }

    /// Gives a stream of the standard library to the least loaded shard, before
    /// any handshake: the request for a WebSocket connection is still to come,
    /// or in `unread`.
    ///
    /// `peer` is the other end's address, if it has one. `unread` is what was
    /// read from the stream before; nothing of it is lost.
    ///
    /// # Errors
    /// [`AttachError::Socket`] when it cannot be made nonblocking,
    /// [`AttachError::Refused`] when the shard is too busy or the server has
    /// stopped; the stream is dropped then.
    pub fn attach<S>(&self, stream: S, peer: Option<SocketAddr>, unread: Vec<u8>) -> Result<(), AttachError>
    where
        S: TryInto<OsSocket, Error = io::Error>,
    {
        self.attach_transport(stream.try_into()?, peer, unread)
    }

    /// The same for any transport, of the application's own making too.
    pub fn attach_transport(
        &self,
        transport: impl Transport + 'static,
        peer: Option<SocketAddr>,
        unread: Vec<u8>,
    ) -> Result<(), AttachError> {
        Ok(self.acceptor.accept(Box::new(transport), peer, unread)?)
    }
}
