//! Time: what is due, and what happens then.
//!
//! A link has one entry in the wheel that counts, at `next_check`. Activity
//! never moves it; when it fires the link's times are looked at afresh. Where a
//! question is due before it, it is kept in mind meanwhile: otherwise every
//! question that is over would leave another entry for the next ping.

use super::Hub;
use crate::close::CloseReason;
use crate::link::{Deadline, Signal};
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::ControlPayload;

impl Hub {
    /// When to call [`expire`](Self::expire) at the latest. May be early; an
    /// early call is harmless.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.next()
    }

    /// Handles what is due, at most `checks_max` links; says whether more is.
    /// Call it after the input that has arrived, so that a stalled shard does
    /// not mistake its own delay for its peers' silence.
    pub fn expire(&mut self, now: Instant, checks_max: usize) -> bool {
        let mut due = std::mem::take(&mut self.due);
        self.deadlines.expire(now, &mut due, checks_max);
        for entry in due.drain(..) {
            let slot = entry.slot as usize;
            // Others are stale: the slot was reused, or an earlier check was scheduled.
            if self.links.get(slot).is_some_and(|link| link.next_check == entry.at) {
                self.check(now, slot);
            } else if self.later_check(slot).is_some_and(|later| *later == Some(entry.at)) {
                // Within a tick it may come out before the earlier one.
                self.take_later_check(slot);
            }
        }
        self.due = due;
        self.deadlines.next().is_some_and(|next| next <= now)
    }

    /// Makes sure that the wheel knows the link's next deadline.
    pub(super) fn arm(&mut self, slot: usize) {
        let Some((at, _)) = self.next_due(slot) else { return };
        let Some(link) = self.links.get_mut(slot) else { return };
        if at < link.next_check {
            let known = std::mem::replace(&mut link.next_check, at);
            self.deadlines.schedule(u32::try_from(slot).unwrap_or(u32::MAX), at);
            if known < Instant::FAR_FUTURE
                && let Some(later) = self.later_check(slot)
            {
                later.get_or_insert(known);
            }
        }
    }

    /// What is kept in mind of a link that is asked something.
    fn later_check(&mut self, slot: usize) -> Option<&mut Option<Instant>> {
        self.links.get(slot).filter(|link| link.is_asked)?;
        let events = self.member_at_mut(slot)?.cold.talk.events_mut()?;
        Some(&mut events.later_check)
    }

    fn take_later_check(&mut self, slot: usize) -> Option<Instant> {
        let later = self.later_check(slot)?.take()?;
        self.tidy_events(slot);
        Some(later)
    }

    pub(super) fn next_due(&self, slot: usize) -> Option<(Instant, Deadline)> {
        let link = self.links.get(slot)?;
        let limits = self.config.profile(link.profile);
        let handshake_time_max = self.config.server.handshake_time_max;
        let next = link.clocks.next(link.phase, link.output.is_close_sent(), limits, handshake_time_max);
        Some(next.min(self.next_ack_due(slot)))
    }

    fn check(&mut self, now: Instant, slot: usize) {
        let later = self.take_later_check(slot);
        if let Some(link) = self.links.get_mut(slot) {
            link.next_check = later.unwrap_or(Instant::FAR_FUTURE);
        }
        // Ends: a deadline that has passed is moved behind `now`, or ends the phase.
        while let Some((at, deadline)) = self.next_due(slot)
            && at <= now
        {
            self.passed(now, slot, at, deadline);
        }
        self.arm(slot);
    }

    fn passed(&mut self, now: Instant, slot: usize, at: Instant, deadline: Deadline) {
        match deadline {
            Deadline::Ping => self.ping_peer(now, slot),
            Deadline::Ack => self.acks_timed_out(now, slot),
            Deadline::Liveness => {
                let Some(link) = self.links.get_mut(slot) else { return };
                if link.clocks.spare(now, at, self.config.profile(link.profile)) {
                    self.stats.deadlines_spared += 1;
                } else {
                    self.time_out(now, slot, deadline);
                }
            }
            Deadline::Message => {
                self.stats.timeouts += 1;
                self.violated(now, slot, Violation::MessageTooSlow);
            }
            Deadline::Idle | Deadline::Handler => {
                self.stats.timeouts += 1;
                self.fail_at(now, slot, deadline.close_code(), CloseReason::TimedOut(deadline));
            }
            Deadline::Handshake | Deadline::Write | Deadline::Close | Deadline::Linger => {
                self.time_out(now, slot, deadline);
            }
        }
    }

    fn time_out(&mut self, now: Instant, slot: usize, deadline: Deadline) {
        self.stats.timeouts += 1;
        self.conclude(now, slot, Signal::GiveUp, CloseReason::TimedOut(deadline));
    }

    fn ping_peer(&mut self, now: Instant, slot: usize) {
        let Some(link) = self.links.get_mut(slot) else { return };
        link.clocks.schedule_ping(now, self.config.profile(link.profile).ping_interval);
        self.push_ping(slot, &ControlPayload::EMPTY);
    }
}
