//! The times of one link and what is due when.
//!
//! Activity only writes a time; nothing is rescheduled. What is due is computed
//! from the times when the wheel's entry fires.

use super::lifecycle::Phase;
use crate::config::ConnectionConfig;
use crate::random::Random;
use crate::time::Instant;
use std::time::Duration;

/// A time limit of a connection, or its next ping.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Deadline {
    /// The handshake, body of a plain request included (`handshake_time_max`).
    Handshake,
    /// The next ping is due (`ping_interval`); closes nothing.
    Ping,
    /// A question to the peer has waited long enough (`ack_time_max`); closes
    /// nothing.
    Ack,
    /// The peer has been silent (`liveness_time_max`).
    Liveness,
    /// The peer has sent no application message (`idle_time_max`).
    Idle,
    /// A message has not arrived whole (`message_time_max`).
    Message,
    /// The peer has taken no byte of a pending write (`write_time_max`).
    Write,
    /// The peer has not answered our close frame (`close_time_max`).
    Close,
    /// The last bytes were not taken, or the drained peer did not end its side.
    Linger,
    /// A handler has kept the connection from being read (`handler_time_max`).
    Handler,
}

/// Fires later than this are late: the shard stalled or time jumped.
const LATE_AFTER: Duration = Duration::from_millis(100);
/// The least that a late liveness deadline grants before its second firing.
const SECOND_CHANCE_MIN: Duration = Duration::from_millis(100);

/// When the first ping of a connection is sent: somewhere in the second half of
/// the interval, so that connections that were opened together are not pinged
/// together.
pub(crate) fn first_ping(limits: &ConnectionConfig, random: &mut Random) -> Option<Duration> {
    let half = limits.ping_interval? / 2;
    Some(half.saturating_add(random.up_to(half)))
}

/// See the module. [`Instant::FAR_FUTURE`] means "not running".
#[derive(Debug)]
pub(crate) struct Clocks {
    /// The phase's start; while the connection is open, that of the message
    /// that is arriving.
    since: Instant,
    last_heard: Instant,
    last_message: Instant,
    ping_due: Instant,
    stalled_since: Instant,
    paused_since: Instant,
    spared_until: Instant,
}

impl Clocks {
    pub(crate) fn new(now: Instant) -> Clocks {
        Clocks {
            since: now,
            last_heard: now,
            last_message: now,
            ping_due: Instant::FAR_FUTURE,
            stalled_since: Instant::FAR_FUTURE,
            paused_since: Instant::FAR_FUTURE,
            spared_until: Instant::ZERO,
        }
    }

    pub(crate) fn last_heard(&self) -> Instant {
        self.last_heard
    }

    pub(crate) fn heard(&mut self, now: Instant) {
        self.last_heard = now;
    }

    pub(crate) fn heard_message(&mut self, now: Instant) {
        self.last_message = now;
    }

    /// A new phase begins.
    pub(crate) fn enter_phase(&mut self, now: Instant) {
        self.since = now;
    }

    /// The connection opened: its heartbeat starts with a ping after `first_ping`.
    pub(crate) fn open(&mut self, now: Instant, first_ping: Option<Duration>) {
        *self = Clocks { since: Instant::FAR_FUTURE, ..Clocks::new(now) };
        self.schedule_ping(now, first_ping);
    }

    pub(crate) fn schedule_ping(&mut self, now: Instant, after: Option<Duration>) {
        self.ping_due = after.map_or(Instant::FAR_FUTURE, |after| now + after);
    }

    /// Whether a message is arriving on the open connection; says whether its
    /// time limit starts now.
    pub(crate) fn set_mid_message(&mut self, now: Instant, is_mid_message: bool) -> bool {
        let was_running = self.since != Instant::FAR_FUTURE;
        if !is_mid_message {
            self.since = Instant::FAR_FUTURE;
        } else if !was_running {
            self.since = now;
        }
        is_mid_message && !was_running
    }

