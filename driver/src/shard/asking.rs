//! Who waits for the answers of peers.
//!
//! Apart from other waits because each ends in the hub: a question that the hub
//! took is told once, as an answer or as the lack of one, and so what is here is
//! bounded by what the hub lets be asked.

use super::core::Core;
use crate::emission::Replies;
use crate::gather::Part;
use crate::reply;
use fanfare_core::broadcast::Audience;
use fanfare_core::event::{AckId, Answer, Collected, Emission, Missing};
use fanfare_core::id::ConnectionId;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// See the module.
#[derive(Default)]
pub(super) struct Asked {
    of_one: BTreeMap<AckId, reply::Answer<Answer<'static>>>,
    of_many: BTreeMap<AckId, Part<Replies>>,
}

impl Core {
    /// Asks one connection of this shard.
    pub(crate) fn ask(
        &mut self,
        id: ConnectionId,
        emission: &Emission<'_>,
        time_max: Duration,
        waiting: reply::Answer<Answer<'static>>,
    ) {
        self.lease_for(&emission.data);
        match self.hub.ask(self.now, id, emission, time_max) {
            Ok(ask) => drop(self.asked.of_one.insert(ask, waiting)),
            Err(error) => waiting.give_outcome(Err(error.into())),
        }
    }

    /// Asks this shard's share of an audience.
    pub(crate) fn ask_many(
        &mut self,
        audience: Audience,
        emission: &Emission<'_>,
        time_max: Duration,
        part: Part<Replies>,
    ) {
        let question = self.hub.question(audience, emission, time_max);
        if let Some(ask) = question.ask {
            self.asked.of_many.insert(ask.id, part);
        }
        self.deliver(&question);
    }

    pub(super) fn answered(&mut self, ask: AckId, answer: Answer<'static>) {
        if let Some(waiting) = self.asked.of_one.remove(&ask) {
            waiting.give(answer);
        }
    }

    pub(super) fn unanswered(&mut self, ask: AckId, why: Missing) {
        if let Some(waiting) = self.asked.of_one.remove(&ask) {
            waiting.give_outcome(Err(why.into()));
        }
    }

    pub(super) fn collected(&mut self, collected: Collected) {
        if let Some(part) = self.asked.of_many.remove(&collected.id) {
            part.give(Ok(Replies { answers: collected.answers, missing: collected.missing }));
        }
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (of_one, of_many) = (self.of_one.len(), self.of_many.len());
        f.debug_struct("Asked").field("of_one", &of_one).field("of_many", &of_many).finish()
    }
}
