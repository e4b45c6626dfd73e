//! The client's side of the negotiation: what it offers, and whether the answer
//! is one to that (RFC 7692 §5.1, §7.1).
//!
//! Apart from the server's because here what is wrong is an error: the server
//! has promised something that cannot be kept, and the handshake fails.

use super::NAME;
use super::window::{Window, parse_bits};
use crate::handshake::extensions;
use http::HeaderMap;

/// What a client offers: the value of `Sec-WebSocket-Extensions` in its request.
pub const OFFER: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits";

/// Why a server's answer must fail the handshake.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerRefused {
    /// RFC 6455 §9.1: the header does not follow its grammar.
    #[error("the server's Sec-WebSocket-Extensions is malformed")]
    Malformed,
    /// RFC 6455 §4.1: only what was offered can be granted, and once.
    #[error("the server granted the extension {name:?}, which was not offered or was granted before")]
    NotOffered {
        /// The extension's name.
        name: String,
    },
    /// RFC 7692 §7.1: a parameter that is unknown, repeated, or has a value it
    /// must not have.
    #[error("the server's parameter {name:?} of permessage-deflate is unknown, repeated or invalid")]
    InvalidParameter {
        /// The parameter's name.
        name: String,
    },
    /// RFC 7692 §7.1.1.1: it was asked to compress each message for itself, and
    /// has not agreed to.
    #[error("the server does not agree to server_no_context_takeover")]
    ContextTakeover,
    /// It wants a window that no message can be compressed with.
    #[error("the server asks for client_max_window_bits=8, which cannot be met")]
    WindowTooSmall,
}

/// Reads the head of the answer to [`OFFER`]: what our messages are compressed
/// with, or `None` when the server declined.
///
/// # Errors
///
/// [`AnswerRefused`] when the answer is none to what was offered.
///
/// ```
/// use fanfare_core::deflate::{AnswerRefused, Window, check_answer};
/// use http::HeaderMap;
///
/// let mut headers = HeaderMap::new();
/// assert_eq!(check_answer(&headers), Ok(None));
///
/// let answer = "permessage-deflate; server_no_context_takeover; client_max_window_bits=12";
/// headers.insert("sec-websocket-extensions", answer.parse()?);
/// assert_eq!(check_answer(&headers), Ok(Some(Window::Narrow)));
///
/// headers.insert("sec-websocket-extensions", "permessage-deflate".parse()?);
/// assert_eq!(check_answer(&headers), Err(AnswerRefused::ContextTakeover));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
pub fn check_answer(headers: &HeaderMap) -> Result<Option<Window>, AnswerRefused> {
    let granted = extensions(headers).ok_or(AnswerRefused::Malformed)?;
    let Some((granted, others)) = granted.split_first() else { return Ok(None) };
    let foreign = [granted].into_iter().filter(|extension| extension.name != NAME).chain(others).next();
    if let Some(extension) = foreign {
        return Err(AnswerRefused::NotOffered { name: extension.name.to_owned() });
    }

    let (mut window, mut keeps_no_context) = (Window::Wide, false);
    let mut names = Vec::new();
    for parameter in &granted.parameters {
        let invalid = || AnswerRefused::InvalidParameter { name: parameter.name.to_owned() };
        if names.contains(&parameter.name) {
            return Err(invalid());
        }
        names.push(parameter.name);
        match (parameter.name, parameter.value.as_deref()) {
            ("server_no_context_takeover", None) => keeps_no_context = true,
            // We do not anyway.
            ("client_no_context_takeover", None) => {}
            // Our inflater remembers 15 bits: the server may use what it likes.
            ("server_max_window_bits", Some(bits)) => {
                parse_bits(bits).ok_or_else(invalid)?;
            }
            ("client_max_window_bits", Some(bits)) => {
                let bits = parse_bits(bits).ok_or_else(invalid)?;
                window = Window::within(bits).ok_or(AnswerRefused::WindowTooSmall)?;
            }
            _ => return Err(invalid()),
        }
    }
    if keeps_no_context { Ok(Some(window)) } else { Err(AnswerRefused::ContextTakeover) }
}
