//! Rooms and namespaces: joining and leaving, now and on every later connection.
//!
//! Apart from events because it needs no connection: what is joined is what the
//! client wants to be a member of. The server may refuse, and is then not asked
//! again.

use super::event::Membership;
use super::lifecycle::Wish;
use super::{Client, ClientClosed, MembershipError, SendError};
use crate::event::{AckId, Envelope, Kind, TypedMessage};
use crate::outbox::Purpose;
use crate::rooms::{Limits, RoomName};
use crate::time::Instant;
use crate::wire::{Frame, Message};
use std::borrow::Cow;

impl Client {
    /// Joins a room, and with it its namespace: at once if the connection is open,
    /// and again on every later one. Says whether that changed anything. If the
    /// server refuses, [`Incoming::JoinRefused`](super::Incoming::JoinRefused)
    /// comes.
    ///
    /// # Errors
    /// Nothing has changed.
    pub fn join(&mut self, now: Instant, namespace: &str, room: &str) -> Result<bool, MembershipError> {
        self.join_group(now, Membership::Room(RoomName::new(namespace, room)))
    }

    /// The same for a namespace.
    ///
    /// # Errors
    /// Nothing has changed.
    pub fn join_namespace(&mut self, now: Instant, namespace: &str) -> Result<bool, MembershipError> {
        self.join_group(now, Membership::Namespace(namespace.into()))
    }

    /// Leaves a room, for now and later. Says whether the client was in it.
    ///
    /// # Errors
    /// Nothing has changed.
    pub fn leave(&mut self, now: Instant, namespace: &str, room: &str) -> Result<bool, MembershipError> {
        self.leave_group(now, &Membership::Room(RoomName::new(namespace, room)))
    }

    /// Leaves a namespace and its rooms, for now and later. Says whether the client
    /// was in any of them.
    ///
    /// # Errors
    /// Nothing has changed.
    pub fn leave_namespace(&mut self, now: Instant, namespace: &str) -> Result<bool, MembershipError> {
        self.leave_group(now, &Membership::Namespace(namespace.into()))
    }

    /// What is joined, in the order in which it was: on an open connection some of
    /// it may not be answered yet.
    pub fn memberships(&self) -> impl Iterator<Item = &Membership> {
        self.memberships.iter()
    }

    /// A new connection is open: joins what the client is a member of, before any
    /// message.
    pub(super) fn rejoin(&mut self) {
        let groups: Vec<Membership> = self.memberships.iter().cloned().collect();
        for group in groups {
            let ask = self.next_ack_id();
            self.memberships.ask(&group, ask);
            let text = asking(Kind::Join, &group, Some(ask));
            let key = self.mask();
            let frame = Frame::masked_message(&Message::Text(Cow::Owned(text)), key);
            self.push_control(frame, Purpose::Rejoin);
        }
    }

    fn join_group(&mut self, now: Instant, group: Membership) -> Result<bool, MembershipError> {
        self.check_rooms()?;
        if self.memberships.contains(&group) {
            return Ok(false);
        }
        self.memberships.check(&group, &Limits::of(self.limits()))?;
        let ask = self.next_ack_id();
        self.tell(now, &asking(Kind::Join, &group, Some(ask)))?;
        let asked = self.is_connected().then_some(ask);
        self.memberships.insert(group, asked);
        Ok(true)
    }

    fn leave_group(&mut self, now: Instant, group: &Membership) -> Result<bool, MembershipError> {
        self.check_rooms()?;
        let is_member = match group {
            Membership::Room(_) => self.memberships.contains(group),
            Membership::Namespace(namespace) => {
                self.memberships.iter().any(|joined| joined.namespace() == &**namespace)
            }
        };
        if is_member {
            self.tell(now, &asking(Kind::Leave, group, None))?;
            self.memberships.remove(group);
        }
        Ok(is_member)
    }

    fn check_rooms(&self) -> Result<(), MembershipError> {
        if self.wish == Wish::Closed {
            return Err(SendError::from(ClientClosed).into());
        }
        match self.limits().envelope {
            Envelope::Typed => Ok(()),
            Envelope::Raw | Envelope::Session => Err(MembershipError::NoRooms),
        }
    }

    /// Tells the server, if there is one: a later one will be told all there is to
    /// know.
    fn tell(&mut self, now: Instant, text: &str) -> Result<(), SendError> {
        if self.is_connected() { self.send(now, &Message::from(text)) } else { Ok(()) }
    }
}

fn asking(kind: Kind, group: &Membership, ask: Option<AckId>) -> String {
    let message = TypedMessage {
        room: group.room().map(Cow::Borrowed),
        ack_id: ask.map(|ask| Cow::Owned(ask.to_string())),
        ..TypedMessage::new(kind, group.namespace())
    };
    message.write()
}
