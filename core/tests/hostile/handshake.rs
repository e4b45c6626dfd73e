//! Attacks that end before the connection is open.

use super::peer::{UPGRADE, get, text};
use super::shard::{Heard, Shard, close_code, status};
use fanfare_core::close::CloseReason;
use fanfare_core::config::OriginRule;
use fanfare_core::handshake::{Request, Response, check_origin};
use fanfare_core::hub::{Deadline, Decision};
use fanfare_core::id::ConnectionId;
use http::StatusCode;
use std::time::Duration;

/// Asserts that a head is answered with `code` and that the transport is ended,
/// brought whole or byte by byte. Returns the answer.
#[track_caller]
fn assert_answered(head: &[u8], code: u16) -> String {
    let answers = [Shard::feed, Shard::drip].map(|bring| {
        let mut shard = Shard::new();
        let (id, neighbour) = (shard.arrive(), shard.open());
        assert_eq!(bring(&mut shard, id, head), [], "{}", head.escape_ascii());
        let reason = CloseReason::Answered(StatusCode::from_u16(code).unwrap());
        assert_eq!(shard.reasons(id), [reason], "{}", head.escape_ascii());
        let answer = shard.write(id);
        assert_eq!(status(&answer), Some(code));
        shard.release(id);
        assert_eq!((shard.reasons(id).len(), shard.hub.queued_bytes()), (1, 0));
        shard.assert_well(neighbour);
        String::from_utf8(answer).unwrap()
    });
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].contains("\r\nConnection: close"), "{}", answers[0]);
    let [answer, _] = answers;
    answer
}

/// What one request leads to, after which the hub waits for a decision.
fn request(shard: &mut Shard, head: &[u8]) -> (ConnectionId, Box<Request>) {
    let id = shard.arrive();
    match shard.feed(id, head).pop() {
        Some(Heard::Request(request)) => (id, request),
        other => panic!("no request: {other:?}"),
    }
}

/// An upgrade with one line replaced.
fn upgrade_but(line: &str, replacement: &str) -> Vec<u8> {
    assert!(UPGRADE.contains(line), "{line} is not in the template");
    get(&UPGRADE.replace(line, replacement))
}

#[test]
fn an_endless_head_is_answered_at_the_limit() {
    let mut shard = Shard::new();
    let id = shard.arrive();
    let mut brought = 0;
    while shard.reasons(id).is_empty() {
        assert_eq!(shard.feed(id, b"a"), []);
        brought += 1;
    }
    assert_eq!(brought, shard.hub.config().server().head_bytes_max);
    assert_eq!(status(&shard.write(id)), Some(431));
    assert_answered(&vec![b'a'; 100_000], 431);
}

#[test]
fn too_many_header_lines_are_answered_431() {
    assert_answered(&get(&format!("{UPGRADE}{}", "a:\r\n".repeat(96))), 431);
    request(&mut Shard::new(), &get(&format!("{UPGRADE}{}", "a:\r\n".repeat(95))));
}

#[test]
fn ambiguous_heads_are_answered_400() {
    for head in [
        upgrade_but("example.com", "ex\u{e4}mple.com"),
        upgrade_but("example.com", "example\0.com"),
        upgrade_but("Host: example.com\r\n", "Host: example.com\r\n folded\r\n"),
        upgrade_but("Host: example.com\r\n", "Host: example.com\r\nHost: example.com\r\n"),
        upgrade_but("Host: example.com\r\n", ""),
        upgrade_but("Host: example.com", "Host : example.com"),
        upgrade_but("Upgrade: websocket\r\n", "Upgrade: websocket\r\nUpgrade: websocket\r\n"),
        upgrade_but("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key"),
        get(&format!("{UPGRADE}Content-Length: 4\r\n")),
        get(&format!("{UPGRADE}Content-Length: 0\r\nContent-Length: 4\r\n")),
        get(UPGRADE).into_iter().filter(|byte| *byte != b'\r').collect(),
    ] {
        assert_answered(&head, 400);
    }
    assert_answered(&get(&format!("{UPGRADE}Transfer-Encoding: chunked\r\n")), 501);
}

#[test]
fn another_version_is_answered_426_with_ours() {
    for version in ["Sec-WebSocket-Version: 8", "Sec-WebSocket-Version: 14", "X: 13"] {
        let answer = assert_answered(&upgrade_but("Sec-WebSocket-Version: 13", version), 426);
        assert!(answer.contains("\r\nsec-websocket-version: 13\r\n"), "{answer}");
    }
}

#[test]
fn a_second_request_behind_an_upgrade_is_no_request() {
    let mut shard = Shard::new();
    let both = [get(UPGRADE), get(UPGRADE)].concat();
    let (id, first) = request(&mut shard, &both);
    shard.grant(id, &first);
    assert_eq!(status(&shard.write(id)), Some(101));
    // `G` would be a frame with a reserved bit.
    assert_eq!(shard.feed(id, &get(UPGRADE)), []);
    assert_eq!(close_code(&shard.write(id)), Some(1002));
}

