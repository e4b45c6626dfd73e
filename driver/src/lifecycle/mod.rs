//! What happens to a server, its connections and its rooms, for whoever wants to
//! follow it: what is told, and in which words.
//!
//! Apart from callbacks, which belong to one route and may act on the spot: this
//! is heard from outside, later, and by any number of listeners. How it gets
//! there is `bus`'s business, how it is waited for `subscription`'s.

mod bus;
mod subscription;

pub use subscription::{RecvLifecycle, Subscription};

pub(crate) use bus::Bus;

use fanfare_core::close::CloseReason;
use fanfare_core::id::ConnectionId;
use fanfare_core::rooms::RoomName;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::sync::Arc;

/// Something that happened: what a [`Subscription`] tells.
///
/// Of one connection it tells in this order, each once: connected, then joined and
/// left, then disconnected. A room is created before its first member joins it on
/// any shard, and emptied after the last has left it on all. Namespaces and client
/// ids are not told.
///
/// As JSON it is an object of what there is to say beside the [name](Self::name):
///
/// ```
/// use fanfare_core::event::Payload;
/// use fanfare_core::rooms::RoomName;
/// use fanfare_driver::Lifecycle;
///
/// let said = |event: Lifecycle| format!("{} {}", event.name(), Payload::of(&event).unwrap().raw());
/// assert_eq!(said(Lifecycle::Initialized), r#"initialized {"enabled":true}"#);
/// assert_eq!(said(Lifecycle::Shutdown), r#"shutdown {"enabled":false}"#);
/// assert_eq!(
///     said(Lifecycle::RoomCreated(RoomName::new("/", "lobby"))),
///     r#"room_created {"namespace":"/","room":"lobby"}"#,
/// );
/// assert_eq!(said(Lifecycle::Missed(7)), r#"missed {"count":7}"#);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Lifecycle {
    /// The server takes connections. The first that a subscription tells, however
    /// late it comes.
    Initialized,
    /// The server has stopped. The last, and always told.
    Shutdown,
    /// A connection has opened.
    Connected {
        /// Which.
        id: ConnectionId,
        /// The application's name for the client.
        client_id: Arc<str>,
    },
    /// A connection is closed. Whoever was turned away instead was never
    /// connected.
    Disconnected {
        /// Which.
        id: ConnectionId,
        /// The application's name for the client.
        client_id: Arc<str>,
        /// Why.
        reason: CloseReason,
    },
    /// A room has its first member, on whichever shard.
    RoomCreated(RoomName),
    /// A room has lost its last member on all shards, and is gone.
    RoomEmptied(RoomName),
    /// A connection has joined a room: by itself, by a handler or from outside.
    Joined {
        /// Which.
        id: ConnectionId,
        /// The room.
        room: RoomName,
    },
    /// A connection has left a room: the room alone, with its namespace, or
    /// because it is closing.
    Left {
        /// Which.
        id: ConnectionId,
        /// The room.
        room: RoomName,
    },
    /// In this place, so many were not kept: `lifecycle_events_max` others waited.
    Missed(u64),
}

impl Lifecycle {
    /// What has happened, in a word: `initialized`, `shutdown`, `connected`,
    /// `disconnected`, `room_created`, `room_emptied`, `joined`, `left` or `missed`.
    pub fn name(&self) -> &'static str {
        match self {
            Lifecycle::Initialized => "initialized",
            Lifecycle::Shutdown => "shutdown",
            Lifecycle::Connected { .. } => "connected",
            Lifecycle::Disconnected { .. } => "disconnected",
            Lifecycle::RoomCreated(_) => "room_created",
            Lifecycle::RoomEmptied(_) => "room_emptied",
            Lifecycle::Joined { .. } => "joined",
            Lifecycle::Left { .. } => "left",
            Lifecycle::Missed(_) => "missed",
        }
    }
}

impl Serialize for Lifecycle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Lifecycle::Initialized => map.serialize_entry("enabled", &true)?,
            Lifecycle::Shutdown => map.serialize_entry("enabled", &false)?,
            Lifecycle::Connected { id, client_id } => {
                map.serialize_entry("id", &id.to_string())?;
                map.serialize_entry("client_id", &**client_id)?;
            }
            Lifecycle::Disconnected { id, client_id, reason } => {
                map.serialize_entry("id", &id.to_string())?;
                map.serialize_entry("client_id", &**client_id)?;
                map.serialize_entry("code", &u16::from(reason.code()))?;
                map.serialize_entry("reason", &reason.to_string())?;
            }
            Lifecycle::RoomCreated(room) | Lifecycle::RoomEmptied(room) => entries(&mut map, room)?,
            Lifecycle::Joined { id, room } | Lifecycle::Left { id, room } => {
                map.serialize_entry("id", &id.to_string())?;
                entries(&mut map, room)?;
            }
            Lifecycle::Missed(count) => map.serialize_entry("count", count)?,
        }
        map.end()
    }
}

fn entries<M: SerializeMap>(map: &mut M, room: &RoomName) -> Result<(), M::Error> {
    map.serialize_entry("namespace", &*room.namespace)?;
    map.serialize_entry("room", &*room.name)
}

#[cfg(test)]
mod tests;
