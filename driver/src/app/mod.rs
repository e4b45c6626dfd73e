//! The application: its paths, and what happens on each. The same on every runtime.

mod channels;
mod context;
mod defaults;
mod emitting;
mod event;
mod events;
mod handling;
mod peer;
mod request;
mod route;
mod router;
mod subprotocols;

pub use context::Ctx;
pub use event::{DataError, Event, JoinRequest, OwnedEvent};
pub use events::Namespace;
pub use peer::Peer;
pub use request::{Accept, Authorisation, ParamError, Params, Request};
pub use route::{BoxFuture, Route};

pub(crate) use events::{EventHandler, OnEventLater};
pub(crate) use route::{Authorise, Control, Handled, Receiver};
pub(crate) use router::{Application, Endpoint, HttpHandler};

use crate::handle::Handle;
use fanfare_core::config::Config;
use fanfare_core::handshake::{Network, Response};
use http::Method;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

/// An application: WebSocket routes and plain HTTP handlers by path.
///
/// Paths may have parameters: `/notifications/{user}`, `/files/{*rest}`.
///
/// ```
/// use fanfare_core::broadcast::Target;
/// use fanfare_core::handshake::Response;
/// use fanfare_driver::{App, Route};
/// use http::StatusCode;
///
/// let chat = Route::new()
///     .on_open(|ctx| ctx.join("lobby").map(drop))
///     .on_message(|ctx, message| {
///         ctx.broadcast(Target::room("/", "lobby"), message);
///     });
/// let app = App::new()
///     .route("/chat", chat)
///     .get("/", |_, _| Response::text(StatusCode::OK, "connect to /chat"));
/// # let _ = app;
/// ```
pub struct App {
    pub(crate) config: Option<Config>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) routes: Vec<(String, Route)>,
    pub(crate) http: Vec<(String, Method, HttpRoute)>,
}

/// A plain HTTP handler and the body it accepts.
pub(crate) struct HttpRoute {
    pub(crate) body_bytes_max: usize,
    pub(crate) handler: HttpHandler,
}

impl App {
    /// An application without paths, under the default configuration.
    pub fn new() -> App {
        App { config: None, trusted_proxies: Vec::new(), routes: Vec::new(), http: Vec::new() }
    }

    /// The limits and times to run under.
    #[must_use]
    pub fn config(mut self, config: Config) -> App {
        self.config = Some(config);
        self
    }

    /// The proxies whose word on the client's address is taken (`Forwarded`,
    /// `X-Forwarded-For`, `X-Real-IP`). A peer on a Unix socket has no address, and
    /// is none of them.
    #[must_use]
    pub fn trusted_proxies(mut self, networks: impl IntoIterator<Item = Network>) -> App {
        self.trusted_proxies = networks.into_iter().collect();
        self
    }

    /// WebSocket connections on `path`.
    #[must_use]
    pub fn route(mut self, path: impl Into<String>, route: Route) -> App {
        self.routes.push((path.into(), route));
        self
    }

    /// Plain `GET` (and `HEAD`) requests on `path`, answered on the shard.
    #[must_use]
    pub fn get(
        self,
        path: impl Into<String>,
        handler: impl Fn(&Request, &Handle) -> Response + Send + Sync + 'static,
    ) -> App {
        self.http(path, Method::GET, 0, HttpHandler::Now(Box::new(handler)))
    }

    /// The same by a future, off the shard. It is dropped when
    /// `handshake_time_max` has passed, since nobody waits for the answer then.
    #[must_use]
    pub fn get_async<F>(
        self,
        path: impl Into<String>,
        handler: impl Fn(Arc<Request>, Handle) -> F + Send + Sync + 'static,
    ) -> App
    where
        F: Future<Output = Response> + Send + 'static,
    {
        let handler = HttpHandler::Later(Box::new(move |request, handle| Box::pin(handler(request, handle))));
        self.http(path, Method::GET, 0, handler)
    }

    /// Plain `POST` requests on `path`, with a body of at most `body_bytes_max`
    /// bytes, answered by a future off the shard. As with
    /// [`get_async`](Self::get_async) it may be dropped at any `await`: what must
    /// be finished all the same is to be spawned.
    #[must_use]
    pub fn post_async<F>(
        self,
        path: impl Into<String>,
        body_bytes_max: usize,
        handler: impl Fn(Arc<Request>, Handle) -> F + Send + Sync + 'static,
    ) -> App
    where
        F: Future<Output = Response> + Send + 'static,
    {
        let handler = HttpHandler::Later(Box::new(move |request, handle| Box::pin(handler(request, handle))));
        self.http(path, Method::POST, body_bytes_max, handler)
    }

    fn http(
        mut self,
        path: impl Into<String>,
        method: Method,
        body_bytes_max: usize,
        handler: HttpHandler,
    ) -> App {
        self.http.push((path.into(), method, HttpRoute { body_bytes_max, handler }));
        self
    }
}

impl Default for App {
    fn default() -> Self {
        App::new()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<_> = self.routes.iter().map(|(path, _)| path).collect();
        f.debug_struct("App").field("routes", &paths).finish_non_exhaustive()
    }
}