#[test]
fn a_second_request_behind_a_plain_one_is_never_answered() {
    let mut shard = Shard::new();
    let both = [get("Host: h\r\nContent-Length: 3\r\n"), b"one".to_vec(), get("Host: h\r\n")].concat();
    let (id, first) = request(&mut shard, &both);
    let read_body = Decision::ReadBody { request: &first, bytes_max: 3 };
    shard.hub.decide(shard.now, id, read_body).unwrap();
    let behind_head = &both[get("Host: h\r\nContent-Length: 3\r\n").len()..];
    assert_eq!(shard.feed(id, behind_head), [Heard::Body(b"one".to_vec())]);
    shard.answer(id, &Response::empty(StatusCode::NO_CONTENT));
    assert_eq!(shard.feed(id, &get("Host: h\r\n")), []);
    assert_eq!(shard.write(id), b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

#[test]
fn slow_handshakes_are_bounded_in_number_and_keep_nobody_out() {
    let mut shard = Shard::new();
    let pending_max = shard.hub.config().server().pending_handshakes_max;
    let arrivals: Vec<_> = (0..5_000).map(|_| shard.arrive()).collect();
    let (gone, left) = arrivals.split_at(5_000 - pending_max);
    for id in gone {
        assert_eq!(shard.reasons(*id), [CloseReason::Evicted], "the oldest first");
        shard.release(*id);
    }
    let honest = shard.open();
    shard.assert_well(honest);
    // A byte a second keeps nobody alive.
    for byte in &get(UPGRADE)[..9] {
        for id in &left[1..] {
            assert_eq!(shard.feed(*id, &[*byte]), []);
        }
        shard.pass(Duration::from_secs(1));
    }
    assert_eq!(shard.hub.stats().timeouts, 0);
    shard.pass(Duration::from_millis(1_050));
    for id in &left[1..] {
        assert_eq!(shard.reasons(*id), [CloseReason::TimedOut(Deadline::Handshake)]);
        shard.release(*id);
    }
    shard.assert_well(honest);
}

/// The head, the decision and the body share one `handshake_time_max`.
#[test]
fn the_handshake_time_does_not_start_again_at_each_step() {
    let mut shard = Shard::new();
    let (id, plain) = request(&mut shard, &get("Host: h\r\nContent-Length: 100\r\n"));
    shard.pass(Duration::from_secs(4));
    let read_body = Decision::ReadBody { request: &plain, bytes_max: 100 };
    shard.hub.decide(shard.now, id, read_body).unwrap();
    shard.pass(Duration::from_secs(4));
    assert_eq!(shard.feed(id, &[0; 50]), []);
    assert_eq!(shard.reasons(id), []);
    shard.pass(Duration::from_millis(2_050));
    assert_eq!(shard.reasons(id), [CloseReason::TimedOut(Deadline::Handshake)]);
}

#[test]
fn foreign_origins_are_refused_before_the_upgrade() {
    for origin in ["null", "http://evil.org", "http://example.com.evil.org", "http://example.com@evil.org"] {
        let mut shard = Shard::new();
        let (id, asked) = request(&mut shard, &get(&format!("{UPGRADE}Origin: {origin}\r\n")));
        let refusal = check_origin(&OriginRule::Same, &asked).unwrap_err();
        shard.answer(id, &refusal.response());
        // The frames of an impatient page are neither heard nor answered.
        assert_eq!(shard.feed(id, &text("let me in")), []);
        let wire = shard.write(id);
        assert_eq!(status(&wire), Some(403));
        assert_eq!(wire.windows(5).filter(|at| at == b"HTTP/").count(), 1);
        assert_eq!(shard.hub.stats().connections_opened, 0);
    }
}

#[test]
fn compression_offers_of_any_kind_are_declined() {
    for parameters in
        ["", "; server_max_window_bits=0", "; server_max_window_bits=7", "; client_max_window_bits=16"]
            .into_iter()
            .chain(["; client_max_window_bits=", "; client_max_window_bits; client_max_window_bits"])
    {
        let offer = format!("{UPGRADE}Sec-WebSocket-Extensions: permessage-deflate{parameters}\r\n");
        let mut shard = Shard::new();
        let (id, asked) = request(&mut shard, &get(&offer));
        shard.grant(id, &asked);
        let answer = String::from_utf8(shard.write(id)).unwrap();
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        assert!(!answer.to_ascii_lowercase().contains("extensions"), "{answer}");
    }
}

#[test]
fn refused_handshakes_leave_nothing_behind() {
    let mut shard = Shard::new();
    for _ in 0..100_000 {
        let id = shard.arrive();
        assert_eq!(id.slot(), 0, "the slot of the one before");
        shard.feed(id, b"\0");
        shard.release(id);
        assert_eq!(shard.reasons(id).len(), 1);
        shard.forget();
    }
    assert_eq!((shard.hub.queued_bytes(), shard.hub.stats().requests_answered), (0, 100_000));
    assert_eq!(shard.hub.connections().count(), 0);
}

#[test]
fn ids_come_from_the_generator() {
    let ids = |seed| {
        let mut shard = Shard::seeded(seed, |_| {});
        [shard.arrive(), shard.arrive()].map(|id| id.to_string())
    };
    assert_eq!(ids(1), ids(1));
    // The last 8 digits are the random ones.
    let [[a, b], [c, d]] = [ids(1), ids(2)].map(|ids| ids.map(|id| id[20..].to_owned()));
    assert!(a != b && a != c && b != d && c != d, "{a} {b} {c} {d}");
}
