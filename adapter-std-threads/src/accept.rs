//! The accept loop: waits for connections, and between them as it is told to.

use crate::bell::Bell;
use fanfare_driver::{Acceptor, Intake, Next, OsListener};
use mio::{Events, Interest, Poll, Token};
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

const LISTENER: Token = Token(0);
const DRAINED: Token = Token(1);

/// Accepts until the server is drained. Without a listener, waits for that.
pub(crate) fn run(mut listener: Option<&mut OsListener>, acceptor: &Acceptor) -> io::Result<()> {
    let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(2));
    if let Some(listener) = &mut listener {
        poll.registry().register(*listener, LISTENER, Interest::READABLE)?;
    }
    let waker = Waker::from(Arc::new(Bell::new(poll.registry(), DRAINED)?));
    let (mut drained, mut cx) = (pin!(acceptor.drained()), Context::from_waker(&waker));
    let mut intake = Intake::new(acceptor);
    while drained.as_mut().poll(&mut cx).is_pending() {
        let pause = listener.as_ref().and_then(|listener| accept_all(listener, &mut intake));
        match poll.poll(&mut events, pause) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Accepts until nobody waits; says how long to pause where it must stop before.
fn accept_all(listener: &OsListener, intake: &mut Intake<'_>) -> Option<Duration> {
    loop {
        let accepted = listener.accept();
        if accepted.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
            return None;
        }
        match intake.take(accepted) {
            Next::Accept => {}
            Next::Yield => return Some(Duration::ZERO),
            Next::Pause(pause) => return Some(pause),
        }
    }
}
