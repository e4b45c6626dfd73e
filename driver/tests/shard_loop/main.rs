//! The shard loop over scripted transports: no runtime, no socket, no wait.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod bench;
mod budget;
mod handshakes;
mod holding_up;
mod line;
mod panics;
mod waiting;

use bench::Bench;
use fanfare_driver::{App, Route, Turn};
use line::{Line, Then};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A client's frame under a mask of zeros.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short payload");
    assert!(length < 126);
    [&[0x80 | opcode, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

/// What the server says to a text.
fn said(text: &str) -> Vec<u8> {
    [&[0x81, u8::try_from(text.len()).expect("a short text")], text.as_bytes()].concat()
}

fn echo() -> Route {
    Route::new().on_message(|ctx, message| ctx.send(&message))
}

fn app() -> App {
    App::new().route("/", echo())
}

/// What the shard has written behind the answer to the request.
fn heard(line: &Line) -> Vec<u8> {
    line.see(|state| {
        let end = state.output.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("an answer");
        state.output[end + 4..].to_vec()
    })
}

#[test]
fn short_reads_and_writes_lose_nothing() {
    for (read_max, write_max) in [(1, 1), (2, 3), (7, 5), (64, usize::MAX), (usize::MAX, 1)] {
        let mut bench = Bench::new(app());
        let line = Line::default();
        line.with(|state| (state.read_max, state.write_max) = (read_max, write_max));
        line.say(REQUEST);
        let mut expected = Vec::new();
        for number in 0..50 {
            let text = format!("message {number}");
            line.say(&frame(1, text.as_bytes()));
            expected.extend(said(&text));
        }
        bench.accept(&line, b"");
        bench.run();
        assert_eq!(heard(&line), expected, "{read_max} bytes per read, {write_max} per write");
    }
}

#[test]
fn a_transport_that_blocks_anywhere_goes_on_where_it_was() {
    let input = [REQUEST, &frame(1, b"one"), &frame(1, b"two"), &frame(8, &[3, 232])].concat();
    let whole = [said("one"), said("two")].concat();
    for room in 0..200 {
        let mut bench = Bench::new(app());
        let line = Line::default();
        line.with(|state| state.room = room);
        bench.accept(&line, b"");
        // Byte by byte, each behind a `Pending`.
        for byte in &input[..input.len() - 8] {
            line.say(&[*byte]);
            bench.run();
        }
        line.with(|state| state.room = usize::MAX);
        bench.run();
        assert_eq!(heard(&line), whole, "blocked after {room} bytes");
        line.say(&input[input.len() - 8..]);
        line.with(|state| state.after_input = Then::End);
        bench.run();
        assert!(line.see(|state| state.is_shut && state.is_dropped));
        assert!(heard(&line).ends_with(&[0x88, 2, 3, 232]));
    }
}

/// Which way of a transport breaks.
#[derive(Clone, Copy, Debug)]
enum Direction {
    In,
    Out,
}

#[test]
fn every_transport_is_released_wherever_it_breaks() {
    let input =
        [REQUEST, &frame(1, b"one"), &frame(9, b"?"), &frame(1, b"two"), &frame(8, &[3, 232])].concat();
    let breaks = |direction: Direction, at: usize, then: Then| {
        let closed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&closed);
        let route = echo().on_close(move |_, _| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let mut bench = Bench::new(App::new().route("/", route));
        let line = Line::default();
        line.with(|state| match direction {
            Direction::In => {
                state.input.extend(&input[..at.min(input.len())]);
                state.after_input = then;
            }
            Direction::Out => {
                state.input.extend(&input);
                state.after_input = Then::End;
                (state.room, state.after_output) = (at, then);
            }
        });
        bench.accept(&line, b"");
        bench.run();
        let case = format!("{direction:?}, {then:?} after {at} bytes");
        assert!(line.see(|state| state.is_dropped), "{case}: the transport is kept");
        let stats = bench.handle.stats();
        assert_eq!(stats.connections_opened, stats.connections_closed, "{case}");
        assert_eq!(closed.load(Ordering::Relaxed) as u64, stats.connections_opened, "{case}");
        assert_eq!(bench.handle.totals().connections, 0, "{case}");
    };
    for at in 0..=input.len() {
        breaks(Direction::In, at, Then::End);
        breaks(Direction::In, at, Then::Error);
    }
    for at in 0..160 {
        breaks(Direction::Out, at, Then::End);
        breaks(Direction::Out, at, Then::Error);
    }
}

#[test]
fn bytes_that_came_with_a_transport_are_read_first() {
    let early = [REQUEST, &frame(1, b"one"), &frame(1, b"two")].concat();
    for split in 0..=early.len() {
        let mut bench = Bench::new(app());
        let line = Line::default();
        line.say(&early[split..]);
        bench.accept(&line, &early[..split]);
        bench.run();
        assert_eq!(heard(&line), [said("one"), said("two")].concat(), "{split} bytes came with it");
    }
}

#[test]
fn a_flood_neither_exceeds_its_budget_nor_starves_the_others() {
    let mut bench = Bench::new(app());
    let (flood, quiet) = (Line::default(), Line::default());
    flood.with(|state| {
        state.input.extend(REQUEST);
        state.repeats = Some(frame(2, &[0; 100]).repeat(100));
    });
    quiet.say(REQUEST);
    bench.accept(&flood, b"");
    bench.accept(&quiet, b"");
    assert_eq!(bench.turn(), Turn::Busy, "the flood is still ready");

    for number in 0..20 {
        let before = flood.see(|state| state.reads);
        let text = format!("{number}");
        quiet.say(&frame(1, text.as_bytes()));
        assert_eq!(bench.turn(), Turn::Busy);
        assert!(heard(&quiet).ends_with(&said(&text)), "the quiet one is served in the same turn");
        let reads = flood.see(|state| state.reads) - before;
        assert!((1..=4).contains(&reads), "the flood was read {reads} times in one turn");
    }
}

#[test]
fn a_transport_is_left_alone_until_it_is_woken() {
    let mut bench = Bench::new(app());
    let (busy, idle) = (Line::default(), Line::default());
    for line in [&busy, &idle] {
        line.say(REQUEST);
        bench.accept(line, b"");
    }
    bench.run();
    let before = idle.see(|state| state.reads);
    for _ in 0..10 {
        busy.say(&frame(1, b"?"));
        bench.run();
    }
    assert_eq!(idle.see(|state| state.reads), before, "the idle one was not asked");
    idle.say(&frame(1, b"!"));
    bench.run();
    assert_eq!(heard(&idle), said("!"));
}

#[test]
fn what_a_transport_buffers_is_flushed() {
    let mut bench = Bench::new(app());
    let line = Line::default();
    line.with(|state| state.buffers = true);
    line.say(&[REQUEST, &frame(1, b"one")].concat());
    bench.accept(&line, b"");
    bench.run();
    assert_eq!(heard(&line), said("one"));
}

#[test]
fn a_shard_that_is_dropped_tells_every_end() {
    let closed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&closed);
    let route = echo().on_close(move |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let mut bench = Bench::new(App::new().route("/", route));
    let lines: Vec<Line> = (0..5).map(|_| Line::default()).collect();
    for line in &lines {
        line.say(REQUEST);
        bench.accept(line, b"");
    }
    bench.run();
    let handle = bench.handle.clone();
    drop(bench);
    assert!(lines.iter().all(|line| line.see(|state| state.is_dropped)));
    assert_eq!(closed.load(Ordering::Relaxed), 5);
    assert!(handle.is_stopped());
    assert!(handle.connections().wait().is_err());
}

#[test]
fn nothing_about_a_connection_comes_after_its_end() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let (asked, ended) = (Arc::clone(&notes), Arc::clone(&notes));
    let route = Route::new()
        .on_message(move |ctx, _| {
            let notes = Arc::clone(&asked);
            ctx.then(ctx.handle().rooms(), move |_, _| notes.lock().unwrap().push("answered"));
        })
        .on_close(move |_, _| ended.lock().unwrap().push("closed"));
    let mut bench = Bench::new(App::new().route("/", route));
    let line = Line::default();
    // The answer comes in a later turn than the close, while the peer's end of
    // the stream is still awaited.
    line.say(&[REQUEST, &frame(1, b"?"), &frame(8, &[3, 232])].concat());
    bench.accept(&line, b"");
    bench.run();
    assert!(line.see(|state| state.is_shut && !state.is_dropped));
    assert_eq!(*notes.lock().unwrap(), ["closed"]);
}
