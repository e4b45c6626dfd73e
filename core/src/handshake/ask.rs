//! What a client asks for: the upgrade, and before it a tunnel through a proxy.
//!
//! Apart from the verdict on the answer, in `verify`, because asking knows no
//! errors: what could be wrong was refused when the client was configured.

use super::base64;
use super::response::{write_header, write_headers};
use crate::random::Random;
use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING, UPGRADE,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};
use tungstenite::handshake::derive_accept_key;

/// What the request writes itself, and what would announce a body.
static RESERVED: [HeaderName; 10] = [
    HOST,
    UPGRADE,
    CONNECTION,
    SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_VERSION,
    SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_EXTENSIONS,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
];

/// The nonce of one upgrade (RFC 6455 §4.1): only who has read the request can
/// know the answer to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Key(String);

impl Key {
    /// A fresh one, of 16 random bytes.
    pub(crate) fn random(random: &mut Random) -> Key {
        let [high, low] = [random.next_u64(), random.next_u64()].map(u64::to_be_bytes);
        Key(base64::encode(&[high, low].concat()))
    }

    /// The `Sec-WebSocket-Accept` that answers it (RFC 6455 §4.2.2).
    pub(super) fn accept(&self) -> String {
        derive_accept_key(self.0.as_bytes())
    }
}

#[cfg(test)]
impl From<&str> for Key {
    fn from(text: &str) -> Key {
        Key(text.to_owned())
    }
}

/// A request for an upgrade.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UpgradeRequest<'a> {
    /// As `Host` has it: without the scheme's own port.
    pub(crate) host: &'a str,
    pub(crate) path: &'a PathAndQuery,
    pub(crate) key: &'a Key,
    /// In order of preference: distinct tokens.
    pub(crate) subprotocols: &'a [String],
    /// The extensions that are offered.
    pub(crate) offer: Option<&'static str>,
    /// None of them [reserved](reserved_header).
    pub(crate) headers: &'a HeaderMap,
}

impl UpgradeRequest<'_> {
    /// As it goes on the wire (RFC 6455 §4.1).
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(512);
        write_request_line(&mut out, "GET", self.path.as_str());
        write_header(&mut out, "Host", self.host.as_bytes());
        write_header(&mut out, "Upgrade", b"websocket");
        write_header(&mut out, "Connection", b"Upgrade");
        write_header(&mut out, "Sec-WebSocket-Key", self.key.0.as_bytes());
        write_header(&mut out, "Sec-WebSocket-Version", b"13");
        if !self.subprotocols.is_empty() {
            write_header(&mut out, "Sec-WebSocket-Protocol", self.subprotocols.join(", ").as_bytes());
        }
        if let Some(offer) = self.offer {
            write_header(&mut out, "Sec-WebSocket-Extensions", offer.as_bytes());
        }
        write_headers(&mut out, self.headers);
        out.extend_from_slice(b"\r\n");
        out.into()
    }
}

/// The request for a tunnel to `target`, a host with its port (RFC 9110 §9.3.6).
pub(crate) fn tunnel_request(target: &str, authorization: Option<&HeaderValue>) -> Bytes {
    let mut out = Vec::with_capacity(256);
    write_request_line(&mut out, "CONNECT", target);
    write_header(&mut out, "Host", target.as_bytes());
    if let Some(authorization) = authorization {
        write_header(&mut out, "Proxy-Authorization", authorization.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.into()
}

/// The value of an `Authorization` with these credentials (RFC 7617 §2).
pub(crate) fn basic_credentials(user: &str, password: &str) -> Option<HeaderValue> {
    let credentials = base64::encode(format!("{user}:{password}").as_bytes());
    let mut value = HeaderValue::try_from(format!("Basic {credentials}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The first header that an application must not set, because the request has it
/// already or must not have it.
pub(crate) fn reserved_header(headers: &HeaderMap) -> Option<&'static HeaderName> {
    RESERVED.iter().find(|name| headers.contains_key(*name))
}

fn write_request_line(out: &mut Vec<u8>, method: &str, target: &str) {
    for part in [method, " ", target, " HTTP/1.1\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate::OFFER;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn request<'a>(key: &'a Key, path: &'a PathAndQuery, headers: &'a HeaderMap) -> UpgradeRequest<'a> {
        UpgradeRequest { host: "example.com", path, key, subprotocols: &[], offer: None, headers }
    }

    #[test]
    fn the_least_that_can_be_asked() {
        let bytes =
            request(&Key::from(KEY), &PathAndQuery::from_static("/ws?a=1"), &HeaderMap::new()).encode();
        assert_eq!(
            bytes,
            "GET /ws?a=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
    }

    #[test]
    fn the_most_that_can_be_asked() {
        let headers = [("authorization", "Bearer x"), ("cookie", "a=b"), ("cookie", "c=d")];
        let headers =
            headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let headers: HeaderMap = headers.into_iter().collect();
        let (key, path) = (Key::from(KEY), PathAndQuery::from_static("/"));
        let request = UpgradeRequest {
            host: "[::1]:8080",
            subprotocols: &["chat".to_owned(), "chat.v2".to_owned()],
            offer: Some(OFFER),
            ..request(&key, &path, &headers)
        };
        assert_eq!(
            request.encode(),
            "GET / HTTP/1.1\r\nHost: [::1]:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: chat, chat.v2\r\n\
             Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; \
             client_no_context_takeover; client_max_window_bits\r\n\
             authorization: Bearer x\r\ncookie: a=b\r\ncookie: c=d\r\n\r\n"
        );
    }

    #[test]
    fn a_tunnel_is_asked_for_with_and_without_credentials() {
        assert_eq!(
            tunnel_request("example.com:443", None),
            "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"
        );
        // The example of RFC 7617 §2.
        let credentials = basic_credentials("Aladdin", "open sesame").unwrap();
        assert!(credentials.is_sensitive());
        assert_eq!(
            tunnel_request("[::1]:80", Some(&credentials)),
            "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\
             Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
        );
    }

    #[test]
    fn keys_are_fresh_and_well_formed() {
        let mut random = Random::from_seed([7; 32]);
        let (first, second) = (Key::random(&mut random), Key::random(&mut random));
        assert_ne!(first, second);
        assert!(first.0.len() == 24 && first.0.ends_with("=="), "{first:?}");
    }

    #[test]
    fn every_header_of_the_handshake_is_reserved() {
        for name in &RESERVED {
            let headers: HeaderMap = [(name.clone(), HeaderValue::from_static("x"))].into_iter().collect();
            assert_eq!(reserved_header(&headers), Some(name));
        }
        assert_eq!(reserved_header(&HeaderMap::new()), None);
    }
}
