//! Whether a request asks for WebSocket, and whether it asks correctly.
//!
//! Apart from [`Request`](super::Request) because these are the rules of RFC 6455
//! §4.2.1, and of no other request. It must never accept on its own: accepting is
//! the application's decision.

use super::HandshakeError;
use super::fields::{is_token, list, lists_token};
use http::header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderMap, Method};
use tungstenite::handshake::derive_accept_key;

/// A correct wish to speak WebSocket: all that is needed to grant it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upgrade {
    key: String,
    subprotocols: Vec<String>,
}

impl Upgrade {
    /// The upgrade that the headers ask for. `None` when they do not list
    /// `websocket` in `Upgrade`: other protocols are no concern of ours, and the
    /// request is served as if it had not asked (RFC 9110 §7.8).
    ///
    /// Expects that headers which must be unique are.
    pub(super) fn find(
        method: &Method,
        headers: &HeaderMap,
        body_bytes: usize,
    ) -> Result<Option<Self>, HandshakeError> {
        if !lists_token(headers, &UPGRADE, "websocket") {
            return Ok(None);
        }
        if method != Method::GET {
            return Err(HandshakeError::UpgradeMethod { method: method.clone() });
        }
        if body_bytes > 0 {
            return Err(HandshakeError::UpgradeWithBody { bytes: body_bytes });
        }
        if !lists_token(headers, &CONNECTION, "upgrade") {
            return Err(HandshakeError::ConnectionNotUpgrade);
        }
        check_version(headers)?;
        Ok(Some(Upgrade { key: key(headers)?, subprotocols: subprotocols(headers)? }))
    }

    /// The subprotocols that the client offers, in its order of preference:
    /// distinct tokens.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        self.subprotocols.iter().map(String::as_str)
    }

    /// The value of `Sec-WebSocket-Accept` (RFC 6455 §4.2.2).
    pub fn accept_key(&self) -> String {
        derive_accept_key(self.key.as_bytes())
    }
}

fn check_version(headers: &HeaderMap) -> Result<(), HandshakeError> {
    let version = headers.get(SEC_WEBSOCKET_VERSION).ok_or(HandshakeError::VersionMissing)?;
    if version == "13" {
        return Ok(());
    }
    Err(HandshakeError::UnsupportedVersion { version: version.to_str().unwrap_or_default().to_owned() })
}

/// The key, checked to be the base64 form of 16 bytes: 22 digits and padding.
fn key(headers: &HeaderMap) -> Result<String, HandshakeError> {
    let key = headers.get(SEC_WEBSOCKET_KEY).ok_or(HandshakeError::KeyMissing)?;
    let key = key.to_str().unwrap_or_default();
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    match key.strip_suffix("==") {
        Some(digits) if digits.len() == 22 && digits.bytes().all(is_base64) => Ok(key.to_owned()),
        Some(_) | None => Err(HandshakeError::InvalidKey { key: key.to_owned() }),
    }
}

/// RFC 6455 §4.1: the offered names are tokens and all different.
fn subprotocols(headers: &HeaderMap) -> Result<Vec<String>, HandshakeError> {
    let mut offered: Vec<String> = Vec::new();
    for name in list(headers, &SEC_WEBSOCKET_PROTOCOL) {
        if !is_token(name) || offered.iter().any(|other| other == name) {
            return Err(HandshakeError::InvalidSubprotocol { subprotocol: name.to_owned() });
        }
        offered.push(name.to_owned());
    }
    Ok(offered)
}
