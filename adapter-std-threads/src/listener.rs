//! Where connections come from: TCP or Unix sockets.

use fanfare_driver::OsListener;
use std::io;
use std::net::TcpListener;
#[cfg(unix)]
use std::os::unix::net::UnixListener;

/// A listening socket, bound by the caller: its address can be read before it
/// is served, and port 0 works.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use fanfare_std_threads::Listener;
/// use std::net::TcpListener;
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
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
    /// The socket for the accept loop.
    pub(crate) fn open(self) -> io::Result<OsListener> {
        match self {
            Listener::Tcp(listener) => OsListener::try_from(listener),
            #[cfg(unix)]
            Listener::Unix(listener) => OsListener::try_from(listener),
        }
    }
}
