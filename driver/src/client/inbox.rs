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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::reply_or;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// An inbox that has been looked into, and how often it wakes.
    fn inbox(jobs_max: usize) -> (Inbox, Arc<Wakes>) {
        let (inbox, wakes) = (Inbox::new(jobs_max), Arc::<Wakes>::default());
        inbox.join();
        assert!(!inbox.take(&Arc::clone(&wakes).into()).1);
        (inbox, wakes)
    }

    fn nothing() -> Job {
        Box::new(|_| {})
    }

    #[test]
    fn the_first_job_wakes_and_all_are_taken_at_once() {
        let (inbox, wakes) = inbox(10);
        for _ in 0..3 {
            inbox.push(nothing()).unwrap();
        }
        assert_eq!(wakes.0.swap(0, Ordering::Relaxed), 1);
        assert_eq!(inbox.take(&Arc::clone(&wakes).into()).0.len(), 3);
        inbox.push(nothing()).unwrap();
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1, "once more after it was emptied");
    }

    #[test]
    fn a_full_inbox_refuses_but_what_must_not_be_lost() {
        let (inbox, _) = inbox(2);
        for _ in 0..2 {
            inbox.push(nothing()).unwrap();
        }
        assert_eq!(inbox.push(nothing()), Err(ClientError::QueueFull { commands_max: 2 }));
        assert_eq!(inbox.push_always(nothing()), Ok(()));
    }

    #[test]
    fn a_closed_inbox_says_why_and_answers_what_waits() {
        let (inbox, _) = inbox(2);
        let (answer, waiting) = reply_or::<(), ClientError>();
        inbox.push(Box::new(move |_| drop(answer))).unwrap();
        inbox.close(ClientError::Panicked);
        assert_eq!(waiting.wait(), Err(ClientError::Ended));
        inbox.close(ClientError::Ended);
        assert_eq!(inbox.push_always(nothing()), Err(ClientError::Panicked), "the first end stays");
    }

    #[test]
    fn the_last_who_leaves_wakes() {
        let (inbox, wakes) = inbox(2);
        inbox.join();
        inbox.leave();
        assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
        inbox.leave();
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert!(inbox.take(Waker::noop()).1, "nobody is left to ask");
    }
}
