//! The answer that grants an upgrade: 101 Switching Protocols.
//!
//! Apart from [`Response`](super::Response), which ends the connection; after
//! this one, WebSocket begins.

use super::Upgrade;
use super::response::{write_header, write_headers, write_status_line};
use crate::deflate::Agreement;
use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, StatusCode};

/// An upgrade was granted in a way that the client would have to refuse.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// RFC 6455 §4.2.2: only an offered subprotocol may be chosen.
    #[error("subprotocol {subprotocol:?} was not offered by the client; choose an offered one or none")]
    SubprotocolNotOffered {
        /// The subprotocol as chosen.
        subprotocol: String,
    },
    /// An extra header that the answer writes by itself, or that cannot be in it.
    #[error("header {name} is part of the handshake and cannot be set")]
    ReservedHeader {
        /// The header in question.
        name: HeaderName,
    },
}

/// What the answer writes itself, and what RFC 9110 §8.6 and RFC 9112 §6.1 forbid
/// in a 1xx answer.
static RESERVED: [HeaderName; 7] = [
    CONNECTION,
    UPGRADE,
    SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_EXTENSIONS,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
];

/// The 101 answer, as it goes on the wire (RFC 6455 §4.2.2): with what was agreed
/// on about compression, if anything; `extra` is where cookies go.
///
/// # Errors
///
/// [`AcceptError`] when `subprotocol` was not offered, or when `extra` has a
/// header of the handshake.
///
/// ```
/// use fanfare_core::handshake::{AcceptError, HeadLimits, HeadReader, accept};
/// use http::HeaderMap;
///
/// let head = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
///     Sec-WebSocket-Protocol: chat, superchat\r\n\r\n";
/// let limits = HeadLimits { bytes_max: 8 * 1024, headers_max: 100 };
/// let request = HeadReader::default().push(head, &limits)?.request.expect("complete");
/// let upgrade = request.require_upgrade()?;
///
/// assert_eq!(
///     accept(upgrade, Some("chat"), None, &HeaderMap::new())?,
///     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///      Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
/// );
/// let other = accept(upgrade, Some("mqtt"), None, &HeaderMap::new());
/// assert!(matches!(other, Err(AcceptError::SubprotocolNotOffered { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn accept(
    upgrade: &Upgrade,
    subprotocol: Option<&str>,
    deflate: Option<Agreement>,
    extra: &HeaderMap,
) -> Result<Bytes, AcceptError> {
    if let Some(name) = RESERVED.iter().find(|name| extra.contains_key(*name)) {
        return Err(AcceptError::ReservedHeader { name: name.clone() });
    }
    let mut out = Vec::with_capacity(256);
    write_status_line(&mut out, StatusCode::SWITCHING_PROTOCOLS);
    write_header(&mut out, "Upgrade", b"websocket");
    write_header(&mut out, "Connection", b"Upgrade");
    write_header(&mut out, "Sec-WebSocket-Accept", upgrade.accept_key().as_bytes());
    if let Some(chosen) = subprotocol {
        // The offered names are tokens, so this is also what keeps a line break out.
        if !upgrade.subprotocols().any(|offered| offered == chosen) {
            return Err(AcceptError::SubprotocolNotOffered { subprotocol: chosen.to_owned() });
        }
        write_header(&mut out, "Sec-WebSocket-Protocol", chosen.as_bytes());
    }
    if let Some(agreement) = deflate {
        write_header(&mut out, "Sec-WebSocket-Extensions", agreement.answer().as_bytes());
    }
    write_headers(&mut out, extra);
    out.extend_from_slice(b"\r\n");
    Ok(out.into())
}
