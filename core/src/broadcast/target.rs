//! Who is meant by a broadcast, as data that can travel between shards.
//!
//! Only names and ids, no keys: each shard resolves them when it takes the
//! message, so membership is judged where and when it is known.

use super::filter::Filter;
use crate::id::ConnectionId;
use crate::rooms::{ROOT, RoomName};
use std::sync::Arc;

/// A set of connections. A name that nobody goes by is an empty set.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Target {
    /// Every connection.
    Everyone,
    /// The members of a namespace.
    Namespace(Arc<str>),
    /// The members of a room.
    Room(RoomName),
    /// The members of any of these rooms, each once.
    Rooms(Vec<RoomName>),
    /// One connection.
    Connection(ConnectionId),
    /// These connections, each once.
    Connections(Vec<ConnectionId>),
    /// The connections of one client id.
    Client(Arc<str>),
    /// The connections that a filter accepts.
    Filter(Filter),
}

/// Who is left out of a [`Target`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Exclusion {
    /// One connection: the sender, as a rule.
    Connection(ConnectionId),
    /// The connections of one client id.
    Client(Arc<str>),
    /// The members of a room.
    Room(RoomName),
}

/// A target, minus exclusions.
///
/// ```
/// use fanfare_core::broadcast::{Audience, Exclusion, Target};
///
/// let everyone: Audience = Target::Everyone.into();
/// let others = Target::room("/", "lobby").except(Exclusion::Client("alice".into()));
/// assert_eq!(others.target, Target::room("/", "lobby"));
/// assert_eq!((everyone.except.len(), others.except.len()), (0, 1));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audience {
    /// Who is meant.
    pub target: Target,
    /// Who of those is not.
    pub except: Vec<Exclusion>,
}

impl Target {
    /// The members of the namespace `name`.
    pub fn namespace(name: impl Into<Arc<str>>) -> Target {
        Target::Namespace(name.into())
    }

    /// The members of the room `name` in `namespace`.
    pub fn room(namespace: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Target {
        Target::Room(RoomName::new(namespace, name))
    }

    /// The members of the channel `name`, a room of the namespace `/`: those whose
    /// primary channel it is, and those who have joined the room beside their own.
    pub fn channel(name: impl Into<Arc<str>>) -> Target {
        Target::room(ROOT, name)
    }

    /// The connections of the client `id`.
    pub fn client(id: impl Into<Arc<str>>) -> Target {
        Target::Client(id.into())
    }

    /// This target without some of its members.
    #[must_use]
    pub fn except(self, exclusion: impl Into<Exclusion>) -> Audience {
        Audience::from(self).except(exclusion)
    }

    /// Whether reading it set by set may meet a member twice.
    pub(super) fn may_repeat(&self) -> bool {
        match self {
            Target::Rooms(rooms) => rooms.len() > 1,
            Target::Connections(ids) => ids.len() > 1,
            Target::Everyone
            | Target::Namespace(_)
            | Target::Room(_)
            | Target::Connection(_)
            | Target::Client(_)
            | Target::Filter(_) => false,
        }
    }
}

impl Audience {
    /// This audience without some more of its members.
    #[must_use]
    pub fn except(mut self, exclusion: impl Into<Exclusion>) -> Audience {
        self.except.push(exclusion.into());
        self
    }
}

impl From<ConnectionId> for Exclusion {
    fn from(id: ConnectionId) -> Exclusion {
        Exclusion::Connection(id)
    }
}

impl From<Target> for Audience {
    fn from(target: Target) -> Audience {
        Audience { target, except: Vec::new() }
    }
}
