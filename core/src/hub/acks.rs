//! Questions to peers: events that want an answer, asked of one or of many.
//!
//! A question is pending at whoever was asked, as a line in a table, and ends
//! there exactly once: answered, timed out, or ended with the connection. The
//! times are part of the connection's one entry in the wheel.

use super::{EmitError, Hub, Notice, Publication, UnknownConnection};
use crate::broadcast::{Audience, Fate};
use crate::event::{AckId, Answer, Collecting, Emission, Envelope, Missing, Waiting};
use crate::id::ConnectionId;
use crate::link::Deadline;
use crate::member::Conversation;
use crate::rooms::MemberKey;
use crate::time::Instant;
use std::time::Duration;

/// A question to many, as it travels with its message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// What names it everywhere.
    pub id: AckId,
    /// How long it waits for answers; at most the `ack_time_max` of each who is asked.
    pub time_max: Duration,
}

/// A question to many while it is being asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    ask: Ask,
    asked_at: Instant,
    collection: u32,
}

impl Hub {
    /// Sends an event to one connection, and asks for an answer within `time_max`,
    /// at most `ack_time_max`. What comes of it is told once: by
    /// [`Incoming::Answer`](super::Incoming::Answer) or by [`Notice::Unanswered`].
    ///
    /// # Errors
    /// It is not asked: the event is not queued, or as many questions as allowed
    /// wait already, or the envelope has none.
    pub fn ask(
        &mut self,
        now: Instant,
        id: ConnectionId,
        emission: &Emission<'_>,
        time_max: Duration,
    ) -> Result<AckId, EmitError> {
        let limits = self.limits(id).filter(|_| self.is_open(id)).ok_or(UnknownConnection(id))?;
        let (envelope, acks_max) = (limits.envelope, limits.acks_max);
        let until = now + time_max.min(limits.ack_time_max);
        match envelope {
            Envelope::Raw => return Err(EmitError::NoEnvelope(id)),
            Envelope::Session => return Err(EmitError::NoAcks(id)),
            Envelope::Typed => {}
        }
        let key = self.member_key(id).ok_or(UnknownConnection(id))?;
        if self.pending_at(key) >= acks_max {
            return Err(EmitError::TooManyAcks { acks_max });
        }
        let ask = self.next_ack_id();
        self.send(now, id, &emission.typed(Some(ask))).map_err(EmitError::Send)?;
        self.wait_for(key, Waiting { id: ask, until, collection: None });
        Ok(ask)
    }

    /// A question to many: the publication that asks it, to be broadcast here and
    /// relayed to other shards. Each shard that takes it tells once what its
    /// members answered, by [`Notice::Collected`], however few they are. Only
    /// connections whose envelope has acknowledgements are asked, and matched.
    pub fn question(
        &mut self,
        audience: impl Into<Audience>,
        emission: &Emission<'_>,
        time_max: Duration,
    ) -> Publication {
        let id = self.next_ack_id();
        Publication {
            envelope: Some(Envelope::Typed),
            ask: Some(Ask { id, time_max }),
            ..Publication::new(audience, emission.typed(Some(id)))
        }
    }

    /// How many questions wait for a connection to answer.
    pub fn acks_pending(&self, id: ConnectionId) -> usize {
        self.member_key(id).map_or(0, |key| self.pending_at(key))
    }

    fn next_ack_id(&mut self) -> AckId {
        self.events.asks = self.events.asks.wrapping_add(1);
        AckId::new(self.shard, self.events.asks, self.random.next_u32())
    }

    fn pending_at(&self, key: MemberKey) -> usize {
        let member = self.members.get(key.0 as usize);
        member.and_then(|member| member.cold.talk.events()).map_or(0, |events| events.pending.len())
    }

    fn wait_for(&mut self, key: MemberKey, waiting: Waiting) {
        let Some(member) = self.members.get_mut(key.0 as usize) else { return };
        let slot = member.link as usize;
        let Some(events) = member.cold.talk.open_events() else { return };
        events.pending.push(waiting);
        self.stats.acks_asked += 1;
        if let Some(link) = self.links.get_mut(slot) {
            link.is_asked = true;
        }
        self.arm(slot);
    }

