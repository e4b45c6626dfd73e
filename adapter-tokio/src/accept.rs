//! The accept loop: hands sockets to shards, and outlives every error that a
//! busy machine can give.

use crate::moved::Moved;
use crate::server::Placement;
use crate::transport::Stream;
use fanfare_driver::{Acceptor, Transport};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// The first pause after an error that will pass, such as no free descriptor.
const BACK_OFF_MIN: Duration = Duration::from_millis(5);
/// The longest pause.
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

/// Accepts until it is dropped.
pub(crate) async fn run(listener: &TcpListener, acceptor: &Acceptor, placement: Placement) {
    let mut back_off = BACK_OFF_MIN;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                back_off = BACK_OFF_MIN;
                hand_over(stream, peer, acceptor, placement);
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, pause = ?back_off, "cannot accept connections for now");
                sleep(back_off).await;
                back_off = (back_off * 2).min(BACK_OFF_MAX);
            }
        }
    }
}

fn hand_over(stream: TcpStream, peer: SocketAddr, acceptor: &Acceptor, placement: Placement) {
    // Fails only on a socket that is dead already; reading will tell.
    let _ = stream.set_nodelay(true);
    let transport: Box<dyn Transport> = match placement {
        Placement::Tasks => Box::new(Stream::new(stream)),
        Placement::Threads => match Moved::new(stream) {
            Ok(moved) => Box::new(moved),
            Err(error) => return tracing::warn!(%error, %peer, "connection dropped"),
        },
    };
    if let Err(error) = acceptor.accept(transport, Some(peer), Vec::new()) {
        tracing::warn!(%error, %peer, "connection dropped");
    }
}

/// The peer gave up between its SYN and our accept: nothing to wait for.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
