//! The accept loop: waits for connections, and between them as it is told to.

use fanfare_driver::{Acceptor, Intake, Next, OsListener};
use smol::future::yield_now;
use smol::{Async, Timer};

/// Accepts until it is dropped.
pub(crate) async fn run(listener: &Async<OsListener>, acceptor: &Acceptor) {
    let mut intake = Intake::new(acceptor);
    loop {
        let accepted = listener.read_with(OsListener::accept).await;
        match intake.take(accepted) {
            Next::Accept => {}
            Next::Yield => yield_now().await,
            Next::Pause(pause) => drop(Timer::after(pause).await),
        }
    }
}
