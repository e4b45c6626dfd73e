//! How a group is called: which kind of set it is, and its name among those.
//!
//! Apart because the names travel (in targets, in events, between shards) and
//! the keys do not. Names are compared byte for byte; nothing here normalises,
//! and nothing here judges a name: the limits do.

use std::fmt;
use std::sync::Arc;

/// The namespace that every connection starts in, and that is meant where none is
/// named.
pub const ROOT: &str = "/";

/// Which kind of set a name is looked up in.
///
/// Three sets called `alice`, a client, a namespace and a room, are strangers
/// to each other, and so are two rooms of one name in two namespaces. Closed on
/// purpose: whoever handles groups handles each kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope<'a> {
    /// The connections of one client id.
    Client,
    /// The members of a namespace.
    Namespace,
    /// The members of a room in the namespace of this name.
    Room(&'a str),
}

/// A room's full name, owned: cheap to clone, free to travel.
///
/// ```
/// use fanfare_core::rooms::RoomName;
///
/// let lobby = RoomName::new("/chat", "lobby");
/// assert_eq!((&*lobby.namespace, &*lobby.name), ("/chat", "lobby"));
/// assert_ne!(lobby, RoomName::new("/", "lobby"));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RoomName {
    /// The namespace the room is in.
    pub namespace: Arc<str>,
    /// The room's name inside its namespace.
    pub name: Arc<str>,
}

impl RoomName {
    /// The room `name` in `namespace`.
    pub fn new(namespace: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> RoomName {
        RoomName { namespace: namespace.into(), name: name.into() }
    }
}

/// A group's full name, owned, so that it outlives the group.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum GroupName {
    /// A client id.
    Client(Arc<str>),
    /// A namespace.
    Namespace(Arc<str>),
    /// A room in a namespace.
    Room(RoomName),
}

impl GroupName {
    /// The kind of set the group is.
    pub fn scope(&self) -> Scope<'_> {
        match self {
            GroupName::Client(_) => Scope::Client,
            GroupName::Namespace(_) => Scope::Namespace,
            GroupName::Room(room) => Scope::Room(&room.namespace),
        }
    }

    /// Its name among the sets of that kind.
    pub fn name(&self) -> &str {
        match self {
            GroupName::Client(name) | GroupName::Namespace(name) => name,
            GroupName::Room(room) => &room.name,
        }
    }
}

impl fmt::Display for GroupName {
    /// For logs: `client alice`, `namespace /chat`, `room lobby in /chat`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GroupName::Client(name) => write!(f, "client {name}"),
            GroupName::Namespace(name) => write!(f, "namespace {name}"),
            GroupName::Room(room) => write!(f, "room {} in {}", room.name, room.namespace),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_is_its_scope_and_its_name() {
        let client = GroupName::Client("alice".into());
        let namespace = GroupName::Namespace("/chat".into());
        let room = GroupName::Room(RoomName::new("/chat", "lobby"));
        assert_eq!((client.scope(), client.name()), (Scope::Client, "alice"));
        assert_eq!((namespace.scope(), namespace.name()), (Scope::Namespace, "/chat"));
        assert_eq!((room.scope(), room.name()), (Scope::Room("/chat"), "lobby"));
    }

    #[test]
    fn a_full_name_reads_in_a_log() {
        assert_eq!(GroupName::Client("alice".into()).to_string(), "client alice");
        assert_eq!(GroupName::Namespace("/chat".into()).to_string(), "namespace /chat");
        assert_eq!(GroupName::Room(RoomName::new("/chat", "lobby")).to_string(), "room lobby in /chat");
    }
}
