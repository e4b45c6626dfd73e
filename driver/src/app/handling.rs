//! What a route does with events: the part of its builder that only routes with an
//! envelope need.

use super::context::Ctx;
use super::event::{Event, JoinRequest, OwnedEvent};
use super::events::Namespace;
use super::peer::Peer;
use super::route::Route;
use crate::error::Outcome;
use fanfare_core::event::Envelope;
use fanfare_core::rooms::ROOT;
use std::future::Future;
use std::sync::Arc;

impl Route {
    /// How messages are to be understood. With an envelope they are events, for
    /// [`on`](Self::on), and no messages are received in any other way. A route with
    /// the session envelope and no handlers has the
    /// [default ones](Self::default_handlers).
    #[must_use]
    pub fn envelope(mut self, envelope: Envelope) -> Route {
        self.envelope = Some(envelope);
        self
    }

    /// Offers another envelope to clients that ask for it by a subprotocol of this
    /// name. Of several that a client offers it gets the first that the route
    /// knows; a client that offers none gets the envelope of the route. Handlers
    /// are the same for all, and what they emit reaches each in its own.
    ///
    /// An application that chooses the subprotocol itself
    /// ([`Accept::subprotocol`](crate::Accept::subprotocol)) chooses the envelope
    /// with it.
    ///
    /// ```
    /// use fanfare_core::event::Envelope;
    /// use fanfare_driver::Route;
    ///
    /// let route = Route::new()
    ///     .envelope(Envelope::Typed)
    ///     .subprotocol("fanfare.session", Envelope::Session)
    ///     .on("chat", |ctx, event| ctx.ack(event, "ok"));
    /// # let _ = route;
    /// ```
    #[must_use]
    pub fn subprotocol(mut self, name: &str, envelope: Envelope) -> Route {
        self.subprotocols.push((name.into(), envelope));
        self
    }

    /// An event of the namespace `/` has come. Several handlers of one event run in
    /// the order in which they were given, the synchronous ones first; where one
    /// ends the connection, it is the last. An event that nothing handles is
    /// answered as such, if its sender wants an answer.
    ///
    /// ```
    /// use fanfare_core::broadcast::Target;
    /// use fanfare_core::event::Envelope;
    /// use fanfare_driver::{HandlerError, Route};
    ///
    /// let lobby = Route::new()
    ///     .envelope(Envelope::Typed)
    ///     .on_open(|ctx| ctx.join("lobby").map(drop))
    ///     .on("chat", |ctx, event| {
    ///         let text: &str = event.data()?;
    ///         ctx.emit_to(Target::room("/", "lobby").except(ctx.id()), "chat", text)?;
    ///         ctx.ack(event, "ok")?;
    ///         Ok::<_, HandlerError>(())
    ///     });
    /// # let _ = lobby;
    /// ```
    #[must_use]
    pub fn on<O: Outcome>(
        mut self,
        event: &str,
        handler: impl Fn(&mut Ctx<'_>, &mut Event<'_>) -> O + Send + Sync + 'static,
    ) -> Route {
        self.events.edit(ROOT, |root| root.on(event, handler));
        self
    }

    /// The same by a future off the shard: one event at a time per connection, in
    /// order, beside whatever synchronous handlers do meanwhile. As many wait as
    /// the inbox has room for; beyond that the peer is read no further, and so
    /// its answers to what it is asked are not heard either.
    ///
    /// ```
    /// use fanfare_core::event::Envelope;
    /// use fanfare_driver::{HandlerError, Route};
    /// use std::time::Duration;
    ///
    /// let game = Route::new().envelope(Envelope::Typed).on_async("start", |peer, event| async move {
    ///     let answer = peer.emit_with_ack("move", &"your turn", Duration::from_secs(5)).await?;
    ///     let (x, y): (u8, u8) = answer.data()?;
    ///     peer.ack(&event, &[x, y]).await?;
    ///     Ok::<_, HandlerError>(())
    /// });
    /// # let _ = game;
    /// ```
    #[must_use]
    pub fn on_async<F, O>(
        mut self,
        event: &str,
        handler: impl Fn(Peer, OwnedEvent) -> F + Send + Sync + 'static,
    ) -> Route
    where
        F: Future<Output = O> + Send + 'static,
        O: Outcome,
    {
        self.events.edit(ROOT, |root| root.on_async(event, handler));
        self
    }

    /// An event has come that nothing else handles, in whichever namespace.
    #[must_use]
    pub fn otherwise<O: Outcome>(
        mut self,
        handler: impl Fn(&mut Ctx<'_>, &mut Event<'_>) -> O + Send + Sync + 'static,
    ) -> Route {
        self.events.edit(ROOT, |root| root.otherwise(handler));
        self
    }

    /// Declares a namespace, with handlers of its own: clients of this route may
    /// join it, unless [`authorise_join`](Self::authorise_join) says otherwise.
    ///
    /// ```
    /// use fanfare_core::event::Envelope;
    /// use fanfare_driver::Route;
    ///
    /// let route = Route::new()
    ///     .envelope(Envelope::Typed)
    ///     .namespace("/admin", |admin| admin.on("kick", |ctx, event| ctx.ack(event, "kicked")));
    /// # let _ = route;
    /// ```
    #[must_use]
    pub fn namespace(mut self, name: &str, handlers: impl FnOnce(Namespace) -> Namespace) -> Route {
        self.events.edit(name, handlers);
        self
    }

    /// Judges every client that wants to join a room or a namespace; who is
    /// refused is told so. Without it, clients may join all rooms of `/`, of the
    /// namespaces that the route declares, and of those that they are in.
    ///
    /// ```
    /// use fanfare_core::event::Envelope;
    /// use fanfare_driver::Route;
    ///
    /// let route = Route::new()
    ///     .envelope(Envelope::Typed)
    ///     .authorise_join(|ctx, join| {
    ///         let is_own = join.room() == ctx.param("user");
    ///         join.is_declared() && is_own
    ///     });
    /// # let _ = route;
    /// ```
    #[must_use]
    pub fn authorise_join(
        mut self,
        judge: impl Fn(&mut Ctx<'_>, &JoinRequest<'_>) -> bool + Send + Sync + 'static,
    ) -> Route {
        self.events.judge_join = Some(Arc::new(judge));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{App, Application};

    fn refusal(route: Route) -> String {
        Application::build(App::new().route("/x", route)).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn messages_are_events_or_they_are_not() {
        let typed = || Route::new().envelope(Envelope::Typed);
        let expected = "the route \"/x\" has the envelope Typed, so that its messages are events: take them with \
                        `on`, or give it the envelope `Raw`";
        assert_eq!(refusal(typed().on_message(|_, _| ())), expected);
        assert_eq!(refusal(typed().on_connection(|_| async {})), expected);
        let raw = "the route \"/x\" handles events and has no envelope: give it one with `envelope`";
        assert_eq!(refusal(Route::new().on("x", |_, _| ())), raw);
        assert_eq!(refusal(Route::new().envelope(Envelope::Raw).namespace("/y", |y| y)), raw);
        let fine = App::new().route("/x", typed().on("x", |_, _| ())).route("/y", typed());
        assert!(Application::build(fine).is_ok());
    }

    #[test]
    fn the_settings_may_say_the_envelope_too() {
        let route = Route::new().settings(|settings| settings.envelope = Envelope::Session);
        let (app, config) = Application::build(App::new().route("/x", route.on("x", |_, _| ()))).unwrap();
        assert!(config.has_envelope(Envelope::Session));
        assert!(app.route(0).is_some_and(Route::has_envelope));
    }
}
