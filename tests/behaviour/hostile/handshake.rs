//! Attacks with the one HTTP request of a connection.

use super::{Siege, drip};
use crate::world::{Answer, Log, Raw, World, eventually, frame};
use fanfare::{App, Response, Route};
use http::StatusCode;

const REQUESTS_REFUSED: usize = 300;

/// Answers plain requests too, and notes what of them it heard.
fn with_pages(heard: &Log) -> impl FnOnce(App) -> App {
    let (got, posted) = (heard.clone(), heard.clone());
    move |app| {
        app.get("/page", move |request, _| {
            got.note(request.path());
            Response::text(StatusCode::OK, "a page")
        })
        .post_async("/post", 100, move |request, _| {
            posted.note(request.body().escape_ascii().to_string());
            async { Response::text(StatusCode::OK, "thank you") }
        })
    }
}

/// An upgrade with one line replaced.
fn upgrade_but(line: &str, replacement: &str) -> String {
    let request = Raw::request("/");
    assert!(request.contains(line), "{line} is not in the request");
    request.replacen(line, replacement, 1)
}

/// An upgrade with lines added.
fn upgrade_and(lines: &str) -> String {
    upgrade_but("Host: localhost\r\n", &format!("Host: localhost\r\n{lines}"))
}

impl Siege<'_> {
    /// A request is answered with this status and the end, brought whole or
    /// byte by byte.
    #[track_caller]
    fn assert_answered(&mut self, request: &str, status: u16) -> Answer {
        let [whole, dripped] = [Raw::write, drip].map(|bring| {
            let mut raw = self.server.raw();
            bring(&mut raw, request.as_bytes());
            raw.answer()
        });
        for answer in [&whole, &dripped] {
            assert_eq!(answer.status, status, "{}", request.escape_debug());
            assert!(answer.head.contains("\r\nconnection: close"), "{}", answer.head);
        }
        assert_eq!((&whole.head, &whole.body), (&dripped.head, &dripped.body));
        whole
    }

    /// No request but the neighbours' led to a connection.
    #[track_caller]
    fn assert_nobody_got_in(&mut self) {
        self.assert_served();
        let (handle, neighbours) = (self.server.handle(), self.neighbours.len());
        assert_eq!(handle.totals().admitted, neighbours as u64);
        assert_eq!(handle.stats().connections_opened, neighbours as u64);
        assert_eq!(self.ends.all().len(), 0);
    }
}

pub(crate) fn an_endless_head_is_answered_431(world: &World) {
    let mut siege = Siege::new(world, |settings| settings.head_bytes_max = 1_024);
    let mut raw = siege.server.raw();
    drip(&mut raw, &[b'a'; 1_023]);
    siege.assert_served();
    raw.write(b"a");
    assert_eq!(raw.answer().status, 431);
    let head = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(50_000));
    assert_eq!(siege.server.ask(&head).status, 431);
    siege.assert_nobody_got_in();
}

pub(crate) fn too_many_header_lines_are_answered_431(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    // There are five already.
    siege.assert_answered(&upgrade_and(&"a:\r\n".repeat(96)), 431);
    siege.assert_nobody_got_in();
    let mut raw = siege.server.raw();
    raw.write(upgrade_and(&"a:\r\n".repeat(95)).as_bytes());
    raw.hear_upgrade();
}

pub(crate) fn ambiguous_heads_are_answered_400(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for head in [
        upgrade_but("Host: localhost", "Host: l\u{f6}calhost"),
        upgrade_but("Host: localhost", "Host: local\0host"),
        upgrade_but("GET / ", "GET /\0 "),
        upgrade_but("GET / ", "GET /\u{e9} "),
        upgrade_and(" folded\r\n"),
        upgrade_and("\tfolded\r\n"),
        upgrade_and("Host: localhost\r\n"),
        upgrade_and("Host: elsewhere\r\n"),
        upgrade_and("Upgrade: websocket\r\n"),
        upgrade_and("Origin: http://localhost\r\nOrigin: http://evil.example\r\n"),
        upgrade_and(key),
        upgrade_and("Content-Length: 4\r\n"),
        upgrade_and("Content-Length: 0\r\nContent-Length: 4\r\n"),
        upgrade_but("Host: localhost\r\n", ""),
        upgrade_but("Host:", "Host :"),
        upgrade_but(key, ""),
        upgrade_but(key, "Sec-WebSocket-Key: c2hvcnQ=\r\n"),
        Raw::request("/").replace('\r', ""),
    ] {
        siege.assert_answered(&head, 400);
    }
    siege.assert_answered(&upgrade_and("Transfer-Encoding: chunked\r\n"), 501);
    siege.assert_nobody_got_in();
}

