//! Collects the bytes of a head, a request's or an answer's, and its header lines.
//!
//! Apart from both because where a head ends, how large it may be and what its
//! lines look like is the same for either. It must never take a byte behind the
//! head, nor look at one more than twice.

use super::scan::Scanner;
use super::{HeadFault, HeadLimits};
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};

/// What must not reach a log by way of `Debug`.
static SECRET: [HeaderName; 4] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE];

/// A head that arrives. Allocates nothing until a push leaves it incomplete, and
/// holds at most `bytes_max` bytes then.
#[derive(Debug)]
pub(super) enum Collector {
    Reading { scanner: Scanner, received: Vec<u8> },
    Done,
}

impl Default for Collector {
    fn default() -> Self {
        Collector::Reading { scanner: Scanner::default(), received: Vec::new() }
    }
}

impl Collector {
    /// Takes the bytes that arrived next; when they complete the head, `parse` is
    /// given it and the number of its header lines. Says how many bytes it took.
    pub(super) fn push<T, E: From<HeadFault>>(
        &mut self,
        bytes: &[u8],
        limits: &HeadLimits,
        parse: impl FnOnce(&[u8], usize) -> Result<T, E>,
    ) -> Result<(usize, Option<T>), E> {
        match std::mem::replace(self, Collector::Done) {
            Collector::Reading { mut scanner, mut received } => {
                let Some(consumed) = scanner.scan(bytes, limits)? else {
                    received.extend_from_slice(bytes);
                    *self = Collector::Reading { scanner, received };
                    return Ok((bytes.len(), None));
                };
                let last = bytes.get(..consumed).unwrap_or(bytes);
                let parsed = if received.is_empty() {
                    parse(last, scanner.header_lines())?
                } else {
                    received.extend_from_slice(last);
                    parse(&received, scanner.header_lines())?
                };
                Ok((consumed, Some(parsed)))
            }
            Collector::Done => Ok((0, None)),
        }
    }
}

/// Scanner and parser must agree on where the head ends: a disagreement would be
/// a way to smuggle.
pub(super) fn check_end(
    parsed: httparse::Result<usize>,
    head: &[u8],
    header_lines: usize,
) -> Result<(), HeadFault> {
    match parsed {
        Ok(httparse::Status::Complete(bytes)) if bytes == head.len() => Ok(()),
        Ok(httparse::Status::Complete(_) | httparse::Status::Partial) => Err(HeadFault::MalformedHeader),
        Err(error) => Err(fault(error, header_lines)),
    }
}

/// Copies the headers, so that one that is kept does not keep the whole head.
pub(super) fn headers(lines: &[httparse::Header<'_>]) -> Result<HeaderMap, HeadFault> {
    let too_many = |_| HeadFault::TooManyHeaders { headers_max: lines.len() };
    let mut headers = HeaderMap::try_with_capacity(lines.len()).map_err(too_many)?;
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes());
        let value = HeaderValue::from_bytes(line.value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(HeadFault::MalformedHeader);
        };
        headers.try_append(name, value).map_err(too_many)?;
    }
    hide_secrets(&mut headers);
    Ok(headers)
}

/// Keeps what is secret out of `Debug`.
pub(crate) fn hide_secrets(headers: &mut HeaderMap) {
    let secret = headers.iter_mut().filter(|(name, _)| SECRET.contains(*name));
    secret.for_each(|(_, value)| value.set_sensitive(true));
}

fn fault(error: httparse::Error, header_lines: usize) -> HeadFault {
    match error {
        httparse::Error::Token | httparse::Error::Status => HeadFault::MalformedFirstLine,
        httparse::Error::Version => HeadFault::UnsupportedVersion,
        httparse::Error::HeaderName | httparse::Error::HeaderValue | httparse::Error::NewLine => {
            HeadFault::MalformedHeader
        }
        httparse::Error::TooManyHeaders => HeadFault::TooManyHeaders { headers_max: header_lines },
    }
}
