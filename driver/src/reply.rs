//! An answer that comes later: a future of no particular runtime, which can
//! also be waited for by a thread, or continued on a shard.

use crate::error::HandleError;
use crate::shard::is_on_shard;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// The answer to something asked through a handle.
///
/// As a future it is cancel-safe: dropping it forgets the answer, not the deed.
#[must_use = "the deed is done without it, but nobody hears of a failure"]
pub struct Reply<T, E = HandleError> {
    cell: Arc<Cell<T, E>>,
}

/// The other end of a [`Reply`]. Dropped unused, it answers that whoever was
/// asked is gone.
pub(crate) struct Answer<T, E: Unanswered = HandleError> {
    cell: Arc<Cell<T, E>>,
    is_given: bool,
}

/// An error that also says why nobody answers.
pub trait Unanswered {
    /// Who was asked is gone.
    const GONE: Self;
    /// Who asks would wait for itself.
    const OWN_THREAD: Self;
}

impl Unanswered for HandleError {
    const GONE: HandleError = HandleError::Stopped;
    const OWN_THREAD: HandleError = HandleError::OnShard;
}

struct Cell<T, E> {
    state: Mutex<State<T, E>>,
    changed: Condvar,
}

type Continuation<T, E> = Box<dyn FnOnce(Result<T, E>) + Send>;

enum State<T, E> {
    Waiting(Option<Waker>),
    Continued(Continuation<T, E>),
    Given(Result<T, E>),
    Taken,
}

/// A reply of a server's, and the means to give it.
pub(crate) fn reply<T>() -> (Answer<T>, Reply<T>) {
    reply_or()
}

/// A reply with an error of its own, and the means to give it.
pub(crate) fn reply_or<T, E: Unanswered>() -> (Answer<T, E>, Reply<T, E>) {
    let cell = Arc::new(Cell { state: Mutex::new(State::Waiting(None)), changed: Condvar::new() });
    (Answer { cell: Arc::clone(&cell), is_given: false }, Reply { cell })
}

impl<T, E: Unanswered> Answer<T, E> {
    pub(crate) fn give(mut self, value: T) {
        self.finish(Ok(value));
    }

    pub(crate) fn give_outcome(mut self, outcome: Result<T, E>) {
        self.finish(outcome);
    }

    /// Whether anybody waits for it: the reply is not dropped, or continues.
    pub(crate) fn is_awaited(&self) -> bool {
        Arc::strong_count(&self.cell) > 1 || matches!(*self.cell.lock(), State::Continued(_))
    }

    fn finish(&mut self, outcome: Result<T, E>) {
        self.is_given = true;
        let mut state = self.cell.lock();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Waiting(waker) => {
                *state = State::Given(outcome);
                drop(state);
                self.cell.changed.notify_all();
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
            State::Continued(continuation) => {
                drop(state);
                continuation(outcome);
            }
            State::Given(_) | State::Taken => {}
        }
    }
}

impl<T, E: Unanswered> Drop for Answer<T, E> {
    fn drop(&mut self) {
        if !self.is_given {
            self.finish(Err(E::GONE));
        }
    }
}

impl<T, E: Unanswered> Reply<T, E> {
    /// An answer that is known already.
    pub(crate) fn ready(outcome: Result<T, E>) -> Reply<T, E> {
        Reply { cell: Arc::new(Cell { state: Mutex::new(State::Given(outcome)), changed: Condvar::new() }) }
    }

    /// Blocks the thread until the answer is there.
    ///
    /// Called on a shard or by a client, inside a synchronous handler, that would
    /// wait for itself: it returns an error instead, such as
    /// [`HandleError::OnShard`]. In a future, await the reply: blocking a runtime's
    /// thread may block whoever runs on it.
    pub fn wait(self) -> Result<T, E> {
        let mut state = self.cell.lock();
        loop {
            if let State::Given(_) = *state
                && let State::Given(outcome) = std::mem::replace(&mut *state, State::Taken)
            {
                return outcome;
            }
            if is_on_shard() {
                return Err(E::OWN_THREAD);
            }
            state = self.cell.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Calls `continuation` with the answer, on whichever thread gives it.
    pub(crate) fn continue_with(self, continuation: impl FnOnce(Result<T, E>) + Send + 'static) {
        let mut state = self.cell.lock();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Given(outcome) => {
                drop(state);
                continuation(outcome);
            }
            State::Waiting(_) | State::Continued(_) | State::Taken => {
                *state = State::Continued(Box::new(continuation));
            }
        }
    }
}

impl<T, E> Future for Reply<T, E> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        let mut state = self.cell.lock();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Given(outcome) => Poll::Ready(outcome),
            State::Waiting(_) | State::Continued(_) | State::Taken => {
                *state = State::Waiting(Some(cx.waker().clone()));
                Poll::Pending
            }
        }
    }
}

impl<T, E> Cell<T, E> {
    fn lock(&self) -> std::sync::MutexGuard<'_, State<T, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, E> fmt::Debug for Reply<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}

impl<T, E: Unanswered> fmt::Debug for Answer<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::mpsc;
    use std::thread;

    fn poll<T>(reply: &mut Reply<T>) -> Poll<Result<T, HandleError>> {
        pin!(reply).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn an_answer_is_a_futures_a_threads_or_a_continuations() {
        let (answer, mut waiting) = reply();
        assert_eq!(poll(&mut waiting), Poll::Pending);
        answer.give(1);
        assert_eq!(poll(&mut waiting), Poll::Ready(Ok(1)));

        let (answer, waiting) = reply();
        let waiter = thread::spawn(|| waiting.wait());
        answer.give(2);
        assert_eq!(waiter.join().unwrap(), Ok(2));

        for is_given_first in [true, false] {
            let (sender, receiver) = mpsc::channel();
            let (answer, waiting) = reply();
            let (mut answer, mut waiting) = (Some(answer), Some(waiting));
            let give = |answer: &mut Option<Answer<i32>>| answer.take().unwrap().give(3);
            if is_given_first {
                give(&mut answer);
            }
            waiting.take().unwrap().continue_with(move |outcome| sender.send(outcome).unwrap());
            if !is_given_first {
                assert!(receiver.try_recv().is_err(), "not before it is given");
                give(&mut answer);
            }
            assert_eq!(receiver.try_recv(), Ok(Ok(3)));
        }
    }

    #[test]
    fn an_answer_that_is_dropped_says_that_the_server_stopped() {
        let (answer, waiting) = reply::<()>();
        drop(answer);
        assert_eq!(waiting.wait(), Err(HandleError::Stopped));
    }

    #[test]
    fn a_reply_that_is_dropped_is_no_obstacle() {
        let (answer, waiting) = reply();
        drop(waiting);
        answer.give(());
    }

    #[test]
    fn a_known_answer_needs_no_waiting() {
        assert_eq!(Reply::ready(Ok::<_, HandleError>(4)).wait(), Ok(4));
    }
}
