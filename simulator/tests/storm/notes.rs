//! What everybody in a story notes down, and what they find wrong.
//!
//! Callbacks do not panic where something is wrong: they run behind a wall, which
//! would keep it from the test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Notes of a story. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    wrongs: Vec<String>,
    counts: BTreeMap<String, u64>,
}

impl Notes {
    /// Something that has to be so.
    pub(crate) fn expect(&self, is_so: bool, wrong: impl FnOnce() -> String) {
        if !is_so {
            self.pages().wrongs.push(wrong());
        }
    }

    /// Something that has happened once more.
    pub(crate) fn count(&self, what: impl Into<String>) {
        *self.pages().counts.entry(what.into()).or_default() += 1;
    }

    /// How often something has happened.
    pub(crate) fn counted(&self, what: &str) -> u64 {
        self.pages().counts.get(what).copied().unwrap_or_default()
    }

    /// All that was counted.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.pages().counts.clone()
    }

    /// Ends the test where something is wrong.
    #[track_caller]
    pub(crate) fn check(&self) {
        let wrongs = &self.pages().wrongs;
        assert!(wrongs.is_empty(), "{} things are wrong, first: {:#?}", wrongs.len(), wrongs.first());
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Questions of one side: each is to end exactly once.
#[derive(Clone, Default)]
pub(crate) struct Questions(Arc<Mutex<Tally>>);

#[derive(Clone, Copy, Default)]
struct Tally {
    asked: u64,
    answered: u64,
    unanswered: u64,
}

impl Questions {
    /// Asks; to be awaited, the answer.
    pub(crate) async fn ask<T, E>(self, answer: impl Future<Output = Result<T, E>>) {
        self.pages().asked += 1;
        match answer.await {
            Ok(_) => self.pages().answered += 1,
            Err(_) => self.pages().unanswered += 1,
        }
    }

    /// Answered, not answered, and neither yet.
    pub(crate) fn counts(&self) -> [u64; 3] {
        let Tally { asked, answered, unanswered } = *self.pages();
        [answered, unanswered, asked - answered - unanswered]
    }

    fn pages(&self) -> MutexGuard<'_, Tally> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
