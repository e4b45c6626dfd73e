//! Events in: what a message in an envelope leads to, in the application.
//!
//! Apart from callbacks as such since a route without an envelope never comes
//! here. The hub has judged the message before; whom it is for is decided here,
//! and nothing about the wire.

use super::core::Core;
use super::later::Waiting;
use crate::app::{Application, Ctx, Event, EventHandler, JoinRequest, OwnedEvent, Peer, Route};
use crate::wall;
use fanfare_core::event::{self, AckAsked, Emission, MembershipAsked, Payload, Regroup};
use fanfare_core::hub::{EmitError, Incoming, SendError};
use fanfare_core::id::ConnectionId;
use fanfare_core::wire::Message;
use std::sync::Arc;

/// Room that an envelope may need beside the payload, with names of the usual length.
const ENVELOPE_BYTES: usize = 4_096;

impl Core {
    pub(super) fn message_in_envelope(
        &mut self,
        app: &Application,
        route: &Route,
        id: ConnectionId,
        message: &Message<'_>,
    ) {
        // The hub answers some by itself.
        self.lease_for(&Payload::NONE);
        match self.hub.interpret(self.now, id, message) {
            Ok(Incoming::Event(event)) => self.event(app, route, id, event),
            Ok(Incoming::Membership { asked, .. }) => self.asked_to_regroup(route, id, asked),
            Ok(Incoming::Answer { ask, answer }) => self.answered(ask, answer.into_owned()),
            // Over, or nothing for the application to hear.
            Ok(Incoming::Raw | Incoming::Handled | _) | Err(_) => {}
        }
    }

    fn event(&mut self, app: &Application, route: &Route, id: ConnectionId, event: event::Event<'_>) {
        let handlers = route.events.find(&event.namespace, &event.name);
        if handlers.is_empty() {
            if let Some(asked) = event.ack {
                // A peer that does not read its answers has them dropped, and counted.
                let _ = self.hub.unhandled(self.now, id, asked);
            }
            return;
        }
        let mut event = Event::new(event);
        let (mut is_for_later, mut has_failed) = (false, false);
        for handler in handlers {
            match handler {
                EventHandler::Now(handler) => {
                    has_failed |= !self.attempt(app, id, |ctx| handler(ctx, &mut event));
                }
                EventHandler::Later(_) => is_for_later = true,
            }
            // Whoever has just been closed has nothing more to say.
            if !self.hub.is_open(id) {
                return;
            }
        }
        if is_for_later {
            let event = event.into_owned();
            if has_failed {
                event.fail();
            }
            self.handle_later(id, handlers, &event);
        } else if has_failed && let Some(asked) = event.take_ack() {
            self.answer_failed(id, asked);
        }
    }

    /// All handlers of an event are through, one has failed and none has answered.
    pub(super) fn answer_failed(&mut self, id: ConnectionId, asked: AckAsked<'_>) {
        self.lease_for(&Payload::NONE);
        // A peer that does not read its answers has them dropped, and counted.
        let _ = self.hub.handler_failed(self.now, id, asked);
    }

    /// Leaves an event to the connection's future, which is started if there is none.
    fn handle_later(&mut self, id: ConnectionId, handlers: &[EventHandler], event: &OwnedEvent) {
        let Some(later) = self.events_for_later(id) else { return };
        let handle = self.handle.clone();
        let params = self.open_session(id).and_then(|open| open.params.clone()).unwrap_or_default();
        let mut is_full = false;
        let mut handlers = handlers.iter().filter_map(EventHandler::later).peekable();
        while let Some(handler) = handlers.next() {
            let is_last = handlers.peek().is_none();
            let pushed = later.push(Waiting { handler: Arc::clone(handler), event: event.clone(), is_last });
            is_full |= pushed.is_full;
            if pushed.is_first {
                let peer = Peer::new(id, handle.clone(), Arc::clone(&params));
                handle.spawn(Box::pin(Arc::clone(&later).attend(peer)));
            }
        }
        if is_full {
            // The id is live: it has just said something.
            let _ = self.hub.set_paused(self.now, id, true);
        }
    }

    /// Lets a client in where the application does, and out in any case.
    fn asked_to_regroup(&mut self, route: &Route, id: ConnectionId, asked: MembershipAsked<'_>) {
        let is_granted = match asked.regroup {
            Regroup::Leave => Some(true),
            Regroup::Join => self.judge_join(route, id, &asked),
        };
        let now = self.now;
        match is_granted {
            // What forbids it all the same, the client has been told.
            Some(true) => drop(self.regroup(|hub| hub.grant(now, id, asked))),
            Some(false) => self.hub.refuse(now, id, asked),
            None => self.handler_panicked(id),
        }
    }

    fn judge_join(&mut self, route: &Route, id: ConnectionId, asked: &MembershipAsked<'_>) -> Option<bool> {
        // What another route declares is no invitation to this one's clients.
        let is_declared =
            route.events.declares(&asked.namespace) || self.hub.is_in_namespace(id, &asked.namespace);
        match &route.events.judge_join {
            None => Some(is_declared),
            Some(judge) => {
                let request = JoinRequest::new(&asked.namespace, asked.room.as_deref(), is_declared);
                wall::call(|| judge(&mut Ctx::new(self, id), &request))
            }
        }
    }

    /// Queues an event for one connection of this shard.
    pub(crate) fn emit(&mut self, id: ConnectionId, emission: &Emission<'_>) -> Result<(), EmitError> {
        self.lease_for(&emission.data);
        self.hub.emit(self.now, id, emission)
    }

    /// Answers an event that wanted an answer.
    pub(crate) fn acknowledge(
        &mut self,
        id: ConnectionId,
        asked: AckAsked<'_>,
        data: Payload<'_>,
    ) -> Result<(), SendError> {
        self.lease_for(&data);
        self.hub.acknowledge(self.now, id, asked, data)
    }

    pub(super) fn lease_for(&mut self, data: &Payload<'_>) {
        self.lease_budget(data.raw().len() + ENVELOPE_BYTES);
    }
}
