//! What one hub tells another: shards of one server today, machines tomorrow.
//!
//! A relay is data through and through, frame included, so that it can cross
//! any boundary. The receiving hub judges membership when it takes it.

use crate::broadcast::BroadcastReport;
use crate::hub::{Hub, Publication};
use crate::id::{ConnectionId, ShardId};
use crate::time::Instant;

/// A publication on its way to another hub.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Relay {
    /// The hub it comes from.
    pub origin: ShardId,
    /// The connection it comes from, when it is one's.
    pub publisher: Option<ConnectionId>,
    /// The message and whom it is for.
    pub publication: Publication,
}

impl Relay {
    /// A publication of `publisher`, or of the application, on the shard `origin`.
    pub fn new(origin: ShardId, publisher: Option<ConnectionId>, publication: Publication) -> Relay {
        Relay { origin, publisher, publication }
    }
}

impl Hub {
    /// Takes a relay: delivers it to this shard's share of its audience. One
    /// that comes back to its origin has been delivered there already, and is ignored.
    pub fn relayed(&mut self, now: Instant, relay: &Relay) -> BroadcastReport {
        if relay.origin == self.shard() {
            return BroadcastReport::default();
        }
        self.broadcast(now, &relay.publication)
    }
}
