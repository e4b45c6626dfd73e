//! Events on their way out, before the core gives them a shape.
//!
//! Apart because here the application's own `Serialize` runs: in the handler that
//! sends, behind the wall around it, or with whoever holds a handle. What goes on
//! to a shard is text.

use crate::error::HandleError;
use fanfare_core::broadcast::{Audience, Target};
use fanfare_core::event::{Answer, Emission, Missing, Payload};
use fanfare_core::id::ConnectionId;
use fanfare_core::rooms::ROOT;
use serde::ser::Serialize;

/// What an event is called, and what it says of where it belongs: who gets it is
/// another matter. A text alone is a name.
///
/// ```
/// use fanfare_driver::{Ctx, EventName, HandleError};
///
/// fn tell(ctx: &mut Ctx<'_>) -> Result<(), HandleError> {
///     ctx.emit("kicked", &"spam")?;
///     ctx.emit(EventName::new("kicked").namespace("/admin").room("hall"), &"spam")
/// }
/// # let _ = tell;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventName<'a> {
    name: &'a str,
    namespace: Option<&'a str>,
    room: Option<&'a str>,
}

impl<'a> EventName<'a> {
    /// An event in the namespace of the audience it is sent to, where that is in
    /// one, and else in `/`.
    pub fn new(name: &'a str) -> EventName<'a> {
        EventName { name, namespace: None, room: None }
    }

    /// The same in another namespace.
    #[must_use]
    pub fn namespace(self, namespace: &'a str) -> EventName<'a> {
        EventName { namespace: Some(namespace), ..self }
    }

    /// The same said to be in a room.
    #[must_use]
    pub fn room(self, room: &'a str) -> EventName<'a> {
        EventName { room: Some(room), ..self }
    }

    /// The event to be sent to `audience`, or to one connection.
    pub(crate) fn emission(
        self,
        audience: Option<&'a Audience>,
        data: Payload<'a>,
        sender: Option<ConnectionId>,
    ) -> Emission<'a> {
        let namespace = self.namespace.or_else(|| namespace_of(&audience?.target)).unwrap_or(ROOT);
        Emission { namespace, room: self.room, data, sender, ..Emission::new(self.name) }
    }
}

impl<'a> From<&'a str> for EventName<'a> {
    fn from(name: &'a str) -> EventName<'a> {
        EventName::new(name)
    }
}

impl<'a> From<&'a String> for EventName<'a> {
    fn from(name: &'a String) -> EventName<'a> {
        EventName::new(name)
    }
}

/// An event that goes to a shard by itself.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    name: Box<str>,
    namespace: Box<str>,
    room: Option<Box<str>>,
    data: Payload<'static>,
    sender: Option<ConnectionId>,
}

impl Outgoing {
    pub(crate) fn emission(&self) -> Emission<'_> {
        Emission {
            namespace: &self.namespace,
            room: self.room.as_deref(),
            data: self.data.as_borrowed(),
            sender: self.sender,
            ..Emission::new(&self.name)
        }
    }
}

impl From<Emission<'_>> for Outgoing {
    fn from(emission: Emission<'_>) -> Outgoing {
        Outgoing {
            name: emission.name.into(),
            namespace: emission.namespace.into(),
            room: emission.room.map(Into::into),
            data: emission.data.into_owned(),
            sender: emission.sender,
        }
    }
}

/// What came of a question to many, on all shards.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Replies {
    /// The answers: of each shard in the order they came, the shards in none.
    pub answers: Vec<(ConnectionId, Answer<'static>)>,
    /// Who was meant and has not answered, and why.
    pub missing: Vec<(ConnectionId, Missing)>,
}

impl Replies {
    /// Adds those of another shard.
    pub(crate) fn merge(&mut self, other: Replies) {
        self.answers.extend(other.answers);
        self.missing.extend(other.missing);
    }
}

/// The JSON of a value. Runs the value's own code.
pub(crate) fn payload<T: Serialize + ?Sized>(data: &T) -> Result<Payload<'static>, HandleError> {
    Payload::of(data).map_err(|error| HandleError::Payload { why: error.to_string() })
}

/// The one namespace that all of a target are in by its very name.
fn namespace_of(target: &Target) -> Option<&str> {
    match target {
        Target::Namespace(name) => Some(name),
        Target::Room(room) => Some(&room.namespace),
        Target::Rooms(rooms) => {
            let namespace = &*rooms.first()?.namespace;
            rooms.iter().all(|room| &*room.namespace == namespace).then_some(namespace)
        }
        Target::Everyone
        | Target::Connection(_)
        | Target::Connections(_)
        | Target::Client(_)
        | Target::Filter(_)
        | _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanfare_core::rooms::RoomName;

    #[test]
    fn an_event_is_in_the_namespace_of_its_audience_unless_it_says_otherwise() {
        let rooms = |spaces: [&str; 2]| Target::Rooms(spaces.map(|space| RoomName::new(space, "r")).into());
        for (target, expected) in [
            (Target::Everyone, "/"),
            (Target::namespace("/a"), "/a"),
            (Target::room("/a", "r"), "/a"),
            (rooms(["/a", "/a"]), "/a"),
            (rooms(["/a", "/b"]), "/"),
            (Target::client("ann"), "/"),
        ] {
            let audience = Audience::from(target);
            let emission = |name: EventName<'static>| {
                let emission = name.emission(Some(&audience), Payload::NONE, None);
                (emission.namespace.to_owned(), emission.room.map(str::to_owned))
            };
            assert_eq!(emission(EventName::new("x")), (expected.to_owned(), None));
            let elsewhere = EventName::new("x").namespace("/c").room("hall");
            assert_eq!(emission(elsewhere), ("/c".to_owned(), Some("hall".to_owned())));
        }
    }
}
