//! Who is to be woken when: what futures in a simulation sleep by.
//!
//! Apart from the simulation because whoever waits for a time holds on to it.

use fanfare_core::time::Instant;
use fanfare_driver::ManualClock;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The clock of a simulation, to be slept by: for futures of one's own in it.
/// Clones are the same clock.
#[derive(Clone, Default)]
pub struct Timer {
    clock: ManualClock,
    alarms: Arc<Mutex<Alarms>>,
}

#[derive(Default)]
struct Alarms {
    /// By time, and those of one time in the order in which they were set.
    wakers: BTreeMap<(Instant, u64), Waker>,
    set: u64,
}

/// Ready when its time has come.
#[derive(Debug)]
#[must_use = "nothing sleeps before it is awaited"]
pub struct Sleep {
    timer: Timer,
    until: Instant,
    /// Whom it will wake.
    waker: Option<Waker>,
}

impl Timer {
    /// The time in the simulation.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Sleeps for `duration`, from now on.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        Sleep { timer: self.clone(), until: self.now() + duration, waker: None }
    }

    pub(crate) fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Wakes `waker` at `time`.
    pub(crate) fn set(&self, time: Instant, waker: &Waker) {
        if time == Instant::FAR_FUTURE {
            return;
        }
        let mut alarms = self.lock();
        alarms.set += 1;
        let key = (time, alarms.set);
        alarms.wakers.insert(key, waker.clone());
    }

    /// Wakes all whose time has come.
    pub(crate) fn ring(&self) {
        let now = self.now();
        while let Some(waker) = self.next_due(now) {
            waker.wake();
        }
    }

    /// When the next one is to be woken.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.lock().wakers.first_key_value().map(|((time, _), _)| *time)
    }

    fn next_due(&self, now: Instant) -> Option<Waker> {
        let mut alarms = self.lock();
        let first = alarms.wakers.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    fn lock(&self) -> MutexGuard<'_, Alarms> {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.timer.now() >= self.until {
            return Poll::Ready(());
        }
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.timer.set(self.until, cx.waker());
            self.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").field("now", &self.now()).finish_non_exhaustive()
    }
}
