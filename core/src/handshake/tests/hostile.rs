//! Heads that must be refused, one rule or limit each.

use super::{LIMITS, UPGRADE, get, outcome, read, status, upgrade_but};
use crate::handshake::{HandshakeError, HeadReader, scan};
use http::Method;

#[test]
fn an_endless_head_is_refused_at_the_limit() {
    let mut reader = HeadReader::default();
    let mut pushed = 0;
    let error = b"GET /".iter().chain(std::iter::repeat(&b'a')).find_map(|byte| {
        pushed += 1;
        reader.push(std::slice::from_ref(byte), &LIMITS).err()
    });
    assert_eq!(error, Some(HandshakeError::HeadTooLarge { bytes_max: 8192 }));
    assert_eq!(error.map(|error| error.status().as_u16()), Some(431));
    assert_eq!(pushed, LIMITS.bytes_max);
}

#[test]
fn a_head_of_exactly_the_limit_is_accepted() {
    let frame = "GET / HTTP/1.1\r\nHost: h\r\nX: \r\n\r\n".len();
    let of = |bytes: usize| format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(bytes - frame));
    assert!(read(of(LIMITS.bytes_max)).is_ok());
    assert_eq!(status(read(of(LIMITS.bytes_max + 1))), 431);
}

#[test]
fn too_many_header_lines_are_refused() {
    let with = |lines: usize| get(&format!("Host: h\r\n{}", "a:\r\n".repeat(lines - 1)));
    assert!(with(100).is_ok());
    assert_eq!(with(101), Err(HandshakeError::TooManyHeaders { headers_max: 100 }));
    assert_eq!(status(with(101)), 431);
}

/// The scanner sees each byte once because it keeps none.
#[test]
fn a_dripped_head_is_scanned_once() {
    assert!(size_of::<scan::Scanner>() <= 24);
    let head = format!("GET /ws HTTP/1.1\r\n{UPGRADE}\r\n");
    let dripped = outcome(head.as_bytes().chunks(1)).unwrap();
    assert_eq!(dripped, (head.len(), Some(get(UPGRADE).unwrap())));
}

