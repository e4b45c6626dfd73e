//! A peer's end of a real connection.

use super::DEADLINE;
use super::runtime::Stream;
use socket2::{Domain, SockRef, Socket, Type};
use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// A connection with a small receive buffer, so that a peer that does not read
/// is felt soon.
pub(super) fn dial(source: Ipv4Addr, address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    socket.bind(&SocketAddr::from((source, 0)).into()).unwrap();
    socket.connect(&address.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream
}

impl Stream for TcpStream {
    fn write_for(&mut self, bytes: &[u8], patience: Duration) -> io::Result<usize> {
        self.set_write_timeout(Some(patience))?;
        let written = self.write(bytes);
        self.set_write_timeout(Some(DEADLINE))?;
        match written {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(0),
            written => written,
        }
    }

    fn finish(&mut self) {
        self.shutdown(Shutdown::Write).unwrap();
    }

    fn reset(self: Box<Self>) {
        SockRef::from(&*self).set_linger(Some(Duration::ZERO)).unwrap();
    }
}
