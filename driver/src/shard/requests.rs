//! From a request to its answer: routing, origin, authorisation, admission,
//! and plain HTTP.

use super::core::Core;
use super::session::{Asking, Open, Session};
use crate::app::{Accept, Application, Authorisation, Authorise, Endpoint, HttpHandler, Params, Request};
use crate::reply::{Reply, reply};
use crate::wall;
use bytes::Bytes;
use fanfare_core::close::{CloseCode, REPLACED};
use fanfare_core::directory::AdmissionRefused;
use fanfare_core::event::Rejection;
use fanfare_core::handshake::{self, Response, Upgrade, check_origin, client_address};
use fanfare_core::hub::{Acceptance, DecideError, Decision};
use fanfare_core::id::{ConnectionId, ProfileId};
use fanfare_core::rooms::JoinError;
use http::header::{ALLOW, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode};
use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

/// What a client that was refused for the moment is told to wait, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

impl Core {
    /// A whole head has arrived.
    pub(super) fn requested(&mut self, app: &Application, id: ConnectionId, head: handshake::Request) {
        let head_only = *head.method() == Method::HEAD;
        match self.find(app, id, head) {
            Err(response) => self.answer(id, &response, head_only),
            Ok(asking) => {
                let request = Arc::clone(&asking.request);
                let endpoint = asking.endpoint;
                self.put_session(id, Session::Asking(Box::new(asking)));
                if request.upgrade().is_some() {
                    self.authorise(app, id, endpoint, &request);
                } else {
                    self.plain(app, id, endpoint, &request);
                }
            }
        }
    }

    /// What the request is for, or the answer that there is nothing.
    fn find(
        &self,
        app: &Application,
        id: ConnectionId,
        head: handshake::Request,
    ) -> Result<Asking, Response> {
        let Some(found) = app.find(head.path()) else {
            return Err(Response::text(StatusCode::NOT_FOUND, "nothing is served on this path\n"));
        };
        let peer = match self.sessions.get(id.slot() as usize) {
            Some(Session::New { peer }) => *peer,
            Some(Session::Free | Session::Asking(_) | Session::Open(_) | Session::Over) | None => None,
        };
        let address: Option<IpAddr> =
            peer.map(|peer| client_address(peer.ip(), &app.trusted_proxies, head.headers()));
        let request = Request { head, params: found.params, peer, address, body: Bytes::new() };
        Ok(Asking { id, endpoint: found.endpoint, request: Arc::new(request), waiting: None })
    }

    fn authorise(&mut self, app: &Application, id: ConnectionId, endpoint: usize, request: &Arc<Request>) {
        let Some((route, subprotocols)) = app.endpoint(endpoint).and_then(|at| at.websocket.as_ref()) else {
            let nothing = "no WebSocket connections are served on this path\n";
            return self.answer(id, &Response::text(StatusCode::NOT_FOUND, nothing), false);
        };
        if self.is_draining() {
            return self.answer(id, &stopping(), false);
        }
        let config = Arc::clone(self.hub.config());
        if let Err(error) = check_origin(&config.profile(subprotocols.default).origin, request) {
            return self.answer(id, &error.response(), false);
        }
        match &route.authorise {
            Authorise::Everyone => self.authorised(app, id, Ok(Accept::new())),
            Authorise::Now(judge) => match wall::call(|| judge(request)) {
                Some(authorisation) => self.authorised(app, id, authorisation),
                None => self.panicked_before_opening(id),
            },
            Authorise::Later(judge) => {
                let judgement = wall::call(|| judge(Arc::clone(request)));
                let Some(judgement) = judgement else { return self.panicked_before_opening(id) };
                self.later(id, judgement, move |core, app, authorisation| {
                    core.authorised(app, id, authorisation);
                });
            }
        }
    }

