//! What admission answers: who gives way, why not, and how many there were.
//!
//! Apart from the rules because these words travel to the application, which
//! matches on them without knowing how they came about.

use crate::id::ConnectionId;
use std::net::IpAddr;

/// The connection is admitted.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "replaced connections are to be closed"]
pub struct Admitted {
    /// Connections that gave way and are to be closed with 4001; only under
    /// [`ClientIdPolicy::Replace`](crate::config::ClientIdPolicy::Replace).
    /// Each stays counted as leaving until it is released.
    pub replaced: Vec<ConnectionId>,
}

/// Why a connection was not admitted. Nothing but the count of refusals has changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdmissionRefused {
    /// The server has as many connections as allowed.
    #[error("`connections_max` is {connections_max} and {connections} are open: try again later or raise it")]
    ServerFull {
        /// How many there are, leaving ones included.
        connections: usize,
        /// The limit in force.
        connections_max: usize,
    },
    /// The client's address has as many connections as allowed.
    #[error(
        "`connections_per_address_max` is {connections_per_address_max} and {address} has {connections} open: \
         close one or raise it"
    )]
    AddressFull {
        /// The client's address; an IPv4 address never in its IPv6-mapped form.
        address: IpAddr,
        /// How many it has, leaving ones included.
        connections: usize,
        /// The limit in force.
        connections_per_address_max: usize,
    },
    /// The client id is in use and the policy is
    /// [`ClientIdPolicy::Reject`](crate::config::ClientIdPolicy::Reject).
    #[error("client id {client_id:?} is in use and `client_id_policy` is reject: close its connection first")]
    ClientIdInUse {
        /// The client id as it was asked for.
        client_id: Box<str>,
    },
    /// The id was admitted before and is not released: an error of the caller,
    /// not of the peer.
    #[error("connection {id} is admitted already: admit each connection once")]
    AlreadyAdmitted {
        /// The id as it was handed in.
        id: ConnectionId,
    },
}

/// Connections of the server, now and ever, and its rooms.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct Totals {
    /// Admitted and not yet released, those that were replaced included.
    pub connections: usize,
    /// How many of these were replaced and are being closed.
    pub leaving: usize,
    /// The most there were at once.
    pub connections_peak: usize,
    /// How many were ever admitted.
    pub admitted: u64,
    /// How many were ever refused.
    pub refused: Refusals,
    /// Rooms that have a member, of all namespaces.
    pub rooms: usize,
}

/// Refused connections, by reason. Mistakes of the caller are not among them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct Refusals {
    /// Refused with [`AdmissionRefused::ServerFull`].
    pub server_full: u64,
    /// Refused with [`AdmissionRefused::AddressFull`].
    pub address_full: u64,
    /// Refused with [`AdmissionRefused::ClientIdInUse`].
    pub client_id_in_use: u64,
}

impl Refusals {
    pub(super) fn count(&mut self, refused: &AdmissionRefused) {
        match refused {
            AdmissionRefused::ServerFull { .. } => self.server_full += 1,
            AdmissionRefused::AddressFull { .. } => self.address_full += 1,
            AdmissionRefused::ClientIdInUse { .. } => self.client_id_in_use += 1,
            AdmissionRefused::AlreadyAdmitted { .. } => {}
        }
    }
}
