//! A connection in the hands of an asynchronous event handler, off its shard.

use super::event::OwnedEvent;
use super::request::{ParamError, Params};
use crate::emission::{self, EventName};
use crate::handle::Handle;
use crate::reply::Reply;
use fanfare_core::broadcast::{Audience, BroadcastReport};
use fanfare_core::event::Answer;
use fanfare_core::id::ConnectionId;
use serde::ser::Serialize;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Whoever sent the event, off its shard. Clones are the same connection.
#[derive(Clone)]
pub struct Peer {
    id: ConnectionId,
    handle: Handle,
    params: Arc<Params>,
}

impl Peer {
    pub(crate) fn new(id: ConnectionId, handle: Handle, params: Arc<Params>) -> Peer {
        Peer { id, handle, params }
    }

    /// The connection's id.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// The server's handle.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// A parameter of the route's path.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    /// A parameter of the route's path, as a value.
    ///
    /// # Errors
    /// The path has no such parameter, or its text is no such value.
    pub fn param_as<T: FromStr>(&self, name: &str) -> Result<T, ParamError> {
        self.params.get_as(name)
    }

    /// Acknowledges an event, as [`Ctx::ack`](crate::Ctx::ack) does.
    pub fn ack<T: Serialize + ?Sized>(&self, event: &OwnedEvent, data: &T) -> Reply<()> {
        let data = match emission::payload(data) {
            Ok(data) => data,
            Err(error) => return Reply::ready(Err(error)),
        };
        match event.take_ack() {
            Some(asked) => self.handle.acknowledge(self.id, asked, data),
            None => Reply::ready(Ok(())),
        }
    }

    /// Sends it an event.
    pub fn emit<'n, T: Serialize + ?Sized>(&self, event: impl Into<EventName<'n>>, data: &T) -> Reply<()> {
        self.handle.emit(self.id, event, data)
    }

    /// Sends an event to an audience, in this connection's name.
    pub fn emit_to<'n, T: Serialize + ?Sized>(
        &self,
        audience: impl Into<Audience>,
        event: impl Into<EventName<'n>>,
        data: &T,
    ) -> Reply<BroadcastReport> {
        self.handle.emit_from(Some(self.id), &audience.into(), event.into(), data)
    }

    /// Sends it an event, and asks for an answer: see [`Handle::emit_with_ack`].
    pub fn emit_with_ack<'n, T: Serialize + ?Sized>(
        &self,
        event: impl Into<EventName<'n>>,
        data: &T,
        time_max: Duration,
    ) -> Reply<Answer<'static>> {
        self.handle.emit_with_ack(self.id, event, data, time_max)
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Peer").field(&self.id).finish()
    }
}
