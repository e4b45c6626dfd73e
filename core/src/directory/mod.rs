//! The few facts that are server-wide: who is admitted, and where names live.
//!
//! Apart from the hubs because a hub knows one shard only. One directory serves
//! all of them; the driver keeps it behind its one lock, which is taken when a
//! connection opens or closes, when a shard gets its first member of a group or
//! loses its last, and once per publish. Never per delivery: a publish takes a
//! [`ShardSet`] out and lets go.
//!
//! Must never: count a connection twice or forget one, keep an entry that is
//! empty, or know a member, a socket or a message.

mod admission;
mod answers;
mod budget;
mod clients;
mod groups;
mod headcount;
mod keyed;
mod seats;
mod shard_set;
#[cfg(test)]
mod tests;

pub use answers::{AdmissionRefused, Admitted, Refusals, Totals};
pub use budget::Budget;
pub use shard_set::ShardSet;

use crate::config::Settings;
use crate::id::{ConnectionId, ShardId};
use admission::Admission;
use groups::Groups;
use keyed::KeyedHash;
use std::fmt;
use std::net::IpAddr;

/// The server-wide facts. For the byte budget see [`Budget`].
///
/// # What the limits count
///
/// A connection counts from [`admit`](Directory::admit) to
/// [`released`](Directory::released), and there are never more than
/// `connections_max`.
///
/// With one exception: under [`ClientIdPolicy::Replace`] a replaced connection
/// is still a socket while it closes. It is not held against its successor, which therefore gets
/// in on a full server too; so the connections that were not replaced never
/// exceed `connections_max`, and together with the leaving ones they never
/// exceed **twice** `connections_max` (everyone reconnects at once). The same
/// holds per address for `connections_per_address_max`, where only a
/// predecessor from the same address makes room.
///
/// ```
/// use fanfare_core::config::Settings;
/// use fanfare_core::directory::{AdmissionRefused, Directory};
/// use fanfare_core::id::ConnectionId;
///
/// let mut settings = Settings::default();
/// settings.connections_max = 1;
/// let mut directory = Directory::new(&settings, (1, 2));
///
/// let alice: ConnectionId = "0000000000000000000000000001".parse()?;
/// let bob: ConnectionId = "0000000000010000000000000002".parse()?;
/// let address = Some([127, 0, 0, 1].into());
///
/// assert!(directory.admit(alice, address, "alice")?.replaced.is_empty());
/// assert_eq!(directory.connections_of_client("alice"), [alice]);
/// assert!(matches!(
///     directory.admit(bob, address, "bob"),
///     Err(AdmissionRefused::ServerFull { connections_max: 1, .. })
/// ));
///
/// assert!(directory.released(alice), "the first time");
/// assert!(!directory.released(alice), "and only then");
/// assert!(directory.admit(bob, address, "bob").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`ClientIdPolicy::Replace`]: crate::config::ClientIdPolicy::Replace
pub struct Directory {
    admission: Admission,
    groups: Groups,
}

impl Directory {
    /// An empty directory under the limits of `settings`.
    ///
    /// `hash_key` keeps peers from choosing names that collide, so it must be
    /// random and secret wherever real peers connect.
    pub fn new(settings: &Settings, hash_key: (u64, u64)) -> Directory {
        let hash = KeyedHash::new(hash_key);
        Directory { admission: Admission::new(settings, hash), groups: Groups::new(hash) }
    }

    /// Admits a connection, or says why not.
    ///
    /// `address` is the client's; `None` for a peer that has none (a Unix
    /// socket), which no limit per address holds back. IPv4 addresses count as
    /// one with their IPv6-mapped form. The client id policy applies to
    /// `client_id` whoever chose it, the application or its default.
    ///
    /// The replaced connections no longer answer to their client id; they are to
    /// be closed, and released like any other.
    ///
    /// # Errors
    /// Of several reasons the first of: [`AdmissionRefused::AlreadyAdmitted`],
    /// [`ServerFull`](AdmissionRefused::ServerFull),
    /// [`AddressFull`](AdmissionRefused::AddressFull),
    /// [`ClientIdInUse`](AdmissionRefused::ClientIdInUse).
    pub fn admit(
        &mut self,
        id: ConnectionId,
        address: Option<IpAddr>,
        client_id: &str,
    ) -> Result<Admitted, AdmissionRefused> {
        self.admission.admit(id, address, client_id)
    }

    /// Takes a connection out of every count and lookup. `false`, and nothing
    /// happens, when it is not admitted or was released before.
    pub fn released(&mut self, id: ConnectionId) -> bool {
        self.admission.released(id)
    }

    /// The connections that answer to a client id, in an order that only depends
    /// on the calls so far; none for an unknown one.
    pub fn connections_of_client(&self, client_id: &str) -> &[ConnectionId] {
        self.admission.connections_of_client(client_id)
    }

    /// The shards these connections are on. Costs a step per connection.
    pub fn shards_of_client(&self, client_id: &str) -> ShardSet {
        self.connections_of_client(client_id).iter().map(|id| id.shard()).collect()
    }

    /// A shard got its first member of a namespace. `false` when that was known.
    pub fn namespace_opened(&mut self, shard: ShardId, namespace: &str) -> bool {
        self.groups.open_namespace(shard, namespace)
    }

    /// A shard lost its last member of a namespace. `false` when it had none.
    pub fn namespace_closed(&mut self, shard: ShardId, namespace: &str) -> bool {
        self.groups.close_namespace(shard, namespace)
    }

    /// The shards that have members of a namespace.
    pub fn shards_of_namespace(&self, namespace: &str) -> ShardSet {
        self.groups.namespace(namespace).cloned().unwrap_or_default()
    }

    /// A shard got its first member of a room. `false` when that was known.
    pub fn room_opened(&mut self, shard: ShardId, namespace: &str, room: &str) -> bool {
        self.groups.open_room(shard, namespace, room)
    }

    /// A shard lost its last member of a room. `false` when it had none.
    pub fn room_closed(&mut self, shard: ShardId, namespace: &str, room: &str) -> bool {
        self.groups.close_room(shard, namespace, room)
    }

    /// Whether any shard has members of a room.
    pub fn has_room(&self, namespace: &str, room: &str) -> bool {
        self.groups.room(namespace, room).is_some()
    }

    /// The shards that have members of a room: where a message to it must go.
    ///
    /// ```
    /// use fanfare_core::config::Settings;
    /// use fanfare_core::directory::Directory;
    /// use fanfare_core::id::ShardId;
    ///
    /// let mut directory = Directory::new(&Settings::default(), (1, 2));
    /// directory.room_opened(ShardId(3), "/chat", "lobby");
    /// directory.room_opened(ShardId(1), "/chat", "lobby");
    ///
    /// let shards = directory.shards_of_room("/chat", "lobby");
    /// assert_eq!(shards.iter().collect::<Vec<_>>(), [ShardId(1), ShardId(3)]);
    /// assert!(directory.shards_of_room("/", "lobby").is_empty());
    /// ```
    pub fn shards_of_room(&self, namespace: &str, room: &str) -> ShardSet {
        self.groups.room(namespace, room).cloned().unwrap_or_default()
    }

    /// How many connections there are, were at most, and were refused, and how
    /// many rooms there are. Costs no more where there are many.
    pub fn totals(&self) -> Totals {
        Totals { rooms: self.groups.rooms(), ..self.admission.totals() }
    }
}

impl fmt::Debug for Directory {
    /// Shows the totals: the tables are long, and in no order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").field("totals", &self.totals()).finish_non_exhaustive()
    }
}
