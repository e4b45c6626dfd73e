//! What an application's callbacks have noted, to be waited for.

use super::DEADLINE;
use std::sync::{Arc, Condvar, Mutex};

/// A list of notes. Clones are the same list.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<(Mutex<Vec<String>>, Condvar)>);

impl Log {
    pub(crate) fn note(&self, note: impl Into<String>) {
        let (notes, changed) = &*self.0;
        notes.lock().unwrap().push(note.into());
        changed.notify_all();
    }

    /// The notes, once there are `count`.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) -> Vec<String> {
        let (notes, changed) = &*self.0;
        let notes = notes.lock().unwrap();
        let (notes, waited) =
            changed.wait_timeout_while(notes, DEADLINE, |notes| notes.len() < count).unwrap();
        assert!(!waited.timed_out(), "{count} notes must come, there are {notes:?}");
        notes.clone()
    }

    /// The notes so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.0.lock().unwrap().clone()
    }
}
