//! Who hears of what: callbacks, those who wait, or the stream.
//!
//! The application's own code runs here and in jobs only, behind the wall. What a
//! callback asks for it asks of the machine, which no method of its own runs
//! meanwhile; so a panic leaves nothing half done.

use super::callbacks::{Callbacks, OnControl};
use super::context::ClientCtx;
use super::core::Core;
use super::error::ClientFault;
use super::hearing::Hearing;
use super::stream::Heard;
use crate::app::Event;
use crate::error::HandlerError;
use crate::wall;
use fanfare_core::client::{self, Connected, Disconnected, Incoming, Notice};
use fanfare_core::event::{self, Envelope};
use fanfare_core::wire::{ControlPayload, Message};
use std::sync::Arc;
use std::time::Duration;

/// A callback has panicked.
#[derive(Debug)]
pub(super) struct Panicked;

/// See the module.
#[derive(Debug)]
pub(super) struct Listener {
    callbacks: Callbacks,
    hearing: Option<Arc<Hearing>>,
}

impl Listener {
    pub(super) fn new(callbacks: Callbacks, hearing: Option<Arc<Hearing>>) -> Listener {
        Listener { callbacks, hearing }
    }

    /// Whether the stream holds as much as may wait.
    pub(super) fn is_full(&self) -> bool {
        self.hearing.as_ref().is_some_and(|hearing| hearing.is_full())
    }

    /// Nothing more is heard.
    pub(super) fn close(&self) {
        if let Some(hearing) = &self.hearing {
            hearing.close();
        }
    }

    /// Tells all that has happened.
    pub(super) fn notices(&mut self, core: &mut Core) -> Result<(), Panicked> {
        while let Some(notice) = core.machine.next_notice() {
            self.notice(core, notice)?;
        }
        core.settle();
        Ok(())
    }

    /// The same, or forgets it, where a callback has panicked.
    pub(super) fn notices_if(&mut self, may_call: bool, core: &mut Core) -> Result<(), Panicked> {
        if may_call { self.notices(core) } else { Ok(()) }
    }

