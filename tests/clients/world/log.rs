//! What callbacks have noted, to be waited for.

use super::eventually;
use fanfare::Client;
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
        eventually("what is to be noted", || self.all().len() >= count);
        self.all()
    }

    /// The notes so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Notes the fate of a client's connection.
    pub(crate) fn of_fate(&self, client: Client) -> Client {
        let [connected, disconnected, reconnecting, fault] = [(); 4].map(|()| self.clone());
        client
            .on_connected(move |_, _| connected.note("connected"))
            .on_disconnected(move |_, over| disconnected.note(format!("disconnected: {}", over.reason)))
            .on_reconnecting(move |_, attempt, _| reconnecting.note(format!("reconnecting: {attempt}")))
            .on_fault(move |_, error| fault.note(format!("fault: {error}")))
    }

    /// The same, and messages.
    pub(crate) fn of_all(&self, client: Client) -> Client {
        let message = self.clone();
        self.of_fate(client).on_message(move |_, heard| message.note(format!("{heard:?}")))
    }
}
