//! How a connection of the load ended, in words that say what to do.

use fanfare_core::client::ConnectError;
use fanfare_core::http::StatusCode;
use fanfare_core::violation::Violation;
use fanfare_driver::TlsFailure;
use std::fmt;
use std::io::ErrorKind;

/// How a connection ended.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Ending {
    /// We said goodbye and were answered (RFC 6455 §7.1.2).
    Closed,
    /// The server said goodbye first, with this code if it gave one.
    ClosedByServer(Option<u16>),
    /// The server hung up without a word.
    HungUp,
    /// The connection failed.
    Failed(ErrorKind),
    /// It did not open: the server could not be reached, or did not grant what was
    /// asked for.
    NotOpened(ConnectError),
    /// There is no understanding in TLS.
    Tls(TlsFailure),
    /// What the server sends breaks the rules of WebSocket.
    Violation(Violation),
    /// Nothing came for as long as anything was waited for.
    Silent,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Closed => f.write_str("it was closed properly"),
            Ending::ClosedByServer(Some(code)) => write!(f, "the server closed it with {code}"),
            Ending::ClosedByServer(None) => f.write_str("the server closed it without a code"),
            Ending::HungUp => f.write_str("the server cut it without a close frame"),
            Ending::Failed(kind) => write!(f, "{kind}"),
            Ending::NotOpened(error) => write!(f, "{error}{}", advice(error)),
            Ending::Tls(TlsFailure::UnknownIssuer { host }) => write!(
                f,
                "the certificate of {host} is signed by nobody who is trusted here; give its root with --ca-file, or \
                 trust whoever answers with --insecure"
            ),
            Ending::Tls(failure) => failure.fmt(f),
            Ending::Violation(violation) => write!(f, "the server breaks the protocol: {violation}"),
            Ending::Silent => f.write_str("the server said nothing in time; wait longer with --patience"),
        }
    }
}

/// What helps against some answers of servers that speak HTTP.
#[expect(clippy::wildcard_enum_match_arm, reason = "most errors say themselves what to do")]
fn advice(error: &ConnectError) -> &'static str {
    match error {
        ConnectError::Status(refused) => match refused.status {
            StatusCode::UNAUTHORIZED => "; say who you are with --header 'Authorization: …'",
            StatusCode::FORBIDDEN => "; give the --origin that it expects, or an --header that lets you in",
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                "; raise its limit on connections, or open fewer"
            }
            _ => "; check the path of --url: a WebSocket must be there",
        },
        ConnectError::EndOfInput => "; check --url: a WebSocket must be there",
        ConnectError::Answer(_) => "; check --url",
        _ => "",
    }
}
