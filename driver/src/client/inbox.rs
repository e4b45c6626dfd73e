//! What others ask of a client: one bounded queue, first in, first out, so that
//! the order of one asker is kept; and the count of those who may ask.

use super::core::Core;
use super::error::ClientError;
use crate::wall::Theirs;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// Something asked of a client, done on its task or thread.
pub(super) type Job = Box<dyn FnOnce(&mut Core) + Send>;

/// See the module.
pub(super) struct Inbox {
    jobs_max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Theirs<Job>>,
    /// Of the task or thread.
    waker: Option<Waker>,
    /// How many handles and streams there are.
    askers: usize,
    end: Option<ClientError>,
}

impl Inbox {
    pub(super) fn new(jobs_max: usize) -> Inbox {
        Inbox { jobs_max, state: Mutex::default() }
    }

    /// Puts a job in the queue, when there is room.
    pub(super) fn push(&self, job: Job) -> Result<(), ClientError> {
        self.put(self.jobs_max, job)
    }

    /// The same for what must not be lost, however much waits: to leave.
    pub(super) fn push_always(&self, job: Job) -> Result<(), ClientError> {
        self.put(usize::MAX, job)
    }

    fn put(&self, jobs_max: usize, job: Job) -> Result<(), ClientError> {
        // Whatever is refused is dropped when the lock is open again.
        let job = Theirs::new(job);
        let mut state = self.lock();
        if let Some(end) = &state.end {
            return Err(end.clone());
        }
        if state.jobs.len() >= jobs_max {
            return Err(ClientError::QueueFull { commands_max: self.jobs_max });
        }
        state.jobs.push_back(job);
        // The first has woken; all are taken at once.
        let waker = if state.jobs.len() == 1 { state.waker.clone() } else { None };
        drop(state);
        wake(waker);
        Ok(())
    }

    /// Registers the waker and takes what waits; says whether nobody is left who
    /// could ask for more.
    pub(super) fn take(&self, waker: &Waker) -> (VecDeque<Theirs<Job>>, bool) {
        let mut state = self.lock();
        match &mut state.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        (std::mem::take(&mut state.jobs), state.askers == 0)
    }

    /// Lets the client look for something else than jobs.
    pub(super) fn wake(&self) {
        let waker = self.lock().waker.clone();
        wake(waker);
    }

    /// Nothing is taken from here on; what waits is dropped, which answers it.
    pub(super) fn close(&self, end: ClientError) {
        let dropped = {
            let mut state = self.lock();
            state.waker = None;
            state.end.get_or_insert(end);
            std::mem::take(&mut state.jobs)
        };
        drop(dropped);
    }

    /// Why nothing is taken any more.
    pub(super) fn end(&self) -> Option<ClientError> {
        self.lock().end.clone()
    }

    /// One more who may ask.
    pub(super) fn join(&self) {
        self.lock().askers += 1;
    }

    /// One less; the last one's leaving wakes the client, for it to end.
    pub(super) fn leave(&self) {
        let waker = {
            let mut state = self.lock();
            state.askers = state.askers.saturating_sub(1);
            if state.askers == 0 { state.waker.clone() } else { None }
        };
        wake(waker);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
