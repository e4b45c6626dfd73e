//! A client from anywhere: what other threads and tasks ask of it.

use super::core::Core;
use super::error::ClientError;
use super::inbox::Inbox;
use crate::app::OwnedEvent;
use crate::emission::{EventName, Outgoing};
use crate::reply::{Answer, Reply, reply_or};
use fanfare_core::client::{Membership, Url};
use fanfare_core::close::CloseCode;
use fanfare_core::event::{self, Payload};
use fanfare_core::rooms::{ROOT, RoomName};
use fanfare_core::wire::{ControlPayload, Message};
use serde::ser::Serialize;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// A client from anywhere. Clones are the same client; with the last of them, and
/// of its [stream](super::ClientStream), it ends at once, without a farewell: say
/// one by [`close`](Self::close). One that a callback of the client's keeps is one
/// of them.
///
/// What is asked for is done in order, by the client's own task or thread. Each
/// answer can be awaited, or [waited](Reply::wait) for by a thread; or nobody
/// looks at it. Where a client has ended, all answers say so:
/// [`ClientError::Ended`] or [`ClientError::Panicked`].
pub struct ClientHandle {
    pub(super) shared: Arc<Shared>,
}

/// What a client's handles share with it.
pub(super) struct Shared {
    pub(super) inbox: Inbox,
    url: Url,
    is_connected: AtomicBool,
    connections: AtomicU64,
}

impl Shared {
    pub(super) fn new(url: Url) -> Shared {
        let inbox = Inbox::new(ClientHandle::COMMANDS_MAX);
        Shared { inbox, url, is_connected: AtomicBool::new(false), connections: AtomicU64::new(0) }
    }

    pub(super) fn opened(&self) {
        self.connections.fetch_add(1, Ordering::AcqRel);
        self.is_connected.store(true, Ordering::Release);
    }

    pub(super) fn over(&self) {
        self.is_connected.store(false, Ordering::Release);
    }
}

impl ClientHandle {
    /// How many commands may wait for the client.
    pub const COMMANDS_MAX: usize = 1_024;

    pub(super) fn new(shared: Arc<Shared>) -> ClientHandle {
        shared.inbox.join();
        ClientHandle { shared }
    }

    /// Where the client connects to.
    pub fn url(&self) -> &Url {
        &self.shared.url
    }

    /// Whether the connection is open, as far as this side knows.
    pub fn is_connected(&self) -> bool {
        self.shared.is_connected.load(Ordering::Acquire)
    }

    /// How many times the connection was opened anew after the first time.
    pub fn reconnects(&self) -> u64 {
        self.shared.connections.load(Ordering::Acquire).saturating_sub(1)
    }

    /// Whether the client has ended, and why.
    pub fn end(&self) -> Option<ClientError> {
        self.shared.inbox.end()
    }

    /// Connects, unless the client is connected or on its way. An attempt that
    /// waits for its time is made at once. Answered when the connection is open.
    ///
    /// # Errors
    /// [`ClientError::Connect`] when the attempt has failed and there is no other:
    /// the first is repeated only with `reconnect_first`.
    /// [`ClientError::Disconnected`] when the client was told to disconnect
    /// meanwhile.
    pub fn connect(&self) -> Reply<(), ClientError> {
        self.asks_always(Core::connect)
    }

    /// Closes the connection, and makes no further attempt until
    /// [`connect`](Self::connect). Answered when there is none.
    pub fn disconnect(&self) -> Reply<(), ClientError> {
        self.asks_always(|core, waiting| core.disconnect(Some(waiting)))
    }

    /// Ends the client: closes the connection with `code` and `reason`, of which
    /// 123 bytes are sent, behind what was queued; an attempt, or the wait for one,
    /// ends at once. Answered when all is over.
    pub fn close(&self, code: CloseCode, reason: &str) -> Reply<(), ClientError> {
        let reason = reason.to_owned();
        self.asks_always(move |core, waiting| {
            core.await_end(waiting);
            core.close(code, &reason);
        })
    }