/// Whatever speaks another language hears an HTTP answer and the end.
pub(crate) fn other_protocols_are_answered_and_closed(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    for (greeting, status) in [
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n", 505),
        ("GET /\r\n\r\n", 400),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0", 400),
        ("EHLO localhost\r\n\r\n", 400),
        ("CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere\r\n\r\n", 400),
        ("GET http://elsewhere/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    ] {
        siege.assert_answered(greeting, status);
    }
    siege.assert_nobody_got_in();
}

pub(crate) fn another_version_is_told_ours(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    for version in ["Sec-WebSocket-Version: 8", "Sec-WebSocket-Version: 14", "X: 13"] {
        let answer = siege.assert_answered(&upgrade_but("Sec-WebSocket-Version: 13", version), 426);
        assert!(answer.head.contains("\r\nsec-websocket-version: 13\r\n"), "{}", answer.head);
    }
    siege.assert_nobody_got_in();
}

pub(crate) fn a_second_request_behind_an_upgrade_is_no_request(world: &World) {
    let heard = Log::default();
    let mut siege = Siege::of(world, |_| {}, Siege::echo(), with_pages(&heard));
    for second in [Raw::request("/"), String::from("GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n")] {
        let mut raw = siege.server.raw();
        raw.write([Raw::request("/"), second].concat().as_bytes());
        raw.hear_upgrade();
        // `G` would be a frame with a reserved bit.
        siege.hear_refusal(raw, 1002);
    }
    siege.assert_over();
    assert_eq!(heard.all().len(), 0, "no page was asked for");
    assert_eq!(siege.server.handle().totals().admitted, siege.neighbours.len() as u64 + 2);
}

pub(crate) fn a_second_request_behind_a_plain_one_is_never_answered(world: &World) {
    let heard = Log::default();
    let mut siege = Siege::of(world, |_| {}, Siege::echo(), with_pages(&heard));
    let smuggled = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let post =
        format!("POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", smuggled.len());
    for (request, answer) in [
        (format!("{smuggled}{smuggled}"), "a page"),
        // In the body it is the body, and behind it nothing.
        (format!("{post}{smuggled}{smuggled}"), "thank you"),
        (format!("{smuggled}{}", Raw::request("/")), "a page"),
    ] {
        let before = heard.all().len();
        assert_eq!(siege.assert_answered(&request, 200).body, answer);
        assert_eq!(heard.all().len(), before + 2, "whole and dripped, one request each");
    }
    siege.assert_nobody_got_in();
}

pub(crate) fn foreign_origins_are_refused_before_the_upgrade(world: &World) {
    let heard = Log::default();
    let noted = heard.clone();
    let route = Route::new().on_message(move |ctx, message| {
        noted.note(format!("{message:?}"));
        ctx.send(&message)
    });
    let mut siege = Siege::of(world, |_| {}, route, |app| app);
    siege.assert_served();
    let honest = heard.all().len();
    for origin in [
        "null",
        "",
        "localhost",
        "http://evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://evil.example/localhost",
        "http://evil.example#localhost",
        "http://localhost:81",
        "http://xlocalhost",
        "http://localhost, http://evil.example",
    ] {
        let request = upgrade_and(&format!("Origin: {origin}\r\n"));
        let mut raw = siege.server.raw();
        // The frames of an impatient page are neither heard nor answered.
        raw.write(&[request.as_bytes(), &frame(1, b"let me in")].concat());
        let answer = raw.answer();
        assert_eq!(answer.status, 403, "{origin}");
        assert!(!answer.body.contains("let me in") && !answer.body.contains("HTTP/"), "{}", answer.body);
    }
    assert_eq!(heard.all().len(), honest);
    siege.assert_nobody_got_in();
}

/// Half of them read their answer, half are gone before it.
pub(crate) fn refused_handshakes_leave_nothing_behind(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    let refused = [
        upgrade_but("GET / ", "GET /nowhere "),
        upgrade_and("Origin: http://evil.example\r\n"),
        upgrade_and("\0"),
    ];
    for (number, request) in refused.iter().cycle().take(REQUESTS_REFUSED).enumerate() {
        let mut raw = siege.server.raw();
        raw.write(request.as_bytes());
        if number % 2 == 0 {
            assert!(matches!(raw.answer().status, 400 | 403 | 404));
        }
    }
    let handle = siege.server.handle();
    eventually("all are answered", || handle.stats().requests_answered == REQUESTS_REFUSED as u64);
    assert_eq!(handle.totals().connections, siege.neighbours.len());
    siege.assert_nobody_got_in();
}
