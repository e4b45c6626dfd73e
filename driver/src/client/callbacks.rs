//! What an application wants to hear of its client, callback by callback.
//!
//! Apart from the client so that who runs them can take one out while it has the
//! client in its other hand. Nothing is decided here but which callback an event
//! is for.

use super::context::ClientCtx;
use super::error::ClientFault;
use crate::app::Event;
use crate::error::HandlerError;
use fanfare_core::client::{Connected, Disconnected};
use fanfare_core::wire::Message;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

type Handled = Result<(), HandlerError>;
pub(super) type OnConnected = Box<dyn FnMut(&mut ClientCtx<'_>, &Connected) -> Handled + Send>;
pub(super) type OnDisconnected = Box<dyn FnMut(&mut ClientCtx<'_>, &Disconnected) -> Handled + Send>;
pub(super) type OnReconnecting = Box<dyn FnMut(&mut ClientCtx<'_>, u32, Duration) -> Handled + Send>;
pub(super) type OnMessage = Box<dyn FnMut(&mut ClientCtx<'_>, Message<'_>) -> Handled + Send>;
pub(super) type OnControl = Box<dyn FnMut(&mut ClientCtx<'_>, &[u8]) -> Handled + Send>;
pub(super) type OnFault = Box<dyn FnMut(&mut ClientCtx<'_>, &ClientFault) + Send>;
pub(super) type OnEvent = Box<dyn FnMut(&mut ClientCtx<'_>, &mut Event<'_>) -> Handled + Send>;

/// See the module.
#[derive(Default)]
pub(super) struct Callbacks {
    pub(super) connected: Option<OnConnected>,
    pub(super) disconnected: Option<OnDisconnected>,
    pub(super) reconnecting: Option<OnReconnecting>,
    pub(super) message: Option<OnMessage>,
    pub(super) ping: Option<OnControl>,
    pub(super) pong: Option<OnControl>,
    pub(super) fault: Option<OnFault>,
    /// Whether a stream hears pings and pongs, which are the protocol's own.
    pub(super) hears_control: bool,
    /// By namespace and name, in the order they were given.
    events: BTreeMap<Box<str>, BTreeMap<Box<str>, Vec<OnEvent>>>,
}

impl Callbacks {
    pub(super) fn add(&mut self, namespace: &str, name: &str, handler: OnEvent) {
        let names = self.events.entry(namespace.into()).or_default();
        names.entry(name.into()).or_default().push(handler);
    }

    /// The handlers of an event.
    pub(super) fn of_event(&mut self, namespace: &str, name: &str) -> Option<&mut Vec<OnEvent>> {
        self.events.get_mut(namespace)?.get_mut(name)
    }
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callbacks")
    }
}
