//! Collects a request's head and turns it into a [`Request`].
//!
//! Apart from the request's meaning: this file knows bytes, limits and lines,
//! [`Request`] knows what the headers say. It must never take a byte behind the
//! head; on an upgrade that byte is WebSocket.

use super::scan::Scanner;
use super::{HandshakeError, Request};
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use smallvec::{SmallVec, smallvec};

/// What must not reach a log by way of `Debug`.
static SECRET: [HeaderName; 3] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];

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
pub struct HeadReader(State);

#[derive(Debug)]
enum State {
    Reading { scanner: Scanner, received: Vec<u8> },
    Done,
}

impl Default for State {
    fn default() -> Self {
        State::Reading { scanner: Scanner::default(), received: Vec::new() }
    }
}

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
        match std::mem::replace(&mut self.0, State::Done) {
            State::Reading { mut scanner, mut received } => {
                let Some(consumed) = scanner.scan(bytes, limits)? else {
                    received.extend_from_slice(bytes);
                    self.0 = State::Reading { scanner, received };
                    return Ok(HeadProgress { consumed: bytes.len(), request: None });
                };
                let last = bytes.get(..consumed).unwrap_or(bytes);
                let request = if received.is_empty() {
                    parse(last, scanner.header_lines())?
                } else {
                    received.extend_from_slice(last);
                    parse(&received, scanner.header_lines())?
                };
                Ok(HeadProgress { consumed, request: Some(request) })
            }
            State::Done => Ok(HeadProgress { consumed: 0, request: None }),
        }
    }
}

/// Parses a head that the scanner found complete.
fn parse(head: &[u8], header_lines: usize) -> Result<Request, HandshakeError> {
    let mut lines: SmallVec<[httparse::Header<'_>; 32]> = smallvec![httparse::EMPTY_HEADER; header_lines];
    let mut parsed = httparse::Request::new(&mut lines);
    match parsed.parse(head) {
        // Scanner and parser must agree on where the head ends: a disagreement
        // would be a way to smuggle.
        Ok(httparse::Status::Complete(bytes)) if bytes == head.len() => {}
        Ok(httparse::Status::Complete(_) | httparse::Status::Partial) => {
            return Err(HandshakeError::MalformedHeader);
        }
        Err(error) => return Err(fault(error, header_lines)),
    }
    let (Some(method), Some(target), Some(1)) = (parsed.method, parsed.path, parsed.version) else {
        return Err(HandshakeError::UnsupportedHttpVersion);
    };
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| HandshakeError::MalformedRequestLine)?;
    Request::new(method, target, collect(parsed.headers)?)
}

/// Copies the headers, so that one that is kept does not keep the whole head.
fn collect(lines: &[httparse::Header<'_>]) -> Result<HeaderMap, HandshakeError> {
    let too_many = |_| HandshakeError::TooManyHeaders { headers_max: lines.len() };
    let mut headers = HeaderMap::try_with_capacity(lines.len()).map_err(too_many)?;
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes());
        let value = HeaderValue::from_bytes(line.value);
        let (Ok(name), Ok(mut value)) = (name, value) else {
            return Err(HandshakeError::MalformedHeader);
        };
        value.set_sensitive(SECRET.contains(&name));
        headers.try_append(name, value).map_err(too_many)?;
    }
    Ok(headers)
}

fn fault(error: httparse::Error, header_lines: usize) -> HandshakeError {
    match error {
        httparse::Error::Token | httparse::Error::Status => HandshakeError::MalformedRequestLine,
        httparse::Error::Version => HandshakeError::UnsupportedHttpVersion,
        httparse::Error::HeaderName | httparse::Error::HeaderValue | httparse::Error::NewLine => {
            HandshakeError::MalformedHeader
        }
        httparse::Error::TooManyHeaders => HandshakeError::TooManyHeaders { headers_max: header_lines },
    }
}
