//! Streams that somebody else has accepted.

use crate::transport::Stream;
#[cfg(feature = "tls")]
use fanfare_driver::Tls;
use fanfare_driver::{Acceptor, HandleError};
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};

/// Hands streams to a server: of an existing accept loop, out of a TLS
/// acceptor, or virtual ones.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use fanfare_driver::{App, Route, StopOptions};
/// use fanfare_tokio::Server;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// let server = Server::new(App::new().route("/echo", Route::new()))?;
/// let (attacher, handle) = (server.attacher(), server.handle());
/// let running = tokio::spawn(server.run());
///
/// // Somebody has read the beginning of a request already.
/// let (mut peer, ours) = tokio::io::duplex(1024);
/// attacher.attach(ours, None, b"GET /nowhere HTTP/1.1\r\n".to_vec())?;
/// peer.write_all(b"Host: localhost\r\n\r\n").await?;
/// let mut answer = [0; 12];
/// peer.read_exact(&mut answer).await?;
/// assert_eq!(&answer, b"HTTP/1.1 404");
///
/// drop(peer);
/// handle.stop(&StopOptions::default()).await?;
/// running.await??;
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
    /// have `TCP_NODELAY` set.
    ///
    /// # Errors
    /// [`HandleError::QueueFull`] when the shard is too busy, and
    /// [`HandleError::Stopped`]; the stream is dropped then.
    pub fn attach<S>(&self, stream: S, peer: Option<SocketAddr>, unread: Vec<u8>) -> Result<(), HandleError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.acceptor.accept(Box::new(Stream::new(stream)), peer, unread)
    }
}
