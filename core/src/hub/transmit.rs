//! Output: which transports to look at, what to do with each, and what was done.

use super::{Hub, Notice, UnknownConnection};
use crate::id::{ConnectionId, ShardId};
use crate::link::{Link, Outgoing, Phase, Signal};
use crate::member::Member;
use crate::outbox::{Outbox, Purpose};
use crate::rooms::MemberKey;
use crate::time::Instant;
use crate::wire::{ControlPayload, Frame};
use bytes::Bytes;
use slab::Slab;

/// What to do with a transport next.
#[derive(Debug)]
pub enum Transmit<'h> {
    /// Nothing, until the hub lists it again.
    Nothing,
    /// Write these bytes, any part of them, and report with [`Hub::sent`].
    Write(Outgoing<'h>),
    /// Flush, shut down the writing side, and report with [`Hub::write_shut`].
    ShutdownWrite,
    /// Drop the transport, and report with [`Hub::released`] once no operation
    /// on it is outstanding. After `abort` a reset is acceptable.
    Release {
        /// The peer broke off or gave no sign of life; do not be polite.
        abort: bool,
    },
}

impl Hub {
    /// The next transport to look at, each once, in the order they were named.
    pub fn next_listed(&mut self) -> Option<ConnectionId> {
        let slot = self.listed.pop()?;
        self.links.get(slot).map(|link| self.id_at(slot, link.serial))
    }

    /// How many transports are to be looked at.
    pub fn listed_len(&self) -> usize {
        self.listed.len()
    }

