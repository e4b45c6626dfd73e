//! From a path to what is there: an [`App`] checked and indexed.

use super::subprotocols::{self, Subprotocols};
use super::{App, BoxFuture, HttpRoute, Receiver, Request, Route};
use crate::app::request::Params;
use crate::error::AppError;
use crate::handle::Handle;
use fanfare_core::config::Settings;
use fanfare_core::event::Envelope;
use fanfare_core::handshake::{Network, Response};
use fanfare_core::hub::HubConfig;
use fanfare_core::id::ProfileId;
use http::Method;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

type AnswerNow = Box<dyn Fn(&Request, &Handle) -> Response + Send + Sync>;
type AnswerLater = Box<dyn Fn(Arc<Request>, Handle) -> BoxFuture<Response> + Send + Sync>;

/// Answers plain requests.
pub(crate) enum HttpHandler {
    /// On the shard.
    Now(AnswerNow),
    /// By a future, off the shard.
    Later(AnswerLater),
}

/// What is at one path.
#[derive(Default)]
pub(crate) struct Endpoint {
    pub(crate) websocket: Option<(Route, Subprotocols)>,
    http: Vec<(Method, HttpRoute)>,
}

/// What a path leads to.
pub(crate) struct Found {
    pub(crate) endpoint: usize,
    pub(crate) params: Params,
}

/// An application ready to be served.
pub(crate) struct Application {
    pub(crate) trusted_proxies: Vec<Network>,
    router: matchit::Router<usize>,
    endpoints: Vec<Endpoint>,
}

impl Application {
    /// Checks an application and the settings of its routes.
    pub(crate) fn build(app: App) -> Result<(Application, HubConfig), AppError> {
        let server = match app.config {
            Some(config) => config,
            None => Settings::default()
                .build()
                .map_err(|error| AppError::Config { path: String::from("the server"), error })?,
        };
        let mut config = HubConfig::new(server);
        let mut endpoints: BTreeMap<String, Endpoint> = BTreeMap::new();
        for (path, route) in app.routes {
            let endpoint = endpoints.entry(path.clone()).or_default();
            if endpoint.websocket.is_some() {
                return Err(AppError::Twice { path, what: String::from("WebSocket connections") });
            }
            endpoint.websocket = Some(with_profiles(&path, route, &mut config)?);
        }
        for (path, method, handler) in app.http {
            let endpoint = endpoints.entry(path.clone()).or_default();
            if endpoint.http.iter().any(|(taken, _)| *taken == method) {
                return Err(AppError::Twice { path, what: format!("{method}") });
            }
            endpoint.http.push((method, handler));
        }
        let mut router = matchit::Router::new();
        let mut list = Vec::with_capacity(endpoints.len());
        for (path, endpoint) in endpoints {
            router
                .insert(path.clone(), list.len())
                .map_err(|error| AppError::Path { path, why: error.to_string() })?;
            list.push(endpoint);
        }
        Ok((Application { trusted_proxies: app.trusted_proxies, router, endpoints: list }, config))
    }

    /// What `path` leads to. `None` when there is nothing, or when a parameter
    /// is not UTF-8 once decoded.
    pub(crate) fn find(&self, path: &str) -> Option<Found> {
        let found = self.router.at(path).ok()?;
        let mut params = Params::default();
        for (name, value) in found.params.iter() {
            params.push(name, &percent_decode_str(value).decode_utf8().ok()?);
        }
        Some(Found { endpoint: *found.value, params })
    }

    pub(crate) fn endpoint(&self, index: usize) -> Option<&Endpoint> {
        self.endpoints.get(index)
    }

    /// The WebSocket route at an endpoint.
    pub(crate) fn route(&self, index: usize) -> Option<&Route> {
        self.endpoints.get(index)?.websocket.as_ref().map(|(route, _)| route)
    }
}

impl Endpoint {
    /// The handler of plain requests of `method`; `HEAD` is a `GET` without a body.
    pub(crate) fn http(&self, method: &Method) -> Option<&HttpRoute> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        self.http.iter().find(|(taken, _)| taken == method).map(|(_, route)| route)
    }

    /// The methods that work here, for the `Allow` header.
    pub(crate) fn allowed(&self) -> String {
        let mut methods: Vec<&str> = self.http.iter().map(|(method, _)| method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        } else if self.websocket.is_some() {
            methods.push("GET");
        }
        methods.sort_unstable();
        methods.join(", ")
    }
}

fn with_profiles(
    path: &str,
    mut route: Route,
    config: &mut HubConfig,
) -> Result<(Route, Subprotocols), AppError> {
    let (edit, envelope) = (route.settings.take(), route.envelope);
    let is_as_the_server_is = edit.is_none() && envelope.is_none();
    let mut settings = config.server().connection.clone();
    if let Some(edit) = edit {
        edit(&mut settings);
    }
    settings.envelope = envelope.unwrap_or(settings.envelope);
    let envelope = settings.envelope;
    route.envelope = Some(envelope);
    check_events(path, &route, envelope)?;
    subprotocols::check(path, &route, envelope)?;
    route.fill_in_defaults(envelope);
    let mut add = |envelope| {
        let settings = settings.clone().with(|settings| settings.envelope = envelope);
        let profile = config.server().route(settings);
        let profile = profile.map_err(|error| AppError::Config { path: path.to_owned(), error })?;
        match config.add_profile(profile) {
            ProfileId(0) => Err(AppError::TooManyProfiles),
            id => Ok(id),
        }
    };
    let default = if is_as_the_server_is { ProfileId::default() } else { add(envelope)? };
    let named = route.subprotocols.iter().map(|(name, envelope)| Ok((name.clone(), add(*envelope)?)));
    let named = named.collect::<Result<_, AppError>>()?;
    Ok((route, Subprotocols { default, named }))
}

/// Messages are events, or they are not.
fn check_events(path: &str, route: &Route, envelope: Envelope) -> Result<(), AppError> {
    if route.has_envelope() {
        match route.receiver {
            Receiver::Nobody => Ok(()),
            Receiver::Callback(_) | Receiver::Pull(_) | Receiver::Blocking(_) => {
                Err(AppError::MessagesInEnvelope { path: path.to_owned(), envelope })
            }
        }
    } else if route.events.is_empty() {
        Ok(())
    } else {
        Err(AppError::EventsWithoutEnvelope { path: path.to_owned() })
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application").field("endpoints", &self.endpoints.len()).finish_non_exhaustive()
    }
}
