//! Time: what is due, and what happens then.
//!
//! There is one connection, so what is due next is computed when it is asked for.

use super::lifecycle::Next;
use super::{Client, ConnectError};
use crate::close::CloseReason;
use crate::link::{Deadline, Phase, Signal};
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::ControlPayload;

impl Client {
    /// When to call [`expire`](Self::expire). An early call is harmless.
    pub fn next_deadline(&self) -> Option<Instant> {
        let attempt = match self.next {
            Next::At(at) => Some(at),
            Next::None | Next::Now => None,
        };
        let transport = self.transport_due().map(|(at, _)| at);
        [attempt, transport, self.next_ack_due()].into_iter().flatten().min()
    }

    /// Handles what is due. Call it after the input that has arrived, so that a
    /// stall of ours is not taken for the server's silence; then
    /// [`poll_connect`](Self::poll_connect).
    pub fn expire(&mut self, now: Instant) {
        self.time_questions_out(now);
        // Ends: a deadline that has passed is moved behind `now`, or ends the phase.
        while let Some((at, deadline)) = self.transport_due()
            && at <= now
        {
            self.passed(now, at, deadline);
        }
        if let Next::At(at) = self.next
            && at <= now
        {
            self.next = Next::Now;
            // An attempt that is due does not wait for what is left of the last.
            self.let_go(now);
        }
    }

    fn transport_due(&self) -> Option<(Instant, Deadline)> {
        let transport = self.transport.as_ref()?;
        let is_close_sent = transport.output.is_close_sent();
        let connect_time_max = self.config.connect_time_max;
        let next = transport.clocks.next(transport.phase, is_close_sent, self.limits(), connect_time_max);
        Some(next).filter(|(at, _)| *at != Instant::FAR_FUTURE)
    }

    fn passed(&mut self, now: Instant, at: Instant, deadline: Deadline) {
        match deadline {
            Deadline::Handshake => {
                let time_max = self.config.connect_time_max;
                if !self.refusal_complete(now) {
                    self.stats.timeouts += 1;
                    self.fail_attempt(now, ConnectError::TimedOut { time_max });
                }
            }
            Deadline::Ping => self.heartbeat(now),
            Deadline::Liveness => {
                let limits = self.config.connection();
                let Some(transport) = &mut self.transport else { return };
                if transport.clocks.spare(now, at, limits) {
                    self.stats.deadlines_spared += 1;
                } else {
                    self.time_out(now, deadline);
                }
            }
            Deadline::Message => {
                self.stats.timeouts += 1;
                self.violated(now, Violation::MessageTooSlow);
            }
            Deadline::Idle | Deadline::Handler => {
                self.stats.timeouts += 1;
                self.fail_connection(now, deadline.close_code(), CloseReason::TimedOut(deadline));
            }
            // Questions have a table of their own.
            Deadline::Write | Deadline::Close | Deadline::Linger | Deadline::Ack => {
                self.time_out(now, deadline);
            }
        }
    }

    fn time_out(&mut self, now: Instant, deadline: Deadline) {
        self.stats.timeouts += 1;
        self.end_connection(now, Signal::GiveUp, CloseReason::TimedOut(deadline));
    }

    fn heartbeat(&mut self, now: Instant) {
        let interval = self.limits().ping_interval;
        if let Some(transport) = &mut self.transport {
            transport.clocks.schedule_ping(now, interval);
        }
        self.ping(&ControlPayload::EMPTY);
    }

    /// Whether the transport is over, and to be given back.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase(), Some(Phase::Over { .. }))
    }
}
