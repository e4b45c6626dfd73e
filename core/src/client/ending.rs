//! How attempts and connections end, and what follows.

use super::backoff::Retry;
use super::event::Disconnected;
use super::lifecycle::{Next, Wish};
use super::transport::echoed;
use super::{Client, ConnectError, Notice, hint};
use crate::close::{CloseCode, CloseFrame, CloseReason};
use crate::link::{Phase, Signal};
use crate::outbox::Purpose;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::Frame;
use std::time::Duration;

impl Client {
    /// Starts the closing handshake: queued messages go first, then the close
    /// frame (RFC 6455 §7.1.2).
    pub(super) fn start_closing(&mut self, now: Instant, code: CloseCode, reason: &str) {
        let Some(transport) = &mut self.transport else { return };
        transport.close_code = code;
        transport.signal(now, Signal::CloseRequested);
        self.push_close(code, reason);
        self.left_open();
    }

    /// Gives up an attempt, or what is left of a connection, because nobody wants it
    /// any more: nothing is told.
    pub(super) fn let_go(&mut self, now: Instant) {
        if let Some(transport) = &mut self.transport {
            transport.signal(now, Signal::GiveUp);
        }
        self.settle(now);
    }

    /// An attempt that the adapter holds a transport for has failed.
    pub(super) fn fail_attempt(&mut self, now: Instant, error: ConnectError) {
        self.let_go(now);
        self.attempt_failed(now, error);
    }

    /// Tells of a failed attempt, and plans the next.
    pub(super) fn attempt_failed(&mut self, now: Instant, error: ConnectError) {
        let retry_after = error.retry_after();
        self.stats.handshakes_failed += 1;
        self.notices.push_back(Notice::ConnectFailed { attempt: self.backoff.attempt(), error });
        if self.has_connected || self.config.reconnect_first {
            self.plan_next(now, retry_after);
        } else if self.wish == Wish::Online {
            self.wish = Wish::Offline;
        }
    }

    pub(super) fn violated(&mut self, now: Instant, violation: Violation) {
        self.stats.violations += 1;
        self.fail_connection(now, violation.close_code(), violation.into());
    }

    /// RFC 6455 §7.1.7, "fail the WebSocket connection". What was queued before
    /// goes first, unless it is too much for a server that does not read.
    pub(super) fn fail_connection(&mut self, now: Instant, code: CloseCode, reason: CloseReason) {
        if self.is_connected() {
            let text = if let CloseReason::Violation(violation) = &reason {
                violation.to_string()
            } else {
                String::new()
            };
            if reason == CloseReason::OutboxFull {
                self.discard_unsent();
                let close = Frame::close(code, &text).masked(self.mask());
                self.push_control(close, Purpose::Close);
            } else {
                self.push_close(code, &text);
            }
        }
        self.end_connection(now, Signal::Failed, reason);
    }

    /// The server's close frame: answered with the same code (§5.5.1), unless ours
    /// is out already.
    pub(super) fn server_closed(&mut self, now: Instant, frame: Option<CloseFrame>) {
        let Some(transport) = &self.transport else { return };
        let reason = if transport.phase == Phase::CloseSent {
            CloseReason::ByUs { code: transport.close_code }
        } else {
            self.push_close(echoed(frame.as_ref()), "");
            CloseReason::ByPeer(frame)
        };
        self.end_connection(now, Signal::PeerClosed, reason);
    }

    /// Follows the lifecycle table, and tells the end of the connection when this
    /// is it: the one place that does, so it is told exactly once.
    pub(super) fn end_connection(&mut self, now: Instant, signal: Signal, reason: CloseReason) {
        let Some(transport) = &mut self.transport else { return };
        let phase = transport.phase;
        debug_assert!(!phase.is_before_open(), "attempts fail by `fail_attempt`");
        transport.signal(now, signal);
        if phase.is_talking() && !transport.phase.is_talking() {
            let was_stable = now.since(transport.opened_at) >= self.config.stable_time;
            if phase == Phase::Open {
                self.left_open();
            }
            self.tell_disconnected(now, was_stable, reason);
        }
        self.settle(now);
        if self.next == Next::Now && !self.is_talking() {
            self.let_go(now);
        }
    }

    fn tell_disconnected(&mut self, now: Instant, was_stable: bool, reason: CloseReason) {
        let retry_after =
            if let CloseReason::ByPeer(Some(frame)) = &reason { hint::retry_hint(frame) } else { None };
        if was_stable {
            self.backoff.reset();
        }
        self.stats.connections_closed += 1;
        self.notices.push_back(Notice::Disconnected(Disconnected { reason }));
        self.plan_next(now, retry_after);
    }

    /// The connection is open no longer: what was asked on it is not answered.
    fn left_open(&mut self) {
        self.memberships.forget_asked();
        self.end_questions();
    }

    /// Plans the next attempt, if one is wanted.
    fn plan_next(&mut self, now: Instant, retry_after: Option<Duration>) {
        // Somebody has asked for one while the last was closing.
        let is_planned = self.next != Next::None;
        if self.wish != Wish::Online || is_planned {
            return;
        }
        match self.backoff.next(&self.config, retry_after, &mut self.random) {
            Retry::After(delay) => {
                self.next = Next::At(now + delay);
                let attempt = self.backoff.attempt();
                self.notices.push_back(Notice::Reconnecting { attempt, delay });
            }
            Retry::GiveUp { attempts } => {
                self.wish = Wish::Offline;
                self.notices.push_back(Notice::GaveUp { attempts });
            }
            Retry::Off => self.wish = Wish::Offline,
        }
    }

    /// After a change of phase or output.
    pub(super) fn settle(&mut self, now: Instant) {
        let Some(transport) = &mut self.transport else { return };
        if let Phase::Over { .. } = transport.phase {
            self.stats.discarded += transport.discard_output();
        }
        transport.settle(now);
    }
}
