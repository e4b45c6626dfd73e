//! Streams that somebody else has accepted.

use crate::transport::Stream;
#[cfg(feature = "tls")]
use fanfare_driver::Tls;
use fanfare_driver::{Acceptor, AttachError, Transport};
use smol::io::{AsyncRead, AsyncWrite};
use std::net::SocketAddr;

/// Hands streams to a server: of an existing accept loop, out of a TLS
/// acceptor, or virtual ones.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { smol::block_on(async {
/// use fanfare_driver::{App, Route, StopOptions};
/// use fanfare_smol::Server;
/// use smol::io::{AsyncReadExt, AsyncWriteExt};
/// use smol::net::unix::UnixStream;
///
/// let server = Server::new(App::new().route("/echo", Route::new()))?;
/// let (attacher, handle) = (server.attacher(), server.handle());
/// let running = smol::spawn(server.run());
///
/// // Somebody has read the beginning of a request already.
/// let (mut peer, ours) = UnixStream::pair()?;
/// attacher.attach(ours, None, b"GET /nowhere HTTP/1.1\r\n".to_vec())?;
/// peer.write_all(b"Host: localhost\r\n\r\n").await?;
/// let mut answer = [0; 12];
/// peer.read_exact(&mut answer).await?;
/// assert_eq!(&answer, b"HTTP/1.1 404");
///
/// drop(peer);
/// handle.stop(&StopOptions::default()).await?;
/// running.await?;
/// # Ok(()) }) }
/// ```
#[derive(Clone, Debug)]
pub struct Attacher {
    acceptor: Acceptor,
}

impl Attacher {
    pub(crate) fn new(acceptor: Acceptor) -> Attacher {
        Attacher { acceptor }
    }

    /// The same for streams whose peers speak TLS; what is `unread` of them is
    /// encrypted, too.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(self, tls: Tls) -> Attacher {
        Attacher::new(self.acceptor.with_tls(tls))
    }

    /// Gives a stream to the least loaded shard, before any handshake: the
    /// request for a WebSocket connection is still to come, or in `unread`.
    ///
    /// `peer` is the other end's address, if it has one. `unread` is what was
    /// read from the stream before; nothing of it is lost. A TCP socket should
    /// have `TCP_NODELAY` set. It stays with its own runtime's reactor; a socket
    /// costs less as an [`OsSocket`](fanfare_driver::OsSocket), attached as
    /// a [transport](Self::attach_transport).
    ///
    /// # Errors
    /// [`AttachError::Refused`] when the shard is too busy or the server has
    /// stopped; the stream is dropped then.
    pub fn attach<S>(&self, stream: S, peer: Option<SocketAddr>, unread: Vec<u8>) -> Result<(), AttachError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.attach_transport(Stream::new(stream), peer, unread)
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
