//! The accept loop: waits for connections, and between them as it is told to.

use fanfare_driver::{Acceptor, Intake, Next, OsListener};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::task::yield_now;
use tokio::time::sleep;

/// Accepts until it is dropped.
pub(crate) async fn run(listener: &AsyncFd<OsListener>, acceptor: &Acceptor) {
    let mut intake = Intake::new(acceptor);
    loop {
        let accepted = listener.async_io(Interest::READABLE, OsListener::accept).await;
        match intake.take(accepted) {
            Next::Accept => {}
            Next::Yield => yield_now().await,
            Next::Pause(pause) => sleep(pause).await,
        }
    }
}
