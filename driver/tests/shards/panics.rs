//! A handler that panics or fails: its own connection bears it, and no other.

use crate::peer::{Heard, Peer};
use crate::world::World;
use fanfare_core::close::CloseReason;
use fanfare_core::handshake::Response;
use fanfare_driver::{Accept, App, Route};
use http::StatusCode;
use std::sync::{Arc, Mutex};

/// Two connections; the first is made to panic, the second must not notice.
#[track_caller]
fn panics_alone(route: Route, provoke: impl FnOnce(&mut World, &Peer)) {
    let app = App::new().route("/bad", route).route("/good", echo());
    let mut world = World::new(app);
    let mut good = world.connect("/good");
    let mut bad = world.connect("/bad");
    provoke(&mut world, &bad);
    world.run();
    assert_eq!(bad.heard().last(), Some(&Heard::Close(1011)));
    world.say(&good, "still there");
    assert_eq!(good.texts(), ["still there"]);
    assert_eq!(world.handle.totals().connections, 1, "the place of the other is free");
}

fn echo() -> Route {
    Route::new().on_message(|ctx, message| ctx.send(&message))
}

#[test]
fn of_a_message() {
    let route = Route::new().on_message(|_, _| -> () { panic!("on purpose") });
    panics_alone(route, |world, bad| world.say(bad, "go"));
}

#[test]
fn of_an_opening() {
    panics_alone(Route::new().on_open(|_| -> () { panic!("on purpose") }), |_, _| {});
}

#[test]
fn of_an_error() {
    let route =
        Route::new().on_message(|_, _| Err::<(), _>("no")).on_error(|_, error| panic!("on purpose: {error}"));
    panics_alone(route, |world, bad| world.say(bad, "go"));
}

#[test]
fn of_a_future() {
    let route = Route::new().on_connection(async |connection| {
        assert!(connection.recv().await.is_none(), "on purpose");
    });
    panics_alone(route, |world, bad| world.say(bad, "go"));
}

#[test]
fn of_the_function_that_makes_a_future() {
    let route = Route::new().on_connection(|_| -> std::future::Ready<()> { panic!("on purpose") });
    panics_alone(route, |_, _| {});
}

#[test]
fn of_a_continuation() {
    let route = Route::new().on_message(|ctx, _| {
        let reply = ctx.handle().send("nobody", "hello");
        ctx.then(reply, |_, answer| panic!("on purpose: {answer:?}"));
    });
    panics_alone(route, |world, bad| world.say(bad, "go"));
}

/// The connection is over by then: there is nothing left to close.
#[test]
fn of_a_close_harms_nobody() {
    let mut world = World::new(
        App::new()
            .route("/bad", echo().on_close(|_, _| -> () { panic!("on purpose") }))
            .route("/good", echo()),
    );
    let (bad, mut good) = (world.connect("/bad"), world.connect("/good"));
    bad.socket.end();
    world.run();
    assert!(bad.socket.is_over());
    world.say(&good, "still there");
    assert_eq!(good.texts(), ["still there"]);
}

#[test]
fn of_a_state_when_it_is_dropped_harms_nobody() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    let bad = echo().authorise(|_| Ok(Accept::new().state(Bomb)));
    let mut world = World::new(App::new().route("/bad", bad).route("/good", echo()));
    let (bad, mut good) = (world.connect("/bad"), world.connect("/good"));
    bad.socket.end();
    world.run();
    assert!(bad.socket.is_over());
    world.say(&good, "still there");
    assert_eq!(good.texts(), ["still there"]);
}

#[test]
fn before_the_opening_is_answered_500() {
    let app = App::new()
        .route("/now", Route::new().authorise(|_| panic!("on purpose")))
        .route("/later", Route::new().authorise_async(async |_| panic!("on purpose")))
        .get("/page", |_, _| panic!("on purpose"))
        .get_async("/page-later", async |_, _| panic!("on purpose"));
    let mut world = World::new(app);
    for path in ["/now", "/later"] {
        assert_eq!(world.request(path).status(), Some(500), "{path}");
    }
    for path in ["/page", "/page-later"] {
        let mut peer = world.arrive();
        peer.socket.send(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        world.run();
        assert_eq!(peer.status(), Some(500), "{path}");
    }
    assert_eq!(world.tasks_len(), 0);
}

#[test]
fn an_error_is_told_and_the_connection_lives() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let route = |told: Arc<Mutex<Vec<String>>>| {
        Route::new().on_error(move |_, error| told.lock().unwrap().push(error.to_string()))
    };
    let app = App::new()
        .route("/now", route(Arc::clone(&told)).on_message(|_, _| Err::<(), _>("now")))
        .route("/later", route(Arc::clone(&told)).on_message_async(async |_, _| Err::<(), _>("later")));
    let mut world = World::new(app);
    for path in ["/now", "/later"] {
        let mut peer = world.connect(path);
        world.say(&peer, "go");
        world.say(&peer, "go");
        assert_eq!(peer.heard(), [], "the connection lives");
    }
    assert_eq!(*told.lock().unwrap(), ["now", "now", "later", "later"]);
}

#[test]
fn an_end_is_told_once_with_its_reason() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let route = echo().on_close(move |_, closed| tell.lock().unwrap().push(closed.reason.clone()));
    let refusing = Route::new().authorise(|_| Err(Response::empty(StatusCode::FORBIDDEN)));
    let mut world = World::new(App::new().route("/", route).route("/refused", refusing));
    let peer = world.connect("/");
    peer.socket.end();
    world.run();
    assert_eq!(world.request("/refused").status(), Some(403));
    assert_eq!(*told.lock().unwrap(), [CloseReason::EndOfInput], "who never opened is not told of");
}
