//! The one real clock. Nothing else in the workspace asks what time it is.

use fanfare_core::time::Instant;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Maps the machine's monotonic clock onto the core's [`Instant`]s.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: std::time::Instant,
}

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Clock {
        Clock { start: std::time::Instant::now() }
    }

    /// The time since the start.
    pub fn now(&self) -> Instant {
        let nanos = self.start.elapsed().as_nanos();
        Instant::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The machine's own moment for one of the core's, for setting its timers.
    /// `None` for one too far off to be represented.
    pub fn to_std(&self, instant: Instant) -> Option<std::time::Instant> {
        self.start.checked_add(Duration::from_nanos(instant.as_nanos()))
    }
}

/// Seconds since the Unix epoch, for timestamps in messages; 0 before it.
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
