//! Where connections come from: TCP or Unix sockets.

use crate::moved::{Movable, Moved};
use crate::server::Placement;
use crate::transport::Stream;
use fanfare_driver::Transport;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

/// A listening socket, bound by the caller: its address can be read before it
/// is served, and port 0 works.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use fanfare_tokio::Listener;
/// use tokio::net::TcpListener;
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// println!("on port {}", listener.local_addr()?.port());
/// let listener = Listener::from(listener);
/// # drop(listener);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Listener {
    /// Over TCP.
    Tcp(TcpListener),
    /// Over a Unix socket. Its peers have no address: no limit per address
    /// holds them back, and a connection's default client id is its own id.
    #[cfg(unix)]
    Unix(UnixListener),
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Listener {
        Listener::Tcp(listener)
    }
}

#[cfg(unix)]
impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Listener {
        Listener::Unix(listener)
    }
}

impl Listener {
    /// The next connection, ready to be handed to a shard.
    pub(crate) async fn accept(
        &self,
        placement: Placement,
    ) -> io::Result<(Box<dyn Transport>, Option<SocketAddr>)> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Fails only on a socket that is dead already; reading will tell.
                let _ = stream.set_nodelay(true);
                Ok((placed(stream, placement)?, Some(peer)))
            }
            #[cfg(unix)]
            Listener::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((placed(stream, placement)?, None))
            }
        }
    }
}

/// A socket as a shard on this runtime, or on another, can use it.
fn placed<S: Movable>(stream: S, placement: Placement) -> io::Result<Box<dyn Transport>> {
    Ok(match placement {
        Placement::Tasks => Box::new(Stream::new(stream)),
        Placement::Threads => Box::new(Moved::new(stream)?),
    })
}
