//! A request, and the application's answer to one that asks for a WebSocket connection.

use crate::wall::Theirs;
use bytes::Bytes;
use fanfare_core::broadcast::Label;
use fanfare_core::event::Rejection;
use fanfare_core::handshake;
use fanfare_core::handshake::Response;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::any::Any;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::str::FromStr;

/// An HTTP request: the head ([`handshake::Request`], to which this derefs), the
/// path's parameters, the peer, and for plain requests the body.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) head: handshake::Request,
    pub(crate) params: Params,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) body: Bytes,
}

/// The parameters of a route's path, decoded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Params(Vec<(Box<str>, Box<str>)>);

impl Params {
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.into(), value.into()));
    }

    /// The parameter called `name` in the route's pattern.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }

    /// The same as a value.
    ///
    /// # Errors
    /// The pattern has no such parameter, or its text is no such value.
    pub fn get_as<T: FromStr>(&self, name: &str) -> Result<T, ParamError> {
        let value = self.get(name).ok_or_else(|| ParamError::Missing { name: name.to_owned() })?;
        value.parse().map_err(|_| ParamError::Invalid {
            name: name.to_owned(),
            value: value.to_owned(),
            wanted: std::any::type_name::<T>(),
        })
    }
}

/// A parameter of a path is not what was asked for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParamError {
    /// The route's pattern has none of this name.
    #[error("the path has no parameter {name:?}: write {{{name}}} in the route's pattern")]
    Missing {
        /// As asked for.
        name: String,
    },
    /// Its text is no value of the type.
    #[error("the path's {name:?} is {value:?}, which is no {wanted}")]
    Invalid {
        /// Which parameter.
        name: String,
        /// Its text.
        value: String,
        /// The type.
        wanted: &'static str,
    },
}

impl Request {
    /// The parameter called `name` in the route's pattern: `user` of
    /// `/notifications/{user}`.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    /// The same as a value.
    ///
    /// # Errors
    /// The pattern has no such parameter, or its text is no such value.
    pub fn param_as<T: FromStr>(&self, name: &str) -> Result<T, ParamError> {
        self.params.get_as(name)
    }

    /// The transport's other end; `None` for Unix sockets.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The client's address: that of the peer, or behind a trusted proxy the
    /// one it forwards.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The body of a plain request; empty for an upgrade.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

impl Deref for Request {
    type Target = handshake::Request;

    fn deref(&self) -> &handshake::Request {
        &self.head
    }
}

/// The terms on which a connection is accepted.
///
/// ```
/// use fanfare_driver::Accept;
///
/// struct User(String);
/// let accept = Accept::new().client_id("ann").label("plan", "free").state(User("Ann".into()));
/// # let _ = accept;
/// ```
#[derive(Default)]
pub struct Accept {
    pub(crate) client_id: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) subprotocol: Option<String>,
    pub(crate) labels: Vec<Label>,
    pub(crate) headers: HeaderMap,
    pub(crate) state: Theirs<Box<dyn Any + Send>>,
    pub(crate) rejection: Option<Rejection>,
}

/// What became of an authorisation: the terms, or the answer that refuses.
pub type Authorisation = Result<Accept, Response>;

impl Accept {
    /// The default terms: the client id is the client's address with the port of the
    /// transport, which behind a trusted proxy is the proxy's, so that clients who
    /// share an address do not share the id; the channel is `default` on a route
    /// with the session envelope and elsewhere none; no subprotocol, no labels, no
    /// state.
    pub fn new() -> Accept {
        Accept::default()
    }

    /// The application's name for the client. Several connections may share
    /// one, as `client_id_policy` says.
    #[must_use]
    pub fn client_id(mut self, id: impl Into<String>) -> Accept {
        self.client_id = Some(id.into());
        self
    }

    /// The primary channel to start in, on a route with any envelope or none: a room
    /// of the namespace `/`, joined before the connection opens. A name that no
    /// room may have is answered with 400, and one of a room that is full
    /// (`room_members_max`) with 503, before the upgrade. Move later with
    /// [`Ctx::move_to_channel`](crate::Ctx::move_to_channel).
    #[must_use]
    pub fn channel(mut self, name: impl Into<String>) -> Accept {
        self.channel = Some(name.into());
        self
    }

    /// The subprotocol to speak; it must be one the client offered (RFC 6455 §4.2.2).
    #[must_use]
    pub fn subprotocol(mut self, name: impl Into<String>) -> Accept {
        self.subprotocol = Some(name.into());
        self
    }

    /// Grants the upgrade, only to turn the peer away in words its program can
    /// read, since browsers hide the HTTP answer of a refused upgrade: the message
    /// of the rejection, and a close with its code. No connection comes of it: no
    /// callback hears of it, no limit counts it, and nobody's client id is taken.
    ///
    /// ```
    /// use fanfare_core::event::Rejection;
    /// use fanfare_driver::{Accept, Route};
    ///
    /// let route = Route::new().authorise(|request| match request.query() {
    ///     Some("token=good") => Ok(Accept::new().client_id("ann")),
    ///     _ => Ok(Accept::new().then_reject(Rejection::default().because("bring a token"))),
    /// });
    /// # let _ = route;
    /// ```
    #[must_use]
    pub fn then_reject(mut self, rejection: Rejection) -> Accept {
        self.rejection = Some(rejection);
        self
    }

    /// A label by which broadcasts can be filtered.
    #[must_use]
    pub fn label(mut self, key: impl Into<Box<str>>, value: impl Into<Box<str>>) -> Accept {
        self.labels.push(Label::new(key, value));
        self
    }

    /// One more header of the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Accept {
        self.headers.append(name, value);
        self
    }

    /// The connection's own state, read in handlers by `Ctx::state`.
    #[must_use]
    pub fn state<T: Any + Send>(mut self, state: T) -> Accept {
        self.state = Theirs::new(Box::new(state));
        self
    }
}

impl fmt::Debug for Accept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accept")
            .field("client_id", &self.client_id)
            .field("channel", &self.channel)
            .field("subprotocol", &self.subprotocol)
            .field("labels", &self.labels)
            .field("headers", &self.headers)
            .field("rejection", &self.rejection)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_a_value_or_a_clear_error() {
        let mut params = Params::default();
        params.push("user", "42");
        assert_eq!(params.get_as("user"), Ok(42_u64));
        let errors =
            [params.get_as::<bool>("user"), params.get_as("usr")].map(|error| error.unwrap_err().to_string());
        assert_eq!(errors[0], "the path's \"user\" is \"42\", which is no bool");
        assert_eq!(errors[1], "the path has no parameter \"usr\": write {usr} in the route's pattern");
    }
}
