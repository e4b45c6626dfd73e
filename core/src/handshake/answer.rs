//! Collects the head of a server's answer and turns it into an [`Answer`].
//!
//! Apart from the verdict on it, as a request's head is apart from its meaning:
//! answers that grant nothing are read too. It must never take a byte behind the
//! head; behind a 101 that byte is WebSocket.

use super::collect::{Collector, check_end, headers};
use super::fields::trim;
use super::{AnswerFault, HeadFault, HeadLimits};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode};
use smallvec::{SmallVec, smallvec};

/// The head of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The minor version of HTTP.
    pub(super) minor: u8,
}

/// What one [`AnswerReader::push`] did.
#[derive(Debug)]
pub(crate) struct AnswerProgress {
    /// How many of the pushed bytes belong to the head. Less than all of them
    /// only when the head is complete.
    pub(crate) consumed: usize,
    /// The answer, once: in the call that completes the head.
    pub(crate) answer: Option<Answer>,
}

/// Reads one head, however it is split. After an answer or an error it takes
/// nothing more.
#[derive(Debug, Default)]
pub(crate) struct AnswerReader(Collector);

impl AnswerReader {
    /// Takes the bytes that arrived next.
    pub(crate) fn push(&mut self, bytes: &[u8], limits: &HeadLimits) -> Result<AnswerProgress, AnswerFault> {
        let (consumed, answer) = self.0.push(bytes, limits, parse)?;
        Ok(AnswerProgress { consumed, answer })
    }
}

impl Answer {
    /// The length of the body, in bytes, where it is told by number; `None` where
    /// the end of the stream, or what is in the body, tells it.
    pub(crate) fn body_bytes(&self) -> Option<usize> {
        let length = self.headers.get(CONTENT_LENGTH)?.to_str().ok()?;
        trim(length).parse().ok()
    }

    /// Whether the body comes in pieces with lengths of their own (RFC 9112 §7.1).
    pub(crate) fn is_chunked(&self) -> bool {
        self.headers.contains_key(TRANSFER_ENCODING)
    }

    /// The text of a header that has come once, or for the first time.
    pub(crate) fn text(&self, name: &http::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(trim)
    }
}

/// Parses a head that the scanner found complete.
fn parse(head: &[u8], header_lines: usize) -> Result<Answer, AnswerFault> {
    let mut lines: SmallVec<[httparse::Header<'_>; 32]> = smallvec![httparse::EMPTY_HEADER; header_lines];
    let mut parsed = httparse::Response::new(&mut lines);
    check_end(parsed.parse(head), head, header_lines)?;
    let (Some(minor), Some(code)) = (parsed.version, parsed.code) else {
        return Err(HeadFault::MalformedFirstLine.into());
    };
    let status = StatusCode::from_u16(code).map_err(|_| HeadFault::MalformedFirstLine)?;
    Ok(Answer { status, headers: headers(parsed.headers)?, minor })
}
