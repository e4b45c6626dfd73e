//! The machine that admits and releases: exact counts, and who answers to a
//! client id.
//!
//! Apart from the groups because it alone decides anything. What it counts is
//! said at [`Directory`](super::Directory). Every rule is checked before the
//! first effect, so that a refusal leaves no trace. Must never let a count and
//! the seats disagree: whatever a seat changed is undone from the seat.

use super::answers::{AdmissionRefused, Admitted, Refusals, Totals};
use super::clients::{Clients, Listing};
use super::headcount::{Addresses, Headcount};
use super::keyed::KeyedHash;
use super::seats::{Seat, Seats, Standing};
use crate::config::{ClientIdPolicy, Settings};
use crate::id::ConnectionId;
use std::net::IpAddr;

/// Everyone who is admitted and not released.
pub(super) struct Admission {
    connections_max: usize,
    connections_per_address_max: usize,
    client_id_policy: ClientIdPolicy,
    seats: Seats,
    clients: Clients,
    addresses: Addresses,
    headcount: Headcount,
    connections_peak: usize,
    admitted: u64,
    refused: Refusals,
}

impl Admission {
    pub(super) fn new(settings: &Settings, hash: KeyedHash) -> Admission {
        Admission {
            connections_max: settings.connections_max,
            connections_per_address_max: settings.connections_per_address_max,
            client_id_policy: settings.client_id_policy,
            seats: Seats::default(),
            clients: Clients::new(hash),
            addresses: Addresses::new(settings.connections_per_address_max > 0, hash),
            headcount: Headcount::default(),
            connections_peak: 0,
            admitted: 0,
            refused: Refusals::default(),
        }
    }

    pub(super) fn admit(
        &mut self,
        id: ConnectionId,
        address: Option<IpAddr>,
        client_id: &str,
    ) -> Result<Admitted, AdmissionRefused> {
        let address = address.map(|address| address.to_canonical());
        if let Err(refused) = self.check(id, address, client_id) {
            self.refused.count(&refused);
            return Err(refused);
        }
        let replaced = match self.client_id_policy {
            ClientIdPolicy::Replace => self.replace(client_id),
            ClientIdPolicy::Allow | ClientIdPolicy::Reject => Vec::new(),
        };

        let standing = Standing::Current(self.clients.insert(client_id, id));
        self.seats.insert(id, Seat { address, standing });
        self.count(address, |count| count.current += 1);
        self.connections_peak = self.connections_peak.max(self.headcount.total());
        self.admitted += 1;
        Ok(Admitted { replaced })
    }

    pub(super) fn released(&mut self, id: ConnectionId) -> bool {
        let Some(seat) = self.seats.remove(id) else { return false };
        match seat.standing {
            Standing::Current(listing) => {
                self.unlist(listing);
                self.count(seat.address, |count| count.current -= 1);
            }
            Standing::Leaving => self.count(seat.address, |count| count.leaving -= 1),
        }
        true
    }

    pub(super) fn connections_of_client(&self, client_id: &str) -> &[ConnectionId] {
        self.clients.connections(client_id)
    }

    /// Without the rooms, of which admission knows nothing.
    pub(super) fn totals(&self) -> Totals {
        Totals {
            connections: self.headcount.total(),
            leaving: self.headcount.leaving,
            connections_peak: self.connections_peak,
            admitted: self.admitted,
            refused: self.refused,
            rooms: 0,
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.seats.is_empty()
            && self.clients.is_empty()
            && self.addresses.is_empty()
            && self.headcount == Headcount::default()
    }

    /// Every rule of admission, before its first effect.
    fn check(
        &self,
        id: ConnectionId,
        address: Option<IpAddr>,
        client_id: &str,
    ) -> Result<(), AdmissionRefused> {
        if self.seats.is_taken(id) {
            return Err(AdmissionRefused::AlreadyAdmitted { id });
        }
        let holders = self.clients.connections(client_id);
        let replaced = match self.client_id_policy {
            ClientIdPolicy::Replace => holders,
            ClientIdPolicy::Allow | ClientIdPolicy::Reject => &[],
        };
        if !self.headcount.admits(self.connections_max, replaced.len()) {
            let (connections, connections_max) = (self.headcount.total(), self.connections_max);
            return Err(AdmissionRefused::ServerFull { connections, connections_max });
        }
        if let Some(address) = address {
            self.check_address(address, replaced)?;
        }
        match self.client_id_policy {
            ClientIdPolicy::Reject if !holders.is_empty() => {
                Err(AdmissionRefused::ClientIdInUse { client_id: client_id.into() })
            }
            ClientIdPolicy::Allow | ClientIdPolicy::Replace | ClientIdPolicy::Reject => Ok(()),
        }
    }

    fn check_address(&self, address: IpAddr, replaced: &[ConnectionId]) -> Result<(), AdmissionRefused> {
        let is_here = |id: ConnectionId| self.seats.get(id).is_some_and(|seat| seat.address == Some(address));
        let replaced_here = replaced.iter().filter(|&&id| is_here(id)).count();
        let count = self.addresses.count(address);
        if count.admits(self.connections_per_address_max, replaced_here) {
            return Ok(());
        }
        Err(AdmissionRefused::AddressFull {
            address,
            connections: count.total(),
            connections_per_address_max: self.connections_per_address_max,
        })
    }

    /// Turns the current connections of a client id into leaving ones.
    fn replace(&mut self, client_id: &str) -> Vec<ConnectionId> {
        let replaced = self.clients.remove_all(client_id);
        for id in &replaced {
            if let Some(seat) = self.seats.get_mut(*id) {
                seat.standing = Standing::Leaving;
                let address = seat.address;
                self.count(address, |count| {
                    count.current -= 1;
                    count.leaving += 1;
                });
            }
        }
        replaced
    }

    /// Strikes a connection out of its client id's list, where another may get
    /// its position.
    fn unlist(&mut self, listing: Listing) {
        let Some(moved) = self.clients.remove(listing) else { return };
        if let Some(seat) = self.seats.get_mut(moved) {
            seat.standing = Standing::Current(listing);
        }
    }

    /// Applies one change to the server's count and to an address's.
    fn count(&mut self, address: Option<IpAddr>, change: impl Fn(&mut Headcount)) {
        change(&mut self.headcount);
        self.addresses.update(address, change);
    }
}