    /// Admits the connection, if the application and the limits do.
    fn authorised(&mut self, app: &Application, id: ConnectionId, authorisation: Authorisation) {
        let mut accept = match authorisation {
            Ok(accept) => accept,
            Err(response) => return self.answer(id, &response, false),
        };
        let Some(asking) = self.asking(id) else { return };
        // The stop may have begun while somebody thought about it.
        if self.is_draining() {
            return self.answer(id, &stopping(), false);
        }
        let request = Arc::clone(&asking.request);
        let Some((_, subprotocols)) = app.endpoint(asking.endpoint).and_then(|at| at.websocket.as_ref())
        else {
            return;
        };
        let offered = request.upgrade().into_iter().flat_map(Upgrade::subprotocols);
        let profile = subprotocols.settle(offered, &mut accept);
        if let Some(rejection) = accept.rejection.take() {
            return self.turn_away(id, profile, &request, accept, &rejection);
        }
        // Before the admission, for which an older connection may have to go.
        if let Err(refusal) = self.hub.check_channel(profile, accept.channel.as_deref()) {
            return self.answer(id, &no_channel(&refusal), false);
        }
        let client_id = accept.client_id.clone().unwrap_or_else(|| unnamed(id, &request));
        let admitted = self.server().directory().admit(id, request.address, &client_id);
        let replaced = match admitted {
            Ok(admitted) => admitted.replaced,
            Err(refusal) => return self.answer(id, &refused(&refusal), false),
        };
        // They answer to their client id no longer, whatever becomes of this one.
        for old in replaced {
            self.replace(old);
        }
        match self.open(id, profile, &request, &client_id, accept) {
            Ok(()) => self.opened(app, id),
            Err(error) => {
                self.server().directory().released(id);
                self.unanswerable(id, &error);
            }
        }
    }

    /// What the application said cannot be said; unless the peer has left anyway.
    fn unanswerable(&mut self, id: ConnectionId, error: &DecideError) {
        if !matches!(error, DecideError::Unknown(_)) {
            tracing::error!(%id, %error, "an accepted request could not be answered");
            self.answer(id, &Response::empty(StatusCode::INTERNAL_SERVER_ERROR), false);
        }
    }

    /// Nobody is admitted, and so nobody replaced.
    fn turn_away(
        &mut self,
        id: ConnectionId,
        profile: ProfileId,
        request: &Request,
        accept: Accept,
        rejection: &Rejection,
    ) {
        let (subprotocol, headers) = (accept.subprotocol.as_deref(), accept.headers);
        let acceptance = Acceptance { profile, subprotocol, headers, ..Acceptance::new(request, "") };
        if let Err(error) = self.hub.decide(self.now, id, Decision::Reject { acceptance, rejection }) {
            self.unanswerable(id, &error);
        }
    }

    fn open(
        &mut self,
        id: ConnectionId,
        profile: ProfileId,
        request: &Request,
        client_id: &str,
        accept: Accept,
    ) -> Result<(), DecideError> {
        let endpoint = self.asking(id).map_or(usize::MAX, |asking| asking.endpoint);
        let acceptance = Acceptance {
            request,
            profile,
            client_id,
            channel: accept.channel.as_deref(),
            subprotocol: accept.subprotocol.as_deref(),
            headers: accept.headers,
            labels: accept.labels,
            peer: request.peer,
            address: request.address,
        };
        let now = self.now;
        self.hub.decide(now, id, Decision::Accept(acceptance))?;
        self.tell_connected(id, client_id);
        self.collect_notices();
        let params = (request.params != Params::default()).then(|| Arc::new(request.params.clone()));
        let state = accept.state;
        let open = Open { id, endpoint, params, state, inbox: None, waiting: None };
        self.put_session(id, Session::Open(open));
        Ok(())
    }

    /// A newer connection has taken over this one's client id.
    fn replace(&self, old: ConnectionId) {
        self.handle.run_always(old.shard(), move |core, _| {
            core.close(old, CloseCode::from(REPLACED), "replaced by a newer connection");
        });
    }

    fn plain(&mut self, app: &Application, id: ConnectionId, endpoint: usize, request: &Arc<Request>) {
        let Some(at) = app.endpoint(endpoint) else { return };
        let head_only = *request.method() == Method::HEAD;
        let Some(route) = at.http(request.method()) else {
            return self.answer(id, &no_method(at, request), head_only);
        };
        if request.body_bytes() > 0 {
            let decision = Decision::ReadBody { request: &request.head, bytes_max: route.body_bytes_max };
            // Refused only when the peer has left: then nobody waits.
            let _ = self.hub.decide(self.now, id, decision);
            return;
        }
        self.respond(id, &route.handler, request);
    }

    /// The body of a plain request is complete.
    pub(super) fn body_arrived(&mut self, app: &Application, id: ConnectionId, body: Bytes) {
        let Some(asking) = self.asking(id) else { return };
        let endpoint = asking.endpoint;
        let request = Arc::new(Request { body, ..Request::clone(&asking.request) });
        if let Some(route) = app.endpoint(endpoint).and_then(|at| at.http(request.method())) {
            self.respond(id, &route.handler, &request);
        }
    }

    fn respond(&mut self, id: ConnectionId, handler: &HttpHandler, request: &Arc<Request>) {
        let head_only = *request.method() == Method::HEAD;
        match handler {
            HttpHandler::Now(handler) => match wall::call(|| handler(request, &self.handle)) {
                Some(response) => self.answer(id, &response, head_only),
                None => self.panicked_before_opening(id),
            },
            HttpHandler::Later(handler) => {
                let handle = self.handle.clone();
                let future = wall::call(|| handler(Arc::clone(request), handle));
                let Some(future) = future else { return self.panicked_before_opening(id) };
                self.later(id, future, move |core, _, response| core.answer(id, &response, head_only));
            }
        }
    }

