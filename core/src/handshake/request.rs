//! A request whose head is complete and correct.
//!
//! Apart from the reader, which knows bytes: here is what the headers mean, and
//! the rules that hold for every request. A [`Request`] cannot be ambiguous; what
//! two readers might understand differently has been refused.

use super::authority::Authority;
use super::fields::{lines, trim};
use super::{HandshakeError, Upgrade};
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, Method, Uri};
use std::borrow::Cow;

/// Headers of which two lines would be two opinions: about where the request
/// ends, whom it is for, or who sent it.
static UNIQUE: [HeaderName; 8] =
    [HOST, CONTENT_LENGTH, UPGRADE, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, ORIGIN, AUTHORIZATION, EXPECT];

/// The one request of a connection: a wish to speak WebSocket, or a plain
/// request with a body of a declared length.
///
/// Made by [`HeadReader`](super::HeadReader). All header values are ASCII. `Debug`
/// shows neither credentials nor cookies; a secret in the query it does show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    method: Method,
    target: PathAndQuery,
    headers: HeaderMap,
    intent: Intent,
}

/// An upgrade has no body, and a plain request no key.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Intent {
    Upgrade(Upgrade),
    Plain { body_bytes: usize },
}

impl Request {
    pub(super) fn new(method: Method, target: &str, headers: HeaderMap) -> Result<Self, HandshakeError> {
        if let Some(name) = UNIQUE.iter().find(|name| headers.get_all(*name).iter().nth(1).is_some()) {
            return Err(HandshakeError::DuplicateHeader { name: name.clone() });
        }
        let host = host(&headers)?;
        let target = parse_target(target, host)?;
        let body_bytes = body_bytes(&headers)?;
        let intent = match Upgrade::find(&method, &headers, body_bytes)? {
            Some(upgrade) => Intent::Upgrade(upgrade),
            None => Intent::Plain { body_bytes },
        };
        Ok(Request { method, target, headers, intent })
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path as it was sent, percent-encoded; starts with `/`.
    pub fn path(&self) -> &str {
        self.target.path()
    }

    /// What follows the `?`, as it was sent.
    pub fn query(&self) -> Option<&str> {
        self.target.query()
    }

    /// The first value that the query gives for `name`, decoded (`+` is a space;
    /// what is no UTF-8 becomes U+FFFD).
    pub fn query_param(&self, name: &str) -> Option<Cow<'_, str>> {
        let query = self.query()?;
        form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| (key == name).then_some(value))
    }

    /// All headers, in the order of arrival.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The first line of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The host and, where sent, the port that the client addressed.
    pub fn host(&self) -> &str {
        self.text(&HOST).unwrap_or_default()
    }

    /// The page that asks, as its browser states it. Judged by
    /// [`check_origin`](super::check_origin).
    pub fn origin(&self) -> Option<&str> {
        self.text(&ORIGIN)
    }

    /// The client's name for itself.
    pub fn user_agent(&self) -> Option<&str> {
        self.text(&USER_AGENT)
    }

    /// The first cookie of this name, as it was sent (RFC 6265 §4.2).
    pub fn cookie(&self, name: &str) -> Option<&str> {
        lines(&self.headers, &COOKIE)
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(key, value)| (trim(key) == name).then_some(trim(value)))
    }

    /// The token of `Authorization: Bearer` (RFC 6750 §2.1).
    pub fn bearer_token(&self) -> Option<&str> {
        let (scheme, token) = self.text(&AUTHORIZATION)?.split_once(' ')?;
        let token = trim(token);
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    }

    /// Whether the client waits for [`CONTINUE`](super::CONTINUE) before it sends
    /// the body (RFC 9110 §10.1.1).
    pub fn expects_continue(&self) -> bool {
        self.text(&EXPECT).is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
    }

    /// The declared length of the body, in bytes; 0 for an upgrade.
    pub fn body_bytes(&self) -> usize {
        match self.intent {
            Intent::Upgrade(_) => 0,
            Intent::Plain { body_bytes } => body_bytes,
        }
    }

    /// The upgrade that is asked for, if any.
    pub fn upgrade(&self) -> Option<&Upgrade> {
        match &self.intent {
            Intent::Upgrade(upgrade) => Some(upgrade),
            Intent::Plain { .. } => None,
        }
    }

    /// The upgrade, where nothing else is served.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::UpgradeRequired`] (426) for a plain request.
    pub fn require_upgrade(&self) -> Result<&Upgrade, HandshakeError> {
        self.upgrade().ok_or(HandshakeError::UpgradeRequired)
    }

    /// The offered subprotocols in the client's order of preference; none for a
    /// plain request.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        self.upgrade().into_iter().flat_map(Upgrade::subprotocols)
    }

    fn text(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// RFC 9112 §3.2: exactly one `Host`, and a correct one.
fn host(headers: &HeaderMap) -> Result<Authority<'_>, HandshakeError> {
    let text = headers.get(HOST).ok_or(HandshakeError::HostMissing)?.to_str().unwrap_or_default();
    Authority::parse(text).ok_or_else(|| HandshakeError::InvalidHost { host: text.to_owned() })
}

/// A path with an optional query, or a URL (RFC 9112 §3.2.1, §3.2.2). The URL
/// must agree with `Host`: the RFC lets it win, but a proxy may have judged by
/// the other one.
fn parse_target(target: &str, host: Authority<'_>) -> Result<PathAndQuery, HandshakeError> {
    let invalid = || HandshakeError::InvalidTarget { target: target.to_owned() };
    if target.contains('#') {
        return Err(invalid());
    }
    let parts = Uri::try_from(target).map_err(|_| invalid())?.into_parts();
    let path = parts.path_and_query.filter(|path| path.as_str().starts_with('/')).ok_or_else(invalid)?;
    let default_port = match parts.scheme.as_ref().map(http::uri::Scheme::as_str) {
        None if parts.authority.is_none() => return Ok(path),
        Some("http") => Some(80),
        Some("https") => Some(443),
        None | Some(_) => return Err(invalid()),
    };
    let authority = parts.authority.ok_or_else(invalid)?;
    let authority = Authority::parse(authority.as_str()).ok_or_else(invalid)?;
    if authority.is_same(host, default_port) {
        Ok(path)
    } else {
        Err(HandshakeError::TargetHostMismatch { target: target.to_owned() })
    }
}

/// RFC 9112 §6: where the body ends must be beyond doubt.
fn body_bytes(headers: &HeaderMap) -> Result<usize, HandshakeError> {
    if headers.contains_key(TRANSFER_ENCODING) {
        return Err(HandshakeError::TransferEncoding);
    }
    let Some(value) = headers.get(CONTENT_LENGTH) else { return Ok(0) };
    let value = value.to_str().unwrap_or_default();
    // `usize::from_str` would take a sign as well.
    let digits = value.bytes().all(|byte| byte.is_ascii_digit()).then_some(value);
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| HandshakeError::InvalidContentLength { value: value.to_owned() })
}
