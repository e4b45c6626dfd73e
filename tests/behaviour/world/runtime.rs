//! What a world is made of. Each file beside this one that is named for a
//! runtime gives one answer to these four.

use async_tungstenite::tungstenite::handshake::client::Request;
use async_tungstenite::tungstenite::{Error, Message};
use fanfare::driver::Tls;
use fanfare::{App, Handle};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Where servers run.
pub(super) trait Runtime: Send + Sync {
    /// Serves an application on an address of its own, to peers that speak TLS if
    /// there is something to show them.
    fn serve(&self, app: App, tls: Option<Tls>) -> Box<dyn Serving + '_>;
}

/// A server that runs, and the way to it.
pub(super) trait Serving: Send + Sync {
    fn handle(&self) -> &Handle;

    fn address(&self) -> SocketAddr;

    /// A connection on which nothing has been said.
    fn dial(&self, source: Ipv4Addr) -> Box<dyn Stream>;

    /// One that somebody else has accepted, and read `unread` from.
    fn attach(&self, unread: &[u8]) -> Box<dyn Stream>;

    /// The handshake of an independent client, and what it leads to.
    fn open(&self, source: Ipv4Addr, request: Request) -> Result<Box<dyn Voice>, Error>;

    /// Waits until a server that was stopped has returned.
    fn join(&mut self);
}

/// A peer's end of a connection. Blocking: reads and writes give up after
/// [`DEADLINE`](super::DEADLINE).
pub(super) trait Stream: Read + Write + Send {
    /// Writes some bytes; none when it gets nowhere for `patience`.
    fn write_for(&mut self, bytes: &[u8], patience: Duration) -> io::Result<usize>;

    /// Ends the writing side.
    fn finish(&mut self);

    /// Breaks off with a reset.
    fn reset(self: Box<Self>);
}

/// A WebSocket library's side of an open connection.
pub(super) trait Voice: Send {
    fn say(&mut self, message: Message) -> Result<(), Error>;

    /// The end of the stream is an error, too.
    fn hear(&mut self) -> Result<Message, Error>;
}
