//! `/metrics`, line by line. That Prometheus itself can read it, the step
//! `metrics` of the continuous integration shows.

use crate::support::{Client, Program, eventually, get, refused};

/// What depends on the time, or on how often was asked.
const VOLATILE: [&str; 4] = [
    "fanfare_uptime_seconds",
    "fanfare_sent_bytes_total",
    "fanfare_transports_accepted_total",
    "fanfare_requests_answered_total",
];

/// The text with what differs from run to run replaced.
fn normalised(text: &str) -> String {
    let line = |line: &str| match line.split_once(' ') {
        Some((name, _)) if VOLATILE.contains(&name) => format!("{name} N\n"),
        Some((name, value)) => format!("{} {value}\n", name.replace(env!("CARGO_PKG_VERSION"), "VERSION")),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn a_server_that_was_used_tells_all_of_it() {
    let program = Program::start(&["--shards", "2", "--connections-max", "1"]);
    let mut client = Client::connect(&program, "/ws/echo");
    client.send("hello");
    client.receive();
    assert_eq!(refused(&program, "/ws/echo").status(), 503);
    client.leave();
    let metrics = eventually(|| {
        let metrics = get(&program, "/metrics");
        metrics.body.contains("\nfanfare_connections_closed_total 1\n").then_some(metrics)
    });
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(metrics.header("cache-control"), Some("no-store"));
    let told = normalised(&metrics.body);
    for (told, expected) in told.lines().zip(include_str!("metrics.txt").lines()) {
        assert_eq!(told, expected);
    }
    assert_eq!(told.len(), include_str!("metrics.txt").len(), "a line is missing");
}