    fn notice(&mut self, core: &mut Core, notice: Notice) -> Result<(), Panicked> {
        match notice {
            Notice::Connected(connected) => self.connected(core, connected),
            Notice::Disconnected(disconnected) => self.disconnected(core, disconnected),
            Notice::Reconnecting { attempt, delay } => self.reconnecting(core, attempt, delay),
            Notice::ConnectFailed { attempt, error } => {
                core.attempt_failed(error.clone());
                self.fault(core, ClientFault::Connect { attempt, error })
            }
            Notice::GaveUp { attempts } => self.fault(core, ClientFault::GaveUp { attempts }),
            Notice::Unanswered { ask, why } => {
                core.unanswered(ask, why);
                Ok(())
            }
            Notice::Room => {
                core.look_for_room();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn connected(&mut self, core: &mut Core, connected: Box<Connected>) -> Result<(), Panicked> {
        core.opened();
        let Some(callback) = &mut self.callbacks.connected else {
            self.hear(|| Heard::Connected(connected));
            return Ok(());
        };
        let outcome = call(core, |ctx| callback(ctx, &connected))?;
        self.handled(core, outcome)
    }

    fn disconnected(&mut self, core: &mut Core, disconnected: Disconnected) -> Result<(), Panicked> {
        core.over();
        core.look_for_room();
        let Some(callback) = &mut self.callbacks.disconnected else {
            self.hear(|| Heard::Disconnected(disconnected));
            return Ok(());
        };
        let outcome = call(core, |ctx| callback(ctx, &disconnected))?;
        self.handled(core, outcome)
    }

    fn reconnecting(&mut self, core: &mut Core, attempt: u32, delay: Duration) -> Result<(), Panicked> {
        let Some(callback) = &mut self.callbacks.reconnecting else {
            self.hear(|| Heard::Reconnecting { attempt, delay });
            return Ok(());
        };
        let outcome = call(core, |ctx| callback(ctx, attempt, delay))?;
        self.handled(core, outcome)
    }

    /// Tells what the server said.
    pub(super) fn event(&mut self, core: &mut Core, event: client::Event<'_>) -> Result<(), Panicked> {
        match event {
            client::Event::Message(message) => {
                if core.machine.config().connection.envelope == Envelope::Raw {
                    return self.message(core, message);
                }
                let now = core.now();
                let incoming = core.machine.interpret(now, &message);
                self.incoming(core, incoming)
            }
            client::Event::Ping(payload) => {
                self.control(core, payload, |callbacks| &mut callbacks.ping, Heard::Ping)
            }
            client::Event::Pong(payload) => {
                self.control(core, payload, |callbacks| &mut callbacks.pong, Heard::Pong)
            }
            _ => Ok(()),
        }
    }

    /// A ping or a pong: the protocol's own, for who has asked.
    fn control(
        &mut self,
        core: &mut Core,
        payload: ControlPayload<'_>,
        callback: fn(&mut Callbacks) -> &mut Option<OnControl>,
        heard: fn(ControlPayload<'static>) -> Heard,
    ) -> Result<(), Panicked> {
        let Some(callback) = callback(&mut self.callbacks) else {
            if self.callbacks.hears_control {
                self.hear(|| heard(payload.into_owned()));
            }
            return Ok(());
        };
        let outcome = call(core, |ctx| callback(ctx, &payload))?;
        self.handled(core, outcome)
    }

    fn message(&mut self, core: &mut Core, message: Message<'_>) -> Result<(), Panicked> {
        let Some(callback) = &mut self.callbacks.message else {
            self.hear(|| Heard::Message(message.into_owned()));
            return Ok(());
        };
        let outcome = call(core, |ctx| callback(ctx, message))?;
        self.handled(core, outcome)
    }

    fn incoming(&mut self, core: &mut Core, incoming: Incoming<'_>) -> Result<(), Panicked> {
        match incoming {
            Incoming::Event(event) => self.named(core, event),
            Incoming::Answer { ask, answer } => {
                core.answered(ask, answer.into_owned());
                Ok(())
            }
            Incoming::JoinRefused { group, error } => {
                self.fault(core, ClientFault::JoinRefused { group, error: error.into_owned() })
            }
            Incoming::Complaint { namespace, error } => {
                let (namespace, error) = (namespace.into_owned(), error.into_owned());
                self.fault(core, ClientFault::Complaint { namespace, error })
            }
            Incoming::Malformed(why) => self.fault(core, ClientFault::Malformed { why }),
            Incoming::Raw | Incoming::Handled | _ => Ok(()),
        }
    }

    fn named(&mut self, core: &mut Core, event: event::Event<'_>) -> Result<(), Panicked> {
        let Some(callbacks) = self.callbacks.of_event(&event.namespace, &event.name) else {
            self.unhandled(core, event);
            return Ok(());
        };
        let mut event = Event::new(event);
        let mut errors = Vec::new();
        for callback in callbacks {
            errors.extend(call(core, |ctx| callback(ctx, &mut event))?.err());
        }
        if !errors.is_empty()
            && let Some(asked) = event.take_ack()
        {
            let now = core.now();
            if let Err(error) = core.machine.handler_failed(now, asked) {
                tracing::debug!(%error, "nobody could be told that the callback of an event failed");
            }
        }
        errors.into_iter().try_for_each(|error| self.fault(core, ClientFault::Handler(error)))
    }

    fn unhandled(&self, core: &mut Core, event: event::Event<'_>) {
        if self.hearing.as_ref().is_some_and(|hearing| hearing.is_open()) {
            self.hear(|| Heard::Event(Event::new(event).into_owned()));
        } else if let Some(asked) = event.ack {
            let now = core.now();
            if let Err(error) = core.machine.unhandled(now, asked) {
                tracing::debug!(%error, "nobody could be told that an event is not handled");
            }
        }
    }

    fn handled(&mut self, core: &mut Core, outcome: Result<(), HandlerError>) -> Result<(), Panicked> {
        match outcome {
            Ok(()) => Ok(()),
            Err(error) => self.fault(core, ClientFault::Handler(error)),
        }
    }

    /// A fault may be an error of the application's, which it drops in turn.
    fn fault(&mut self, core: &mut Core, fault: ClientFault) -> Result<(), Panicked> {
        match (&mut self.callbacks.fault, &self.hearing) {
            (Some(callback), _) => call(core, |ctx| {
                callback(ctx, &fault);
                drop(fault);
            }),
            (None, Some(hearing)) => wall::call(|| hearing.push(Heard::Fault(fault))).ok_or(Panicked),
            (None, None) => wall::call(|| {
                tracing::warn!(%fault, "nobody listens to the faults of a client");
                drop(fault);
            })
            .ok_or(Panicked),
        }
    }

    /// For the stream, if there is one.
    fn hear(&self, heard: impl FnOnce() -> Heard) {
        if let Some(hearing) = &self.hearing {
            hearing.push(heard());
        }
    }
}

impl Drop for Listener {
    /// What callbacks hold is the application's, and so is what its drop does.
    fn drop(&mut self) {
        if wall::call(|| drop(std::mem::take(&mut self.callbacks))).is_none() {
            tracing::error!("something of the application's panicked when it was dropped");
        }
    }
}

/// Calls a callback.
fn call<T>(core: &mut Core, callback: impl FnOnce(&mut ClientCtx<'_>) -> T) -> Result<T, Panicked> {
    wall::call(|| callback(&mut ClientCtx::new(core))).ok_or(Panicked)
}
