//! The one real clock, which nothing else in the workspace reads, and the one
//! that stands in for it where time is only imagined.

use fanfare_core::time::Instant;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where a server has its time from: the machine's monotonic clock, mapped onto
/// the core's [`Instant`]s, or a [`ManualClock`].
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Real { start: std::time::Instant },
    Manual(ManualClock),
}

impl Clock {
    /// The real clock, which starts now.
    pub fn start() -> Clock {
        Clock { source: Source::Real { start: std::time::Instant::now() } }
    }

    /// The time since the start.
    pub fn now(&self) -> Instant {
        match &self.source {
            Source::Real { start } => {
                let nanos = start.elapsed().as_nanos();
                Instant::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
            }
            Source::Manual(clock) => clock.now(),
        }
    }

    /// The time since 1970 on the clock on the wall; a manual clock's wall is at
    /// [`ManualClock::UNIX_START_SECONDS`] when it starts.
    pub fn unix_time(&self) -> Duration {
        match &self.source {
            Source::Real { .. } => unix_time(),
            Source::Manual(clock) => {
                Duration::from_secs(ManualClock::UNIX_START_SECONDS) + clock.now().since(Instant::ZERO)
            }
        }
    }

    /// The machine's own moment for one of the core's, for setting its timers.
    /// `None` for one too far off to be represented, and for all of a manual
    /// clock's: no timer of the machine knows when it will be set forward.
    pub fn to_std(&self, instant: Instant) -> Option<std::time::Instant> {
        match &self.source {
            Source::Real { start } => start.checked_add(Duration::from_nanos(instant.as_nanos())),
            Source::Manual(_) => None,
        }
    }
}

impl From<ManualClock> for Clock {
    fn from(clock: ManualClock) -> Clock {
        Clock { source: Source::Manual(clock) }
    }
}

/// A clock that goes only when it is set forward, for servers that run in
/// imagined time: an hour's wait is over at once. Clones are the same clock.
///
/// ```
/// use fanfare_driver::{Clock, ManualClock};
/// use std::time::Duration;
///
/// let manual = ManualClock::default();
/// let clock = Clock::from(manual.clone());
/// let start = clock.now();
/// manual.advance(Duration::from_secs(3_600));
/// assert_eq!(clock.now(), start + Duration::from_secs(3_600));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    nanos: Arc<AtomicU64>,
}

impl ManualClock {
    /// What time it is when imagined time begins, in seconds since 1970: a day in
    /// November 2023.
    pub const UNIX_START_SECONDS: u64 = 1_700_000_000;

    /// The time since the start.
    pub fn now(&self) -> Instant {
        Instant::from_nanos(self.nanos.load(Ordering::Acquire))
    }

    /// Sets the clock forward by `duration`.
    pub fn advance(&self, duration: Duration) {
        self.advance_to(self.now() + duration);
    }

    /// Sets the clock forward to `instant`; never back.
    pub fn advance_to(&self, instant: Instant) {
        self.nanos.fetch_max(instant.as_nanos(), Ordering::AcqRel);
    }
}

/// The machine's own time since the Unix epoch; zero before it.
pub(crate) fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_goes_forward_only_and_sets_no_timer() {
        let manual = ManualClock::default();
        let clock = Clock::from(manual.clone());
        let later = Instant::ZERO + Duration::from_secs(5);
        manual.advance_to(later);
        manual.advance_to(Instant::ZERO);
        assert_eq!(clock.now(), later);
        assert_eq!(clock.to_std(later), None);
        assert_eq!(clock.unix_time(), Duration::from_secs(1_700_000_005));
    }

    #[test]
    fn the_real_clock_goes_by_itself_and_sets_timers() {
        let clock = Clock::start();
        let now = clock.now();
        assert!(clock.to_std(now + Duration::from_secs(1)) > clock.to_std(now));
        assert!(clock.now() >= now);
        assert!(clock.unix_time().abs_diff(unix_time()) <= Duration::from_secs(1));
    }
}
