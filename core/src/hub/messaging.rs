//! Messages out: to one connection, or to whoever a target names.

use super::encodings::Encodings;
use super::{Hub, Notice, UnknownConnection};
use crate::broadcast::{Audience, BroadcastReport, Fate, Roster};
use crate::close::{CloseCode, CloseReason};
use crate::config::Overflow;
use crate::id::ConnectionId;
use crate::member::Member;
use crate::outbox::{ConflationKey, FrameKey, Offered, Purpose};
use crate::rooms::MemberKey;
use crate::time::Instant;
use crate::wire::{ControlPayload, Frame};

/// A message for many: encoded once, shared by all recipients.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Who is to get it.
    pub audience: Audience,
    /// The message.
    pub frame: Frame,
    /// What to do with recipients whose outbox is full, instead of what their
    /// route says.
    pub overflow: Option<Overflow>,
    /// A message with the same key that still waits gives way to this one.
    pub conflation: Option<ConflationKey>,
}

impl Publication {
    /// `frame` for everyone in `audience`.
    pub fn new(audience: impl Into<Audience>, frame: Frame) -> Publication {
        Publication { audience: audience.into(), frame, overflow: None, conflation: None }
    }
}

/// Why a message was not queued.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// There is no such open connection.
    #[error(transparent)]
    Closed(#[from] UnknownConnection),
    /// The message could never fit the outbox.
    #[error("a frame of {bytes} bytes can never fit an outbox of {bytes_max} bytes (outbox_bytes_max)")]
    TooLarge {
        /// The frame's length, in bytes.
        bytes: usize,
        /// The limit in force, in bytes.
        bytes_max: usize,
    },
    /// The outbox is full; the message was dropped. Wait for the connection to
    /// drain, or give the outbox another policy.
    #[error("the outbox is full: {messages} messages, {bytes} bytes wait; the message was dropped")]
    QueueFull {
        /// Messages that wait.
        messages: usize,
        /// Bytes that wait.
        bytes: usize,
    },
    /// The outbox was full, and its policy closed the connection; the message
    /// was dropped.
    #[error(
        "the outbox was full: {messages} messages, {bytes} bytes waited; the connection is closed for it"
    )]
    Disconnected {
        /// Messages that waited.
        messages: usize,
        /// Bytes that waited.
        bytes: usize,
    },
    /// The server's byte budget is used up; the message was dropped.
    #[error("the server-wide outbox budget (server_outbox_bytes_max) is used up; the message was dropped")]
    BudgetExhausted,
}

impl Hub {
    /// Queues a message for one connection, compressed where that was agreed on
    /// and helps; what is queued then is the compressed frame, and its length is
    /// what all limits are about.
    pub fn send(&mut self, now: Instant, id: ConnectionId, frame: &Frame) -> Result<(), SendError> {
        let key = self.member_key(id).filter(|_| self.is_open(id)).ok_or(UnknownConnection(id))?;
        let window = self.window_for(key, frame.payload_bytes());
        let compressed = window.and_then(|window| self.compress(window, frame));
        let frame = compressed.as_ref().unwrap_or(frame);
        let bytes = frame.len();
        let bytes_max = self.limits(id).map_or(0, |limits| limits.outbox_bytes_max);
        if bytes > bytes_max {
            return Err(SendError::TooLarge { bytes, bytes_max });
        }
        if !self.is_within_budget(bytes) {
            self.stats.deliveries_offered += 1;
            self.stats.dropped_budget += 1;
            return Err(SendError::BudgetExhausted);
        }
        let (messages, waiting_bytes) = self.outbox_level(id).unwrap_or_default();
        let shared = self.frames.share(frame.bytes().clone(), Purpose::Data, None);
        let offer = Offer { frame: shared, bytes, overflow: None, conflation: None };
        let error = match self.offer(now, key, &offer) {
            Fate::Queued => return Ok(()),
            Fate::Dropped => SendError::QueueFull { messages, bytes: waiting_bytes },
            Fate::Closed => SendError::Disconnected { messages, bytes: waiting_bytes },
        };
        self.frames.release(shared);
        Err(error)
    }

