//! The end, asked for by signals.

use crate::support::{Client, Program, eventually, get, refused};
use rustix::process::Signal;
use serde_json::json;
use std::time::{Duration, Instant};
use tungstenite::Message;

/// Every way to run it; the numbers of shards say enough for one way each.
const WAYS: [&[&str]; 7] = [
    &["--shards", "1"],
    &["--shards", "2"],
    &["--shards", "2", "--placement", "threads"],
    &["--shards", "1", "--runtime", "smol"],
    &["--shards", "2", "--runtime", "smol"],
    &["--shards", "2", "--runtime", "smol", "--placement", "threads"],
    &["--shards", "2", "--runtime", "std-threads"],
];

#[test]
fn without_connections_it_ends_at_once_with_success() {
    for signal in [Signal::TERM, Signal::INT] {
        for way in WAYS {
            let program = Program::start(way);
            program.signal(signal);
            assert_eq!(program.end().code(), Some(0));
        }
    }
}

#[test]
fn connections_are_told_1001_and_may_answer() {
    for way in WAYS {
        let program = Program::start(way);
        let mut clients =
            ["/ws/chat", "/ws/echo", "/ws/broadcast"].map(|path| Client::connect(&program, path));
        assert!(matches!(clients[0].receive(), Message::Text(_)), "the arrival is announced");
        program.signal(Signal::TERM);
        for client in &mut clients {
            assert_eq!(u16::from(client.receive_close()), 1001);
        }
        clients.into_iter().for_each(Client::finish);
        assert_eq!(program.end().code(), Some(0));
    }
}

#[test]
fn what_waits_to_be_sent_goes_out_before_the_close() {
    let messages = 48;
    let program = Program::start(&["--outbox-bytes-max", "64MiB", "--write-time-max", "5m"]);
    let mut client = Client::connect(&program, "/ws/echo");
    // More than the system buffers between two sockets.
    for index in 0..messages {
        client.send(Message::binary(vec![index; 256 * 1024]));
    }
    eventually(|| {
        let stats = get(&program, "/ws/stats").json();
        (stats["data"]["total_messages"] == messages).then_some(())
    });
    program.signal(Signal::INT);
    for index in 0..messages {
        assert_eq!(client.receive(), Message::binary(vec![index; 256 * 1024]));
    }
    assert_eq!(u16::from(client.receive_close()), 1001);
    client.finish();
    assert_eq!(program.end().code(), Some(0));
}

/// The settings under which a client that does not answer holds up the end for good.
const PATIENT: [&str; 4] = ["--close-time-max", "5m", "--stop-time-max", "5m"];

#[test]
fn while_it_drains_it_says_so_and_refuses_with_503() {
    let program = Program::start(&PATIENT);
    let mut stubborn = Client::connect(&program, "/ws/echo");
    program.signal(Signal::TERM);
    assert_eq!(u16::from(stubborn.receive_close()), 1001);

    let health = get(&program, "/ws/health");
    assert_eq!(health.status, 503);
    assert_eq!(health.json(), json!({"success": false, "status": "draining", "connections": 1}));
    for path in ["/ws/stats", "/ws/stats?detail=1", "/ws/status"] {
        assert_eq!(get(&program, path).status, 200, "{path}");
    }
    assert!(get(&program, "/metrics").body.contains("\nfanfare_draining 1\n"));
    assert_eq!(refused(&program, "/ws/echo").status(), 503);

    stubborn.finish();
    assert_eq!(program.end().code(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for (first, second) in
        [(Signal::TERM, Signal::TERM), (Signal::INT, Signal::TERM), (Signal::INT, Signal::INT)]
    {
        for way in WAYS {
            let program = Program::start(&[&PATIENT[..], way].concat());
            let mut stubborn = Client::connect(&program, "/ws/echo");
            program.signal(first);
            assert_eq!(u16::from(stubborn.receive_close()), 1001);
            program.signal(second);
            assert_eq!(program.end().code(), Some(0));
        }
    }
}

#[test]
fn time_cuts_off_who_does_not_answer() {
    let program = Program::start(&["--close-time-max", "5m", "--stop-time-max", "100ms"]);
    let mut stubborn = Client::connect(&program, "/ws/echo");
    program.signal(Signal::TERM);
    assert_eq!(u16::from(stubborn.receive_close()), 1001);
    assert_eq!(program.end().code(), Some(0));
}

/// How long the program takes to end after its last connection has.
fn time_from_the_last_connection_to_the_end() -> Duration {
    let program = Program::start(&PATIENT);
    let mut client = Client::connect(&program, "/ws/echo");
    program.signal(Signal::TERM);
    assert_eq!(u16::from(client.receive_close()), 1001);
    client.finish();
    let finished_at = Instant::now();
    assert_eq!(program.end().code(), Some(0));
    finished_at.elapsed()
}

/// No timer has to fire for it. A busy machine may be slow once or twice.
#[test]
fn the_end_follows_the_last_connection_at_once() {
    let mut times = (0..5).map(|_| time_from_the_last_connection_to_the_end());
    assert!(times.any(|time| time < Duration::from_millis(500)));
}
