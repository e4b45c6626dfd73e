//! How connections end: closing handshakes in both directions, failures, and
//! the one notice that tells of it.

use super::{Closed, Hub, Notice, UnknownConnection};
use crate::close::{CloseCode, CloseFrame, CloseReason};
use crate::id::ConnectionId;
use crate::link::{Phase, Signal};
use crate::member::Closing;
use crate::outbox::Purpose;
use crate::rooms::{GroupName, MemberKey, RoomName};
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::Frame;

impl Hub {
    /// Starts the closing handshake: queued messages go first, then the close
    /// frame (RFC 6455 §7.1.2). The connection leaves its rooms at once and
    /// hears nothing more; its [`Closed`] notice comes when the peer has
    /// answered or `close_time_max` has passed. Closing twice changes nothing;
    /// a connection that is not open yet is dropped.
    ///
    /// `reason` is cut to the 123 bytes a close frame has room for.
    pub fn close(
        &mut self,
        now: Instant,
        id: ConnectionId,
        code: CloseCode,
        reason: &str,
    ) -> Result<(), UnknownConnection> {
        let slot = self.slot(id)?;
        let Some(link) = self.links.get_mut(slot) else { return Err(UnknownConnection(id)) };
        if link.phase != Phase::Open {
            if link.phase.is_before_open() {
                self.conclude(now, slot, Signal::CloseRequested, CloseReason::Aborted);
            }
            return Ok(());
        }
        link.signal(now, Signal::CloseRequested);
        let rooms = self.leave_everything(slot);
        if let Some(member) = self.member_at_mut(slot) {
            member.is_open = false;
            member.cold.talk.set_closing(Closing { code, rooms });
        }
        self.push_close(slot, Frame::close(code, reason));
        Ok(())
    }

    /// Ends a connection now: nothing the peer says is heard any more, what was
    /// queued and a close frame with `code` are still tried, and the [`Closed`]
    /// notice carries `reason`. After [`CloseReason::OutboxFull`] the queued
    /// messages are discarded. Where [`close`](Self::close) has queued a close
    /// frame already, that one stays.
    pub fn fail(
        &mut self,
        now: Instant,
        id: ConnectionId,
        code: CloseCode,
        reason: CloseReason,
    ) -> Result<(), UnknownConnection> {
        let slot = self.slot(id)?;
        self.fail_at(now, slot, code, reason);
        Ok(())
    }

    /// Cuts a connection without a word.
    pub fn abort(&mut self, now: Instant, id: ConnectionId) -> Result<(), UnknownConnection> {
        let slot = self.slot(id)?;
        self.conclude(now, slot, Signal::GiveUp, CloseReason::Aborted);
        Ok(())
    }

    pub(super) fn violated(&mut self, now: Instant, slot: usize, violation: Violation) {
        self.stats.violations += 1;
        self.fail_at(now, slot, violation.close_code(), violation.into());
    }

    /// RFC 6455 §7.1.7, "fail the WebSocket connection". What was queued before
    /// goes first, as far as the peer still takes it; an outbox that is full
    /// for a reader that does not read is not worth the wait.
    pub(super) fn fail_at(&mut self, now: Instant, slot: usize, code: CloseCode, reason: CloseReason) {
        let Some(link) = self.links.get(slot) else { return };
        let text = if let CloseReason::Violation(violation) = &reason {
            violation.to_string()
        } else {
            String::new()
        };
        if link.phase == Phase::Open {
            let close = Frame::close(code, &text);
            if reason == CloseReason::OutboxFull {
                self.discard_unsent(slot);
                self.push_control(slot, close.into_bytes(), Purpose::Close);
            } else {
                self.push_close(slot, close);
            }
        }
        self.conclude(now, slot, Signal::Failed, reason);
    }

    /// The peer's close frame: answered with the same code (§5.5.1), behind what
    /// it has asked for before, unless ours is out already.
    pub(super) fn peer_closed(&mut self, now: Instant, slot: usize, frame: Option<CloseFrame>) {
        let Some(link) = self.links.get(slot) else { return };
        let reason = if link.phase == Phase::CloseSent {
            let closing = self.member_at(slot).and_then(|member| member.cold.talk.closing());
            CloseReason::ByUs { code: closing.map_or(CloseCode::Normal, |closing| closing.code) }
        } else {
            let code = frame.as_ref().map_or(CloseCode::Status, |frame| frame.code);
            self.push_close(slot, Frame::close(code, ""));
            CloseReason::ByPeer(frame)
        };
        self.conclude(now, slot, Signal::PeerClosed, reason);
    }

    /// Follows the lifecycle table, and tells the end of the conversation when
    /// this is it: the one place that does, so it is told exactly once.
    pub(super) fn conclude(&mut self, now: Instant, slot: usize, signal: Signal, reason: CloseReason) {
        let Some(link) = self.links.get_mut(slot) else { return };
        let was_talking = link.phase.is_talking();
        let was_before_open = link.phase.is_before_open();
        let arrival = link.arrival();
        link.signal(now, signal);
        if let Some(arrival) = arrival
            && link.arrival().is_none()
        {
            self.arrivals.remove(arrival);
        }
        if was_talking && !link.phase.is_talking() {
            if reason == CloseReason::HandlerRefused {
                self.stats.handlers_refused += 1;
            }
            if was_before_open {
                self.pending_handshakes -= 1;
            }
            self.tell_closed(slot, reason);
        }
        self.settle(now, slot);
    }

    fn tell_closed(&mut self, slot: usize, reason: CloseReason) {
        let mut rooms = self.leave_everything(slot);
        let was_open = self.member_at(slot).is_some();
        if let Some(member) = self.member_at_mut(slot) {
            member.is_open = false;
            if let Some(closing) = member.cold.talk.take_closing() {
                rooms = closing.rooms;
            }
        }
        if was_open {
            self.stats.connections_closed += 1;
        }
        let Some(link) = self.links.get(slot) else { return };
        let id = self.id_at(slot, link.serial);
        self.notices.push_back(Notice::Closed(Closed { id, reason, was_open, rooms }));
    }

    /// Takes the member out of every group, and resolves what it was asked;
    /// returns the rooms among the groups.
    fn leave_everything(&mut self, slot: usize) -> Vec<RoomName> {
        self.end_events(slot);
        let key = self.links.get(slot).and_then(|link| link.member);
        key.map_or_else(Vec::new, |key| self.leave_groups(key))
    }

    pub(super) fn leave_groups(&mut self, key: MemberKey) -> Vec<RoomName> {
        let mut left = std::mem::take(&mut self.left);
        self.rooms.remove_member(key, &mut left);
        let rooms = left.iter().filter_map(|departure| match &departure.name {
            GroupName::Room(room) => Some(room.clone()),
            GroupName::Client(_) | GroupName::Namespace(_) => None,
        });
        let rooms = rooms.collect();
        self.tell_left(self.id_of_member(key), left);
        rooms
    }

    /// After a change of phase or output: a link with nothing left to write
    /// moves on, and the driver is to look at it.
    pub(super) fn settle(&mut self, now: Instant, slot: usize) {
        if let Some(link) = self.links.get(slot)
            && let Phase::Over { .. } = link.phase
        {
            self.discard_output(slot);
        }
        if self.is_flushed(slot)
            && let Some(link) = self.links.get_mut(slot)
        {
            link.signal(now, Signal::Flushed);
        }
        self.list(slot);
        self.arm(slot);
    }
}
