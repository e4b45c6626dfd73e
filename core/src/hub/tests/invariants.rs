//! What holds in every hub after every call.

use crate::event::Envelope;
use crate::hub::Hub;
use crate::link::{Link, Phase};
use crate::member::{Conversation, Member};
use crate::rooms::MemberKey;
use crate::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

impl Hub {
    /// Panics where the hub is at odds with itself. Looks at all of it.
    pub(super) fn check_invariants(&self) {
        self.check_links();
        self.check_groups();
        self.check_frames();
        self.check_counts();
        self.check_acks();
    }

    /// Places there is memory for, in whatever grows with the number of connections.
    pub(super) fn capacities(&self) -> [usize; 7] {
        let [groups, names, members] = self.rooms.capacities();
        let scratch = self.planner.capacity().max(self.plan.capacity());
        let [links, listed] = [self.links.capacity(), self.listed.capacity()];
        [links, self.members.capacity(), groups, names, members, listed, scratch]
    }

    /// Links and members name each other; phases and flags agree; whoever waits
    /// for something is listed or has a deadline.
    fn check_links(&self) {
        for (slot, link) in &self.links {
            let member = self.member_at(slot);
            assert_eq!(link.member.is_some(), member.is_some());
            if let Some(member) = member {
                assert_eq!(member.link as usize, slot);
                assert_eq!(member.profile, link.profile);
                assert_eq!(member.is_open, link.phase == Phase::Open, "{:?}", link.phase);
            }
            let (at, _) = self.next_due(slot).unwrap();
            assert!(link.next_check <= at, "a deadline nobody looks at");
            if link.next_check != Instant::FAR_FUTURE {
                let next = self.deadlines.next().expect("the wheel knows");
                assert!(next < link.next_check + crate::deadlines::TICK, "the wheel wakes too late");
            }
        }
        self.listed.check();
        let carried = self.links.iter().filter(|(_, link)| link.member.is_some()).count();
        assert_eq!(self.members.len(), carried, "a member without a link");
    }

    /// A connection is in a group when the group has it; no group is empty; who
    /// is not open is in none.
    fn check_groups(&self) {
        let mut pairs = BTreeSet::new();
        for group in self.rooms.groups() {
            let members = self.rooms.members(group);
            assert!(!members.is_empty(), "an empty group");
            pairs.extend(members.iter().map(|&member| (member, group)));
        }
        let mut expected = 0;
        for (key, member) in &self.members {
            let key = MemberKey(u32::try_from(key).unwrap());
            let groups: Vec<_> = self.rooms.groups_of(key).collect();
            assert!(member.is_open || groups.is_empty(), "a closed connection in a group");
            assert!(groups.iter().all(|&group| pairs.contains(&(key, group))));
            expected += groups.len();
        }
        assert_eq!(pairs.len(), expected, "a group with a member that is gone");
        self.check_channels();
    }

    /// A channel is a room of `/` that its connection is in; who is counted is
    /// whoever has one.
    fn check_channels(&self) {
        let mut counted = BTreeMap::<_, usize>::new();
        for id in self.transports() {
            let Some(channel) = self.channel(id) else { continue };
            assert!(self.is_in(id, "/", channel), "{id} is not in its channel {channel}");
            *counted.entry(channel.into()).or_default() += 1;
        }
        assert_eq!(self.channels(), counted);
    }

    /// Every frame is held by whom it waits for, outboxes are within their
    /// limits, and all of it within the budget.
    fn check_frames(&self) {
        let (mut queues, mut in_writing) = (Vec::new(), Vec::new());
        for (slot, link) in &self.links {
            let (control, current) = link.output.holdings();
            let limits = self.config.profile(link.profile);
            // One each of ping, close and answers; one pong beyond those in flight.
            assert!(control.len() <= 2 * limits.pongs_pending_max + 5, "{} control frames", control.len());
            queues.push(control);
            in_writing.extend(current);
            if let Some(Member { outbox, .. }) = self.member_at(slot) {
                let messages = self.frames.messages(outbox.queue());
                assert!(messages <= limits.outbox_messages_max);
                assert!(outbox.queue().bytes() <= limits.outbox_bytes_max + 127);
                queues.push(*outbox.queue());
            }
            if let Phase::Over { .. } = link.phase {
                assert!(!self.is_writing(slot), "frames for a transport that is gone");
            }
        }
        self.frames.assert_held_by(&queues, &in_writing);
        assert!(self.queued_bytes() <= self.budget_bytes());
    }

    /// What was asked is answered, is over, or waits where it was asked; a table
    /// that holds nothing is gone, and so is a collection that waits for nobody.
    fn check_acks(&self) {
        let mut waiting = 0;
        for envelope in [Envelope::Raw, Envelope::Typed, Envelope::Session] {
            let has_it = |member: &Member| self.config.profile(member.profile).envelope == envelope;
            let members = self.members.iter().filter(|(_, member)| has_it(member)).count();
            assert_eq!(self.events.members.of(envelope), members);
        }
        for (_, member) in &self.members {
            let events = member.cold.talk.events();
            let pending = events.map_or(0, |events| events.pending.len());
            let is_asked = events.is_some_and(Conversation::is_asked);
            assert!(events.is_none_or(|events| member.is_open && (is_asked || events.malformed > 0)));
            assert!(pending <= self.config.profile(member.profile).acks_max);
            let link = self.links.get(member.link as usize).unwrap();
            assert_eq!(link.is_asked, is_asked);
            let later = events.and_then(|events| events.later_check);
            assert!(later.is_none_or(|later| link.next_check <= later), "kept in mind, and not looked at");
            waiting += pending as u64;
        }
        let stats = self.stats();
        let over = stats.acks_answered + stats.acks_timed_out + stats.acks_disconnected;
        assert_eq!(stats.acks_asked, over + waiting);
        assert!(self.events.collections.iter().all(|(_, collecting)| !collecting.is_complete()));
    }

    /// What came is what went and what is there.
    fn check_counts(&self) {
        let count =
            |wanted: fn(&Link) -> bool| self.links.iter().filter(|(_, link)| wanted(link)).count() as u64;
        let stats = self.stats();
        assert_eq!(self.pending_handshakes as u64, count(|link| link.phase.is_before_open()));
        let awaited = self.arrivals.slots();
        let is_awaited = |&slot: &usize| self.links.get(slot).unwrap().phase == Phase::Head;
        assert!(awaited.iter().all(is_awaited));
        assert_eq!(awaited.len() as u64, count(|link| link.phase == Phase::Head));
        let open = count(|link| link.member.is_some() && link.phase.is_talking());
        assert_eq!(stats.connections_opened, stats.connections_closed + open);
        assert_eq!(stats.deliveries_offered, stats.deliveries_queued + stats.deliveries_dropped());
        let queues = self.members.iter().map(|(_, member)| self.frames.messages(member.outbox.queue()));
        let in_writing = self.links.iter().filter(|(_, link)| {
            let (_, current) = link.output.holdings();
            current.and_then(|key| self.frames.purpose(key)) == Some(crate::outbox::Purpose::Data)
        });
        let waiting = queues.sum::<usize>() + in_writing.count();
        assert_eq!(
            stats.deliveries_queued,
            stats.deliveries_sent + stats.evicted + stats.discarded + waiting as u64
        );
    }
}
