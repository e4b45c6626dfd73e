//! Requests that ask for something else than there is.

use crate::support::{Client, Program, ask, get};

#[test]
fn an_unknown_path_is_404() {
    let program = Program::start(&[]);
    for path in ["/nothing", "/ws/", "/ws/chat/", "//", "/WS/CHAT"] {
        assert_eq!(get(&program, path).status, 404, "{path}");
    }
}

#[test]
fn an_unknown_method_is_405_and_told_what_there_is() {
    let program = Program::start(&[]);
    for path in ["/", "/ws/stats", "/ws/health", "/ws/status", "/metrics"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let answer =
                ask(&program, format!("{method} {path} HTTP/1.1\r\nHost: a.example\r\n\r\n").as_bytes());
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method} {path}");
        }
    }
}

#[test]
fn what_is_only_posted_to_says_so() {
    let program = Program::start(&[]);
    for method in ["GET", "HEAD", "PUT", "OPTIONS"] {
        let answer =
            ask(&program, format!("{method} /api/notify HTTP/1.1\r\nHost: a.example\r\n\r\n").as_bytes());
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
}

#[test]
fn a_head_request_is_answered_as_a_get_without_the_body() {
    let program = Program::start(&[]);
    for path in ["/ws/health", "/ws/stats", "/ws/stats?detail=1", "/ws/status", "/metrics"] {
        let head = ask(&program, format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        let length: usize = head.header("content-length").unwrap().parse().unwrap();
        // Numbers grow, and with them the text.
        assert!(length.abs_diff(get(&program, path).body.len()) < 32, "{path}");
    }
}

#[test]
fn a_websocket_path_without_an_upgrade_is_426() {
    let program = Program::start(&[]);
    for path in ["/ws/chat", "/ws/echo", "/ws/broadcast?room=r"] {
        let answer = get(&program, path);
        assert_eq!(answer.status, 426, "{path}");
        assert_eq!(answer.header("upgrade"), Some("websocket"), "{path}");
        assert_eq!(answer.header("sec-websocket-version"), Some("13"), "{path}");
    }
}

#[test]
fn another_version_of_the_protocol_is_426() {
    let program = Program::start(&[]);
    let answer = ask(
        &program,
        b"GET /ws/echo HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
          Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    assert_eq!(answer.status, 426);
    assert_eq!(answer.header("sec-websocket-version"), Some("13"));
}

#[test]
fn a_page_of_another_origin_is_403() {
    let program = Program::start(&[]);
    let handshake = |origin: &str| {
        ask(
            &program,
            format!(
                "GET /ws/chat HTTP/1.1\r\nHost: a.example\r\nOrigin: {origin}\r\nConnection: Upgrade\r\n\
                 Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            .as_bytes(),
        )
    };
    for origin in ["http://b.example", "null", "http://a.example.b.example", "http://a.example:81"] {
        assert_eq!(handshake(origin).status, 403, "{origin}");
    }
}

#[test]
fn garbage_is_answered_and_harms_nobody() {
    let program = Program::start(&[]);
    let mut bystander = Client::connect(&program, "/ws/echo");
    let endless = [b"GET / HTTP/1.1\r\nX: ".as_slice(), &[b'a'; 10_000]].concat();
    for (garbage, status) in [
        (&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..], 400),
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        (&endless, 431),
    ] {
        let answer = ask(&program, garbage);
        assert_eq!(answer.status, status, "{}: {}", garbage.escape_ascii(), answer.body);
        assert!(!answer.body.is_empty(), "{}", garbage.escape_ascii());
    }
    bystander.assert_quiet();
}
