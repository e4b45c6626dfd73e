//! What the connection limits count.
//!
//! Apart because the same count and the same rule hold for the server and for
//! one address, and must not differ. A connection is *current* until it is
//! replaced or released, and *leaving* from its replacement to its release.

use super::keyed::{KeyedHash, Table, give_back};
use std::net::IpAddr;

/// Connections under one limit.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Headcount {
    pub(super) current: usize,
    pub(super) leaving: usize,
}

impl Headcount {
    /// Current and leaving together: the open sockets.
    pub(super) fn total(self) -> usize {
        self.current + self.leaving
    }

    /// Whether one more connection fits under `max` (0 = unlimited) when
    /// `replaced` of the current ones give way to it.
    ///
    /// Current connections never exceed `max`. Leaving ones are not held
    /// against their successors, or a full server could not replace at all; but
    /// with them the total stays within twice `max`, so that whoever reconnects
    /// faster than connections close does not pile them up.
    pub(super) fn admits(self, max: usize, replaced: usize) -> bool {
        max == 0 || (self.current - replaced < max && self.total() < max.saturating_mul(2))
    }
}

/// Connections per client address; counts nothing while there is no limit.
pub(super) struct Addresses {
    is_limited: bool,
    counts: Table<IpAddr, Headcount>,
}

impl Addresses {
    pub(super) fn new(is_limited: bool, hash: KeyedHash) -> Addresses {
        Addresses { is_limited, counts: Table::with_hasher(hash) }
    }

    /// The connections from `address`.
    pub(super) fn count(&self, address: IpAddr) -> Headcount {
        self.counts.get(&address).copied().unwrap_or_default()
    }

    /// Changes the count of an address, and forgets an address without connections.
    pub(super) fn update(&mut self, address: Option<IpAddr>, change: impl FnOnce(&mut Headcount)) {
        let Some(address) = address.filter(|_| self.is_limited) else { return };
        let count = self.counts.entry(address).or_default();
        change(count);
        if count.total() == 0 {
            self.counts.remove(&address);
            give_back(&mut self.counts);
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}
