//! Sockets on their way to a server, and where they start from.

use crate::error::LoadError;
use fanfare_driver::OsSocket;
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A source address has 28,000 ports at most; well below that the next is used.
const CONNECTIONS_PER_SOURCE: usize = 14_000;
const SOURCES: usize = 64;

/// Begins connections to one address.
#[derive(Debug)]
pub(crate) struct Dialer {
    address: SocketAddr,
    dialed: usize,
}

impl Dialer {
    pub(crate) fn new(address: SocketAddr) -> Dialer {
        Dialer { address, dialed: 0 }
    }

    /// Begins a connection. That it is there, or is not, its readiness tells.
    pub(crate) fn dial(&mut self) -> Result<OsSocket, LoadError> {
        let source = source(self.address.ip(), self.dialed);
        self.dialed += 1;
        begin(self.address, source).map_err(|error| LoadError::Dial { address: self.address, error })
    }
}

fn begin(address: SocketAddr, source: Option<Ipv4Addr>) -> io::Result<OsSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    if let Some(source) = source {
        socket.bind(&SocketAddr::from((source, 0)).into())?;
    }
    match socket.connect(&address.into()) {
        Err(error) if Errno::from_io_error(&error) != Some(Errno::INPROGRESS) => Err(error),
        Ok(()) | Err(_) => OsSocket::try_from(std::net::TcpStream::from(socket)),
    }
}

/// All of 127.0.0.0/8 is this machine. `None` leaves the choice to the kernel,
/// which is cheaper than a bind.
fn source(server: IpAddr, dialed: usize) -> Option<Ipv4Addr> {
    let index = u8::try_from(dialed / CONNECTIONS_PER_SOURCE % SOURCES).ok().filter(|&index| index > 0)?;
    let is_loopback = server.is_ipv4() && server.is_loopback();
    is_loopback.then(|| Ipv4Addr::new(127, 0, 0, 1 + index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_chosen_on_the_loopback_interface_only() {
        let here = "127.0.0.1".parse().unwrap();
        assert_eq!(source(here, CONNECTIONS_PER_SOURCE - 1), None);
        assert_eq!(source(here, CONNECTIONS_PER_SOURCE), Some(Ipv4Addr::new(127, 0, 0, 2)));
        assert_eq!(source(here, SOURCES * CONNECTIONS_PER_SOURCE), None);
        for elsewhere in ["192.0.2.1", "::1"] {
            assert_eq!(source(elsewhere.parse().unwrap(), 3 * CONNECTIONS_PER_SOURCE), None);
        }
    }
}
