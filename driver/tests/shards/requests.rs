//! From a request to its answer: who decides, and what becomes of an answer
//! that nobody waits for any more.

use crate::peer::Heard;
use crate::world::World;
use fanfare_core::config::{ClientIdPolicy, Settings};
use fanfare_core::handshake::Response;
use fanfare_driver::{Accept, App, Route, StopOptions};
use http::StatusCode;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn a_future_may_accept_or_refuse() {
    let route = Route::new().authorise_async(async |request| match request.query_param("token").as_deref() {
        Some("good") => Ok(Accept::new().client_id("ann").state(7_u32)),
        _ => Err(Response::text(StatusCode::UNAUTHORIZED, "who are you?\n")),
    });
    let route = route.on_open(|ctx| {
        let text = format!("{:?}", ctx.state::<u32>());
        ctx.send_text(&text)
    });
    let mut world = World::new(App::new().route("/", route));
    assert_eq!(world.request("/?token=bad").status(), Some(401));
    assert_eq!(world.connect("/?token=good").texts(), ["Some(7)"]);
    assert_eq!(world.handle.totals().connections, 1);
}

/// Otherwise whoever asks and is not answered in time would leave a future each time.
#[test]
fn a_future_that_decides_is_dropped_with_its_request() {
    let route = Route::new().authorise_async(|_| pending());
    let app = App::new().route("/", route).get_async("/page", |_, _| pending());
    let mut world = World::new(app);
    world.request("/");
    let asking = world.arrive();
    asking.socket.send(b"GET /page HTTP/1.1\r\nHost: h\r\n\r\n");
    world.run();
    assert_eq!(world.tasks_len(), 2);
    let cut = StopOptions { time_max: Duration::ZERO, ..StopOptions::default() };
    drop(world.handle.stop(&cut));
    world.run();
    assert_eq!(world.tasks_len(), 0);
}

#[test]
fn the_limit_of_connections_is_exact_and_answered_503() {
    let config = Settings::default().with(|server| server.connections_max = 2).build().unwrap();
    let mut world = World::with_shards(App::new().route("/", Route::new()).config(config), 2);
    let first = world.connect("/");
    let _second = world.connect("/");
    assert_eq!(world.request("/").status(), Some(503));
    first.socket.end();
    world.run();
    world.connect("/");
}

#[test]
fn a_newer_connection_replaces_the_older_with_4001() {
    let config =
        Settings::default().with(|server| server.client_id_policy = ClientIdPolicy::Replace).build().unwrap();
    let route = Route::new().authorise(|_| Ok(Accept::new().client_id("ann")));
    let mut world = World::with_shards(App::new().route("/", route).config(config), 2);
    let mut older = world.connect("/");
    let mut newer = world.connect("/");
    assert_eq!(older.heard(), [Heard::Close(4001)]);
    assert_eq!(newer.heard(), []);
}

#[test]
fn parameters_of_the_path_are_decoded_and_known_to_handlers() {
    let route = Route::new().on_open(|ctx| {
        let user = ctx.param("user").unwrap_or("nobody").to_owned();
        ctx.send_text(&user)
    });
    let mut world = World::new(App::new().route("/users/{user}", route));
    assert_eq!(world.connect("/users/J%C3%BCrgen").texts(), ["J\u{fc}rgen"]);
    assert_eq!(world.request("/users/%FF").status(), Some(404));
}

#[test]
fn a_body_is_read_within_its_routes_limit() {
    let app = App::new().post_async("/notes", 4, async |request: Arc<fanfare_driver::Request>, _| {
        assert_eq!(&request.body()[..], b"note");
        Response::empty(StatusCode::CREATED)
    });
    let mut world = World::new(app);
    for (body, status) in [("note", 201), ("notes", 413)] {
        let mut peer = world.arrive();
        let length = body.len();
        let head = format!("POST /notes HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{body}");
        peer.socket.send(head.as_bytes());
        world.run();
        assert_eq!(peer.status(), Some(status), "{body}");
    }
}
