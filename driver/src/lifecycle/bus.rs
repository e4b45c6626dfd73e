//! From the shards to whoever listens.
//!
//! A shard collects what happens in a turn, and hands it over at its end, or with
//! what is told of a room that other shards may have; it takes no lock while nobody
//! listens. Each listener has a queue of its
//! own, which is bounded; what there is no room for is counted in its place.
//!
//! Must never: wait for a listener, or wake one under a lock of the server's.

use super::Lifecycle;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// See the module.
#[derive(Debug)]
pub(crate) struct Bus {
    events_max: usize,
    /// Whether anybody listens: all that a shard looks at while nobody does.
    is_heard: AtomicBool,
    listeners: Mutex<Listeners>,
}

#[derive(Debug, Default)]
struct Listeners {
    queues: Vec<Arc<Queue>>,
    is_over: bool,
}

/// What waits for one listener.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Lifecycle>,
    /// Nothing comes behind them.
    is_over: bool,
    listener: Option<Waker>,
}

impl Bus {
    pub(crate) fn new(events_max: usize) -> Bus {
        Bus { events_max, is_heard: AtomicBool::new(false), listeners: Mutex::default() }
    }

    /// Whether anybody listens. Whoever has begun to before something was asked of
    /// a shard, or said to it, is known by the time the shard hears that.
    pub(crate) fn is_heard(&self) -> bool {
        self.is_heard.load(Ordering::Relaxed)
    }

    /// Tells everyone what has happened. Who is returned is to be woken, once the
    /// caller holds no lock.
    #[must_use]
    pub(crate) fn tell(&self, told: &[Lifecycle]) -> Vec<Waker> {
        let listeners = self.lock();
        let mut sleepers = Vec::new();
        for queue in &listeners.queues {
            let mut waiting = queue.lock();
            for event in told {
                waiting.push(event, self.events_max);
            }
            sleepers.extend(queue.changed(&mut waiting));
        }
        sleepers
    }

    /// The server has stopped: that is the last thing everyone hears.
    pub(crate) fn end(&self) {
        let queues = {
            let mut listeners = self.lock();
            listeners.is_over = true;
            self.is_heard.store(false, Ordering::Relaxed);
            std::mem::take(&mut listeners.queues)
        };
        for queue in queues {
            let sleeper = {
                let mut waiting = queue.lock();
                waiting.end();
                queue.changed(&mut waiting)
            };
            if let Some(sleeper) = sleeper {
                sleeper.wake();
            }
        }
    }

    pub(super) fn listen(&self) -> Arc<Queue> {
        let queue = Arc::new(Queue::default());
        let mut listeners = self.lock();
        if listeners.is_over {
            queue.lock().end();
        } else {
            queue.lock().events.push_back(Lifecycle::Initialized);
            listeners.queues.push(Arc::clone(&queue));
            self.is_heard.store(true, Ordering::Relaxed);
        }
        queue
    }

    pub(super) fn forget(&self, queue: &Arc<Queue>) {
        let mut listeners = self.lock();
        listeners.queues.retain(|listening| !Arc::ptr_eq(listening, queue));
        self.is_heard.store(!listeners.queues.is_empty(), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// The next event; `None` behind the last. Registers `waker` where there is
    /// none yet.
    pub(super) fn poll(&self, waker: &Waker) -> Poll<Option<Lifecycle>> {
        let mut waiting = self.lock();
        let next = waiting.take();
        if next.is_pending() {
            waiting.listener = Some(waker.clone());
        }
        next
    }

    /// The same for a thread, which waits if `may_wait` says that it may.
    pub(super) fn wait(&self, may_wait: impl Fn() -> bool) -> Poll<Option<Lifecycle>> {
        let mut waiting = self.lock();
        loop {
            let next = waiting.take();
            if next.is_ready() || !may_wait() {
                return next;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets a thread go on, and returns the future that is to.
    fn changed(&self, waiting: &mut Waiting) -> Option<Waker> {
        self.changed.notify_all();
        waiting.listener.take()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// At most `events_max` wait, and behind them the count of those that do not.
    fn push(&mut self, event: &Lifecycle, events_max: usize) {
        let is_full = self.events.len() >= events_max;
        match self.events.back_mut() {
            Some(Lifecycle::Missed(count)) if is_full => *count += 1,
            Some(_) if is_full => self.events.push_back(Lifecycle::Missed(1)),
            Some(_) | None => self.events.push_back(event.clone()),
        }
    }

    /// There is always room for the end.
    fn end(&mut self) {
        self.events.push_back(Lifecycle::Shutdown);
        self.is_over = true;
    }

    fn take(&mut self) -> Poll<Option<Lifecycle>> {
        match self.events.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None if self.is_over => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}
