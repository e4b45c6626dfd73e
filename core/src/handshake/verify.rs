//! Whether a server's answer grants what a client asked for (RFC 6455 §4.1).
//!
//! Apart from reading because these are the rules of one exchange: the same
//! answer to another request is a fraud. Nothing is repaired: an answer that
//! breaks a rule opens no connection.

use super::answer::Answer;
use super::ask::Key;
use super::fields::{lists_token, trim};
use super::{HeadFault, extensions};
use crate::deflate::{AnswerRefused, Window, check_answer};
use http::header::{CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderMap, StatusCode};

/// Why an answer that says 101 opens no connection, or why an answer cannot be
/// read at all.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerFault {
    /// Its head breaks the rules of HTTP, or a limit.
    #[error("the server's answer cannot be read: {0}")]
    Head(#[from] HeadFault),
    /// RFC 9110 §7.8: only HTTP/1.1 can switch protocols.
    #[error("the server switches protocols with HTTP/1.0, which cannot")]
    Http10,
    /// RFC 6455 §4.1, second rule.
    #[error("the server's answer does not list `websocket` in its Upgrade header")]
    UpgradeMissing,
    /// RFC 6455 §4.1, third rule.
    #[error("the server's answer does not list `upgrade` in its Connection header")]
    ConnectionNotUpgrade,
    /// RFC 6455 §4.1, fourth rule: it has not read this request.
    #[error("the server's answer has no Sec-WebSocket-Accept")]
    AcceptMissing,
    /// RFC 6455 §4.1, fourth rule: it answers another request, or none.
    #[error("the server's Sec-WebSocket-Accept {value:?} does not answer our key")]
    AcceptWrong {
        /// The value as received.
        value: String,
    },
    /// A header that must be unique appears more than once.
    #[error("the header {name} must not appear more than once in the server's answer")]
    DuplicateHeader {
        /// The repeated header.
        name: HeaderName,
    },
    /// RFC 6455 §4.1, fifth rule.
    #[error("the server's answer grants an extension that it must not: {0}")]
    Extension(#[from] AnswerRefused),
    /// RFC 6455 §4.1, sixth rule.
    #[error("the server chose the subprotocol {subprotocol:?}, which was not offered")]
    SubprotocolNotOffered {
        /// The name as received.
        subprotocol: String,
    },
}

/// What a request asked for, as far as its answer has to fit it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) key: &'a Key,
    pub(crate) subprotocols: &'a [String],
    pub(crate) offers_deflate: bool,
}

/// What both sides agree on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Agreed {
    pub(crate) subprotocol: Option<String>,
    /// What our messages may be compressed with.
    pub(crate) deflate: Option<Window>,
}

/// Judges an answer with the status 101.
pub(crate) fn verify(answer: &Answer, asked: &Asked<'_>) -> Result<Agreed, AnswerFault> {
    debug_assert_eq!(answer.status, StatusCode::SWITCHING_PROTOCOLS);
    if answer.minor == 0 {
        return Err(AnswerFault::Http10);
    }
    let headers = &answer.headers;
    if !lists_token(headers, &UPGRADE, "websocket") {
        return Err(AnswerFault::UpgradeMissing);
    }
    if !lists_token(headers, &CONNECTION, "upgrade") {
        return Err(AnswerFault::ConnectionNotUpgrade);
    }
    let accept = unique(headers, &SEC_WEBSOCKET_ACCEPT)?.ok_or(AnswerFault::AcceptMissing)?;
    if accept != asked.key.accept() {
        return Err(AnswerFault::AcceptWrong { value: accept.to_owned() });
    }
    let subprotocol = unique(headers, &SEC_WEBSOCKET_PROTOCOL)?;
    let is_foreign = |name: &&str| !asked.subprotocols.iter().any(|offered| offered == name);
    if let Some(foreign) = subprotocol.filter(is_foreign) {
        return Err(AnswerFault::SubprotocolNotOffered { subprotocol: foreign.to_owned() });
    }
    let subprotocol = subprotocol.map(str::to_owned);
    Ok(Agreed { subprotocol, deflate: granted(headers, asked.offers_deflate)? })
}

fn granted(headers: &HeaderMap, offers_deflate: bool) -> Result<Option<Window>, AnswerRefused> {
    if offers_deflate {
        return check_answer(headers);
    }
    let granted = extensions(headers).ok_or(AnswerRefused::Malformed)?;
    match granted.first() {
        Some(extension) => Err(AnswerRefused::NotOffered { name: extension.name.to_owned() }),
        None => Ok(None),
    }
}

/// The value of a header that may come once.
fn unique<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, AnswerFault> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(AnswerFault::DuplicateHeader { name: name.clone() });
    }
    Ok(value.map(|value| trim(value.to_str().unwrap_or_default())))
}
