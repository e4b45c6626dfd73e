//! A connection in the hands of a callback, on its shard: what is done here
//! acts at once.

use super::request::{ParamError, Params};
use crate::error::HandleError;
use crate::handle::{ConnectionInfo, Handle};
use crate::reply::Reply;
use crate::shard::Core;
use crate::wall::Theirs;
use fanfare_core::broadcast::{Audience, BroadcastReport, Exclusion, Target};
use fanfare_core::close::CloseCode;
use fanfare_core::event::Rejection;
use fanfare_core::hub::{MembershipError, Metadata, Publication, SendError, UnknownConnection};
use fanfare_core::id::ConnectionId;
use fanfare_core::rooms::{GroupName, ROOT};
use fanfare_core::wire::{ControlPayload, Frame, Message};
use serde::ser::Serialize;
use std::any::Any;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The connection a callback is about, and the hub around it.
pub struct Ctx<'a> {
    pub(super) core: &'a mut Core,
    pub(super) id: ConnectionId,
}

impl<'a> Ctx<'a> {
    pub(crate) fn new(core: &'a mut Core, id: ConnectionId) -> Ctx<'a> {
        Ctx { core, id }
    }

    /// The connection's id.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// What is known of the connection. `None` only once it has been released,
    /// in a continuation that came too late.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.core.hub.metadata(self.id)
    }

    /// The connection, described.
    pub fn info(&self) -> Option<ConnectionInfo> {
        self.core.describe(self.id)
    }

