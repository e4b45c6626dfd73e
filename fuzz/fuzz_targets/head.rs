//! The head of a request in any pieces: the same result as in one go, and never
//! more than the limits.
//!
//! Input: the piece sizes, the bytes.

#![no_main]

use fanfare_core::handshake::{HandshakeError, HeadLimits, HeadReader, Request, accept};
use fanfare_fuzz::{Script, pieces};
use http::HeaderMap;
use libfuzzer_sys::fuzz_target;

const LIMITS: HeadLimits = HeadLimits { bytes_max: 400, headers_max: 8 };

fuzz_target!(|input: &[u8]| {
    let mut script = Script::new(input);
    let piece_sizes = script.piece_sizes();
    let bytes = script.rest();

    let whole = read(bytes, &[]);
    assert_eq!(read(bytes, &piece_sizes), whole);
    assert_eq!(read(bytes, &[1]), whole);
    match whole {
        Ok(Some((consumed, request))) => check_request(consumed, &request, bytes),
        Ok(None) => assert!(bytes.len() < LIMITS.bytes_max, "it should have been refused by now"),
        Err(error) => check_refusal(&error),
    }
});

/// The request and how many bytes its head took, once it is complete.
fn read(bytes: &[u8], piece_sizes: &[usize]) -> Result<Option<(usize, Request)>, HandshakeError> {
    let mut reader = HeadReader::default();
    let (mut consumed, mut found) = (0, None);
    for piece in pieces(bytes, piece_sizes) {
        let progress = reader.push(piece, &LIMITS)?;
        assert!(found.is_none() || progress.consumed == 0, "took a byte behind the head");
        consumed += progress.consumed;
        if let Some(request) = progress.request {
            assert!(found.is_none(), "a second request");
            found = Some((consumed, request));
        }
    }
    Ok(found)
}

fn check_request(consumed: usize, request: &Request, bytes: &[u8]) {
    assert!(consumed <= LIMITS.bytes_max && request.headers().len() <= LIMITS.headers_max);
    assert!(bytes[..consumed].ends_with(b"\r\n\r\n"));
    assert!(request.path().starts_with('/'));
    if let Some(upgrade) = request.upgrade() {
        assert_eq!(request.body_bytes(), 0, "an upgrade has no body");
        let first = upgrade.subprotocols().next();
        let answer = accept(upgrade, first, None, &HeaderMap::new()).expect("what is offered can be chosen");
        assert!(answer.starts_with(b"HTTP/1.1 101 ") && answer.ends_with(b"\r\n\r\n"));
        assert_eq!(lines(&answer), 4 + usize::from(first.is_some()), "{answer:?}");
    }
}

/// A refusal is an error of the client's, and one that ends the connection.
fn check_refusal(error: &HandshakeError) {
    let response = error.response();
    assert_eq!(response.status(), error.status());
    assert!(error.status().is_client_error() || error.status().is_server_error());
    let answer = String::from_utf8_lossy(&response.encode(false)).into_owned();
    assert!(answer.contains("\r\nConnection: close"), "{answer}");
}

/// Lines of an HTTP head, the blank one not counted.
fn lines(head: &[u8]) -> usize {
    head.windows(2).filter(|pair| pair == b"\r\n").count() - 1
}
