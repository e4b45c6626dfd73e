//! Where connections come from: TCP or Unix sockets.

use fanfare_driver::OsListener;
use std::io;
#[cfg(unix)]
use std::os::fd::AsFd;

/// A listening socket of smol's or of the standard library's, TCP or Unix,
/// bound by the caller: its address can be read before it is served, and port 0
/// works. The peers of a Unix socket have no address: no limit per address holds
/// them back, and a connection's default client id is its own id.
///
/// ```
/// # fn main() -> std::io::Result<()> { smol::block_on(async {
/// use fanfare_smol::Listener;
/// use smol::net::TcpListener;
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// println!("on port {}", listener.local_addr()?.port());
/// let listener = Listener::from(listener);
/// # drop(listener);
/// # Ok(()) }) }
/// ```
#[derive(Debug)]
pub struct Listener {
    /// A failure is told when it is served.
    listener: io::Result<OsListener>,
}

impl Listener {
    /// The socket for the accept loop.
    pub(crate) fn open(self) -> io::Result<OsListener> {
        self.listener
    }
}

impl From<std::net::TcpListener> for Listener {
    fn from(listener: std::net::TcpListener) -> Listener {
        Listener { listener: OsListener::try_from(listener) }
    }
}

#[cfg(unix)]
impl From<smol::net::TcpListener> for Listener {
    /// A duplicate, since smol's own may have been cloned.
    fn from(listener: smol::net::TcpListener) -> Listener {
        let duplicate = listener.as_fd().try_clone_to_owned().map(std::net::TcpListener::from);
        Listener { listener: duplicate.and_then(OsListener::try_from) }
    }
}

#[cfg(unix)]
impl From<std::os::unix::net::UnixListener> for Listener {
    fn from(listener: std::os::unix::net::UnixListener) -> Listener {
        Listener { listener: OsListener::try_from(listener) }
    }
}

#[cfg(unix)]
impl From<smol::net::unix::UnixListener> for Listener {
    /// A duplicate, since smol's own may have been cloned.
    fn from(listener: smol::net::unix::UnixListener) -> Listener {
        let duplicate = listener.as_fd().try_clone_to_owned().map(std::os::unix::net::UnixListener::from);
        Listener { listener: duplicate.and_then(OsListener::try_from) }
    }
}
