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
