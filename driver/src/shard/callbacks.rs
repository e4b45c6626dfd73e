//! Running the application's callbacks, with a wall around each: a panic ends
//! its connection, an error goes to the error callback.
//!
//! Callbacks never nest: what one causes is told after it has returned.

use super::core::Core;
use super::session::{Open, Session};
use crate::app::{Application, Control, Ctx, Handled, Receiver, Route};
use crate::blocking::BlockingConnection;
use crate::connection::{Connection, ConnectionInbox};
use crate::error::HandlerError;
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
use crate::wall::{self, Theirs};
use fanfare_core::close::{CloseCode, CloseReason};
use fanfare_core::hub::{Closed, Notice};
use fanfare_core::id::ConnectionId;
use fanfare_core::wire::Message;
use std::sync::Arc;

impl Core {
    /// Tells what has happened since: closes, pressure, and to the directory
    /// which groups have members here.
    pub(super) fn settle(&mut self, app: &Application) {
        self.collect_notices();
        while let Some(notice) = self.notices.pop_front() {
            match notice {
                Notice::Closed(closed) => self.closed(app, &closed),
                Notice::Pressure { id, .. } => {
                    if let Some(handler) = self.route(app, id).and_then(|route| route.on_pressure.as_ref()) {
                        self.guard(app, id, |ctx| handler(ctx));
                    }
                }
                Notice::Room(id) => self.room_came(id),
                Notice::Unanswered { ask, why, .. } => self.unanswered(ask, why),
                Notice::Collected(collected) => self.collected(collected),
                Notice::GroupOpened(_)
                | Notice::GroupClosed(_)
                | Notice::Joined { .. }
                | Notice::Left { .. }
                | _ => {}
            }
            self.collect_notices();
        }
    }

    /// Takes what the hub has to tell: of groups the directory and the lifecycle
    /// bus hear at once, of the rest the application when no callback runs.
    pub(super) fn collect_notices(&mut self) {
        while let Some(notice) = self.hub.next_notice() {
            match notice {
                Notice::GroupOpened(group) => self.group_turned(&group, true),
                Notice::GroupClosed(group) => self.group_turned(&group, false),
                Notice::Joined { id, room } => self.tell(|| Lifecycle::Joined { id, room }),
                Notice::Left { id, room } => self.tell(|| Lifecycle::Left { id, room }),
                Notice::Closed(_)
                | Notice::Pressure { .. }
                | Notice::Room(_)
                | Notice::Unanswered { .. }
                | Notice::Collected(_)
                | _ => self.notices.push_back(notice),
            }
        }
    }

