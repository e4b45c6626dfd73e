//! Heads as bytes, judged through the public interface. Helpers here, tests by
//! subject below.

use super::{HandshakeError, HeadLimits, HeadReader, Request};

mod addresses;
mod answers;
mod hostile;
mod properties;
mod requests;

const LIMITS: HeadLimits = HeadLimits { bytes_max: 8 * 1024, headers_max: 100 };

/// The header lines of a correct upgrade, the blank line not included.
const UPGRADE: &str = "Host: example.com\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

fn read(head: impl AsRef<[u8]>) -> Result<Request, HandshakeError> {
    let progress = HeadReader::default().push(head.as_ref(), &LIMITS)?;
    Ok(progress.request.expect("the head is complete"))
}

/// A GET with these header lines.
fn get(lines: &str) -> Result<Request, HandshakeError> {
    read(format!("GET /ws HTTP/1.1\r\n{lines}\r\n"))
}

/// A correct upgrade in which one line was replaced (by nothing, if empty).
fn upgrade_but(line: &str, replacement: &str) -> Result<Request, HandshakeError> {
    assert!(UPGRADE.contains(line), "{line} is not in the template");
    get(&UPGRADE.replace(line, replacement))
}

fn status(result: Result<Request, HandshakeError>) -> u16 {
    result.map_or_else(|error| error.status().as_u16(), |request| panic!("accepted: {request:?}"))
}

/// Everything that pushing `bytes` in these pieces led to.
fn outcome<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(usize, Option<Request>), HandshakeError> {
    let mut reader = HeadReader::default();
    let mut consumed = 0;
    let mut request = None;
    for piece in pieces {
        let progress = reader.push(piece, &LIMITS)?;
        consumed += progress.consumed;
        assert!(request.is_none() || progress.request.is_none(), "two requests");
        request = request.or(progress.request);
    }
    Ok((consumed, request))
}
