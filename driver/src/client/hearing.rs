//! What a client has heard and nobody has taken yet.
//!
//! Apart from the stream because both ends of it are here, and its bounds: it never
//! grows without end, whatever happens to who does not look.

use super::stream::Heard;
use std::collections::VecDeque;
use std::fmt;
use std::mem::discriminant;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What was heard and not taken.
#[derive(Debug)]
pub(super) struct Hearing {
    count_max: usize,
    bytes_max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Heard, usize)>,
    bytes: usize,
    /// How much of it the server said: messages, events, pings and pongs.
    said: usize,
    receiver: Option<Waker>,
    /// Nothing more is read until half of it is taken.
    is_full: bool,
    is_closed: bool,
}

impl Hearing {
    pub(super) fn new(count_max: usize, bytes_max: usize) -> Hearing {
        Hearing { count_max, bytes_max, state: Mutex::default() }
    }

    /// Adds something. The limits are passed by this at most, and by what is heard
    /// without reading: of that, little, see [`State::take_outdated`].
    pub(super) fn push(&self, heard: Heard) {
        let bytes = match &heard {
            Heard::Message(message) => message.len(),
            Heard::Event(event) => event.bytes(),
            Heard::Ping(payload) | Heard::Pong(payload) => payload.len(),
            Heard::Connected(_) | Heard::Disconnected(_) | Heard::Reconnecting { .. } | Heard::Fault(_) => 0,
        };
        let (old, receiver) = {
            let mut state = self.lock();
            if state.is_closed {
                return;
            }
            let is_long = state.waiting.len() - state.said >= self.count_max;
            let old = if is_long { state.take_outdated(&heard) } else { None };
            if let Some(Heard::Connected(_)) = old {
                // That connection carried nothing: as if it had never been.
                return;
            }
            state.bytes += bytes;
            state.said += usize::from(is_said(&heard));
            state.waiting.push_back((heard, bytes));
            state.is_full |= state.said >= self.count_max || state.bytes >= self.bytes_max;
            (old, state.receiver.take())
        };
        wake(receiver);
        // Perhaps an error of the application's: dropped outside the lock.
        drop(old);
    }

    /// Takes what comes next, `None` at the end; says whether there is room again.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<(Option<Heard>, bool)> {
        let mut state = self.lock();
        let Some((heard, bytes)) = state.waiting.pop_front() else {
            if state.is_closed {
                return Poll::Ready((None, false));
            }
            state.receiver = Some(cx.waker().clone());
            return Poll::Pending;
        };
        state.bytes -= bytes;
        state.said -= usize::from(is_said(&heard));
        let resumes = state.is_full && self.has_drained(&state);
        state.is_full &= !resumes;
        Poll::Ready((Some(heard), resumes))
    }

    /// Whether somebody takes what is added.
    pub(super) fn is_open(&self) -> bool {
        !self.lock().is_closed
    }

    /// Nobody takes anything any more.
    pub(super) fn abandon(&self) {
        let waiting = {
            let mut state = self.lock();
            (state.is_closed, state.is_full, state.bytes, state.said) = (true, false, 0, 0);
            std::mem::take(&mut state.waiting)
        };
        // Errors of the application's are among it: dropped outside the lock.
        drop(waiting);
    }

    /// Whether nothing more is to be read for now.
    pub(super) fn is_full(&self) -> bool {
        self.lock().is_full
    }

    /// Nothing more comes: what waits is heard, then the end.
    pub(super) fn close(&self) {
        let receiver = {
            let mut state = self.lock();
            state.is_closed = true;
            state.receiver.take()
        };
        wake(receiver);
    }

    fn has_drained(&self, state: &State) -> bool {
        state.said <= self.count_max / 2 && state.bytes <= self.bytes_max / 2
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes out what `heard` makes untrue or old, of what came behind the last
    /// message.
    fn take_outdated(&mut self, heard: &Heard) -> Option<Heard> {
        let begin = self.waiting.iter().rposition(|(heard, _)| is_said(heard)).map_or(0, |last| last + 1);
        let old = self.waiting.iter().skip(begin).rposition(|(other, _)| match (other, heard) {
            (Heard::Connected(_), Heard::Disconnected(_))
            | (Heard::Reconnecting { .. }, Heard::Reconnecting { .. }) => true,
            (Heard::Fault(other), Heard::Fault(fault)) => discriminant(other) == discriminant(fault),
            _ => false,
        })?;
        self.waiting.remove(begin + old).map(|(old, _)| old)
    }
}

fn is_said(heard: &Heard) -> bool {
    matches!(heard, Heard::Message(_) | Heard::Event(_) | Heard::Ping(_) | Heard::Pong(_))
}

fn wake(receiver: Option<Waker>) {
    if let Some(receiver) = receiver {
        receiver.wake();
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("waiting", &self.waiting.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ClientFault;
    use fanfare_core::client::ConnectError;
    use fanfare_core::wire::Message;
    use std::time::Duration;

    /// All that waits, in a word each.
    fn taken(hearing: &Hearing) -> Vec<String> {
        let mut cx = Context::from_waker(Waker::noop());
        let mut words = Vec::new();
        while let Poll::Ready((Some(heard), _)) = hearing.poll_take(&mut cx) {
            words.push(match heard {
                Heard::Message(_) | Heard::Event(_) | Heard::Ping(_) | Heard::Pong(_) => "message".to_owned(),
                Heard::Connected(_) => "connected".to_owned(),
                Heard::Disconnected(_) => "disconnected".to_owned(),
                Heard::Reconnecting { attempt, .. } => format!("reconnecting {attempt}"),
                Heard::Fault(ClientFault::Connect { attempt, .. }) => format!("failed {attempt}"),
                Heard::Fault(_) => "fault".to_owned(),
            });
        }
        words
    }

    #[test]
    fn who_does_not_look_hears_how_it_is_and_not_all_that_it_was() {
        let hearing = Hearing::new(2, 100);
        let attempt = |attempt| {
            hearing.push(Heard::Fault(ClientFault::Connect { attempt, error: ConnectError::Refused }));
            hearing.push(Heard::Reconnecting { attempt: attempt + 1, delay: Duration::ZERO });
        };
        hearing.push(Heard::Message(Message::from("x")));
        for number in 0..1_000 {
            attempt(number);
        }
        let gave_up = |attempts| hearing.push(Heard::Fault(ClientFault::GaveUp { attempts }));
        gave_up(1);
        gave_up(2);
        assert!(!hearing.is_full(), "what the server says next is read");
        assert_eq!(taken(&hearing), ["message", "failed 999", "reconnecting 1000", "fault"]);
    }

    #[test]
    fn who_has_gone_holds_nobody_up() {
        let hearing = Hearing::new(1, 100);
        hearing.push(Heard::Message(Message::from("x")));
        assert!(hearing.is_full() && hearing.is_open());
        hearing.abandon();
        hearing.push(Heard::Message(Message::from("y")));
        assert!(!hearing.is_full() && !hearing.is_open());
        assert_eq!(taken(&hearing), [""; 0]);
    }
}