    /// The route of a connection whose end has not been told.
    pub(super) fn route<'a>(&self, app: &'a Application, id: ConnectionId) -> Option<&'a Route> {
        self.open_session(id).and_then(|open| app.route(open.endpoint))
    }

    pub(crate) fn open_session(&self, id: ConnectionId) -> Option<&Open> {
        match self.sessions.get(id.slot() as usize)? {
            Session::Open(open) => (open.id == id).then_some(open),
            Session::Free | Session::New { .. } | Session::Asking(_) | Session::Over => None,
        }
    }

    pub(crate) fn open_session_mut(&mut self, id: ConnectionId) -> Option<&mut Open> {
        match self.sessions.get_mut(id.slot() as usize)? {
            Session::Open(open) => (open.id == id).then_some(open),
            Session::Free | Session::New { .. } | Session::Asking(_) | Session::Over => None,
        }
    }

    /// A connection has opened: its callback, then its future.
    pub(super) fn opened(&mut self, app: &Application, id: ConnectionId) {
        let Some(route) = self.route(app, id) else { return };
        if let Receiver::Pull(_) | Receiver::Blocking(_) = &route.receiver
            && let Some(limits) = self.hub.limits(id)
        {
            let inbox = ConnectionInbox::new(limits.inbox_messages_max, limits.inbox_bytes_max);
            if let Some(open) = self.open_session_mut(id) {
                open.inbox = Some(Arc::new(inbox));
            }
        }
        if let Some(handler) = &route.on_open {
            self.guard(app, id, |ctx| handler(ctx));
        }
        // The callback may have ended it already.
        if self.hub.is_open(id)
            && let Some(connection) = self.connection(id)
        {
            self.hand_over(connection, &route.receiver);
        }
    }

    /// Gives a connection to its future, or to its thread.
    fn hand_over(&mut self, connection: Connection, receiver: &Receiver) {
        let id = connection.id();
        match receiver {
            Receiver::Nobody | Receiver::Callback(_) => {}
            Receiver::Pull(start) => match wall::call(|| start(connection.clone())) {
                Some(future) => self.handle.spawn(Box::pin(attend(connection, wall::attend(future)))),
                None => self.handler_panicked(id),
            },
            Receiver::Blocking(handler) => {
                let (handler, handle) = (Arc::clone(handler), self.handle.clone());
                let is_attended = self.handle.spawn_blocking(move || {
                    let outcome = wall::call(|| handler(BlockingConnection::new(connection)));
                    returned(&handle, id, outcome);
                });
                if !is_attended {
                    let _ = self.hub.fail(self.now, id, CloseCode::Again, CloseReason::HandlerRefused);
                }
            }
        }
    }

    fn connection(&self, id: ConnectionId) -> Option<Connection> {
        let open = self.open_session(id)?;
        let inbox = open.inbox.as_ref()?;
        let params = open.params.clone().unwrap_or_default();
        Some(Connection::new(id, self.handle.clone(), params, Arc::clone(inbox)))
    }

    pub(super) fn message(&mut self, app: &Application, id: ConnectionId, message: Message<'_>) {
        let Some(route) = self.route(app, id) else { return };
        if route.has_envelope() {
            return self.message_in_envelope(app, route, id, &message);
        }
        match &route.receiver {
            Receiver::Nobody => {}
            Receiver::Callback(handler) => self.guard(app, id, |ctx| handler(ctx, message)),
            Receiver::Pull(_) | Receiver::Blocking(_) => {
                let inbox = self.open_session(id).and_then(|open| open.inbox.as_ref());
                if inbox.is_some_and(|inbox| inbox.push(message.into_owned())) {
                    // The id is live: it has just said something.
                    let _ = self.hub.set_paused(self.now, id, true);
                }
            }
        }
    }

    pub(super) fn control(&mut self, app: &Application, id: ConnectionId, kind: Control, payload: &[u8]) {
        if let Some(handler) = self.route(app, id).and_then(|route| route.on_control(kind)) {
            self.guard(app, id, |ctx| handler(ctx, payload));
        }
    }

    /// The end of a transport's conversation: told to the route if it ever
    /// opened, and its place in the directory given back. Nothing about it
    /// reaches the application afterwards.
    fn closed(&mut self, app: &Application, closed: &Closed) {
        let id = closed.id;
        if closed.was_open {
            self.server().directory().released(id);
            self.tell_disconnected(id, &closed.reason);
        }
        if let Some(inbox) = self.open_session(id).and_then(|open| open.inbox.as_ref()) {
            inbox.close();
        }
        self.answer_all(id, &closed.reason);
        tracing::debug!(%id, reason = %closed.reason, "connection ended");
        if let Some(handler) = self.route(app, id).and_then(|route| route.on_close.as_ref()) {
            self.guard(app, id, |ctx| handler(ctx, closed));
        }
        self.put_session(id, Session::Over);
    }

    /// Runs one callback behind the wall.
    pub(crate) fn guard(
        &mut self,
        app: &Application,
        id: ConnectionId,
        callback: impl FnOnce(&mut Ctx<'_>) -> Handled,
    ) {
        self.attempt(app, id, callback);
    }

    /// The same; says whether it did what it was to do.
    pub(super) fn attempt(
        &mut self,
        app: &Application,
        id: ConnectionId,
        callback: impl FnOnce(&mut Ctx<'_>) -> Handled,
    ) -> bool {
        let outcome = wall::call(|| callback(&mut Ctx::new(self, id)));
        let has_done_it = matches!(outcome, Some(Ok(())));
        match outcome {
            Some(Ok(())) => {}
            Some(Err(error)) => self.handler_failed(app, id, &Theirs::new(error)),
            None => self.handler_panicked(id),
        }
        has_done_it
    }

    /// A handler returned an error.
    pub(crate) fn handler_failed(
        &mut self,
        app: &Application,
        id: ConnectionId,
        error: &Theirs<HandlerError>,
    ) {
        let Some(error) = error.get() else { return };
        let Some(handler) = self.route(app, id).and_then(|route| route.on_error.as_ref()) else {
            tracing::warn!(%id, %error, "a handler failed");
            return;
        };
        if wall::call(|| handler(&mut Ctx::new(self, id), error)).is_none() {
            self.handler_panicked(id);
        }
    }

    /// A handler panicked: its connection is closed with 1011, and nothing else.
    pub(crate) fn handler_panicked(&mut self, id: ConnectionId) {
        tracing::error!(%id, "a handler panicked; its connection is closed");
        let _ = self.hub.fail(self.now, id, CloseCode::Error, CloseReason::HandlerFailed);
    }
}

/// Awaits a connection's future, and closes the connection when it returns.
async fn attend(connection: Connection, attended: impl Future<Output = Option<Handled>>) {
    let id = connection.id();
    let handle = connection.handle().clone();
    returned(&handle, id, attended.await);
}

/// A future or a thread is done with its connection.
fn returned(handle: &Handle, id: ConnectionId, outcome: Option<Handled>) {
    let outcome = outcome.map(|outcome| outcome.map_err(Theirs::new));
    handle.run_always(id.shard(), move |core, app| match outcome {
        Some(outcome) => {
            if let Err(error) = &outcome {
                core.handler_failed(app, id, error);
            }
            core.close(id, CloseCode::Normal, "");
        }
        None => core.handler_panicked(id),
    });
}
