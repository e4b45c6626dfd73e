//! A bare epoll WebSocket server: the cost no library can go under.
//!
//! One thread, no limits, no library, no politeness beyond a handshake, pongs
//! and a closing frame. It is a yardstick, not a server: it trusts every peer,
//! and a reader that stops makes it queue without bound.

mod connection;
mod server;

use clap::{Parser, ValueEnum};
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::OwnedFd;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 4_096;

/// A bare epoll WebSocket server: paths that contain "echo" echo, on all others
/// every message goes to every connection, its sender included.
#[derive(Parser, Debug)]
struct Arguments {
    /// Port on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// How the frames of one turn are written.
    #[arg(long, value_enum, default_value_t = Mode::Writev)]
    mode: Mode,
}

/// How the frames of one turn are written to one connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Mode {
    /// All in one write. The frames of a broadcast turn are the same for all, so
    /// they lie side by side in one buffer and a plain send does, which is
    /// cheaper still than a vectored write.
    Writev,
    /// One write per frame.
    Plain,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let (listener, port) = listen(arguments.port)?;
    println!("listening on http://127.0.0.1:{port}");
    server::Server::new(listener, arguments.mode)?.run()
}

/// `TCP_NODELAY` is set on the listener: what it accepts inherits it, which saves
/// a call per connection.
fn listen(port: u16) -> io::Result<(OwnedFd, u16)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let listener = net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&listener, true)?;
    sockopt::set_tcp_nodelay(&listener, true)?;
    net::bind(&listener, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
    net::listen(&listener, BACKLOG)?;
    let address = SocketAddr::try_from(net::getsockname(&listener)?)?;
    Ok((listener, address.port()))
}
