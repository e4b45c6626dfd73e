//! The accept loop: hands sockets to shards, and outlives every error that a
//! busy machine can give.

use fanfare_driver::{Acceptor, OsListener};
use mio::{Events, Interest, Poll, Token};
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;

/// The first pause after an error that will pass, such as no free descriptor.
const BACK_OFF_MIN: Duration = Duration::from_millis(5);
/// The longest pause.
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

const LISTENER: Token = Token(0);
const DRAINED: Token = Token(1);

/// Accepts until the server is drained. Without a listener, waits for that.
pub(crate) fn run(mut listener: Option<&mut OsListener>, acceptor: &Acceptor) -> io::Result<()> {
    let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(2));
    if let Some(listener) = &mut listener {
        poll.registry().register(*listener, LISTENER, Interest::READABLE)?;
    }
    let waker = Waker::from(Arc::new(Bell(mio::Waker::new(poll.registry(), DRAINED)?)));
    let (mut drained, mut cx) = (pin!(acceptor.drained()), Context::from_waker(&waker));
    let mut back_off = BACK_OFF_MIN;
    while drained.as_mut().poll(&mut cx).is_pending() {
        let pause = listener.as_ref().and_then(|listener| accept_all(listener, acceptor, &mut back_off));
        match poll.poll(&mut events, pause) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Accepts until nobody waits; says how long to pause where it must stop before.
fn accept_all(listener: &OsListener, acceptor: &Acceptor, back_off: &mut Duration) -> Option<Duration> {
    loop {
        match listener.accept() {
            Ok((socket, peer)) => {
                *back_off = BACK_OFF_MIN;
                if let Err(error) = acceptor.accept(Box::new(socket), peer, Vec::new()) {
                    tracing::warn!(%error, ?peer, "connection dropped");
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                let pause = *back_off;
                tracing::warn!(%error, ?pause, "cannot accept connections for now");
                *back_off = (pause * 2).min(BACK_OFF_MAX);
                return Some(pause);
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

/// Ends the loop's sleep.
struct Bell(mio::Waker);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if let Err(error) = self.0.wake() {
            tracing::error!(%error, "the accept loop could not be woken");
        }
    }
}
