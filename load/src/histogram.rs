//! Latencies, kept in a fixed number of buckets: a run of any length takes the
//! same memory, and recording is a few instructions.

use std::time::Duration;

/// Buckets per doubling; a figure is exact to 1 part in so many.
const STEPS: u64 = 1 << STEPS_LOG2;
const STEPS_LOG2: u32 = 6;
/// One lot for the values below `STEPS`, one for each doubling up to 2^64.
const BUCKETS: usize = (64 - STEPS_LOG2 as usize + 1) << STEPS_LOG2;

/// Counts of durations by size.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    pub(crate) fn new() -> Histogram {
        Histogram { counts: vec![0; BUCKETS], total: 0 }
    }

    pub(crate) fn record(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(bucket(nanos)) {
            *count += 1;
            self.total += 1;
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.total
    }

    /// The duration that `per_mille` thousandths of all are not above; zero when
    /// there are none.
    pub(crate) fn quantile(&self, per_mille: u64) -> Duration {
        let rank = (self.total * per_mille).div_ceil(1_000).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_nanos(lower_bound(index as u64));
            }
        }
        Duration::ZERO
    }
}

/// Below `STEPS` each value has its own bucket; above, each doubling has `STEPS`.
fn bucket(nanos: u64) -> usize {
    let doublings = nanos.max(STEPS).ilog2() - STEPS_LOG2;
    let step = nanos >> doublings;
    usize::try_from(u64::from(doublings) * STEPS + step).unwrap_or(usize::MAX)
}

fn lower_bound(index: u64) -> u64 {
    let doublings = (index / STEPS).saturating_sub(1);
    (index - doublings * STEPS) << doublings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_falls_into_a_bucket_that_begins_at_most_one_step_below() {
        for shift in 0..64 {
            for nanos in [1u64 << shift, (1 << shift) + (1 << shift) / 3, u64::MAX >> shift] {
                assert!(bucket(nanos) < BUCKETS, "{nanos}");
                let bound = lower_bound(bucket(nanos) as u64);
                assert!(bound <= nanos && nanos - bound <= nanos / STEPS, "{nanos} {bound}");
            }
        }
    }

    #[test]
    fn quantiles_of_a_hundred() {
        let mut histogram = Histogram::new();
        assert_eq!(histogram.quantile(500), Duration::ZERO);
        (1..=100).for_each(|nanos| histogram.record(Duration::from_nanos(nanos)));
        assert_eq!(histogram.count(), 100);
        assert_eq!(histogram.quantile(500), Duration::from_nanos(50));
        assert_eq!(histogram.quantile(990), Duration::from_nanos(99));
    }
}