    /// What to do with a transport next, with at most `pieces_max` pieces for
    /// one vectored write. Ask again until `Nothing`, or until it would block.
    pub fn transmit(
        &mut self,
        id: ConnectionId,
        pieces_max: usize,
    ) -> Result<Transmit<'_>, UnknownConnection> {
        let Hub { links, members, frames, stats, shard, .. } = self;
        let Some(link) = live(links, *shard, id) else { return Err(UnknownConnection(id)) };
        let mut outbox = outbox(members, link.member);
        if link.output.has_farewell()
            && let Some(outbox) = outbox.as_deref_mut()
        {
            stats.discarded += outbox.discard_overtaken(frames) as u64;
        }
        match link.phase {
            Phase::Over { abort } => return Ok(Transmit::Release { abort }),
            Phase::Shutting { .. } => return Ok(Transmit::ShutdownWrite),
            Phase::Head
            | Phase::Deciding
            | Phase::Body
            | Phase::Open
            | Phase::CloseSent
            | Phase::Finishing { .. }
            | Phase::Lingering => {}
        }
        let outgoing = link.output.lend(frames, outbox, pieces_max);
        Ok(if outgoing.len() == 0 { Transmit::Nothing } else { Transmit::Write(outgoing) })
    }

    /// Of what [`transmit`](Self::transmit) lent, the transport took `bytes`
    /// bytes (0: it would block). Says whether more waits to be written. What was
    /// lent may have been discarded since, when the connection is over.
    pub fn sent(&mut self, now: Instant, id: ConnectionId, bytes: usize) -> Result<bool, UnknownConnection> {
        let Hub { links, members, frames, stats, config, shard, notices, .. } = self;
        let Some(link) = live(links, *shard, id) else { return Err(UnknownConnection(id)) };
        stats.bytes_sent += bytes as u64;
        if let Phase::Over { .. } = link.phase {
            return Ok(false);
        }
        let mut outbox = outbox(members, link.member);
        // No close frame waits in the outbox of an open connection, so what it
        // takes without a detour is a message.
        if link.phase == Phase::Open
            && link.output.is_empty()
            && outbox.as_deref_mut().is_some_and(|outbox| outbox.take_only(frames, bytes))
        {
            stats.deliveries_sent += 1;
            link.clocks.wrote(now, true, false);
            return Ok(false);
        }
        let limits = config.profile(link.profile);
        let written = link.output.sent(frames, outbox.as_deref_mut(), limits, bytes);
        stats.deliveries_sent += u64::from(written.messages);
        // Once it closes there is nothing to wait for, and nothing to be told.
        if link.phase == Phase::Open && outbox.as_deref_mut().is_some_and(|outbox| outbox.take_room(limits)) {
            notices.push_back(Notice::Room(id));
        }
        let pending = !link.output.is_empty() || outbox.is_some_and(|outbox| !outbox.queue().is_empty());

        if written.close {
            link.clocks.enter_phase(now);
        }
        let is_finished = !pending && matches!(link.phase, Phase::Finishing { .. });
        let slot = id.slot as usize;
        if link.clocks.wrote(now, bytes > 0, pending) || written.close {
            self.arm(slot);
        }
        if is_finished {
            self.settle(now, slot);
        }
        Ok(pending)
    }

    /// The transport is flushed and its writing side shut.
    pub fn write_shut(&mut self, now: Instant, id: ConnectionId) -> Result<(), UnknownConnection> {
        let slot = self.slot(id)?;
        if let Some(link) = self.links.get_mut(slot) {
            link.signal(now, Signal::WriteShut);
            if link.has_lingered_enough() {
                link.signal(now, Signal::GiveUp);
            }
        }
        self.settle(now, slot);
        Ok(())
    }

    /// The transport is dropped and no operation on it is outstanding: its slot
    /// may be reused. Refused, and without effect, before the hub has asked for it.
    pub fn released(&mut self, id: ConnectionId) -> Result<(), UnknownConnection> {
        let slot = self.slot(id)?;
        let Some(link) = self.links.get(slot) else { return Err(UnknownConnection(id)) };
        let Phase::Over { .. } = link.phase else { return Err(UnknownConnection(id)) };
        let link = self.links.remove(slot);
        self.listed.remove(slot);
        if let Some(key) = link.member {
            self.members.remove(key.0 as usize);
        }
        if self.thrift.removed(self.links.len(), self.links.capacity()) {
            self.give_memory_back();
        }
        Ok(())
    }

    /// Whether all that is to be said before the end has been written.
    pub(super) fn is_flushed(&self, slot: usize) -> bool {
        let Some(link) = self.links.get(slot) else { return false };
        let Phase::Finishing { .. } = link.phase else { return false };
        !self.is_writing(slot)
    }

    pub(super) fn is_writing(&self, slot: usize) -> bool {
        let waiting = self.member_at(slot).is_some_and(|member| !member.outbox.queue().is_empty());
        waiting || self.links.get(slot).is_some_and(|link| !link.output.is_empty())
    }

    /// Queues a control frame or an HTTP answer, before all messages.
    pub(super) fn push_control(&mut self, slot: usize, bytes: Bytes, purpose: Purpose) {
        let Some(link) = self.links.get_mut(slot) else { return };
        let pongs_max = self.config.profile(link.profile).pongs_pending_max;
        link.output.push(&mut self.frames, bytes, purpose, pongs_max);
        self.list(slot);
    }

    /// Queues a ping, unless one waits to be written; says whether it did.
    pub(super) fn push_ping(&mut self, slot: usize, payload: &ControlPayload<'_>) -> bool {
        let idle = |link: &Link| link.phase == Phase::Open && !link.output.has_ping_waiting();
        let may_ping = self.links.get(slot).is_some_and(idle);
        if may_ping {
            self.stats.pings_queued += 1;
            self.push_control(slot, Frame::ping(payload).into_bytes(), Purpose::Ping);
        }
        may_ping
    }

    /// Queues the close frame of a graceful close, behind all messages.
    pub(super) fn push_close(&mut self, slot: usize, close: Frame) {
        let member = self.links.get(slot).and_then(|link| link.member);
        if let Some(member) = member.and_then(|key| self.members.get_mut(key.0 as usize)) {
            member.outbox.push_close(&mut self.frames, close.into_bytes());
        }
        self.list(slot);
    }

    /// Discards the messages no write was lent.
    pub(super) fn discard_unsent(&mut self, slot: usize) {
        let member = self.links.get(slot).and_then(|link| link.member);
        if let Some(member) = member.and_then(|key| self.members.get_mut(key.0 as usize)) {
            let discarded = member.outbox.discard_unsent(&mut self.frames);
            self.stats.discarded += discarded as u64;
        }
    }

    /// Discards everything, because nothing can be written any more.
    pub(super) fn discard_output(&mut self, slot: usize) {
        let Some(link) = self.links.get_mut(slot) else { return };
        let partial = link.output.discard_all(&mut self.frames);
        let mut discarded = u64::from(partial);
        if let Some(member) = link.member.and_then(|key| self.members.get_mut(key.0 as usize)) {
            discarded += member.outbox.discard_all(&mut self.frames) as u64;
        }
        self.stats.discarded += discarded;
    }
}

/// The link of a live id. Like the next, no method: the tables beside it stay usable.
fn live(links: &mut Slab<Link>, shard: ShardId, id: ConnectionId) -> Option<&mut Link> {
    links.get_mut(id.slot as usize).filter(|link| link.serial == id.serial && shard == id.shard)
}

fn outbox(members: &mut Slab<Member>, member: Option<MemberKey>) -> Option<&mut Outbox> {
    member.and_then(|key| members.get_mut(key.0 as usize)).map(|member| &mut member.outbox)
}
