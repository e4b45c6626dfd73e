//! The events of one connection that wait for asynchronous handlers.
//!
//! Handled one at a time, in order, by a future that lives while there are any:
//! a connection that is quiet has none. Bounded like an inbox: when it is full,
//! the peer is read no further.

use crate::app::{OnEventLater, OwnedEvent, Peer};
use crate::wall;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// See the module.
pub(crate) struct Later {
    events_max: usize,
    bytes_max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// Whether there is a future.
    is_attended: bool,
    is_paused: bool,
}

/// An event, and one of those that handle it.
pub(super) struct Waiting {
    pub(super) handler: OnEventLater,
    pub(super) event: OwnedEvent,
    /// No other handler of this event follows.
    pub(super) is_last: bool,
}

/// What an event that was added means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pushed {
    /// The peer is to be read no further.
    pub(super) is_full: bool,
    /// A future is to be started.
    pub(super) is_first: bool,
}

impl Later {
    pub(super) fn new(events_max: usize, bytes_max: usize) -> Later {
        Later { events_max, bytes_max, state: Mutex::default() }
    }

    /// Adds an event. The limits are passed by those of one message at most.
    pub(super) fn push(&self, waiting: Waiting) -> Pushed {
        let mut state = self.lock();
        state.bytes += waiting.event.bytes();
        state.waiting.push_back(waiting);
        state.is_paused |= state.waiting.len() >= self.events_max || state.bytes >= self.bytes_max;
        let is_first = !std::mem::replace(&mut state.is_attended, true);
        Pushed { is_full: state.is_paused, is_first }
    }

    /// Handles what waits, and what comes meanwhile. After a panic the connection
    /// is over, and the rest is not handled.
    pub(super) async fn attend(self: Arc<Self>, peer: Peer) {
        let (id, handle) = (peer.id(), peer.handle().clone());
        while let Some((Waiting { handler, event, is_last }, resumes)) = self.next() {
            if resumes {
                handle.resume(id);
            }
            let outcome = match wall::call(|| handler(peer.clone(), event.clone())) {
                Some(future) => wall::attend(future).await,
                None => None,
            };
            match outcome {
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    event.fail();
                    handle.report(id, error);
                }
                None => {
                    self.lock().waiting.clear();
                    return handle.run_always(id.shard(), move |core, _| core.handler_panicked(id));
                }
            }
            if is_last && let Some(asked) = event.take_ack_if_failed() {
                handle.run_always(id.shard(), move |core, _| core.answer_failed(id, asked));
            }
        }
    }

    /// The next event, and whether there is room for more again. Without one the
    /// future is over.
    fn next(&self) -> Option<(Waiting, bool)> {
        let mut state = self.lock();
        let Some(waiting) = state.waiting.pop_front() else {
            // Quiet connections own no memory.
            *state = State::default();
            return None;
        };
        state.bytes -= waiting.event.bytes();
        let has_drained = state.waiting.len() <= self.events_max / 2 && state.bytes <= self.bytes_max / 2;
        let resumes = has_drained && std::mem::take(&mut state.is_paused);
        Some((waiting, resumes))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Event;
    use fanfare_core::event::{self, Payload};

    fn event(name: &str) -> OwnedEvent {
        let event = event::Event {
            namespace: "/".into(),
            name: name.to_owned().into(),
            room: None,
            data: Payload::NONE,
            ack: None,
        };
        Event::new(event).into_owned()
    }

    fn push(later: &Later, name: &str) -> (bool, bool) {
        let handler: OnEventLater = Arc::new(|_, _| Box::pin(async { Ok(()) }));
        let pushed = later.push(Waiting { handler, event: event(name), is_last: true });
        (pushed.is_first, pushed.is_full)
    }

    fn next(later: &Later) -> Option<(String, bool)> {
        later.next().map(|(waiting, resumes)| (waiting.event.name().to_owned(), resumes))
    }

    #[test]
    fn events_come_in_order_and_a_future_is_started_once() {
        let later = Later::new(10, 1_000);
        assert_eq!([push(&later, "a"), push(&later, "b")], [(true, false), (false, false)]);
        for expected in [Some(("a".to_owned(), false)), Some(("b".to_owned(), false)), None] {
            assert_eq!(next(&later), expected);
        }
        assert_eq!(push(&later, "c"), (true, false), "the last one is over");
    }

    #[test]
    fn a_full_one_pauses_until_it_is_half_empty() {
        let by_count = Later::new(4, 1_000);
        assert_eq!(["a", "b", "c", "d"].map(|name| push(&by_count, name).1), [false, false, false, true]);
        let resumes: Vec<_> = std::iter::from_fn(|| next(&by_count)).map(|(_, resumes)| resumes).collect();
        assert_eq!(resumes, [false, true, false, false]);
        // A name, its namespace, and `null`.
        let by_bytes = Later::new(100, 12);
        assert_eq!(["a", "b"].map(|name| push(&by_bytes, name).1), [false, true]);
    }
}
