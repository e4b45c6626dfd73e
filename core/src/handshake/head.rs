//! Collects a request's head and turns it into a [`Request`].
//!
//! Apart from the request's meaning: this file knows bytes, limits and lines,
//! [`Request`] knows what the headers say. It must never take a byte behind the
//! head; on an upgrade that byte is WebSocket.

use super::collect::{Collector, check_end, headers};
use super::{HandshakeError, Request};
use http::Method;
use smallvec::{SmallVec, smallvec};

/// How large a head may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeadLimits {
    /// Length of the head, the blank line included, in bytes.
    pub bytes_max: usize,
    /// Header lines, the request line not counted.
    pub headers_max: usize,
}

/// What one [`HeadReader::push`] did.
#[derive(Debug)]
pub struct HeadProgress {
    /// How many of the pushed bytes belong to the head. Less than all of them
    /// only when the head is complete.
    pub consumed: usize,
    /// The request, once: in the call that completes the head.
    pub request: Option<Request>,
}

/// Reads the one head of a connection, however it is split.
///
/// Allocates nothing until a push leaves the head incomplete, and holds at most
/// `bytes_max` bytes then. After a request or an error it takes nothing more:
/// there is no second request.
#[derive(Debug, Default)]
pub struct HeadReader(Collector);

impl HeadReader {
    /// Takes the bytes that arrived next. Each is scanned once, and once more
    /// when the complete head is parsed.
    ///
    /// # Errors
    ///
    /// At the first byte that breaks a rule or a limit; a rule about the meaning
    /// of headers is judged when the head is complete. Answer with
    /// [`HandshakeError::response`] and close.
    ///
    /// ```
    /// use fanfare_core::handshake::{HeadLimits, HeadReader};
    ///
    /// let limits = HeadLimits { bytes_max: 8 * 1024, headers_max: 100 };
    /// let mut reader = HeadReader::default();
    /// assert!(reader.push(b"GET / HTTP/1.1\r\nHo", &limits)?.request.is_none());
    ///
    /// let progress = reader.push(b"st: example.com\r\n\r\n", &limits)?;
    /// assert_eq!(progress.request.expect("complete").host(), "example.com");
    /// # Ok::<(), fanfare_core::handshake::HandshakeError>(())
    /// ```
    pub fn push(&mut self, bytes: &[u8], limits: &HeadLimits) -> Result<HeadProgress, HandshakeError> {
        let (consumed, request) = self.0.push(bytes, limits, parse)?;
        Ok(HeadProgress { consumed, request })
    }
}

/// Parses a head that the scanner found complete.
fn parse(head: &[u8], header_lines: usize) -> Result<Request, HandshakeError> {
    let mut lines: SmallVec<[httparse::Header<'_>; 32]> = smallvec![httparse::EMPTY_HEADER; header_lines];
    let mut parsed = httparse::Request::new(&mut lines);
    check_end(parsed.parse(head), head, header_lines)?;
    let (Some(method), Some(target), Some(1)) = (parsed.method, parsed.path, parsed.version) else {
        return Err(HandshakeError::UnsupportedHttpVersion);
    };
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| HandshakeError::MalformedRequestLine)?;
    Request::new(method, target, headers(parsed.headers)?)
}
