//! Panics where one thinks of them last. Those of messages, futures and requests
//! are scenarios of the behaviour suite.

use crate::bench::Bench;
use crate::line::{Line, Then};
use crate::{REQUEST, echo, frame, heard, said};
use fanfare_driver::{App, Route};

/// One connection is made to panic; the other is served as before.
#[track_caller]
fn harms_only_itself(route: Route, provoke: impl FnOnce(&Line), last_words: &[u8]) {
    let mut bench = Bench::new(App::new().route("/bad", route).route("/", echo()));
    let (bad, good) = (Line::default(), Line::default());
    good.say(REQUEST);
    bad.say(String::from_utf8_lossy(REQUEST).replacen("/ ", "/bad ", 1).as_bytes());
    bench.accept(&good, b"");
    bench.accept(&bad, b"");
    bench.run();
    provoke(&bad);
    bench.run();
    assert_eq!(heard(&bad), last_words);
    good.say(&frame(1, b"alive"));
    bench.run();
    assert_eq!(heard(&good), said("alive"));
    assert_eq!(bench.handle.totals().connections, 1, "its place is free");
}

/// A close frame with 1011.
const FAILED: &[u8] = &[0x88, 2, 0x03, 0xf3];

#[test]
fn of_an_error_handler() {
    let route =
        Route::new().on_message(|_, _| Err::<(), _>("no")).on_error(|_, error| panic!("as asked: {error}"));
    harms_only_itself(route, |bad| bad.say(&frame(1, b"?")), FAILED);
}

#[test]
fn of_a_continuation() {
    let route = Route::new().on_message(|ctx, _| {
        let reply = ctx.handle().send("nobody", "hello");
        ctx.then(reply, |_, answer| panic!("as asked: {answer:?}"));
    });
    harms_only_itself(route, |bad| bad.say(&frame(1, b"?")), FAILED);
}

#[test]
fn of_a_pong_handler() {
    let route = Route::new().on_pong(|_, _| -> () { panic!("as asked") });
    harms_only_itself(route, |bad| bad.say(&frame(10, b"")), FAILED);
}

#[test]
fn of_what_makes_a_future() {
    let route = Route::new().on_connection(|_| -> std::future::Ready<()> { panic!("as asked") });
    harms_only_itself(route, |_| {}, FAILED);
}

/// The connection is over by then: there is nothing left to close.
#[test]
fn of_a_close_handler() {
    let route = echo().on_close(|_, _| -> () { panic!("as asked") });
    harms_only_itself(route, |bad| bad.with(|state| state.after_input = Then::End), b"");
}
