//! Plain requests on the same listener.

use crate::world::World;
use fanfare::{App, Response, Route};
use http::StatusCode;

fn app() -> App {
    App::new()
        .route("/ws", Route::new())
        .get("/page", |_, _| Response::text(StatusCode::OK, "a page"))
        .get("/both", |_, _| Response::text(StatusCode::OK, "and more"))
        .route("/both", Route::new())
        .post_async("/post", 10, |request, _| async move {
            Response::text(StatusCode::OK, format!("{} bytes", request.body().len()))
        })
}

fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n{body}")
}

pub(crate) fn get_and_head_are_answered(world: &World) {
    let server = world.start(app());
    let answer = server.ask(&request("GET", "/page", "", ""));
    assert_eq!((answer.status, answer.body.as_str()), (200, "a page"));
    assert!(answer.head.contains("\r\nconnection: close\r\n"), "{}", answer.head);
    let answer = server.ask(&request("HEAD", "/page", "", ""));
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert!(answer.head.contains("\r\ncontent-length: 6\r\n"), "{}", answer.head);
    // A GET is served where upgrades are, too.
    assert_eq!(server.ask(&request("GET", "/both", "", "")).body, "and more");
    let _open = server.connect("/both");
    assert_eq!(server.handle().totals().admitted, 1);
}

pub(crate) fn a_body_is_read_within_its_limit(world: &World) {
    let server = world.start(app());
    for (body, status, answered) in [("0123456789", 200, "10 bytes"), ("", 200, "0 bytes")] {
        let answer =
            server.ask(&request("POST", "/post", &format!("Content-Length: {}\r\n", body.len()), body));
        assert_eq!((answer.status, answer.body.as_str()), (status, answered));
    }
    let large = "x".repeat(100_000);
    let answer = server.ask(&request("POST", "/post", "Content-Length: 100000\r\n", &large));
    assert_eq!(answer.status, 413, "refused, and the answer is not lost to what was not read");
    // The body comes late, and in pieces.
    let mut raw = server.raw();
    for piece in [&request("POST", "/post", "Content-Length: 4\r\n", ""), "ab", "c", "d"] {
        raw.write(piece.as_bytes());
    }
    assert_eq!(raw.answer().body, "4 bytes");
}

pub(crate) fn chunked_bodies_are_not_implemented(world: &World) {
    let server = world.start(app());
    let chunked = request("POST", "/post", "Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n");
    assert_eq!(server.ask(&chunked).status, 501);
}

pub(crate) fn unknown_paths_and_wrong_methods_are_told(world: &World) {
    let server = world.start(app());
    assert_eq!(server.ask(&request("GET", "/nowhere", "", "")).status, 404);
    assert_eq!(server.try_connect("/nowhere", &[]).err().map(|answer| answer.status), Some(404));
    for (method, path, status, header) in [
        ("POST", "/page", 405, "\r\nallow: get, head\r\n"),
        ("GET", "/post", 405, "\r\nallow: post\r\n"),
        ("DELETE", "/ws", 405, "\r\nallow: get\r\n"),
        ("GET", "/ws", 426, "\r\nupgrade: websocket\r\n"),
    ] {
        let answer = server.ask(&request(method, path, "", ""));
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.head.contains(header), "{method} {path}: {}", answer.head);
    }
}

pub(crate) fn an_answer_that_comes_later_ends_the_connection(world: &World) {
    let later = |request: std::sync::Arc<fanfare::Request>, _| async move {
        tokio::task::yield_now().await;
        Response::text(StatusCode::OK, request.path().to_owned())
    };
    let mut server = world.start(App::new().get_async("/later", later));
    let mut raw = server.raw();
    // What comes behind the request is not an answer's death.
    raw.write(request("GET", "/later", "", &"x".repeat(1000)).as_bytes());
    assert_eq!(raw.answer().body, "/later");
    raw.finish();
    // The peer's end was read, so nothing lingers that a stop would wait for.
    let patient =
        fanfare::StopOptions { time_max: crate::world::DEADLINE, ..fanfare::StopOptions::default() };
    server.stop(&patient);
    assert_eq!(server.handle().stats().timeouts, 0, "the connection ended by its peer's end");
}
