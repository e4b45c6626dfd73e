//! What an application's callbacks have noted, to be waited for.

use super::time;
use std::sync::{Arc, Mutex};

/// A list of notes. Clones are the same list.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn note(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    /// The notes, once there are `count`.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) -> Vec<String> {
        let have_come = time::wait(&mut || self.0.lock().unwrap().len() >= count);
        let notes = self.all();
        assert!(have_come, "{count} notes must come, there are {notes:?}");
        notes
    }

    /// The notes so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}
