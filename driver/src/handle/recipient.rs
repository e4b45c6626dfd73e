//! Whom a message or a command is for, by whichever of its two names.
//!
//! Apart because it is a name and nothing more: whether anybody goes by it is for
//! the directory and the shards to say.

use fanfare_core::broadcast::Target;
use fanfare_core::id::ConnectionId;
use std::sync::Arc;

/// Whom a message or a command is for.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Recipient {
    /// One connection.
    Connection(ConnectionId),
    /// All connections of a client id.
    Client(Arc<str>),
}

impl From<ConnectionId> for Recipient {
    fn from(id: ConnectionId) -> Recipient {
        Recipient::Connection(id)
    }
}

/// A connection id in its outward form, or else a client id.
impl From<&str> for Recipient {
    fn from(name: &str) -> Recipient {
        name.parse().map_or_else(|_| Recipient::Client(name.into()), Recipient::Connection)
    }
}

/// The same as an audience, so that nobody by that name is no error but nobody.
impl From<Recipient> for Target {
    fn from(recipient: Recipient) -> Target {
        match recipient {
            Recipient::Connection(id) => Target::Connection(id),
            Recipient::Client(client) => Target::Client(client),
        }
    }
}

impl Recipient {
    /// As it was asked for.
    pub(super) fn name(&self) -> String {
        match self {
            Recipient::Connection(id) => id.to_string(),
            Recipient::Client(client) => client.to_string(),
        }
    }
}
