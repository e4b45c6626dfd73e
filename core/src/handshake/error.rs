//! What can be wrong with a request before it is answered, one variant each.
//!
//! Every variant names the rule it breaks and maps to the one status that
//! answers it. Nothing here decides *when* something is wrong. An application's
//! own refusal is a [`Response`], never one of these.

use super::Response;
use http::header::{ALLOW, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderName, HeaderValue, Method, StatusCode};

/// A breach of HTTP, of the WebSocket handshake or of a limit, by the peer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The head is longer than `head_bytes_max`.
    #[error("the request head exceeds the limit of {bytes_max} bytes")]
    HeadTooLarge {
        /// The limit in force, in bytes, the blank line included.
        bytes_max: usize,
    },
    /// The head has more header lines than `headers_max`.
    #[error("the request has more than {headers_max} header lines")]
    TooManyHeaders {
        /// The limit in force, in lines.
        headers_max: usize,
    },
    /// The head holds a byte other than printable ASCII, space or tab.
    #[error("byte {byte:#04x} at offset {offset} must not appear in a request head")]
    ForbiddenByte {
        /// The byte as received.
        byte: u8,
        /// Its place, in bytes from the start of the head.
        offset: usize,
    },
    /// A CR without LF, or a LF without CR.
    #[error("lines must end in CR LF; one of the two is missing at offset {offset}")]
    BareLineBreak {
        /// The place of the byte that is wrong, in bytes from the start of the head.
        offset: usize,
    },
    /// A header line starts with space (obs-fold).
    #[error("a header line must not start with space (folded lines are obsolete)")]
    FoldedHeader,
    /// The first line is no `METHOD target HTTP/1.1`.
    #[error("the request line is malformed; expected METHOD, target and HTTP/1.1")]
    MalformedRequestLine,
    /// A header line is no `name: value`.
    #[error("a header line is malformed; expected name: value")]
    MalformedHeader,
    /// The protocol is not HTTP/1.1.
    #[error("the request line does not end in HTTP/1.1, the only version served")]
    UnsupportedHttpVersion,
    /// The request target is neither a path nor an http(s) URL.
    #[error("request target {target:?} is neither a path nor an http(s) URL")]
    InvalidTarget {
        /// The target as received.
        target: String,
    },
    /// The target is a URL whose authority is not that of `Host`.
    #[error("request target {target:?} names another host than the Host header")]
    TargetHostMismatch {
        /// The target as received.
        target: String,
    },
    /// There is no `Host`.
    #[error("the Host header is missing")]
    HostMissing,
    /// `Host` is no `host[:port]`.
    #[error("Host {host:?} is not of the form host or host:port")]
    InvalidHost {
        /// The value as received.
        host: String,
    },
    /// A header that must be unique appears more than once.
    #[error("header {name} must not appear more than once")]
    DuplicateHeader {
        /// The repeated header.
        name: HeaderName,
    },
    /// The request has a `Transfer-Encoding`.
    #[error("Transfer-Encoding is not supported; send a Content-Length")]
    TransferEncoding,
    /// `Content-Length` is no decimal number of bytes.
    #[error("Content-Length {value:?} is not a decimal number of bytes")]
    InvalidContentLength {
        /// The value as received.
        value: String,
    },
    /// The declared body is longer than the limit.
    #[error("a body of {bytes} bytes exceeds the limit of {bytes_max} bytes")]
    BodyTooLarge {
        /// The declared length, in bytes.
        bytes: usize,
        /// The limit in force, in bytes.
        bytes_max: usize,
    },
    /// An upgrade was asked with another method than GET.
    #[error("a WebSocket upgrade must use GET, not {method}")]
    UpgradeMethod {
        /// The method as received.
        method: Method,
    },
    /// An upgrade came with a body.
    #[error("a WebSocket upgrade must not have a body; this one declares {bytes} bytes")]
    UpgradeWithBody {
        /// The declared length, in bytes.
        bytes: usize,
    },
    /// An upgrade came without `Connection: Upgrade`.
    #[error("a WebSocket upgrade must list `upgrade` in its Connection header")]
    ConnectionNotUpgrade,
    /// An upgrade came without `Sec-WebSocket-Version`.
    #[error("the Sec-WebSocket-Version header is missing; version 13 is served")]
    VersionMissing,
    /// `Sec-WebSocket-Version` is not 13.
    #[error("WebSocket version {version:?} is not supported; version 13 is served")]
    UnsupportedVersion {
        /// The value as received.
        version: String,
    },
    /// An upgrade came without `Sec-WebSocket-Key`.
    #[error("the Sec-WebSocket-Key header is missing")]
    KeyMissing,
    /// `Sec-WebSocket-Key` is not the base64 form of 16 bytes.
    #[error("Sec-WebSocket-Key {key:?} is not the base64 form of 16 bytes")]
    InvalidKey {
        /// The value as received.
        key: String,
    },
    /// An offered subprotocol is no token, or is offered twice.
    #[error("subprotocol {subprotocol:?} is not a token, or is offered more than once")]
    InvalidSubprotocol {
        /// The name as received.
        subprotocol: String,
    },
    /// A plain request came to a place that serves WebSocket only.
    #[error("this is a WebSocket endpoint; ask for an upgrade")]
    UpgradeRequired,
    /// The origin rule does not allow the request's `Origin`.
    #[error("origin {origin:?} is not allowed")]
    OriginRefused {
        /// The value as received.
        origin: String,
    },
}

impl HandshakeError {
    /// The status that answers this fault.
    pub const fn status(&self) -> StatusCode {
        match self {
            HandshakeError::HeadTooLarge { .. } | HandshakeError::TooManyHeaders { .. } => {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            }
            HandshakeError::ForbiddenByte { .. }
            | HandshakeError::BareLineBreak { .. }
            | HandshakeError::FoldedHeader
            | HandshakeError::MalformedRequestLine
            | HandshakeError::MalformedHeader
            | HandshakeError::InvalidTarget { .. }
            | HandshakeError::TargetHostMismatch { .. }
            | HandshakeError::HostMissing
            | HandshakeError::InvalidHost { .. }
            | HandshakeError::DuplicateHeader { .. }
            | HandshakeError::InvalidContentLength { .. }
            | HandshakeError::UpgradeWithBody { .. }
            | HandshakeError::ConnectionNotUpgrade
            | HandshakeError::KeyMissing
            | HandshakeError::InvalidKey { .. }
            | HandshakeError::InvalidSubprotocol { .. } => StatusCode::BAD_REQUEST,
            HandshakeError::UnsupportedHttpVersion => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            HandshakeError::TransferEncoding => StatusCode::NOT_IMPLEMENTED,
            HandshakeError::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            HandshakeError::UpgradeMethod { .. } => StatusCode::METHOD_NOT_ALLOWED,
            HandshakeError::VersionMissing
            | HandshakeError::UnsupportedVersion { .. }
            | HandshakeError::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
            HandshakeError::OriginRefused { .. } => StatusCode::FORBIDDEN,
        }
    }

    /// The complete answer: the status, what it obliges us to say, and this
    /// error's text as the body.
    pub fn response(&self) -> Response {
        let status = self.status();
        let response = Response::text(status, format!("{self}\n"));
        match status {
            // RFC 9110 §15.5.6.
            StatusCode::METHOD_NOT_ALLOWED => response.header(ALLOW, HeaderValue::from_static("GET")),
            // RFC 9110 §15.5.22, RFC 6455 §4.4.
            StatusCode::UPGRADE_REQUIRED => response
                .header(UPGRADE, HeaderValue::from_static("websocket"))
                .header(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
            _ => response,
        }
    }
}
