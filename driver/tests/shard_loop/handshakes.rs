//! Before a connection opens: what waits for a decision, and what does not.

use crate::bench::Bench;
use crate::line::{Line, Then};
use crate::{REQUEST, app, echo, frame, heard, said};
use fanfare_core::config::Settings;
use fanfare_driver::{Accept, App, Route, StopOptions};
use std::future::{pending, poll_fn};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::time::Duration;

#[test]
fn bytes_behind_a_request_wait_for_the_answer_that_comes_later() {
    let later = echo().authorise_async(|_| async { Ok(Accept::new()) });
    let mut bench = Bench::new(App::new().route("/", later));
    let line = Line::default();
    line.say(&[REQUEST, &frame(1, b"early")].concat());
    bench.accept(&line, b"");
    bench.turn();
    assert!(line.see(|state| state.output.is_empty()), "nobody has decided yet");
    bench.run();
    assert_eq!(heard(&line), said("early"));
}

/// Otherwise who asks and leaves would keep a seat and a future until the handshake times out.
#[test]
fn a_peer_that_leaves_before_the_decision_is_noticed() {
    for then in [Then::End, Then::Error] {
        let mut bench = Bench::new(App::new().route("/", Route::new().authorise_async(|_| pending())));
        let line = Line::default();
        line.say(&[REQUEST, &frame(1, b"early")].concat());
        bench.accept(&line, b"");
        bench.run();
        assert_eq!(bench.futures_len(), 1);
        line.say(&frame(1, b"and more"));
        line.with(|state| state.after_input = then);
        bench.run();
        assert!(line.see(|state| state.is_dropped && state.output.is_empty()));
        assert_eq!(bench.futures_len(), 0);
    }
}

#[test]
fn early_bytes_are_bounded_and_not_lost() {
    const MESSAGES: usize = 1_000;
    let (decide, decision) = mpsc::channel();
    let decision = Arc::new(Mutex::new(decision));
    let later = echo().authorise_async(move |_| {
        let decision = Arc::clone(&decision);
        poll_fn(move |cx| {
            if decision.lock().unwrap().try_recv().is_ok() {
                return Poll::Ready(Ok(Accept::new()));
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    });
    let config = Settings::default().with(|server| {
        server.connection.outbox_messages_max = 2 * MESSAGES;
    });
    let mut bench = Bench::new(App::new().route("/", later).config(config.build().unwrap()));
    let line = Line::default();
    line.say(REQUEST);
    bench.accept(&line, b"");
    bench.turn();
    for _ in 0..MESSAGES {
        line.say(&frame(1, &[b'x'; 100]));
        bench.turn();
    }
    let unread = line.see(|state| state.input.len());
    assert_eq!(MESSAGES * 106 - unread, 8 * 1024, "as many bytes as a head may have");
    decide.send(()).unwrap();
    bench.run();
    assert_eq!(heard(&line), said(&"x".repeat(100)).repeat(MESSAGES));
}

/// Silence keeps nobody out, and who has spoken in time is heard first.
#[test]
fn a_crowd_of_the_silent_does_not_keep_an_honest_client_out() {
    let config = Settings::default().with(|server| server.pending_handshakes_max = 10);
    let mut bench = Bench::new(app().config(config.build().unwrap()));
    let honest: Vec<Line> = (0..3).map(|_| Line::default()).collect();
    let silent: Vec<Line> = (0..60).map(|_| Line::default()).collect();
    for (place, line) in silent.iter().enumerate() {
        line.say(b"GET /");
        bench.accept(line, b"");
        if let Some(honest) = honest.get(place / 15).filter(|_| place % 15 == 14) {
            honest.say(&[REQUEST, &frame(1, b"here")].concat());
            bench.accept(honest, b"");
        }
    }
    // All arrive in the same turn.
    bench.run();
    for line in &honest {
        assert_eq!(heard(line), said("here"));
    }
    let left = silent.iter().filter(|line| line.see(|state| !state.is_dropped)).count();
    assert_eq!((left, bench.handle.stats().handshakes_evicted), (10, 50));
    // Nothing of those who gave way is left to hold up a stop.
    let drained = bench.acceptor.drained();
    drop(bench.handle.stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() }));
    bench.run();
    bench.acceptor.finish();
    bench.run();
    assert!(bench.handle.is_stopped() && drained.wait().is_ok());
}

/// Otherwise whoever asks and is not answered in time would leave a future each time.
#[test]
fn a_future_that_decides_is_dropped_with_its_request() {
    let app = App::new()
        .route("/", Route::new().authorise_async(|_| pending()))
        .get_async("/page", |_, _| pending());
    let mut bench = Bench::new(app);
    let lines = [Line::default(), Line::default()];
    lines[0].say(REQUEST);
    lines[1].say(b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");
    for line in &lines {
        bench.accept(line, b"");
    }
    bench.run();
    assert_eq!(bench.futures_len(), 2);
    drop(bench.handle.stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() }));
    bench.run();
    assert!(lines.iter().all(|line| line.see(|state| state.is_dropped)));
    assert_eq!(bench.futures_len(), 0);
}
