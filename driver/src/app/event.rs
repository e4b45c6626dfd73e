//! An event in the hands of a handler.

use fanfare_core::event as core;
use fanfare_core::event::{AckAsked, Payload, PayloadError};
use serde::de::Deserialize;
use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// An event that a peer has sent, in the hands of a synchronous handler. Borrows
/// the message; nobody has looked into its data.
///
/// ```
/// use fanfare_core::broadcast::Target;
/// use fanfare_core::event::Envelope;
/// use fanfare_driver::{HandlerError, Route};
///
/// let route = Route::new().envelope(Envelope::Typed).on("move", |ctx, event| {
///     let (x, y): (u8, u8) = event.data()?;
///     ctx.emit_to(Target::room("/", "board").except(ctx.id()), "moved", &[y, x])?;
///     ctx.ack(event, "done")?;
///     Ok::<_, HandlerError>(())
/// });
/// # let _ = route;
/// ```
#[derive(Debug)]
pub struct Event<'m>(core::Event<'m>);

impl<'m> Event<'m> {
    pub(crate) fn new(event: core::Event<'m>) -> Event<'m> {
        Event(event)
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The namespace, which the sender is in.
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// The room it is about, if it says so. The sender need not be a member.
    pub fn room(&self) -> Option<&str> {
        self.0.room.as_deref()
    }

    /// What it carries, as a value.
    ///
    /// # Errors
    /// It is of another type.
    pub fn data<'s, T: Deserialize<'s>>(&'s self) -> Result<T, DataError> {
        self.0.data.parse().map_err(|error| DataError::new(self.name(), error))
    }

    /// What it carries, unread: JSON, to be looked at as text or passed on.
    pub fn raw(&self) -> &Payload<'m> {
        &self.0.data
    }

    /// Whether the sender waits for an acknowledgement that was not given yet.
    pub fn wants_ack(&self) -> bool {
        self.0.ack.is_some()
    }

    /// The wish for an acknowledgement, which is whoever's that takes it.
    pub(crate) fn take_ack(&mut self) -> Option<AckAsked<'m>> {
        self.0.ack.take()
    }

    /// The same, independent of the message.
    pub(crate) fn into_owned(self) -> OwnedEvent {
        let core::Event { namespace, name, room, data, ack } = self.0;
        OwnedEvent(Arc::new(Owned {
            namespace: namespace.into(),
            name: name.into(),
            room: room.map(Cow::into),
            data: data.into_owned(),
            ack: Mutex::new(ack.map(AckAsked::into_owned)),
            has_failed: AtomicBool::new(false),
        }))
    }
}

/// The same in the hands of an asynchronous handler. Clones are the same event:
/// whichever is acknowledged first, is.
#[derive(Clone)]
pub struct OwnedEvent(Arc<Owned>);

struct Owned {
    namespace: Box<str>,
    name: Box<str>,
    room: Option<Box<str>>,
    data: Payload<'static>,
    ack: Mutex<Option<AckAsked<'static>>>,
    /// Whether one of its handlers has.
    has_failed: AtomicBool,
}

impl OwnedEvent {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The namespace, which the sender was in.
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// The room it is about, if it says so.
    pub fn room(&self) -> Option<&str> {
        self.0.room.as_deref()
    }

    /// What it carries, as a value.
    ///
    /// # Errors
    /// It is of another type.
    pub fn data<'s, T: Deserialize<'s>>(&'s self) -> Result<T, DataError> {
        self.0.data.parse().map_err(|error| DataError::new(self.name(), error))
    }

    /// What it carries, unread.
    pub fn raw(&self) -> &Payload<'static> {
        &self.0.data
    }

    /// Whether the sender waits for an acknowledgement that was not given yet.
    pub fn wants_ack(&self) -> bool {
        self.0.ack.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(crate) fn take_ack(&self) -> Option<AckAsked<'static>> {
        self.0.ack.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A handler has failed; the others have their turn.
    pub(crate) fn fail(&self) {
        self.0.has_failed.store(true, Ordering::Relaxed);
    }

    /// What is to be answered once all handlers had theirs.
    pub(crate) fn take_ack_if_failed(&self) -> Option<AckAsked<'static>> {
        if self.0.has_failed.load(Ordering::Relaxed) { self.take_ack() } else { None }
    }

    /// About what it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.data.raw().len() + self.0.name.len() + self.0.namespace.len()
    }
}

/// A client wants to join a room or a namespace.
#[derive(Clone, Copy, Debug)]
pub struct JoinRequest<'a> {
    namespace: &'a str,
    room: Option<&'a str>,
    is_declared: bool,
}

impl<'a> JoinRequest<'a> {
    pub(crate) fn new(namespace: &'a str, room: Option<&'a str>, is_declared: bool) -> JoinRequest<'a> {
        JoinRequest { namespace, room, is_declared }
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        self.namespace
    }

    /// The room in it; without one the namespace itself is to be joined.
    pub fn room(&self) -> Option<&str> {
        self.room
    }

    /// Whether the route declares the namespace, or the client is in it already.
    /// Who grants others lets clients make namespaces.
    pub fn is_declared(&self) -> bool {
        self.is_declared
    }
}

/// The data of an event is not what its handler reads.
#[derive(Debug, thiserror::Error)]
#[error("the event {event:?} is not understood: {error}")]
pub struct DataError {
    event: String,
    #[source]
    error: PayloadError,
}

impl DataError {
    fn new(event: &str, error: PayloadError) -> DataError {
        DataError { event: event.to_owned(), error }
    }
}

impl fmt::Debug for OwnedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedEvent").field("name", &self.name()).finish_non_exhaustive()
    }
}
