//! Chance, as the network has it: what happens next to whom, and the count of it.

use crate::faults::{Faults, Report};
use crate::trace::Trace;
use fanfare_core::random::Random;
use std::time::Duration;

/// See the module.
pub(crate) struct Weather {
    random: Random,
    pub(crate) faults: Faults,
    pub(crate) report: Report,
    pub(crate) trace: Trace,
}

/// What befalls a connection while something is written to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stroke {
    None,
    Stall(Duration),
    Silence,
    HalfClose,
    Reset,
}

/// What becomes of a dial.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    Answered,
    Refused,
    Ignored,
}

impl Weather {
    pub(super) fn new(random: Random) -> Weather {
        Weather { random, faults: Faults::NONE, report: Report::default(), trace: Trace::default() }
    }

    pub(super) fn stroke(&mut self) -> Stroke {
        if self.happens(self.faults.reset_per_mille) {
            self.report.resets += 1;
            Stroke::Reset
        } else if self.happens(self.faults.half_close_per_mille) {
            self.report.half_closes += 1;
            Stroke::HalfClose
        } else if self.happens(self.faults.silence_per_mille) {
            self.report.silences += 1;
            Stroke::Silence
        } else if self.happens(self.faults.stall_per_mille) {
            self.report.stalls += 1;
            Stroke::Stall(self.random.up_to(self.faults.stall_time_max))
        } else {
            Stroke::None
        }
    }

    pub(super) fn fate(&mut self) -> Fate {
        if self.happens(self.faults.refuse_per_mille) {
            self.report.refusals += 1;
            Fate::Refused
        } else if self.happens(self.faults.ignore_per_mille) {
            self.report.ignored += 1;
            Fate::Ignored
        } else {
            Fate::Answered
        }
    }

    /// How many of so many bytes, of which there are some, go together.
    pub(super) fn piece(&mut self, bytes: usize) -> usize {
        if bytes < 2 || !self.happens(self.faults.split_per_mille) {
            return bytes;
        }
        self.report.splits += 1;
        1 + self.below(bytes - 1)
    }

    /// How long a piece takes.
    pub(super) fn delay(&mut self) -> Duration {
        let latency = self.latency();
        if !self.happens(self.faults.delay_per_mille) {
            return latency;
        }
        self.report.delays += 1;
        latency + self.random.up_to(self.faults.delay_time_max)
    }

    pub(super) fn latency(&mut self) -> Duration {
        self.random.up_to(self.faults.latency_time_max)
    }

    /// How long a server stays, if it does not stay for ever.
    pub(crate) fn up_time(&mut self) -> Option<Duration> {
        let longest = self.faults.up_time_max?;
        Some(self.random.up_to(longest))
    }

    pub(crate) fn down_time(&mut self) -> Duration {
        self.random.up_to(self.faults.down_time_max)
    }

    /// Whether a server that ends is stopped, rather than killed.
    pub(crate) fn is_graceful(&mut self) -> bool {
        self.happens(self.faults.graceful_per_mille)
    }

    /// A number below `end`, or 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX);
        let drawn = self.random.next_u64().checked_rem(end).unwrap_or_default();
        usize::try_from(drawn).unwrap_or_default()
    }

    fn happens(&mut self, per_mille: u32) -> bool {
        self.random.next_u32() % 1_000 < per_mille
    }
}
