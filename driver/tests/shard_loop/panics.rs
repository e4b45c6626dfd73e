//! Panics where one thinks of them last. Those of messages, futures and requests
//! are scenarios of the behaviour suite.

use crate::bench::Bench;
use crate::line::{Line, Then};
use crate::{REQUEST, echo, frame, heard, said};
use fanfare_driver::{Accept, App, Route, StopOptions};
use std::fmt;
use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

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

/// What panics when it is dropped.
struct Mine;

impl Drop for Mine {
    fn drop(&mut self) {
        panic!("as asked");
    }
}

fn leave(line: &Line) {
    line.with(|state| state.after_input = Then::End);
}

#[test]
fn of_a_states_destructor() {
    let route = Route::new().authorise(|_| Ok(Accept::new().state(Mine)));
    harms_only_itself(route, leave, b"");
}

/// The terms are dropped after the seat was taken: it must be given back.
#[test]
fn of_the_destructor_of_terms_that_cannot_be_granted() {
    let route = Route::new().authorise(|_| Ok(Accept::new().subprotocol("never offered").state(Mine)));
    let mut bench = Bench::new(App::new().route("/", route));
    let line = Line::default();
    line.say(REQUEST);
    bench.accept(&line, b"");
    bench.run();
    assert!(line.see(|state| state.output.starts_with(b"HTTP/1.1 500 ")));
    assert_eq!(bench.handle.totals().connections, 0, "its place is free");
}

#[test]
fn of_the_destructor_of_an_error() {
    struct Failure(Mine);
    impl fmt::Display for Failure {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no")
        }
    }
    impl fmt::Debug for Failure {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Failure")
        }
    }
    impl std::error::Error for Failure {}
    let route = Route::new().on_message(|_, _| Err::<(), _>(Failure(Mine)));
    let fail_and_leave = |bad: &Line| {
        bad.say(&frame(1, b"?"));
        leave(bad);
    };
    harms_only_itself(route, fail_and_leave, b"");
}

/// The connection is over before the answer is there, so nobody calls it.
#[test]
fn of_the_destructor_of_a_continuation() {
    let route = Route::new().on_message(|ctx, _| {
        let mine = Mine;
        ctx.then(ctx.handle().rooms(), move |_, _| drop(mine));
    });
    harms_only_itself(
        route,
        |bad| bad.say(&[frame(1, b"?"), frame(8, &[3, 232])].concat()),
        &[0x88, 2, 3, 232],
    );
}

/// Its connection would otherwise stay open for ever.
#[test]
fn of_the_destructor_of_a_future_that_is_done() {
    struct Done(Mine);
    impl Future for Done {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }
    }
    let route = Route::new().on_connection(|_| Done(Mine));
    harms_only_itself(route, |_| {}, FAILED);
}

/// It is dropped because the connection that it decides on is over.
#[test]
fn of_the_destructor_of_a_future_that_is_not_needed() {
    let route = Route::new().authorise_async(|_| {
        let mine = Mine;
        async move {
            let _mine = mine;
            pending().await
        }
    });
    let mut bench = Bench::new(App::new().route("/", route));
    let line = Line::default();
    line.say(REQUEST);
    bench.accept(&line, b"");
    bench.run();
    assert_eq!(bench.futures_len(), 1);
    drop(bench.handle.stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() }));
    bench.run();
    assert_eq!(bench.futures_len(), 0);
}