    /// A write took some bytes (`progress`) and left some (`pending`); says
    /// whether the stall limit starts now.
    pub(crate) fn wrote(&mut self, now: Instant, progress: bool, pending: bool) -> bool {
        let was_running = self.stalled_since != Instant::FAR_FUTURE;
        if !pending {
            self.stalled_since = Instant::FAR_FUTURE;
        } else if progress || !was_running {
            self.stalled_since = now;
        }
        pending && !was_running
    }

    /// Whether a write is pending that the transport did not take.
    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled_since != Instant::FAR_FUTURE
    }

    /// We stop reading the open connection, or start again; what the peer could
    /// not tell us meanwhile is not its silence.
    pub(crate) fn set_paused(&mut self, now: Instant, paused: bool) {
        if paused {
            self.paused_since = now;
        } else {
            let unread_for = now.since(self.paused_since);
            self.paused_since = Instant::FAR_FUTURE;
            self.last_heard = now;
            self.last_message = self.last_message + unread_for;
            self.since = self.since + unread_for;
        }
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused_since != Instant::FAR_FUTURE
    }

    /// A liveness deadline fired: whether the peer gets a second chance because
    /// the deadline itself was late and this is its first firing. Then it has as
    /// long as it always has to answer a ping.
    pub(crate) fn spare(&mut self, now: Instant, due_at: Instant, limits: &ConnectionConfig) -> bool {
        let first_firing = self.spared_until <= self.last_heard + limits.liveness_time_max;
        let late = now.since(due_at) > LATE_AFTER;
        if first_firing && late {
            let since_ping = limits.ping_interval.unwrap_or(limits.liveness_time_max);
            let answer_time_max = limits.liveness_time_max.saturating_sub(since_ping);
            self.spared_until = now + answer_time_max.max(SECOND_CHANCE_MIN);
        }
        first_firing && late
    }

    /// What is due first in `phase`, and when.
    pub(crate) fn next(
        &self,
        phase: Phase,
        is_close_sent: bool,
        limits: &ConnectionConfig,
        handshake_time_max: Duration,
    ) -> (Instant, Deadline) {
        let since_phase = |limit: Duration| self.since + limit;
        match phase {
            Phase::Head | Phase::Deciding | Phase::Body => {
                (since_phase(handshake_time_max), Deadline::Handshake)
            }
            Phase::Open => self.next_while_open(limits),
            Phase::CloseSent => {
                let closing =
                    if is_close_sent { since_phase(limits.close_time_max) } else { Instant::FAR_FUTURE };
                let write = (self.stalled_since + limits.write_time_max, Deadline::Write);
                (closing, Deadline::Close).min(write)
            }
            Phase::Finishing { .. } | Phase::Shutting { .. } => {
                let limit = limits.close_time_max.saturating_add(limits.write_time_max);
                (since_phase(limit), Deadline::Linger)
            }
            Phase::Lingering => (since_phase(limits.linger_time_max), Deadline::Linger),
            Phase::Over { .. } => (Instant::FAR_FUTURE, Deadline::Linger),
        }
    }

    fn next_while_open(&self, limits: &ConnectionConfig) -> (Instant, Deadline) {
        let reading = if self.is_paused() {
            (self.paused_since + limits.handler_time_max, Deadline::Handler)
        } else {
            self.next_while_reading(limits)
        };
        let ping = (self.ping_due, Deadline::Ping);
        let write = (self.stalled_since + limits.write_time_max, Deadline::Write);
        ping.min(reading).min(write)
    }

    fn next_while_reading(&self, limits: &ConnectionConfig) -> (Instant, Deadline) {
        let liveness = (self.last_heard + limits.liveness_time_max).max(self.spared_until);
        let idle = limits.idle_time_max.map_or(Instant::FAR_FUTURE, |limit| self.last_message + limit);
        let message = (self.since + limits.message_time_max, Deadline::Message);
        (liveness, Deadline::Liveness).min((idle, Deadline::Idle)).min(message)
    }
}

#[cfg(test)]
mod tests;
