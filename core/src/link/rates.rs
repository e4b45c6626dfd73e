//! How many frames and messages a peer sent within a second.

use crate::time::Instant;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Counts within the current second of the clock. A peer can thus send twice
/// the limit across a boundary, never more in any second of the clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rates {
    second: u32,
    control_frames: u32,
    messages: u32,
}

impl Rates {
    /// Counts a control frame; false when it exceeds `per_second_max`.
    pub(crate) fn admit_control(&mut self, now: Instant, per_second_max: u32) -> bool {
        self.enter_second(now);
        self.control_frames += 1;
        self.control_frames <= per_second_max
    }

    /// Counts a message; false when it exceeds `per_second_max`, if that is not 0.
    pub(crate) fn admit_message(&mut self, now: Instant, per_second_max: u32) -> bool {
        if per_second_max == 0 {
            return true;
        }
        self.enter_second(now);
        self.messages += 1;
        self.messages <= per_second_max
    }

    fn enter_second(&mut self, now: Instant) {
        let second = u32::try_from(now.as_nanos() / NANOS_PER_SECOND).unwrap_or(u32::MAX);
        if second != self.second {
            *self = Rates { second, control_frames: 0, messages: 0 };
        }
    }
}
