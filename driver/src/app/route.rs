//! What an application does with the connections of one path.

use super::context::Ctx;
use super::events::Events;
use super::request::{Authorisation, Request};
use crate::blocking::BlockingConnection;
use crate::connection::Connection;
use crate::error::{HandlerError, Outcome};
use fanfare_core::config::ConnectionSettings;
use fanfare_core::event::Envelope;
use fanfare_core::hub::Closed;
use fanfare_core::wire::Message;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A future of no particular runtime.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub(crate) type Handled = Result<(), HandlerError>;
type EditSettings = Box<dyn FnOnce(&mut ConnectionSettings) + Send + Sync>;
type OnEvent = Box<dyn Fn(&mut Ctx<'_>) -> Handled + Send + Sync>;
type OnMessage = Box<dyn Fn(&mut Ctx<'_>, Message<'_>) -> Handled + Send + Sync>;
type OnControl = Box<dyn Fn(&mut Ctx<'_>, &[u8]) -> Handled + Send + Sync>;
type OnClose = Box<dyn Fn(&mut Ctx<'_>, &Closed) -> Handled + Send + Sync>;
type OnError = Box<dyn Fn(&mut Ctx<'_>, &HandlerError) + Send + Sync>;
type OnConnection = Arc<dyn Fn(Connection) -> BoxFuture<Handled> + Send + Sync>;
type OnConnectionBlocking = Arc<dyn Fn(BlockingConnection) -> Handled + Send + Sync>;

/// Who may connect.
pub(crate) enum Authorise {
    Everyone,
    Now(Box<dyn Fn(&Request) -> Authorisation + Send + Sync>),
    Later(Box<dyn Fn(Arc<Request>) -> BoxFuture<Authorisation> + Send + Sync>),
}

/// Who gets the messages.
pub(crate) enum Receiver {
    Nobody,
    /// On the shard, at once.
    Callback(OnMessage),
    /// A future off the shard, for as long as the connection lives.
    Pull(OnConnection),
    /// A thread, for as long as the connection lives.
    Blocking(OnConnectionBlocking),
}

/// A WebSocket route: who may connect, and what happens then.
///
/// Callbacks (`on_…`) run on the shard and must be quick; what they do through
/// [`Ctx`] acts at once. [`on_connection`](Route::on_connection) and
/// [`on_message_async`](Route::on_message_async) are futures that run beside
/// it, one message at a time per connection, and
/// [`on_connection_blocking`](Route::on_connection_blocking) gets a thread;
/// while they are busy the peer is read only as far as the bounded inbox allows.
///
/// ```
/// use fanfare_driver::Route;
///
/// let echo = Route::new().on_message(|ctx, message| ctx.send(message));
/// # let _ = echo;
/// ```
pub struct Route {
    pub(crate) settings: Option<EditSettings>,
    /// Where it differs from what the settings say; known for sure once the route
    /// is served.
    pub(crate) envelope: Option<Envelope>,
    /// What other envelopes clients may choose, by subprotocol.
    pub(crate) subprotocols: Vec<(Box<str>, Envelope)>,
    pub(crate) authorise: Authorise,
    pub(crate) receiver: Receiver,
    pub(crate) events: Events,
    /// Whether the application has asked for the default handlers.
    pub(crate) has_defaults: bool,
    pub(crate) on_open: Option<OnEvent>,
    pub(crate) on_close: Option<OnClose>,
    pub(crate) on_error: Option<OnError>,
    pub(crate) on_ping: Option<OnControl>,
    pub(crate) on_pong: Option<OnControl>,
    pub(crate) on_pressure: Option<OnEvent>,
    pub(crate) on_stop: Option<OnEvent>,
}

impl Route {
    /// A route that everyone may connect to and that ignores messages.
    pub fn new() -> Route {
        Route {
            settings: None,
            envelope: None,
            subprotocols: Vec::new(),
            authorise: Authorise::Everyone,
            receiver: Receiver::Nobody,
            events: Events::default(),
            has_defaults: false,
            on_open: None,
            on_close: None,
            on_error: None,
            on_ping: None,
            on_pong: None,
            on_pressure: None,
            on_stop: None,
        }
    }

    /// Limits, heartbeat and origin rule of this route, where they differ from
    /// the server's. `edit` gets the server's.
    #[must_use]
    pub fn settings(mut self, edit: impl FnOnce(&mut ConnectionSettings) + Send + Sync + 'static) -> Route {
        self.settings = Some(Box::new(edit));
        self
    }

    /// Judges every request for a connection, on the shard, after the origin
    /// rule: accept with [`Accept`](crate::Accept), or refuse with an HTTP answer.
    ///
    /// ```
    /// use fanfare_core::handshake::Response;
    /// use fanfare_driver::{Accept, Route};
    /// use http::StatusCode;
    ///
    /// let route = Route::new().authorise(|request| match request.cookie("session") {
    ///     Some("good") => Ok(Accept::new().client_id("ann")),
    ///     Some(_) | None => Err(Response::text(StatusCode::UNAUTHORIZED, "log in first\n")),
    /// });
    /// # let _ = route;
    /// ```
    #[must_use]
    pub fn authorise(mut self, judge: impl Fn(&Request) -> Authorisation + Send + Sync + 'static) -> Route {
        self.authorise = Authorise::Now(Box::new(judge));
        self
    }

    /// The same by a future, off the shard. `handshake_time_max` goes on meanwhile;
    /// when it has passed, the future is dropped.
    #[must_use]
    pub fn authorise_async<F>(mut self, judge: impl Fn(Arc<Request>) -> F + Send + Sync + 'static) -> Route
    where
        F: Future<Output = Authorisation> + Send + 'static,
    {
        self.authorise = Authorise::Later(Box::new(move |request| Box::pin(judge(request))));
        self
    }

    /// A connection has opened.
    #[must_use]
    pub fn on_open<O: Outcome>(
        mut self,
        handler: impl Fn(&mut Ctx<'_>) -> O + Send + Sync + 'static,
    ) -> Route {
        self.on_open = Some(Box::new(move |ctx| handler(ctx).into_result()));
        self
    }

    /// A message has arrived. Replaces any other way to receive messages.
    #[must_use]
    pub fn on_message<O: Outcome>(
        mut self,
        handler: impl Fn(&mut Ctx<'_>, Message<'_>) -> O + Send + Sync + 'static,
    ) -> Route {
        self.receiver = Receiver::Callback(Box::new(move |ctx, message| handler(ctx, message).into_result()));
        self
    }

    /// A message has arrived, handled by a future off the shard: one at a time
    /// per connection, in order. Replaces any other way to receive messages.
    #[must_use]
    pub fn on_message_async<F, O>(
        self,
        handler: impl Fn(Connection, Message<'static>) -> F + Send + Sync + 'static,
    ) -> Route
    where
        F: Future<Output = O> + Send + 'static,
        O: Outcome,
    {
        let handler = Arc::new(handler);
        self.on_connection(move |connection| {
            let handler = Arc::clone(&handler);
            async move {
                while let Some(message) = connection.recv().await {
                    if let Err(error) = handler(connection.clone(), message).await.into_result() {
                        connection.report(error);
                    }
                }
            }
        })
    }

    /// A connection has opened, and is the future's from now on: it pulls
    /// messages with [`Connection::recv`]. When it returns, the connection is
    /// closed with 1000. Replaces any other way to receive messages.
    #[must_use]
    pub fn on_connection<F, O>(mut self, handler: impl Fn(Connection) -> F + Send + Sync + 'static) -> Route
    where
        F: Future<Output = O> + Send + 'static,
        O: Outcome,
    {
        self.receiver = Receiver::Pull(Arc::new(move |connection| {
            let future = handler(connection);
            Box::pin(async move { future.await.into_result() })
        }));
        self
    }

    /// The same for code that blocks: each connection gets a thread of its own,
    /// and the handler's calls block that thread. Replaces any other way to
    /// receive messages.
    ///
    /// There are at most `blocking_handlers_max` of them at once. A connection
    /// for which there is no thread is closed with 1013 (try again later), and
    /// counted in `handlers_refused`.
    ///
    /// ```
    /// use fanfare_driver::{HandleError, Route};
    ///
    /// let echo = Route::new().on_connection_blocking(|connection| {
    ///     while let Some(message) = connection.recv() {
    ///         connection.send(message)?;
    ///     }
    ///     Ok::<_, HandleError>(())
    /// });
    /// # let _ = echo;
    /// ```
    #[must_use]
    pub fn on_connection_blocking<O: Outcome>(
        mut self,
        handler: impl Fn(BlockingConnection) -> O + Send + Sync + 'static,
    ) -> Route {
        self.receiver = Receiver::Blocking(Arc::new(move |connection| handler(connection).into_result()));
        self
    }

    /// A connection that had opened is closed; told exactly once. It can still
    /// be asked about, and is in no room any more.
    #[must_use]
    pub fn on_close<O: Outcome>(
        mut self,
        handler: impl Fn(&mut Ctx<'_>, &Closed) -> O + Send + Sync + 'static,
    ) -> Route {
        self.on_close = Some(Box::new(move |ctx, closed| handler(ctx, closed).into_result()));
        self
    }

    /// A handler of this route returned an error. The connection lives unless
    /// this closes it. Without it, errors are logged.
    #[must_use]
    pub fn on_error(
        mut self,
        handler: impl Fn(&mut Ctx<'_>, &HandlerError) + Send + Sync + 'static,
    ) -> Route {
        self.on_error = Some(Box::new(handler));
        self
    }

    /// A ping has arrived; it has been answered.
    #[must_use]
    pub fn on_ping<O: Outcome>(
        mut self,
        handler: impl Fn(&mut Ctx<'_>, &[u8]) -> O + Send + Sync + 'static,
    ) -> Route {
        self.on_ping = Some(Box::new(move |ctx, payload| handler(ctx, payload).into_result()));
        self
    }

    /// A pong has arrived.
    #[must_use]
    pub fn on_pong<O: Outcome>(
        mut self,
        handler: impl Fn(&mut Ctx<'_>, &[u8]) -> O + Send + Sync + 'static,
    ) -> Route {
        self.on_pong = Some(Box::new(move |ctx, payload| handler(ctx, payload).into_result()));
        self
    }

    /// What waits for a connection has grown over `outbox_pressure_bytes`.
    #[must_use]
    pub fn on_pressure<O: Outcome>(
        mut self,
        handler: impl Fn(&mut Ctx<'_>) -> O + Send + Sync + 'static,
    ) -> Route {
        self.on_pressure = Some(Box::new(move |ctx| handler(ctx).into_result()));
        self
    }

    /// The server stops, and this connection is about to be closed: the place for
    /// a farewell in the words of the route. Called when the turn of the
    /// connection has come ([`StopOptions::batch`](crate::StopOptions)), before the
    /// farewell for everyone and the close; not for those whom the stop cuts.
    ///
    /// ```
    /// use fanfare_driver::Route;
    ///
    /// let route = Route::new().on_stop(|ctx| ctx.send_json(&("server_shutdown", "back at noon")));
    /// # let _ = route;
    /// ```
    #[must_use]
    pub fn on_stop<O: Outcome>(
        mut self,
        handler: impl Fn(&mut Ctx<'_>) -> O + Send + Sync + 'static,
    ) -> Route {
        self.on_stop = Some(Box::new(move |ctx| handler(ctx).into_result()));
        self
    }

    /// Whether its messages are events.
    pub(crate) fn has_envelope(&self) -> bool {
        self.envelope.is_some_and(|envelope| envelope != Envelope::Raw)
    }

    /// The handler of pings or of pongs.
    pub(crate) fn on_control(&self, kind: Control) -> Option<&OnControl> {
        match kind {
            Control::Ping => self.on_ping.as_ref(),
            Control::Pong => self.on_pong.as_ref(),
        }
    }
}

/// A control frame that applications may look at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Control {
    Ping,
    Pong,
}

impl Default for Route {
    fn default() -> Self {
        Route::new()
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Route")
    }
}
