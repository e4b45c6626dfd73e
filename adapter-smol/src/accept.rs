//! The accept loop: hands sockets to shards, and outlives every error that a
//! busy machine can give.

use fanfare_driver::{Acceptor, OsListener};
use smol::future::yield_now;
use smol::{Async, Timer};
use std::io;
use std::time::Duration;

/// The first pause after an error that will pass, such as no free descriptor.
const BACK_OFF_MIN: Duration = Duration::from_millis(5);
/// The longest pause.
const BACK_OFF_MAX: Duration = Duration::from_secs(1);
/// Connections that are accepted in a row, if so many wait, before the shards
/// that they are for have their turn.
const ACCEPTED_IN_A_ROW_MAX: usize = 64;

/// Accepts until it is dropped.
pub(crate) async fn run(listener: &Async<OsListener>, acceptor: &Acceptor) {
    let mut back_off = BACK_OFF_MIN;
    for accepted in 1_usize.. {
        if accepted % ACCEPTED_IN_A_ROW_MAX == 0 {
            yield_now().await;
        }
        match listener.read_with(OsListener::accept).await {
            Ok((socket, peer)) => {
                back_off = BACK_OFF_MIN;
                if let Err(error) = acceptor.accept(Box::new(socket), peer, Vec::new()) {
                    tracing::warn!(%error, ?peer, "connection dropped");
                }
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, pause = ?back_off, "cannot accept connections for now");
                Timer::after(back_off).await;
                back_off = (back_off * 2).min(BACK_OFF_MAX);
            }
        }
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