    /// A parameter of the route's path.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.core.open_session(self.id)?.params.as_deref().and_then(|params: &Params| params.get(name))
    }

    /// A parameter of the route's path, as a value.
    ///
    /// ```
    /// use fanfare_driver::{HandlerError, Route};
    ///
    /// let notifications = Route::new().on_open(|ctx| {
    ///     let user: u64 = ctx.param_as("user")?;
    ///     ctx.join(&format!("user:{user}"))?;
    ///     Ok::<_, HandlerError>(())
    /// });
    /// # let _ = notifications;
    /// ```
    ///
    /// # Errors
    /// The path has no such parameter, or its text is no such value.
    pub fn param_as<T: FromStr>(&self, name: &str) -> Result<T, ParamError> {
        let params = self.core.open_session(self.id).and_then(|open| open.params.as_deref());
        params.unwrap_or(&Params::default()).get_as(name)
    }

    /// The connection's own state, as it was given to
    /// [`Accept::state`](crate::Accept::state) or [`set_state`](Self::set_state).
    pub fn state<T: Any + Send>(&mut self) -> Option<&mut T> {
        self.core.open_session_mut(self.id)?.state.get_mut()?.downcast_mut()
    }

    /// Replaces the connection's own state.
    pub fn set_state<T: Any + Send>(&mut self, state: T) {
        if let Some(open) = self.core.open_session_mut(self.id) {
            open.state = Theirs::new(Box::new(state));
        }
    }

    /// Whether messages to the connection may still be queued.
    pub fn is_open(&self) -> bool {
        self.core.hub.is_open(self.id)
    }

    /// Queues a message for the connection: a text or bytes, or one that was heard.
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.core.send(self.id, &Frame::from(&message.into()))
    }

    /// Queues a text message for the connection.
    pub fn send_text(&mut self, text: &str) -> Result<(), SendError> {
        self.core.send(self.id, &Frame::text(text))
    }

    /// Queues a binary message for the connection.
    pub fn send_binary(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        self.core.send(self.id, &Frame::binary(bytes))
    }

    /// Queues a text message for the connection: the JSON of a value.
    ///
    /// ```
    /// use fanfare_driver::{HandleError, Route};
    ///
    /// let route = Route::new().on_open(|ctx| {
    ///     ctx.send_json(&("welcome", ctx.id().to_string()))?;
    ///     Ok::<_, HandleError>(())
    /// });
    /// # let _ = route;
    /// ```
    ///
    /// # Errors
    /// It is not queued, or the value has no JSON form.
    pub fn send_json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), HandleError> {
        let message = Message::json(value)?;
        Ok(self.send(&message)?)
    }

    /// Sends a ping; says whether it was queued: no second one waits behind one
    /// that is not written yet.
    pub fn ping(&mut self, payload: &ControlPayload<'_>) -> Result<bool, UnknownConnection> {
        self.core.hub.ping(self.id, payload)
    }

    /// Starts the closing handshake; what is queued goes first. `reason` is cut to
    /// the 123 bytes a close frame has room for, between characters.
    pub fn close(&mut self, code: CloseCode, reason: &str) {
        self.core.close(self.id, code, reason);
    }

    /// Turns the peer away although it is connected: it gets the message of the
    /// rejection, in its envelope, and is closed with its code. In `on_open` that
    /// is a refusal after the upgrade; whoever is not to get that far is refused
    /// by [`Accept::then_reject`](crate::Accept::then_reject). Where the outbox is
    /// full the message is lost, and the close is not.
    ///
    /// ```
    /// use fanfare_core::event::Rejection;
    /// use fanfare_driver::{HandlerError, Route};
    ///
    /// let route = Route::new().on_open(|ctx| {
    ///     if ctx.param("room") == Some("attic") {
    ///         ctx.reject(&Rejection::new(4004, "No Such Room")?.because("attic"));
    ///     }
    ///     Ok::<_, HandlerError>(())
    /// });
    /// # let _ = route;
    /// ```
    pub fn reject(&mut self, rejection: &Rejection) {
        self.core.reject(self.id, rejection);
    }

    /// Joins a room of the namespace `/`; says whether that changed anything.
    pub fn join(&mut self, room: &str) -> Result<bool, MembershipError> {
        self.join_in(ROOT, room)
    }

    /// Joins a room, and its namespace.
    pub fn join_in(&mut self, namespace: &str, room: &str) -> Result<bool, MembershipError> {
        let id = self.id;
        self.core.regroup(|hub| hub.join(id, namespace, room))
    }

    /// Joins a namespace; says whether that changed anything.
    pub fn join_namespace(&mut self, namespace: &str) -> Result<bool, MembershipError> {
        let id = self.id;
        self.core.regroup(|hub| hub.join_namespace(id, namespace))
    }

    /// Leaves a room of the namespace `/`; says whether it was in it.
    pub fn leave(&mut self, room: &str) -> Result<bool, UnknownConnection> {
        self.leave_in(ROOT, room)
    }

    /// Leaves a room.
    pub fn leave_in(&mut self, namespace: &str, room: &str) -> Result<bool, UnknownConnection> {
        let id = self.id;
        self.core.regroup(|hub| hub.leave(id, namespace, room))
    }

    /// Leaves a namespace and its rooms; says whether it was in it.
    pub fn leave_namespace(&mut self, namespace: &str) -> Result<bool, UnknownConnection> {
        let id = self.id;
        self.core.regroup(|hub| hub.leave_namespace(id, namespace))
    }

    /// Whether the connection is in a room of the namespace `/`.
    pub fn is_in(&self, room: &str) -> bool {
        self.is_in_room(ROOT, room)
    }

    /// Whether the connection is in a room.
    pub fn is_in_room(&self, namespace: &str, room: &str) -> bool {
        self.core.hub.is_in(self.id, namespace, room)
    }

    /// The groups the connection is in: client id, namespaces, rooms.
    pub fn groups(&self) -> impl Iterator<Item = GroupName> {
        self.core.hub.groups_of(self.id)
    }

    /// Sends a message to an audience on all shards. The report is of this
    /// shard, at once; [`Handle::broadcast`] reports for the whole server.
    pub fn broadcast<'m>(
        &mut self,
        audience: impl Into<Audience>,
        message: impl Into<Message<'m>>,
    ) -> BroadcastReport {
        self.publish(Publication::new(audience, Frame::from(&message.into())))
    }

    /// The same for the JSON of a value, as a text message.
    ///
    /// # Errors
    /// The value has no JSON form.
    pub fn broadcast_json<T: Serialize + ?Sized>(
        &mut self,
        audience: impl Into<Audience>,
        value: &T,
    ) -> Result<BroadcastReport, HandleError> {
        let message = Message::json(value)?;
        Ok(self.broadcast(audience, message))
    }

    /// A broadcast with terms of its own: overflow policy, conflation, a frame
    /// that was encoded before.
    pub fn publish(&mut self, publication: Publication) -> BroadcastReport {
        self.core.publish(Some(self.id), publication)
    }

    /// Everybody but this connection.
    pub fn others(&self, target: Target) -> Audience {
        target.except(Exclusion::Connection(self.id))
    }

    /// The server's handle. What it does comes after what this callback does
    /// through the context.
    pub fn handle(&self) -> &Handle {
        self.core.handle()
    }

    /// The time since 1970 on the clock on the wall.
    pub fn unix_time(&self) -> Duration {
        self.handle().unix_time()
    }

    /// Goes on with an answer when it is there: `continuation` runs on this
    /// shard with this connection's context, unless it is over by then.
    pub fn then<T: Send + 'static>(
        &self,
        reply: Reply<T>,
        continuation: impl FnOnce(&mut Ctx<'_>, Result<T, HandleError>) + Send + 'static,
    ) {
        let (id, handle) = (self.id, self.core.handle().clone());
        // Dropped without being called where the connection or the shard is over.
        let mut continuation = Theirs::new(continuation);
        reply.continue_with(move |outcome| {
            handle.run_always(id.shard(), move |core, app| {
                if core.open_session(id).is_some()
                    && let Some(continuation) = continuation.take()
                {
                    core.guard(app, id, |ctx| {
                        continuation(ctx, outcome);
                        Ok(())
                    });
                }
            });
        });
    }
}

impl fmt::Debug for Ctx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx").field("id", &self.id).finish_non_exhaustive()
    }
}
