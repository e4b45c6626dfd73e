//! Events out: to one connection, or to whoever a target names.
//!
//! Apart from messages because one event may need several encodings, one for each
//! envelope. Behind that it is a message like any other: the same outboxes, the
//! same reports, the same way to other shards.

use super::{Hub, Publication, SendError, UnknownConnection};
use crate::broadcast::{Audience, BroadcastReport};
use crate::event::{AckId, Emission, Envelope, Stamp};
use crate::id::ConnectionId;
use crate::rooms::MemberKey;
use crate::time::Instant;
use crate::wire::Frame;

/// Why an event was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmitError {
    /// The message was not queued.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The connection's route has no envelope.
    #[error("the route of {0} has no envelope: send messages, or give the route an envelope")]
    NoEnvelope(ConnectionId),
    /// The connection's envelope has no acknowledgements.
    #[error("the envelope of {0} has no acknowledgements: send an event without one")]
    NoAcks(ConnectionId),
    /// As many questions as allowed wait for the peer to answer.
    #[error("{acks_max} questions wait for the peer to answer, as many as allowed (acks_max)")]
    TooManyAcks {
        /// The limit in force.
        acks_max: usize,
    },
}

impl From<UnknownConnection> for EmitError {
    fn from(unknown: UnknownConnection) -> EmitError {
        EmitError::Send(unknown.into())
    }
}

impl Hub {
    /// Sends an event to one connection, in the envelope of its route.
    ///
    /// # Errors
    /// It is not queued, or the route has no envelope.
    pub fn emit(&mut self, now: Instant, id: ConnectionId, emission: &Emission<'_>) -> Result<(), EmitError> {
        let envelope = self.envelope(id).ok_or(UnknownConnection(id))?;
        let frame = self.encode(envelope, emission, None).ok_or(EmitError::NoEnvelope(id))?;
        Ok(self.send(now, id, &frame)?)
    }

    /// An event for many, encoded once for each envelope that any route has: a
    /// publication each, to be broadcast here and relayed to other shards. None
    /// where no route has one.
    pub fn publications(
        &mut self,
        audience: impl Into<Audience>,
        emission: &Emission<'_>,
    ) -> Vec<Publication> {
        let audience = audience.into();
        let mut publications = Vec::new();
        for envelope in Envelope::WITH_EVENTS {
            if self.config.has_envelope(envelope)
                && let Some(frame) = self.encode(envelope, emission, None)
            {
                let publication = Publication::new(audience.clone(), frame);
                publications.push(Publication { envelope: Some(envelope), ..publication });
            }
        }
        publications
    }

    /// Sends an event to this shard's share of an audience, as far as their routes
    /// have an envelope: nobody else is matched.
    pub fn broadcast_event(
        &mut self,
        now: Instant,
        audience: impl Into<Audience>,
        emission: &Emission<'_>,
    ) -> BroadcastReport {
        let publications = self.publications(audience, emission);
        publications.iter().map(|publication| self.broadcast(now, publication)).sum()
    }

    /// The envelope of a connection's route.
    pub fn envelope(&self, id: ConnectionId) -> Option<Envelope> {
        self.limits(id).map(|limits| limits.envelope)
    }

    /// The frame of an event in one envelope, if that has events.
    pub(super) fn encode(
        &mut self,
        envelope: Envelope,
        emission: &Emission<'_>,
        ack: Option<AckId>,
    ) -> Option<Frame> {
        match envelope {
            Envelope::Raw => None,
            Envelope::Typed => Some(emission.typed(ack)),
            Envelope::Session => Some(emission.session(&self.stamp(emission.sender))),
        }
    }

    pub(super) fn stamp(&mut self, session: Option<ConnectionId>) -> Stamp {
        let message = u128::from(self.random.next_u64()) << 64 | u128::from(self.random.next_u64());
        Stamp { session, message, unix_seconds: self.events.unix_seconds }
    }

    /// Leaves in a plan whoever has the envelope. Where everybody has it, which is
    /// usual, nobody is looked at.
    pub(super) fn keep_those_with(&self, envelope: Envelope, plan: &mut Vec<MemberKey>) {
        if self.events.members.of(envelope) == self.members.len() {
            return;
        }
        plan.retain(|key| {
            let member = self.members.get(key.0 as usize);
            member.is_some_and(|member| self.config.profile(member.profile).envelope == envelope)
        });
    }
}
