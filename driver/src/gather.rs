//! One answer made of the answers of several shards.
//!
//! Every party holds the gathering; whoever lets go last gives the answer. So
//! a shard that ends without answering cannot leave the asker waiting.

use crate::error::HandleError;
use crate::reply::{Answer, Reply, reply};
use std::sync::{Arc, Mutex, PoisonError};

/// See the module.
pub(crate) struct Gather<T> {
    fold: fn(&mut T, T),
    state: Mutex<State<T>>,
}

struct State<T> {
    total: Result<T, HandleError>,
    answer: Option<Answer<T>>,
}

/// One shard's share of an answer. Dropped unused, it answers
/// [`HandleError::Stopped`].
pub(crate) struct Part<T: Default> {
    gather: Arc<Gather<T>>,
    is_given: bool,
}

impl<T: Default> Gather<T> {
    /// A gathering of nothing yet, and the reply that comes when it is dropped.
    pub(crate) fn start(fold: fn(&mut T, T)) -> (Arc<Gather<T>>, Reply<T>) {
        let (answer, waiting) = reply();
        let state = State { total: Ok(T::default()), answer: Some(answer) };
        (Arc::new(Gather { fold, state: Mutex::new(state) }), waiting)
    }

    pub(crate) fn part(self: &Arc<Self>) -> Part<T> {
        Part { gather: Arc::clone(self), is_given: false }
    }

    /// Whatever else is answered, the answer is `error`.
    pub(crate) fn fail(&self, error: HandleError) {
        self.add(Err(error), true);
    }

    /// The first error stays, unless a later one knows better.
    fn add(&self, outcome: Result<T, HandleError>, overrides: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match (&mut state.total, outcome) {
            (Ok(total), Ok(part)) => (self.fold)(total, part),
            (Err(_), Err(error)) if overrides => state.total = Err(error),
            (Err(_), _) => {}
            (Ok(_), Err(error)) => state.total = Err(error),
        }
    }
}

impl<T: Default> Part<T> {
    /// Whether anybody waits for the answer.
    pub(crate) fn is_awaited(&self) -> bool {
        let state = self.gather.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.answer.as_ref().is_some_and(Answer::is_awaited)
    }

    pub(crate) fn give(mut self, outcome: Result<T, HandleError>) {
        self.is_given = true;
        self.gather.add(outcome, false);
    }
}

impl<T: Default> Drop for Part<T> {
    fn drop(&mut self) {
        if !self.is_given {
            self.gather.add(Err(HandleError::Stopped), false);
        }
    }
}

impl<T> Drop for Gather<T> {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let total = std::mem::replace(&mut state.total, Err(HandleError::Stopped));
        if let Some(answer) = state.answer.take() {
            answer.give_outcome(total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum() -> (Arc<Gather<u32>>, Reply<u32>) {
        Gather::start(|total, part| *total += part)
    }

    #[test]
    fn the_answer_is_the_sum_and_comes_with_the_last_part() {
        let (gather, mut waiting) = sum();
        let parts = [gather.part(), gather.part(), gather.part()];
        drop(gather);
        for (part, value) in parts.into_iter().zip([1, 10, 100]) {
            assert!(is_pending(&mut waiting));
            part.give(Ok(value));
        }
        assert_eq!(waiting.wait(), Ok(111));
    }

    #[test]
    fn nobody_asked_is_an_answer_of_nothing() {
        let (gather, waiting) = sum();
        drop(gather);
        assert_eq!(waiting.wait(), Ok(0));
    }

    #[test]
    fn one_failure_is_the_answer_and_the_first_stays() {
        let (gather, waiting) = sum();
        let parts = [gather.part(), gather.part(), gather.part()];
        drop(gather);
        let [a, b, c] = parts;
        a.give(Ok(1));
        b.give(Err(HandleError::UnknownRecipient(String::from("b"))));
        drop(c);
        assert_eq!(waiting.wait(), Err(HandleError::UnknownRecipient(String::from("b"))));
    }

    #[test]
    fn why_a_part_was_refused_is_better_known_to_who_refused_it() {
        let (gather, waiting) = sum();
        drop(gather.part());
        gather.fail(HandleError::OnShard);
        drop(gather);
        assert_eq!(waiting.wait(), Err(HandleError::OnShard));
    }

    fn is_pending(reply: &mut Reply<u32>) -> bool {
        use std::future::Future;
        use std::pin::pin;
        use std::task::{Context, Waker};
        pin!(reply).poll(&mut Context::from_waker(Waker::noop())).is_pending()
    }
}
