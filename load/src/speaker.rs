//! One connection of an echo: which of its messages are on their way.
//!
//! Pure, as the account of a fan-out is: each message must come back exactly once
//! and in order. A gap is a loss at once; what fills it later is a stray.

use std::ops::Range;
use std::time::{Duration, Instant};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speaker {
    /// The number that must come back next.
    next: u32,
    /// How many of the last burst are neither back nor lost.
    due: u32,
    sent_at: Instant,
    heard_at: Instant,
}

/// What an echo told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Heard {
    /// How many before it are lost.
    pub(crate) skipped: u32,
    /// Since it was sent.
    pub(crate) took: Duration,
    /// Whether nothing more is due.
    pub(crate) is_last: bool,
}

impl Speaker {
    /// One that has said nothing.
    pub(crate) fn new(now: Instant) -> Speaker {
        Speaker { next: 0, due: 0, sent_at: now, heard_at: now }
    }

    /// Begins a burst, when nothing is due; its numbers.
    pub(crate) fn speak(&mut self, burst: u32, now: Instant) -> Range<u32> {
        // Four billion messages of one connection: then it counts anew.
        if self.next.checked_add(burst).is_none() {
            self.next = 0;
        }
        self.due = burst;
        self.sent_at = now;
        self.heard_at = now;
        self.next..self.next + burst
    }

    /// Message `number` came back; `None`: it was not due.
    pub(crate) fn hear(&mut self, number: u32, at: Instant) -> Option<Heard> {
        let skipped = number.checked_sub(self.next).filter(|&skipped| skipped < self.due)?;
        self.next = number + 1;
        self.due -= skipped + 1;
        self.heard_at = at;
        let took = at.saturating_duration_since(self.sent_at);
        Some(Heard { skipped, took, is_last: self.due == 0 })
    }

    /// Takes what is due for lost; how many that is.
    pub(crate) fn write_off(&mut self) -> u64 {
        let lost = std::mem::take(&mut self.due);
        self.next += lost;
        u64::from(lost)
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.due > 0
    }

    /// When something that was due last came, or was sent.
    pub(crate) fn heard_at(&self) -> Instant {
        self.heard_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_lost_and_what_is_not_due_is_a_stray() {
        let at = Instant::now();
        let mut speaker = Speaker::new(at);
        assert_eq!(speaker.hear(0, at), None, "nothing was sent");
        assert_eq!(speaker.speak(4, at), 0..4);
        let heard = |skipped, is_last| Some(Heard { skipped, took: Duration::ZERO, is_last });
        assert_eq!(speaker.hear(0, at), heard(0, false));
        assert_eq!(speaker.hear(2, at), heard(1, false));
        assert_eq!((speaker.hear(1, at), speaker.hear(2, at), speaker.hear(4, at)), (None, None, None));
        assert_eq!(speaker.hear(3, at), heard(0, true));
        assert!(!speaker.is_waiting());
    }

    #[test]
    fn what_is_written_off_is_not_due_any_more() {
        let at = Instant::now();
        let mut speaker = Speaker::new(at);
        assert_eq!(speaker.speak(3, at), 0..3);
        assert!(speaker.hear(0, at).is_some());
        assert_eq!((speaker.write_off(), speaker.is_waiting()), (2, false));
        assert_eq!(speaker.hear(1, at), None);
        assert_eq!(speaker.speak(2, at), 3..5);
        assert!(speaker.hear(4, at).is_some_and(|heard| heard.skipped == 1 && heard.is_last));
    }
}
