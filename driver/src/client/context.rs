//! A client in the hands of a callback.

use super::core::Core;
use super::error::ClientError;
use super::handle::{ClientHandle, json, room_in};
use crate::app::Event;
use crate::emission::{EventName, Outgoing};
use crate::reply::{Reply, reply_or};
use crate::wall::Theirs;
use fanfare_core::client::{Membership, Url};
use fanfare_core::close::CloseCode;
use fanfare_core::event::Answer;
use fanfare_core::rooms::ROOT;
use fanfare_core::wire::{ControlPayload, Message};
use serde::ser::Serialize;
use std::fmt;
use std::time::Duration;

/// A client, while one of its callbacks runs: what it is asked for happens at once.
/// Nothing here blocks.
pub struct ClientCtx<'c> {
    core: &'c mut Core,
}

impl<'c> ClientCtx<'c> {
    pub(super) fn new(core: &'c mut Core) -> ClientCtx<'c> {
        ClientCtx { core }
    }

    /// Where it connects to.
    pub fn url(&self) -> &Url {
        &self.core.machine.config().url
    }

    /// Whether the connection is open.
    pub fn is_connected(&self) -> bool {
        self.core.machine.is_connected()
    }

    /// The client from anywhere. What it does comes after what this callback does.
    pub fn handle(&self) -> ClientHandle {
        self.core.handle()
    }

    /// Queues a message, a text or bytes.
    ///
    /// # Errors
    /// [`ClientError::Send`].
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), ClientError> {
        self.core.send(&message.into())
    }

    /// Queues a value as a text of JSON.
    ///
    /// # Errors
    /// [`ClientError::Send`] and [`ClientError::Payload`].
    pub fn send_json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ClientError> {
        let text = json(value)?;
        self.core.send(&Message::from(text.raw()))
    }

    /// Sends a ping: see [`ClientHandle::ping`].
    pub fn ping(&mut self, payload: &ControlPayload<'_>) -> bool {
        self.core.machine.ping(payload)
    }

    /// Queues an event.
    ///
    /// # Errors
    /// [`ClientError::Send`], [`ClientError::Emit`] and [`ClientError::Payload`].
    pub fn emit<'n, T: Serialize + ?Sized>(
        &mut self,
        event: impl Into<EventName<'n>>,
        data: &T,
    ) -> Result<(), ClientError> {
        let data = json(data)?;
        self.core.emit(&event.into().emission(None, data, None))
    }

    /// Queues an event, and asks for an answer within `time_max`: see
    /// [`ClientHandle::emit_with_ack`]. Nothing may wait in a callback; go on with
    /// [`then`](Self::then).
    pub fn emit_with_ack<'n, T: Serialize + ?Sized>(
        &mut self,
        event: impl Into<EventName<'n>>,
        data: &T,
        time_max: Duration,
    ) -> Reply<Answer<'static>, ClientError> {
        let data = match json(data) {
            Ok(data) => data,
            Err(error) => return Reply::ready(Err(error)),
        };
        let (answer, waiting) = reply_or();
        let event = Outgoing::from(event.into().emission(None, data, None));
        self.core.ask(&event, time_max, answer);
        waiting
    }

    /// Acknowledges an event, if the server waits for that and has not been answered
    /// yet. Where a callback fails and none acknowledges, the server is told so,
    /// `"error":"handler failed"`; one that panics ends the client.
    ///
    /// # Errors
    /// [`ClientError::Send`]: there will be no other answer;
    /// [`ClientError::Payload`]: nothing is answered yet.
    pub fn ack<T: Serialize + ?Sized>(&mut self, event: &mut Event<'_>, data: &T) -> Result<(), ClientError> {
        let data = json(data)?;
        match event.take_ack() {
            Some(asked) => self.core.acknowledge(asked, data),
            None => Ok(()),
        }
    }

    /// Joins a room of the namespace `/`: see [`ClientHandle::join`].
    pub fn join(&mut self, room: &str) -> Result<bool, ClientError> {
        self.join_in(ROOT, room)
    }

    /// Joins a room of any namespace.
    pub fn join_in(&mut self, namespace: &str, room: &str) -> Result<bool, ClientError> {
        self.core.join(&room_in(namespace, room))
    }

    /// Joins a namespace.
    pub fn join_namespace(&mut self, namespace: &str) -> Result<bool, ClientError> {
        self.core.join(&Membership::Namespace(namespace.into()))
    }

    /// Leaves a room of the namespace `/`; says whether it had been joined.
    pub fn leave(&mut self, room: &str) -> Result<bool, ClientError> {
        self.leave_in(ROOT, room)
    }

    /// Leaves a room of any namespace.
    pub fn leave_in(&mut self, namespace: &str, room: &str) -> Result<bool, ClientError> {
        self.core.leave(&room_in(namespace, room))
    }

    /// Leaves a namespace, with all of its rooms.
    pub fn leave_namespace(&mut self, namespace: &str) -> Result<bool, ClientError> {
        self.core.leave(&Membership::Namespace(namespace.into()))
    }

    /// Closes the connection, and makes no further attempt.
    pub fn disconnect(&mut self) {
        self.core.disconnect(None);
    }

    /// Ends the client: see [`ClientHandle::close`].
    pub fn close(&mut self, code: CloseCode, reason: &str) {
        self.core.close(code, reason);
    }

    /// Goes on with an answer when it is there: `continuation` runs like a callback,
    /// unless the client has ended by then.
    pub fn then<T, E>(
        &self,
        reply: Reply<T, E>,
        continuation: impl FnOnce(&mut ClientCtx<'_>, Result<T, E>) + Send + 'static,
    ) where
        T: Send + 'static,
        E: crate::reply::Unanswered + Send + 'static,
    {
        let shared = std::sync::Arc::clone(&self.core.shared);
        // Dropped without being called where the client is over.
        let mut continuation = Theirs::new(continuation);
        reply.continue_with(move |outcome| {
            let _ = shared.inbox.push_always(Box::new(move |core| {
                if let Some(continuation) = continuation.take() {
                    continuation(&mut ClientCtx::new(core), outcome);
                }
            }));
        });
    }
}

impl fmt::Debug for ClientCtx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCtx").field("url", self.url()).finish_non_exhaustive()
    }
}
