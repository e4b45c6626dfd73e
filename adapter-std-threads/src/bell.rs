//! What ends the sleep of a thread that waits for its sockets.

use mio::{Registry, Token};
use std::io;
use std::sync::Arc;
use std::task::Wake;

/// Rung by wakers.
#[derive(Debug)]
pub(crate) struct Bell(mio::Waker);

impl Bell {
    /// A bell for the thread that sleeps in the set.
    pub(crate) fn new(registry: &Registry, token: Token) -> io::Result<Bell> {
        mio::Waker::new(registry, token).map(Bell)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Err(error) = self.0.wake() {
            tracing::error!(%error, "a thread could not be woken");
        }
    }
}
