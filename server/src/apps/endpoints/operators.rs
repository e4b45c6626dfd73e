//! Who may ask what is for operators: who shows the token, or who sits at this
//! machine.
//!
//! Apart from the endpoints because it is one rule for all of them, and easy to
//! get wrong:
//!
//! - A browser on this machine asks on behalf of whatever page is open in it. So
//!   pages of another origin get nothing, whatever else they show; and a page
//!   whose own name was made to lead here ("DNS rebinding") is the same origin,
//!   but it betrays itself by that name: whoever shows no token must have
//!   addressed the server as `localhost` or by a loopback address.
//! - A proxy on this machine asks on behalf of strangers. It says so in a header;
//!   one that says nothing cannot be told from an operator.
//! - A token that is wrong is refused here too, or nobody would notice.

use super::answer::problem;
use crate::settings::Token;
use fanfare::{Request, Response};
use fanfare_core::config::OriginRule;
use fanfare_core::handshake::{check_origin, is_forwarded};
use http::{HeaderValue, StatusCode, header};
use std::net::IpAddr;

/// The operators, known by their token.
#[derive(Clone, Debug)]
pub(crate) struct Operators {
    token: Option<Token>,
}

/// Why a request is not an operator's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// A page of another origin asks.
    ForeignOrigin,
    /// Nobody who is known.
    Unauthorized,
}

impl Operators {
    /// Those who show `token`; `None` = only whoever sits at this machine.
    pub(crate) fn new(token: Option<Token>) -> Operators {
        Operators { token }
    }

    /// The answer for operators; for others it is not even begun.
    pub(super) async fn only(&self, request: &Request, answer: impl Future<Output = Response>) -> Response {
        match self.admit(request) {
            Ok(()) => answer.await,
            Err(refusal) => refusal.response(),
        }
    }

    /// Whether an operator asks.
    pub(super) fn admit(&self, request: &Request) -> Result<(), Refusal> {
        if check_origin(&OriginRule::Same, request).is_err() {
            return Err(Refusal::ForeignOrigin);
        }
        let is_operator = if request.headers().contains_key(header::AUTHORIZATION) {
            let shown = request.bearer_token();
            self.token.as_ref().zip(shown).is_some_and(|(token, shown)| token.is(shown))
        } else {
            is_local(request)
        };
        if is_operator { Ok(()) } else { Err(Refusal::Unauthorized) }
    }
}

/// Whether the request was made on this machine, for nobody else.
fn is_local(request: &Request) -> bool {
    let is_near = match request.peer() {
        // Browsers cannot reach a Unix socket, so there is no name to beware of.
        None => true,
        Some(peer) => peer.ip().to_canonical().is_loopback() && is_local_name(request.host()),
    };
    is_near && !is_forwarded(request.headers())
}

/// Whether a `Host` that was well-formed, with or without port, can only be this machine.
fn is_local_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => host.split(':').next(),
    };
    name.is_some_and(|name| {
        let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
        name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_loopback)
    })
}

impl Refusal {
    /// 403 or 401, with the way out.
    pub(super) fn response(self) -> Response {
        match self {
            Refusal::ForeignOrigin => {
                let message = "pages of another origin may not ask this";
                problem(StatusCode::FORBIDDEN, "foreign_origin", message)
            }
            Refusal::Unauthorized => {
                let message = "show the operator's bearer token, or ask on the machine itself, as localhost";
                problem(StatusCode::UNAUTHORIZED, "unauthorized", message)
                    .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_local_name;

    #[test]
    fn this_machine_has_few_names() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.9.9.9:80", "[::1]", "[::1]:443"] {
            assert!(is_local_name(host), "{host}");
        }
        for host in
            ["", "localhost.evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", "[::2]", "0.0.0.0"]
        {
            assert!(!is_local_name(host), "{host}");
        }
    }
}
