//! Who handles which event of a route.

use super::context::Ctx;
use super::event::{Event, JoinRequest, OwnedEvent};
use super::peer::Peer;
use super::route::{BoxFuture, Handled};
use crate::error::Outcome;
use fanfare_core::rooms::ROOT;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

type OnEventNow = Box<dyn Fn(&mut Ctx<'_>, &mut Event<'_>) -> Handled + Send + Sync>;
pub(crate) type OnEventLater = Arc<dyn Fn(Peer, OwnedEvent) -> BoxFuture<Handled> + Send + Sync>;
pub(crate) type JudgeJoin = Arc<dyn Fn(&mut Ctx<'_>, &JoinRequest<'_>) -> bool + Send + Sync>;

/// What is done with an event.
pub(crate) enum EventHandler {
    /// On the shard, at once.
    Now(OnEventNow),
    /// A future off the shard, one at a time per connection.
    Later(OnEventLater),
}

impl EventHandler {
    pub(crate) fn later(&self) -> Option<&OnEventLater> {
        match self {
            EventHandler::Later(handler) => Some(handler),
            EventHandler::Now(_) => None,
        }
    }
}

/// The handlers of one namespace of a route: see [`Route::namespace`](crate::Route::namespace).
#[derive(Default)]
pub struct Namespace {
    handlers: BTreeMap<Box<str>, Vec<EventHandler>>,
    otherwise: Option<EventHandler>,
}

/// The handlers of a route, by namespace.
#[derive(Default)]
pub(crate) struct Events {
    pub(crate) judge_join: Option<JudgeJoin>,
    root: Namespace,
    others: BTreeMap<Box<str>, Namespace>,
}

impl Namespace {
    /// An event has come. Several handlers of one event run in the order in which
    /// they were given, the synchronous ones first.
    #[must_use]
    pub fn on<O: Outcome>(
        mut self,
        event: &str,
        handler: impl Fn(&mut Ctx<'_>, &mut Event<'_>) -> O + Send + Sync + 'static,
    ) -> Namespace {
        self.add(event, now(handler));
        self
    }

    /// The same by a future, off the shard: see [`Route::on_async`](crate::Route::on_async).
    #[must_use]
    pub fn on_async<F, O>(
        mut self,
        event: &str,
        handler: impl Fn(Peer, OwnedEvent) -> F + Send + Sync + 'static,
    ) -> Namespace
    where
        F: Future<Output = O> + Send + 'static,
        O: Outcome,
    {
        self.add(event, later(handler));
        self
    }

    /// An event has come that nothing else handles.
    #[must_use]
    pub fn otherwise<O: Outcome>(
        mut self,
        handler: impl Fn(&mut Ctx<'_>, &mut Event<'_>) -> O + Send + Sync + 'static,
    ) -> Namespace {
        self.otherwise = Some(now(handler));
        self
    }

    fn add(&mut self, event: &str, handler: EventHandler) {
        self.handlers.entry(event.into()).or_default().push(handler);
    }

    /// The handlers of an event; none where nothing handles it.
    fn find(&self, event: &str) -> &[EventHandler] {
        self.handlers.get(event).map_or(self.otherwise.as_slice(), Vec::as_slice)
    }
}

impl Events {
    /// Changes the handlers of a namespace, which is declared by that.
    pub(crate) fn edit(&mut self, namespace: &str, edit: impl FnOnce(Namespace) -> Namespace) {
        if namespace == ROOT {
            self.root = edit(std::mem::take(&mut self.root));
        } else {
            let known = self.others.remove(namespace).unwrap_or_default();
            self.others.insert(namespace.into(), edit(known));
        }
    }

    /// The handlers of an event. What a namespace leaves over is for the route's
    /// `otherwise`.
    pub(crate) fn find(&self, namespace: &str, event: &str) -> &[EventHandler] {
        let of = if namespace == ROOT { Some(&self.root) } else { self.others.get(namespace) };
        match of.map(|of| of.find(event)) {
            Some(handlers @ [_, ..]) => handlers,
            Some([]) | None => self.root.otherwise.as_slice(),
        }
    }

    pub(crate) fn declares(&self, namespace: &str) -> bool {
        namespace == ROOT || self.others.contains_key(namespace)
    }

    /// Handles an event of the namespace `/` that has no handler of its own.
    pub(crate) fn fill_in(
        &mut self,
        event: &str,
        handler: impl Fn(&mut Ctx<'_>, &mut Event<'_>) -> Handled + Send + Sync + 'static,
    ) {
        if !self.root.handlers.contains_key(event) {
            self.root.add(event, EventHandler::Now(Box::new(handler)));
        }
    }

    /// Whether nothing was said about events.
    pub(crate) fn is_empty(&self) -> bool {
        self.judge_join.is_none() && !self.has_handlers()
    }

    /// Whether it was said what is done with any event.
    pub(crate) fn has_handlers(&self) -> bool {
        !self.others.is_empty() || !self.root.handlers.is_empty() || self.root.otherwise.is_some()
    }
}

fn now<O: Outcome>(
    handler: impl Fn(&mut Ctx<'_>, &mut Event<'_>) -> O + Send + Sync + 'static,
) -> EventHandler {
    EventHandler::Now(Box::new(move |ctx, event| handler(ctx, event).into_result()))
}

fn later<F, O>(handler: impl Fn(Peer, OwnedEvent) -> F + Send + Sync + 'static) -> EventHandler
where
    F: Future<Output = O> + Send + 'static,
    O: Outcome,
{
    EventHandler::Later(Arc::new(move |peer, event| {
        let future = handler(peer, event);
        Box::pin(async move { future.await.into_result() })
    }))
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events: Vec<_> = self.handlers.keys().collect();
        f.debug_struct("Namespace").field("events", &events).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many handlers an event has.
    fn count(events: &Events, namespace: &str, event: &str) -> usize {
        events.find(namespace, event).len()
    }

    #[test]
    fn an_event_is_for_its_handlers_or_for_what_takes_the_rest() {
        let mut events = Events::default();
        assert!(events.is_empty());
        events.edit("/", |root| root.on("a", |_, _| ()).on_async("a", |_, _| async {}));
        events.edit("/x", |x| x.on("b", |_, _| ()));
        events.edit("/x", |x| x.on("b", |_, _| ()).on("c", |_, _| ()));
        assert!(!events.is_empty());
        let counts = [("/", "a"), ("/", "b"), ("/x", "a"), ("/x", "b"), ("/x", "c"), ("/y", "a")]
            .map(|(namespace, event)| count(&events, namespace, event));
        assert_eq!(counts, [2, 0, 0, 2, 1, 0]);

        events.edit("/", |root| root.otherwise(|_, _| ()));
        assert_eq!(["/", "/x", "/y"].map(|namespace| count(&events, namespace, "z")), [1; 3]);
        events.edit("/x", |x| x.otherwise(|_, _| ()));
        assert!(!std::ptr::eq(events.find("/x", "z"), events.find("/", "z")), "its own goes first");
    }

    #[test]
    fn a_namespace_is_declared_by_its_handlers() {
        let mut events = Events::default();
        events.edit("/x", |x| x);
        assert_eq!(["/", "/x", "/y"].map(|name| events.declares(name)), [true, true, false]);
    }
}
