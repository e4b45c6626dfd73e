//! Everything that ends a conversation with something other than success: what
//! happened, what to do, and the exit code.

use super::dialect::Misread;
use super::escape::harmless_line;
use fanfare::{ClientError, ClientStartError, CloseCode, CloseReason, ConnectError, RootsError, Url};
use std::io;
use std::time::Duration;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectFailure {
    /// The file of `--ca-file` is of no use.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// The client cannot be as it is asked for, or not here.
    #[error(transparent)]
    Start(#[from] ClientStartError),
    /// A room or a namespace that cannot be joined.
    #[error("cannot join {name:?}: {error}; choose another name")]
    Join { name: String, error: ClientError },
    /// What `--send` says cannot be sent.
    #[error("--send: {0}")]
    Send(Misread),
    /// A line of the input cannot be sent.
    #[error("line {number} of the input: {why}; nothing behind it was sent")]
    Line { number: u64, why: Misread },
    /// A line of the input is no text.
    #[error("line {number} of the input is no UTF-8; nothing behind it was sent: try --binary")]
    NoText { number: u64 },
    /// A message that no connection can take.
    #[error("a message was not sent, and nothing behind it: {0}")]
    Unsent(ClientError),
    /// Standard input cannot be read.
    #[error("cannot read standard input: {0}; check where it comes from")]
    Input(io::Error),
    /// There never was a connection.
    #[error("cannot connect to {url}: {}; {}", told(error), advice(error))]
    Unreachable { url: Url, error: ConnectError },
    /// Told to end before there was a connection.
    #[error("interrupted before there was a connection; nothing was sent")]
    Interrupted,
    /// The server has closed, and not because all was said.
    #[error("closed by the server with {code} {reason:?}; what the code means, its operator knows")]
    Closed { code: CloseCode, reason: String },
    /// The connection is over, and nobody said goodbye.
    #[error("the connection is lost: {0}; try again")]
    Lost(CloseReason),
    /// Not as much has come as was to be waited for.
    #[error(
        "{heard} of {count} messages have come, and none for {quiet:?}; allow for more time with --linger"
    )]
    TooFew { heard: u64, count: u64, quiet: Duration },
    /// The same, because the server had nothing more to say.
    #[error("{heard} of {count} messages have come before the server closed; ask for fewer with --count")]
    Early { heard: u64, count: u64 },
}

impl ConnectFailure {
    /// As `--help` promises.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            ConnectFailure::Roots(RootsError::System { .. })
            | ConnectFailure::Start(
                ClientStartError::Roots(_)
                | ClientStartError::NoTls
                | ClientStartError::Randomness(_)
                | ClientStartError::Run(_),
            )
            | ConnectFailure::Input(_)
            | ConnectFailure::Unreachable { .. }
            | ConnectFailure::Interrupted => 1,
            ConnectFailure::Roots(_)
            | ConnectFailure::Start(_)
            | ConnectFailure::Join { .. }
            | ConnectFailure::Send(_)
            | ConnectFailure::Line { .. }
            | ConnectFailure::NoText { .. }
            | ConnectFailure::Unsent(_) => 2,
            ConnectFailure::Closed { .. } | ConnectFailure::Lost(_) => 3,
            ConnectFailure::TooFew { .. } | ConnectFailure::Early { .. } => 4,
        }
    }

    /// The message without anything that could control a terminal: servers are
    /// quoted in it.
    pub(crate) fn line(&self) -> String {
        harmless_line(&self.to_string())
    }
}

/// What happened, where advice follows anyway.
fn told(error: &ConnectError) -> String {
    if *error == ConnectError::Refused { "nobody listens there".to_owned() } else { error.to_string() }
}

/// What to do about an attempt that failed.
fn advice(error: &ConnectError) -> &'static str {
    match error {
        ConnectError::Dns(_) => "check the host in the URL",
        ConnectError::Refused => "start the server, or correct the port in the URL",
        ConnectError::Tls(_) => "trust a certificate that is not public with --ca-file FILE",
        ConnectError::TimedOut { .. } => "allow for more time with --connect-time-max",
        ConnectError::Status(refused) => match refused.status.as_u16() {
            200..=299 | 400 | 426 => "check that there is a WebSocket at this path",
            401 => "say who you are with --header 'Authorization: …'",
            403 => "say who you are with --header 'Authorization: …', or where you come from with --origin",
            404 => "check the path in the URL",
            429 | 503 => "try again later",
            _ => "-v shows the server's answer",
        },
        ConnectError::Redirected(_) => "give that URL, if you trust it",
        ConnectError::EndOfInput | ConnectError::Answer(_) => "check that a WebSocket server listens there",
        ConnectError::Transport(_) => "check the network on the way",
        ConnectError::ProxyStatus { .. }
        | ConnectError::ProxyAnswer(_)
        | ConnectError::ProxyAhead { .. }
        | _ => "check the proxy",
    }
}
