//! What a hub tells its driver.

use crate::close::CloseReason;
use crate::event::{AckId, Collected, Missing};
use crate::handshake::Request;
use crate::id::ConnectionId;
use crate::rooms::{GroupName, RoomName};
use crate::wire::{ControlPayload, Message};
use bytes::Bytes;

/// What came of one call to [`Hub::receive`](super::Hub::receive).
#[derive(Debug)]
pub struct Received<'b> {
    /// How many of the given bytes were taken. When it is fewer than given,
    /// call again with the rest, as long as [`Hub::wants_read`](super::Hub::wants_read).
    pub consumed: usize,
    /// At most one event.
    pub event: Option<Event<'b>>,
}

/// What a peer said. Borrows the caller's read buffer, never the hub.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'b> {
    /// A whole HTTP head: answer it with [`Hub::decide`](super::Hub::decide).
    Request(Box<Request>),
    /// The body of a plain request, asked for by [`Decision::ReadBody`](super::Decision::ReadBody).
    Body(Bytes),
    /// A whole message.
    Message(Message<'b>),
    /// A ping; it has been answered.
    Ping(ControlPayload<'b>),
    /// A pong.
    Pong(ControlPayload<'b>),
}

/// What happened to a connection, or to the shard's groups, without anybody asking.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Notice {
    /// A transport's conversation ended. Exactly one per accepted transport,
    /// and nothing about it comes after.
    Closed(Closed),
    /// A connection's outbox has grown over `outbox_pressure_bytes`.
    Pressure {
        /// The slow connection.
        id: ConnectionId,
        /// What waits for it, in bytes.
        queued_bytes: usize,
    },
    /// A connection whose outbox had no room for a
    /// [`send_if_room`](super::Hub::send_if_room) has half of it free again.
    Room(ConnectionId),
    /// There is no answer to a question of the application's own, and there will
    /// be none.
    Unanswered {
        /// Who was asked.
        id: ConnectionId,
        /// The question.
        ask: AckId,
        /// Why.
        why: Missing,
    },
    /// A question to many is settled as far as this shard's members go: each has
    /// answered, or will not.
    Collected(Collected),
    /// The shard's first member joined a group.
    GroupOpened(GroupName),
    /// The shard's last member left a group.
    GroupClosed(GroupName),
    /// A connection joined a room: told where it was asked for, by
    /// [`tell_memberships`](super::Hub::tell_memberships).
    Joined {
        /// Which.
        id: ConnectionId,
        /// The room.
        room: RoomName,
    },
    /// A connection left a room, in whichever way: told as joining is.
    Left {
        /// Which.
        id: ConnectionId,
        /// The room.
        room: RoomName,
    },
}

/// The end of one transport's conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closed {
    /// Whose.
    pub id: ConnectionId,
    /// Why.
    pub reason: CloseReason,
    /// Whether it ever was an open WebSocket connection.
    pub was_open: bool,
    /// The rooms it was in when it stopped being a member, in no particular order.
    pub rooms: Vec<RoomName>,
}