    /// The same only where there is room without anything giving way; says
    /// whether there was. Where there was not, nothing is counted as dropped, and
    /// a [`Notice::Room`] comes once half of the outbox is free, or a
    /// [`Notice::Closed`].
    pub fn send_if_room(&mut self, now: Instant, id: ConnectionId, frame: &Frame) -> Result<bool, SendError> {
        let key = self.member_key(id).filter(|_| self.is_open(id)).ok_or(UnknownConnection(id))?;
        let Some(member) = self.members.get_mut(key.0 as usize) else {
            return Err(UnknownConnection(id).into());
        };
        let limits = self.config.profile(member.profile);
        // What can never fit is not to be waited for.
        if frame.len() <= limits.outbox_bytes_max && !member.outbox.has_room_or_awaits(frame.len(), limits) {
            return Ok(false);
        }
        self.send(now, id, frame).map(|()| true)
    }

    /// Sends a ping of the application's own. Says whether it was queued: no
    /// second ping waits behind one that is not written yet.
    pub fn ping(
        &mut self,
        id: ConnectionId,
        payload: &ControlPayload<'_>,
    ) -> Result<bool, UnknownConnection> {
        let slot = self.slot(id)?;
        if !self.is_open(id) {
            return Err(UnknownConnection(id));
        }
        Ok(self.push_ping(slot, payload))
    }

    /// Queues a message for this shard's share of a target. Every member is
    /// accounted for: matched = queued + dropped + closed.
    ///
    /// Members that agreed on compression share a compressed frame, made at most
    /// once per [`Window`](crate::deflate::Window), the others the plain one. Each
    /// outbox counts the length of the frame that waits there, and the server's
    /// budget each frame once; the plain one must fit the budget in any case.
    pub fn broadcast(&mut self, now: Instant, publication: &Publication) -> BroadcastReport {
        let mut plan = std::mem::take(&mut self.plan);
        self.fill_plan(&publication.audience, &mut plan);
        let report = self.deliver(now, &plan, publication);
        self.plan = plan;
        report
    }

    /// More bytes of the server-wide budget for this shard's outboxes.
    pub fn grant_budget(&mut self, bytes: u64) {
        self.budget_bytes += bytes;
    }

    /// Gives back budget that no queued frame needs; says how many bytes that were.
    pub fn reclaim_budget(&mut self, bytes_max: u64) -> u64 {
        let reclaimed = self.budget_bytes.saturating_sub(self.frames.message_bytes()).min(bytes_max);
        self.budget_bytes -= reclaimed;
        reclaimed
    }

    /// Bytes of the server-wide budget that this shard holds.
    pub fn budget_bytes(&self) -> u64 {
        self.budget_bytes
    }

    /// Whether, since it was last asked, an outbox of a connection that does
    /// take bytes has become half full: then write before reading on, so that
    /// no publisher outruns readers that keep up.
    pub fn take_crowded(&mut self) -> bool {
        std::mem::take(&mut self.is_crowded)
    }

    pub(super) fn is_within_budget(&self, bytes: usize) -> bool {
        self.frames.message_bytes() + bytes as u64 <= self.budget_bytes
    }

    fn deliver(&mut self, now: Instant, plan: &[MemberKey], publication: &Publication) -> BroadcastReport {
        let mut report = BroadcastReport::default();
        if plan.is_empty() {
            return report;
        }
        let bytes = publication.frame.len();
        if !self.is_within_budget(bytes) {
            self.stats.deliveries_offered += plan.len() as u64;
            self.stats.dropped_budget += plan.len() as u64;
            return plan.iter().map(|_| BroadcastReport::of(Fate::Dropped)).sum();
        }
        let Publication { ref frame, overflow, conflation, .. } = *publication;
        let payload_bytes = frame.payload_bytes();
        let mut encodings = Encodings::new(&mut self.frames, frame, plan.len(), conflation);
        for key in plan {
            let window = self.window_for(*key, payload_bytes);
            let copy = self.encoding(&mut encodings, window);
            let offer = Offer { frame: copy.frame, bytes: copy.bytes, overflow, conflation };
            let fate = self.offer(now, *key, &offer);
            copy.count(fate);
            report.count(fate);
        }
        encodings.release(&mut self.frames);
        report
    }