    /// Answered when the client has ended, whatever ends it.
    pub fn ended(&self) -> Reply<(), ClientError> {
        self.asks_always(Core::await_end)
    }

    /// Queues a message, a text or bytes. Answered at once: it is queued, or never
    /// will be.
    ///
    /// # Errors
    /// [`ClientError::Send`].
    pub fn send<'m>(&self, message: impl Into<Message<'m>>) -> Reply<(), ClientError> {
        let message = message.into().into_owned();
        self.does(move |core| core.send(&message))
    }

    /// Queues a message as soon as there is room in the outbox, behind others that
    /// wait for that. To be awaited, so that one sends no faster than the server
    /// reads. Dropped while it waits, the message is not sent.
    ///
    /// # Errors
    /// [`ClientError::Send`], also when the connection is lost meanwhile;
    /// [`ClientError::TooManyWaiting`] when `sends_waiting_max` wait.
    pub fn send_when_room<'m>(&self, message: impl Into<Message<'m>>) -> Reply<(), ClientError> {
        let message = message.into().into_owned();
        self.asks(Inbox::push, |core, waiting| core.send_when_room(message, waiting))
    }

    /// Queues a value as a text of JSON.
    ///
    /// # Errors
    /// [`ClientError::Send`] and [`ClientError::Payload`].
    pub fn send_json<T: Serialize + ?Sized>(&self, value: &T) -> Reply<(), ClientError> {
        match json(value) {
            Ok(text) => self.send(text.raw()),
            Err(error) => Reply::ready(Err(error)),
        }
    }

    /// Sends a ping of the application's own; says whether it was queued: there is
    /// none without a connection, and no second one behind one that is not written
    /// yet. What comes back is for [`Client::on_pong`](super::Client::on_pong).
    pub fn ping(&self, payload: ControlPayload<'_>) -> Reply<bool, ClientError> {
        let payload = payload.into_owned();
        self.does(move |core| Ok(core.machine.ping(&payload)))
    }

    /// Queues an event, in the namespace `/` unless its name says otherwise.
    ///
    /// # Errors
    /// [`ClientError::Send`], [`ClientError::Emit`] and [`ClientError::Payload`].
    pub fn emit<'n, T: Serialize + ?Sized>(
        &self,
        event: impl Into<EventName<'n>>,
        data: &T,
    ) -> Reply<(), ClientError> {
        match outgoing(event.into(), data) {
            Ok(event) => self.does(move |core| core.emit(&event.emission())),
            Err(error) => Reply::ready(Err(error)),
        }
    }

    /// Queues an event, and asks for an answer within `time_max`, at most
    /// `ack_time_max`. It is answered exactly once, also where the connection is
    /// lost and comes back.
    ///
    /// # Errors
    /// As of [`emit`](Self::emit), and [`ClientError::Unanswered`] when the time is
    /// over or the connection on which it was asked.
    pub fn emit_with_ack<'n, T: Serialize + ?Sized>(
        &self,
        event: impl Into<EventName<'n>>,
        data: &T,
        time_max: Duration,
    ) -> Reply<event::Answer<'static>, ClientError> {
        match outgoing(event.into(), data) {
            Ok(event) => self.asks(Inbox::push, move |core, answer| core.ask(&event, time_max, answer)),
            Err(error) => Reply::ready(Err(error)),
        }
    }

    /// Acknowledges an event, as [`ClientCtx::ack`](super::ClientCtx::ack) does.
    pub fn ack<T: Serialize + ?Sized>(&self, event: &OwnedEvent, data: &T) -> Reply<(), ClientError> {
        let data = match json(data) {
            Ok(data) => data,
            Err(error) => return Reply::ready(Err(error)),
        };
        match event.take_ack() {
            Some(asked) => self.does(move |core| core.acknowledge(asked, data)),
            None => Reply::ready(Ok(())),
        }
    }

    /// Joins a room of the namespace `/`, now or on the next connection, and on each
    /// one after that, until it is left or the server refuses; says whether it had
    /// not been joined before. Whether the server lets the client in is told
    /// later: [`ClientFault::JoinRefused`](super::ClientFault::JoinRefused).
    ///
    /// # Errors
    /// [`ClientError::Membership`].
    pub fn join(&self, room: &str) -> Reply<bool, ClientError> {
        self.join_in(ROOT, room)
    }

    /// Joins a room of any namespace.
    pub fn join_in(&self, namespace: &str, room: &str) -> Reply<bool, ClientError> {
        let group = room_in(namespace, room);
        self.does(move |core| core.join(&group))
    }

    /// Joins a namespace.
    pub fn join_namespace(&self, namespace: &str) -> Reply<bool, ClientError> {
        let group = Membership::Namespace(namespace.into());
        self.does(move |core| core.join(&group))
    }

    /// Leaves a room of the namespace `/`; says whether it had been joined.
    ///
    /// # Errors
    /// [`ClientError::Membership`].
    pub fn leave(&self, room: &str) -> Reply<bool, ClientError> {
        self.leave_in(ROOT, room)
    }

    /// Leaves a room of any namespace.
    pub fn leave_in(&self, namespace: &str, room: &str) -> Reply<bool, ClientError> {
        let group = room_in(namespace, room);
        self.does(move |core| core.leave(&group))
    }

    /// Leaves a namespace, with all of its rooms.
    pub fn leave_namespace(&self, namespace: &str) -> Reply<bool, ClientError> {
        let group = Membership::Namespace(namespace.into());
        self.does(move |core| core.leave(&group))
    }

    /// Lets the client look around.
    pub(super) fn wake(&self) {
        self.shared.inbox.wake();
    }

    /// Asks for what is done at once.
    fn does<T: Send + 'static>(
        &self,
        deed: impl FnOnce(&mut Core) -> Result<T, ClientError> + Send + 'static,
    ) -> Reply<T, ClientError> {
        self.asks(Inbox::push, move |core, answer| {
            let outcome = deed(core);
            answer.give_outcome(outcome);
        })
    }

    /// Asks for what takes its time, and must not get lost.
    fn asks_always<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Core, Answer<T, ClientError>) + Send + 'static,
    ) -> Reply<T, ClientError> {
        self.asks(Inbox::push_always, ask)
    }

    fn asks<T: Send + 'static>(
        &self,
        push: fn(&Inbox, super::inbox::Job) -> Result<(), ClientError>,
        ask: impl FnOnce(&mut Core, Answer<T, ClientError>) + Send + 'static,
    ) -> Reply<T, ClientError> {
        let (answer, waiting) = reply_or();
        match push(&self.shared.inbox, Box::new(move |core| ask(core, answer))) {
            Ok(()) => waiting,
            Err(error) => Reply::ready(Err(error)),
        }
    }
}

/// The JSON of a value. Runs the value's own code.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<Payload<'static>, ClientError> {
    Payload::of(value).map_err(|error| ClientError::Payload { why: error.to_string() })
}

pub(super) fn room_in(namespace: &str, room: &str) -> Membership {
    Membership::Room(RoomName::new(namespace, room))
}

fn outgoing<T: Serialize + ?Sized>(event: EventName<'_>, data: &T) -> Result<Outgoing, ClientError> {
    Ok(Outgoing::from(event.emission(None, json(data)?, None)))
}

impl Clone for ClientHandle {
    fn clone(&self) -> ClientHandle {
        ClientHandle::new(Arc::clone(&self.shared))
    }
}

impl Drop for ClientHandle {
    fn drop(&mut self) {
        self.shared.inbox.leave();
    }
}

impl fmt::Debug for ClientHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientHandle").field("url", self.url()).finish_non_exhaustive()
    }
}
