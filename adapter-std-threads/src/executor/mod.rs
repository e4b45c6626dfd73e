//! Runs the application's futures on a few threads.
//!
//! Apart because it knows nothing of fanfare: a queue of woken futures, and
//! workers that poll them. A future that waits is in nobody's hands but its
//! waker's, so thousands of them need no thread each.

use fanfare_driver::BoxFuture;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

/// The workers. Dropped, they end when all that is woken has been polled;
/// what still waits then is dropped with its wakers, or when one is woken.
#[derive(Debug)]
pub(crate) struct Executor {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    woken: VecDeque<Arc<Task>>,
    is_closed: bool,
    /// Workers that have not ended: with none, the queue is nobody's.
    workers: usize,
}

/// A future, and how far it is.
#[derive(Debug)]
struct Task {
    stage: Mutex<Stage>,
    shared: Arc<Shared>,
}

enum Stage {
    /// Waits to be woken.
    Waiting(BoxFuture<()>),
    /// Is in the queue.
    Woken(BoxFuture<()>),
    /// Is being polled; whether it was woken meanwhile.
    Running { is_woken: bool },
    /// Has returned, or panicked.
    Over,
}

impl Executor {
    /// Starts `workers` threads.
    pub(crate) fn start(workers: usize) -> io::Result<Executor> {
        let executor = Executor { shared: Arc::default() };
        lock(&executor.shared.queue).workers = workers;
        for _ in 0..workers {
            let shared = Arc::clone(&executor.shared);
            // Those that were started end with the executor when one cannot be.
            thread::Builder::new().name("fanfare-worker".into()).spawn(move || work(&shared))?;
        }
        Ok(executor)
    }

    /// Polls `future` until it is ready. A panic ends it, and nothing else.
    pub(crate) fn spawn(&self, future: BoxFuture<()>) {
        let shared = Arc::clone(&self.shared);
        let task = Arc::new(Task { stage: Mutex::new(Stage::Woken(future)), shared });
        self.shared.push(task);
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        lock(&self.shared.queue).is_closed = true;
        self.shared.changed.notify_all();
    }
}

/// What a worker does until there is no executor any more.
fn work(shared: &Shared) {
    while let Some(task) = shared.next() {
        task.poll();
    }
}

impl Shared {
    fn push(&self, task: Arc<Task>) {
        let mut queue = lock(&self.queue);
        if queue.workers > 0 {
            queue.woken.push_back(task);
            drop(queue);
            self.changed.notify_one();
        }
        // Otherwise it is dropped, after the lock: it holds the queue, which
        // would hold it for ever.
    }

    /// Blocks until there is a task; `None` at the end.
    fn next(&self) -> Option<Arc<Task>> {
        let mut queue = lock(&self.queue);
        loop {
            if let Some(task) = queue.woken.pop_front() {
                return Some(task);
            }
            if queue.is_closed {
                queue.workers -= 1;
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Task {
    fn poll(self: Arc<Self>) {
        let running = Stage::Running { is_woken: false };
        let Stage::Woken(mut future) = std::mem::replace(&mut *lock(&self.stage), running) else { return };
        let waker = Waker::from(Arc::clone(&self));
        // The future is dropped in here too when it is over: its destructors
        // are the application's code.
        let left = catch_unwind(AssertUnwindSafe(move || {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Pending => Some(future),
                Poll::Ready(()) => None,
            }
        }));
        let next = left.unwrap_or_else(|_| {
            tracing::error!("a future panicked");
            None
        });
        let mut stage = lock(&self.stage);
        let was_woken = matches!(*stage, Stage::Running { is_woken: true });
        *stage = match next {
            None => Stage::Over,
            Some(future) if was_woken => Stage::Woken(future),
            Some(future) => Stage::Waiting(future),
        };
        let is_to_run = matches!(*stage, Stage::Woken(_));
        drop(stage);
        if is_to_run {
            self.shared.push(Arc::clone(&self));
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut stage = lock(&self.stage);
        match std::mem::replace(&mut *stage, Stage::Over) {
            Stage::Waiting(future) => {
                *stage = Stage::Woken(future);
                drop(stage);
                self.shared.push(Arc::clone(self));
            }
            Stage::Running { .. } => *stage = Stage::Running { is_woken: true },
            unmoved @ (Stage::Woken(_) | Stage::Over) => *stage = unmoved,
        }
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stage::Waiting(_) => "Waiting",
            Stage::Woken(_) => "Woken",
            Stage::Running { .. } => "Running",
            Stage::Over => "Over",
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