    /// A peer says that this is its answer; returns it if the application is to
    /// have it.
    pub(super) fn answered<'m>(
        &mut self,
        id: ConnectionId,
        ask: &str,
        answer: Answer<'m>,
    ) -> Option<(AckId, Answer<'m>)> {
        let Some(waiting) = ask.parse().ok().and_then(|ask| self.take_pending(id, ask)) else {
            self.stats.acks_ignored += 1;
            return None;
        };
        self.stats.acks_answered += 1;
        match waiting.collection {
            None => Some((waiting.id, answer)),
            Some(collection) => {
                self.collect(collection, |collecting| collecting.answered(id, answer));
                None
            }
        }
    }

    fn take_pending(&mut self, id: ConnectionId, ask: AckId) -> Option<Waiting> {
        let slot = self.slot(id).ok()?;
        let waiting = self.member_at_mut(slot)?.cold.talk.events_mut()?.pending.take(ask)?;
        self.tidy_events(slot);
        Some(waiting)
    }

    /// Frees the table of a connection that is asked nothing any more.
    pub(super) fn tidy_events(&mut self, slot: usize) {
        let Some(member) = self.member_at_mut(slot) else { return };
        let is_asked = member.cold.talk.events().is_some_and(Conversation::is_asked);
        member.cold.talk.tidy();
        if let Some(link) = self.links.get_mut(slot) {
            link.is_asked = is_asked;
        }
    }

    /// When the next question to a connection has waited long enough.
    pub(super) fn next_ack_due(&self, slot: usize) -> (Instant, Deadline) {
        let is_asked = self.links.get(slot).is_some_and(|link| link.is_asked);
        let events =
            if is_asked { self.member_at(slot).and_then(|member| member.cold.talk.events()) } else { None };
        (events.and_then(|events| events.pending.next()).unwrap_or(Instant::FAR_FUTURE), Deadline::Ack)
    }

    pub(super) fn acks_timed_out(&mut self, now: Instant, slot: usize) {
        let Some(events) = self.member_at_mut(slot).and_then(|member| member.cold.talk.events_mut()) else {
            return;
        };
        let due = events.pending.take_due(now);
        self.tidy_events(slot);
        self.stats.acks_timed_out += due.len() as u64;
        self.unanswered(slot, due, Missing::TimedOut);
    }

    /// The connection has nothing more to say: what it was asked is resolved.
    pub(super) fn end_events(&mut self, slot: usize) {
        let Some(mut pending) = self.member_at_mut(slot).and_then(|member| member.cold.talk.end_events())
        else {
            return;
        };
        if let Some(link) = self.links.get_mut(slot) {
            link.is_asked = false;
        }
        self.stats.acks_disconnected += pending.len() as u64;
        self.unanswered(slot, pending.take_due(Instant::FAR_FUTURE), Missing::Disconnected);
    }

    fn unanswered(&mut self, slot: usize, waiting: Vec<Waiting>, why: Missing) {
        let Some(link) = self.links.get(slot) else { return };
        let id = self.id_at(slot, link.serial);
        for Waiting { id: ask, collection, .. } in waiting {
            match collection {
                None => self.notices.push_back(Notice::Unanswered { id, ask, why }),
                Some(collection) => self.collect(collection, |collecting| collecting.missed(id, why)),
            }
        }
    }

    /// Before a question to many goes out: those who cannot be asked are taken
    /// out of the plan.
    pub(super) fn start_asking(&mut self, now: Instant, ask: Ask, plan: &mut Vec<MemberKey>) -> Asking {
        let mut collecting = Collecting::new(ask.id, self.config.server.acks_collected_bytes_max);
        plan.retain(|key| {
            let Some(member) = self.members.get(key.0 as usize) else { return false };
            let has_room = self.pending_at(*key) < self.config.profile(member.profile).acks_max;
            if !has_room && let Some(id) = self.id_of_member(*key) {
                collecting.not_asked(id, Missing::TooManyAcks);
            }
            has_room
        });
        let collection = self.events.collections.insert(collecting);
        let collection = u32::try_from(collection).unwrap_or(u32::MAX);
        Asking { ask, asked_at: now, collection }
    }

    /// One recipient was offered the question.
    pub(super) fn was_asked(&mut self, key: MemberKey, asking: Option<Asking>, fate: Fate) {
        let Some(Asking { asked_at, ask: Ask { id: ask, time_max }, collection }) = asking else { return };
        let Some(id) = self.id_of_member(key) else { return };
        let ack_time_max = self.limits(id).map_or(Duration::ZERO, |limits| limits.ack_time_max);
        let Some(collecting) = self.events.collections.get_mut(collection as usize) else { return };
        match fate {
            Fate::Queued => {
                collecting.asked();
                let until = asked_at + time_max.min(ack_time_max);
                self.wait_for(key, Waiting { id: ask, until, collection: Some(collection) });
            }
            Fate::Dropped => collecting.not_asked(id, Missing::NotQueued),
            Fate::Closed => collecting.not_asked(id, Missing::Disconnected),
        }
    }

    /// All recipients were offered the question.
    pub(super) fn finish_asking(&mut self, asking: Option<Asking>) {
        if let Some(asking) = asking {
            self.collect(asking.collection, |_| {});
        }
    }

    /// Adds to a collection, and tells it when it is complete.
    fn collect(&mut self, collection: u32, add: impl FnOnce(&mut Collecting)) {
        let place = collection as usize;
        let Some(collecting) = self.events.collections.get_mut(place) else { return };
        add(collecting);
        if collecting.is_complete() {
            let collected = self.events.collections.remove(place).into_collected();
            self.notices.push_back(Notice::Collected(collected));
        }
    }
}
