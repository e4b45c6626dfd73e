//! A timer that is set anew only when the deadline is another, since that wakes
//! whoever sleeps for smol.

use smol::Timer;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

/// See the module.
#[derive(Debug)]
pub(crate) struct Alarm {
    timer: Timer,
    /// What the timer is set to, until it has fired.
    deadline: Option<Instant>,
}

impl Alarm {
    /// Ready when `deadline` has come.
    pub(crate) fn poll_deadline(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if self.deadline != Some(deadline) {
            self.timer.set_at(deadline);
            self.deadline = Some(deadline);
        }
        ready!(Pin::new(&mut self.timer).poll(cx));
        self.deadline = None;
        Poll::Ready(())
    }
}

impl Default for Alarm {
    fn default() -> Alarm {
        Alarm { timer: Timer::never(), deadline: None }
    }
}