#[test]
fn non_ascii_and_control_bytes_are_refused_anywhere() {
    let head = format!("GET /ws HTTP/1.1\r\n{UPGRADE}\r\n").into_bytes();
    for bad in [0, 1, 0x0b, 0x1b, 0x7f, 0x80, 0xc3, 0xff] {
        for place in 0..head.len() {
            let mut head = head.clone();
            head[place] = bad;
            assert_eq!(status(read(head)), 400, "{bad:#x} at {place}");
        }
    }
    let error = read(b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n").unwrap_err();
    assert_eq!(error, HandshakeError::ForbiddenByte { byte: 0xff, offset: 5 });
}

#[test]
fn folded_header_lines_are_refused() {
    for lines in ["Host: h\r\nX: a\r\n b\r\n", "Host: h\r\n\tb\r\n", " Host: h\r\n"] {
        assert_eq!(get(lines), Err(HandshakeError::FoldedHeader), "{lines:?}");
    }
}

#[test]
fn lines_end_in_cr_lf_only() {
    for head in [
        "GET / HTTP/1.1\nHost: h\n\n",
        "GET / HTTP/1.1\r\nHost: h\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\rX",
    ] {
        let error = read(head).unwrap_err();
        assert!(matches!(error, HandshakeError::BareLineBreak { .. }), "{head:?}: {error}");
    }
}

#[test]
fn malformed_lines_are_refused() {
    for head in
        ["\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET /\r\nHost: h\r\n\r\n", "G(T / HTTP/1.1\r\n\r\n"]
    {
        assert_eq!(read(head), Err(HandshakeError::MalformedRequestLine), "{head:?}");
    }
    for lines in ["Host : h\r\n", "Host\r\n", ": h\r\n", "Host: h\r\nA B: c\r\n"] {
        assert_eq!(get(lines), Err(HandshakeError::MalformedHeader), "{lines:?}");
    }
}

#[test]
fn only_http_1_1_is_served() {
    for version in ["HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "ICAP/1.1"] {
        let error = read(format!("GET / {version}\r\nHost: h\r\n\r\n")).unwrap_err();
        assert_eq!(error, HandshakeError::UnsupportedHttpVersion, "{version}");
    }
    assert_eq!(HandshakeError::UnsupportedHttpVersion.status(), 505);
}

#[test]
fn host_must_be_there_once_and_correct() {
    assert_eq!(get(""), Err(HandshakeError::HostMissing));
    for host in ["", "a b", "a,b", "u@h", "h/", "h:99999", "[::1"] {
        let error = get(&format!("Host: {host}\r\n")).unwrap_err();
        assert_eq!(error, HandshakeError::InvalidHost { host: host.to_owned() });
        assert_eq!(error.status(), 400);
    }
}

#[test]
fn headers_that_must_be_unique_are_refused_twice() {
    for line in [
        "Host: example.com",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ] {
        let result = upgrade_but(line, &format!("{line}\r\n{line}"));
        assert!(matches!(result, Err(HandshakeError::DuplicateHeader { .. })), "{line}");
        assert_eq!(status(result), 400);
    }
    for line in ["Content-Length: 0", "Origin: http://example.com", "Authorization: Bearer a"] {
        let result = get(&format!("{UPGRADE}{line}\r\n{line}\r\n"));
        assert!(matches!(result, Err(HandshakeError::DuplicateHeader { .. })), "{line}");
    }
}

#[test]
fn the_end_of_a_body_is_beyond_doubt() {
    for line in ["Transfer-Encoding: chunked", "Transfer-Encoding: identity\r\nContent-Length: 3"] {
        assert_eq!(get(&format!("Host: h\r\n{line}\r\n")), Err(HandshakeError::TransferEncoding));
    }
    assert_eq!(HandshakeError::TransferEncoding.status(), 501);
    for value in ["", "+5", "-1", "5, 5", "0x5", "5 5", "1e3", "99999999999999999999999"] {
        let error = get(&format!("Host: h\r\nContent-Length: {value}\r\n")).unwrap_err();
        assert_eq!(error, HandshakeError::InvalidContentLength { value: value.to_owned() });
        assert_eq!(error.status(), 400);
    }
}

#[test]
fn an_upgrade_must_use_get() {
    let error = read(format!("POST /ws HTTP/1.1\r\n{UPGRADE}\r\n")).unwrap_err();
    assert_eq!(error, HandshakeError::UpgradeMethod { method: Method::POST });
    assert_eq!(error.status(), 405);
    assert_eq!(error.response().headers()["allow"], "GET");
}

#[test]
fn an_upgrade_with_a_body_is_refused() {
    let result = get(&format!("{UPGRADE}Content-Length: 4\r\n"));
    assert_eq!(result, Err(HandshakeError::UpgradeWithBody { bytes: 4 }));
    assert_eq!(status(result), 400);
    assert!(get(&format!("{UPGRADE}Content-Length: 0\r\n")).is_ok());
}

#[test]
fn an_upgrade_must_be_listed_in_connection() {
    for replacement in ["", "Connection: keep-alive\r\n", "Connection: upgraded\r\n"] {
        let result = upgrade_but("Connection: keep-alive, Upgrade\r\n", replacement);
        assert_eq!(result, Err(HandshakeError::ConnectionNotUpgrade));
        assert_eq!(status(result), 400);
    }
}

#[test]
fn a_version_other_than_13_is_answered_with_426_and_ours() {
    for version in ["12", "8", "14", "013", "13, 8", ""] {
        let line = format!("Sec-WebSocket-Version: {version}");
        let error = upgrade_but("Sec-WebSocket-Version: 13", &line).unwrap_err();
        assert_eq!(error, HandshakeError::UnsupportedVersion { version: version.to_owned() });
        let answer = String::from_utf8(error.response().encode(false).to_vec()).unwrap();
        assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
        assert!(answer.contains("\r\nsec-websocket-version: 13\r\n"), "{answer}");
    }
    let missing = upgrade_but("Sec-WebSocket-Version: 13\r\n", "");
    assert_eq!(missing, Err(HandshakeError::VersionMissing));
    assert_eq!(status(missing), 426);
}

#[test]
fn the_key_must_be_16_bytes_in_base64() {
    for key in [
        "",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25j",
        "dGhlIHNhbXBsZSBub25j!A==",
        "dGhlIHNhbXBsZSBub25jZQAA==",
    ] {
        let result = upgrade_but("dGhlIHNhbXBsZSBub25jZQ==", key);
        assert_eq!(result, Err(HandshakeError::InvalidKey { key: key.to_owned() }));
        assert_eq!(status(result), 400);
    }
    let missing = upgrade_but("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "");
    assert_eq!(missing, Err(HandshakeError::KeyMissing));
}

#[test]
fn subprotocols_must_be_distinct_tokens() {
    for offer in ["a, a", "a b", "a/b", "\"a\""] {
        let result = get(&format!("{UPGRADE}Sec-WebSocket-Protocol: {offer}\r\n"));
        assert!(matches!(result, Err(HandshakeError::InvalidSubprotocol { .. })), "{offer}");
    }
}

#[test]
fn a_pipelined_second_request_is_never_read_as_one() {
    let first = format!("GET /ws HTTP/1.1\r\n{UPGRADE}\r\n");
    let both = format!("{first}GET /admin HTTP/1.1\r\nHost: h\r\n\r\n");
    let mut reader = HeadReader::default();
    let progress = reader.push(both.as_bytes(), &LIMITS).unwrap();
    assert_eq!(progress.consumed, first.len());
    assert_eq!(progress.request.unwrap().path(), "/ws");
    let rest = reader.push(&both.as_bytes()[first.len()..], &LIMITS).unwrap();
    assert_eq!((rest.consumed, rest.request), (0, None));
}

#[test]
fn after_an_error_nothing_more_is_read() {
    let mut reader = HeadReader::default();
    assert!(reader.push(b"\0", &LIMITS).is_err());
    let progress = reader.push(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", &LIMITS).unwrap();
    assert_eq!((progress.consumed, progress.request), (0, None));
}
