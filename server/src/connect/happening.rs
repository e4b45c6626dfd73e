//! What threads tell the conversation, and what it tells them.

use super::failure::ConnectFailure;
use fanfare::{CloseCode, Heard};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Something that matters to a conversation.
pub(super) enum Happening {
    /// The client has heard something.
    Heard(Heard),
    /// The client has ended, and all that it heard is told.
    Over,
    /// There is no more input, or none that can be sent.
    InputOver(Result<(), ConnectFailure>),
    /// The user wants to leave.
    Leave(Farewell),
}

/// How to leave.
#[derive(Debug)]
pub(super) struct Farewell {
    pub(super) code: CloseCode,
    pub(super) reason: String,
}

impl Default for Farewell {
    fn default() -> Farewell {
        Farewell { code: CloseCode::Normal, reason: String::new() }
    }
}

/// How many connections there have been, for who waits for the next. Clones count
/// the same.
#[derive(Clone, Default)]
pub(super) struct Connections(Arc<Counted>);

#[derive(Default)]
struct Counted {
    count: Mutex<u64>,
    grown: Condvar,
}

impl Connections {
    pub(super) fn count(&self) -> u64 {
        *self.0.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wait_for_more_than(&self, known: u64) {
        let count = self.0.count.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.0.grown.wait_while(count, |count| *count <= known));
    }

    pub(super) fn add(&self) {
        *self.0.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.grown.notify_all();
    }
}