    fn fill_plan(&mut self, audience: &Audience, plan: &mut Vec<MemberKey>) {
        let Hub { rooms, members, links, planner, shard, .. } = self;
        let shard = *shard;
        let open = |(key, member): (usize, &Member)| member.is_open.then(|| member_key(key));
        let roster = Roster {
            rooms,
            everyone: &mut members.iter().filter_map(open),
            locate: &|id| {
                let link = links.get(id.slot as usize)?;
                let key = link.member.filter(|_| link.serial == id.serial && shard == id.shard)?;
                members.get(key.0 as usize).filter(|member| member.is_open).map(|_| key)
            },
            facts: &|key| members.get(key.0 as usize).map(|member| member.cold.metadata.facts()),
        };
        planner.plan(audience, roster, plan);
    }

    /// Offers a shared frame to one member, which takes over a hold if it queues
    /// it, and counts what became of it.
    #[inline]
    fn offer(&mut self, now: Instant, key: MemberKey, offer: &Offer) -> Fate {
        let Some(member) = self.members.get_mut(key.0 as usize) else { return Fate::Closed };
        let slot = member.link as usize;
        let limits = self.config.profile(member.profile);
        self.stats.deliveries_offered += 1;
        let offered = member.outbox.offer(
            &mut self.frames,
            offer.frame,
            offer.bytes,
            limits,
            offer.overflow.unwrap_or(limits.outbox_policy),
            offer.conflation,
        );
        let Offered::Queued { evicted, pressure } = offered else { return self.refused(now, slot, offered) };
        self.stats.deliveries_queued += 1;
        self.stats.evicted += u64::from(evicted);
        self.listed.insert(slot);
        if pressure || member.outbox.is_half_full(limits) {
            self.filling(key, slot, pressure);
        }
        Fate::Queued
    }

    /// An outbox does not take a frame; says what becomes of it.
    #[cold]
    fn refused(&mut self, now: Instant, slot: usize, offered: Offered) -> Fate {
        match offered {
            Offered::Queued { .. } => Fate::Queued,
            Offered::Dropped => {
                self.stats.dropped_outbox_full += 1;
                Fate::Dropped
            }
            Offered::Disconnect => {
                self.stats.dropped_disconnected += 1;
                self.fail_at(now, slot, CloseCode::Again, CloseReason::OutboxFull);
                Fate::Closed
            }
        }
    }

    /// An outbox has come half full, or over its soft mark (`pressure`).
    #[cold]
    fn filling(&mut self, key: MemberKey, slot: usize, pressure: bool) {
        let Some(link) = self.links.get(slot) else { return };
        let Some(member) = self.members.get(key.0 as usize) else { return };
        let is_half_full = member.outbox.is_half_full(self.config.profile(member.profile));
        self.is_crowded |= is_half_full && !link.clocks.is_stalled();
        if pressure {
            let (id, queued_bytes) = (self.id_at(slot, link.serial), member.outbox.queue().bytes());
            self.notices.push_back(Notice::Pressure { id, queued_bytes });
        }
    }
}

/// A frame on its way into outboxes.
struct Offer {
    frame: FrameKey,
    bytes: usize,
    /// Instead of the recipient's own policy.
    overflow: Option<Overflow>,
    conflation: Option<ConflationKey>,
}

fn member_key(key: usize) -> MemberKey {
    MemberKey(u32::try_from(key).unwrap_or(u32::MAX))
}