    /// Awaits a future off the shard and goes on with its result on the shard.
    /// The future is dropped when the request is over before: those who come
    /// and go leave nothing behind.
    fn later<T: Send + 'static>(
        &mut self,
        id: ConnectionId,
        future: crate::app::BoxFuture<T>,
        go_on: impl FnOnce(&mut Core, &Application, T) + Send + 'static,
    ) {
        let Some(Session::Asking(asking)) = self.sessions.get_mut(id.slot() as usize) else { return };
        let (waiting, over) = reply();
        asking.waiting = Some(waiting);
        let handle = self.handle.clone();
        let attended = wall::attend(future);
        self.handle.spawn(Box::pin(async move {
            let Some(result) = unless(over, attended).await else { return };
            handle.run_always(id.shard(), move |core, app| match result {
                Some(result) => go_on(core, app, result),
                None => core.panicked_before_opening(id),
            });
        }));
    }

    fn answer(&mut self, id: ConnectionId, response: &Response, head_only: bool) {
        // Refused only when the peer has left: then nobody waits.
        let _ = self.hub.decide(self.now, id, Decision::Answer { response, head_only });
    }

    fn panicked_before_opening(&mut self, id: ConnectionId) {
        tracing::error!(%id, "a handler of a request panicked");
        self.answer(id, &Response::empty(StatusCode::INTERNAL_SERVER_ERROR), false);
    }

    fn asking(&self, id: ConnectionId) -> Option<&Asking> {
        match self.sessions.get(id.slot() as usize)? {
            Session::Asking(asking) => (asking.id == id).then_some(asking),
            Session::Free | Session::New { .. } | Session::Open(_) | Session::Over => None,
        }
    }
}

/// The client id of whom the application gives none: the client's address, with the
/// port of its transport. Behind a proxy that is not the client's own, but the
/// policy for client ids must not take two for one because they share an address.
fn unnamed(id: ConnectionId, request: &Request) -> String {
    match (request.address, request.peer) {
        (Some(address), Some(peer)) => SocketAddr::new(address, peer.port()).to_string(),
        (Some(_) | None, _) => id.to_string(),
    }
}

/// Awaits `future`, unless `over` comes first.
async fn unless<T>(over: Reply<()>, future: impl Future<Output = T>) -> Option<T> {
    let (mut over, mut future) = (pin!(over), pin!(future));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => over.as_mut().poll(cx).map(|_| None),
    })
    .await
}

/// 426 for a plain `GET` where WebSocket connections are served, else 405.
fn no_method(at: &Endpoint, request: &Request) -> Response {
    if at.websocket.is_some()
        && *request.method() == Method::GET
        && let Err(error) = request.require_upgrade()
    {
        return error.response();
    }
    let response = Response::text(StatusCode::METHOD_NOT_ALLOWED, "this method is not served on this path\n");
    match HeaderValue::from_str(&at.allowed()) {
        Ok(allowed) => response.header(ALLOW, allowed),
        Err(_) => response,
    }
}

fn refused(refusal: &AdmissionRefused) -> Response {
    match refusal {
        AdmissionRefused::ClientIdInUse { .. } => {
            Response::text(StatusCode::CONFLICT, format!("{refusal}\n"))
        }
        AdmissionRefused::ServerFull { .. } | AdmissionRefused::AddressFull { .. } | _ => {
            unavailable(&format!("{refusal}\n"))
        }
    }
}

/// 400 for a name that nobody could use, 503 where others leave no room.
fn no_channel(refusal: &JoinError) -> Response {
    let why = format!("the channel cannot be joined: {refusal}\n");
    match refusal {
        JoinError::NameTooLong { .. } | JoinError::NameEmpty | JoinError::NameHasControl { .. } => {
            Response::text(StatusCode::BAD_REQUEST, why)
        }
        JoinError::TooManyRooms { .. }
        | JoinError::TooManyNamespaces { .. }
        | JoinError::RoomFull { .. }
        | JoinError::TooManyGroups { .. }
        | _ => unavailable(&why),
    }
}

fn stopping() -> Response {
    unavailable("the server is stopping\n")
}

fn unavailable(why: &str) -> Response {
    Response::text(StatusCode::SERVICE_UNAVAILABLE, why.to_owned()).header(RETRY_AFTER, RETRY_AFTER_SECONDS)
}
