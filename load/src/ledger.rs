//! Who has received what: the exact account of a fan-out.
//!
//! Pure: no socket and no clock, so that the account itself can be tested.
//! Every member must get every message exactly once and in order.

use crate::histogram::Histogram;
use std::time::Instant;

/// See the module.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// By member: the number it must receive next.
    next: Vec<u32>,
    /// By number.
    published_at: Vec<Instant>,
    /// Deliveries that are due: published, neither received nor lost.
    outstanding: u64,
    received: u64,
    /// Since the figures were last reset.
    deliveries: u64,
    latencies: Histogram,
    lost: u64,
    strays: u64,
}

impl Ledger {
    pub(crate) fn new(members: usize) -> Ledger {
        Ledger {
            next: vec![0; members],
            published_at: Vec::new(),
            outstanding: 0,
            received: 0,
            deliveries: 0,
            latencies: Histogram::new(),
            lost: 0,
            strays: 0,
        }
    }

    /// Notes one more message and returns its number.
    pub(crate) fn publish(&mut self, at: Instant) -> u32 {
        let number = u32::try_from(self.published_at.len()).unwrap_or(u32::MAX);
        self.published_at.push(at);
        self.outstanding += self.next.len() as u64;
        number
    }

    /// Notes that `member` received message `number`, or something foreign. A
    /// gap is a loss at once; what fills it later is a stray, and so is what
    /// comes twice.
    pub(crate) fn receive(&mut self, member: usize, number: Option<u32>, at: Instant) {
        let published_at = number.and_then(|number| self.published_at.get(number as usize));
        let (Some(number), Some(published_at), Some(next)) =
            (number, published_at, self.next.get_mut(member))
        else {
            self.strays += 1;
            return;
        };
        let Some(skipped) = number.checked_sub(*next) else {
            self.strays += 1;
            return;
        };
        *next = number + 1;
        self.lost += u64::from(skipped);
        self.outstanding -= u64::from(skipped) + 1;
        self.received += 1;
        self.deliveries += 1;
        self.latencies.record(at.saturating_duration_since(*published_at));
    }

    /// Takes what is due for lost. What comes later all the same is a stray.
    pub(crate) fn write_off(&mut self) {
        let published = u32::try_from(self.published_at.len()).unwrap_or(u32::MAX);
        self.next.fill(published);
        self.lost += std::mem::take(&mut self.outstanding);
    }

    /// Forgets the figures of the warm-up; the account of losses goes on.
    pub(crate) fn reset_figures(&mut self) {
        self.deliveries = 0;
        self.latencies = Histogram::new();
    }

    pub(crate) fn outstanding(&self) -> u64 {
        self.outstanding
    }

    pub(crate) fn deliveries(&self) -> u64 {
        self.deliveries
    }

    pub(crate) fn latencies(&self) -> &Histogram {
        &self.latencies
    }

    /// How many messages were published.
    pub(crate) fn published(&self) -> u64 {
        self.published_at.len() as u64
    }

    /// How many deliveries were made, the warm-up's included.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    pub(crate) fn strays(&self) -> u64 {
        self.strays
    }

    /// Gaps, and what is still due: ask when nothing more can come.
    pub(crate) fn lost(&self) -> u64 {
        self.lost + self.outstanding
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_members_three_messages() -> (Ledger, Instant) {
        let at = Instant::now();
        let mut ledger = Ledger::new(2);
        assert_eq!([0; 3].map(|_| ledger.publish(at)), [0, 1, 2]);
        (ledger, at)
    }

    #[test]
    fn all_in_order_leaves_nothing_due() {
        let (mut ledger, at) = two_members_three_messages();
        for number in 0..3 {
            ledger.receive(0, Some(number), at);
            ledger.receive(1, Some(number), at);
        }
        assert_eq!((ledger.deliveries(), ledger.lost(), ledger.strays()), (6, 0, 0));
        assert_eq!((ledger.outstanding(), ledger.latencies().count()), (0, 6));
    }

    #[test]
    fn gaps_and_missing_ends_are_losses_and_late_or_repeated_ones_strays() {
        let (mut ledger, at) = two_members_three_messages();
        ledger.receive(0, Some(0), at);
        ledger.receive(0, Some(2), at);
        ledger.receive(0, Some(1), at);
        ledger.receive(0, Some(2), at);
        ledger.receive(0, None, at);
        ledger.receive(0, Some(3), at);
        assert_eq!((ledger.deliveries(), ledger.strays()), (2, 4));
        assert_eq!((ledger.outstanding(), ledger.lost()), (3, 4));
    }

    #[test]
    fn what_is_written_off_is_lost_and_a_stray_if_it_comes() {
        let (mut ledger, at) = two_members_three_messages();
        ledger.receive(0, Some(0), at);
        ledger.write_off();
        assert_eq!((ledger.outstanding(), ledger.lost()), (0, 5));
        ledger.receive(0, Some(1), at);
        assert_eq!((ledger.lost(), ledger.strays()), (5, 1));
        let number = ledger.publish(at);
        ledger.receive(0, Some(number), at);
        ledger.receive(1, Some(number), at);
        assert_eq!((ledger.published(), ledger.received(), ledger.lost()), (4, 3, 5));
    }

    #[test]
    fn a_warm_up_counts_in_the_account_only() {
        let (mut ledger, at) = two_members_three_messages();
        ledger.receive(0, Some(1), at);
        ledger.reset_figures();
        assert_eq!((ledger.deliveries(), ledger.latencies().count()), (0, 0));
        assert_eq!(ledger.lost(), 5);
    }
}
