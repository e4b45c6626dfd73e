//! What became of a broadcast.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// How many recipients a broadcast had, and what happened to each.
///
/// Every recipient is counted under exactly one of the three fates, and
/// [`matched`](BroadcastReport::matched) is their sum: the report cannot be at
/// odds with itself. It is the truth at the moment of queueing; what an outbox
/// gives up later is counted there.
///
/// Reports of several shards add up to the server-wide one:
///
/// ```
/// use fanfare_core::broadcast::{BroadcastReport, Fate};
///
/// let mut here = BroadcastReport::default();
/// here.count(Fate::Queued);
/// here.count(Fate::Dropped);
/// let mut there = BroadcastReport::default();
/// there.count(Fate::Queued);
///
/// let total: BroadcastReport = [here, there].into_iter().sum();
/// assert_eq!((total.matched(), total.queued(), total.dropped(), total.closed()), (3, 2, 1, 0));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BroadcastReport {
    queued: u64,
    dropped: u64,
    closed: u64,
}

/// What happened to one recipient's copy of a broadcast.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It waits in the outbox.
    Queued,
    /// The outbox was full, and its policy dropped the message.
    Dropped,
    /// The outbox was full, and its policy closed the connection; or the
    /// connection was closing already.
    Closed,
}

impl BroadcastReport {
    /// The report of one recipient.
    pub fn of(fate: Fate) -> BroadcastReport {
        let mut report = BroadcastReport::default();
        report.count(fate);
        report
    }

    /// Counts one recipient.
    pub fn count(&mut self, fate: Fate) {
        match fate {
            Fate::Queued => self.queued += 1,
            Fate::Dropped => self.dropped += 1,
            Fate::Closed => self.closed += 1,
        }
    }

    /// Recipients that the audience matched: all that follow together.
    pub fn matched(&self) -> u64 {
        self.queued + self.dropped + self.closed
    }

    /// Recipients whose outbox took the message.
    pub fn queued(&self) -> u64 {
        self.queued
    }

    /// Recipients whose outbox was full and dropped it.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Recipients that are being closed and will not get it.
    pub fn closed(&self) -> u64 {
        self.closed
    }
}

impl Add for BroadcastReport {
    type Output = BroadcastReport;

    fn add(self, other: BroadcastReport) -> BroadcastReport {
        BroadcastReport {
            queued: self.queued + other.queued,
            dropped: self.dropped + other.dropped,
            closed: self.closed + other.closed,
        }
    }
}

impl AddAssign for BroadcastReport {
    fn add_assign(&mut self, other: BroadcastReport) {
        *self = *self + other;
    }
}

impl Sum for BroadcastReport {
    fn sum<I: Iterator<Item = BroadcastReport>>(reports: I) -> BroadcastReport {
        reports.fold(BroadcastReport::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(queued: usize, dropped: usize, closed: usize) -> BroadcastReport {
        let mut report = BroadcastReport::default();
        let fates = [(Fate::Queued, queued), (Fate::Dropped, dropped), (Fate::Closed, closed)];
        for (fate, times) in fates {
            (0..times).for_each(|_| report.count(fate));
        }
        report
    }

    #[test]
    fn every_recipient_is_matched_and_has_one_fate() {
        let report = report(5, 3, 2);
        assert_eq!((report.queued(), report.dropped(), report.closed()), (5, 3, 2));
        assert_eq!(report.matched(), 10);
    }

    #[test]
    fn reports_add_up_fate_by_fate() {
        let mut total = report(1, 2, 3);
        total += report(10, 20, 30);
        assert_eq!(total, report(11, 22, 33));
        assert_eq!(
            [report(1, 0, 0), report(0, 1, 0), report(0, 0, 1)].into_iter().sum::<BroadcastReport>(),
            report(1, 1, 1)
        );
    }
}
