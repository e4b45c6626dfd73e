//! What operators and balancers ask.

use crate::support::{Client, Program, eventually, fanfare, get};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

fn stats(program: &Program) -> Value {
    let answer = get(program, "/ws/stats");
    assert_eq!(answer.status, 200);
    answer.json()
}

#[test]
fn health_counts_the_open_connections() {
    let program = Program::start(&[]);
    let health = get(&program, "/ws/health");
    assert_eq!(health.status, 200);
    assert_eq!(health.body, r#"{"success":true,"status":"healthy","connections":0}"#);
    let _client = Client::connect(&program, "/ws/echo");
    let health = get(&program, "/ws/health");
    assert_eq!(health.json(), json!({"success": true, "status": "healthy", "connections": 1}));
}

#[test]
fn stats_of_a_new_server_are_zero_in_a_fixed_shape() {
    let program = Program::start(&["--shards", "2"]);
    assert_eq!(
        get(&program, "/ws/stats").body,
        r#"{"success":true,"data":{"active_connections":0,"total_connections":0,"total_messages":0,"#
            .to_owned()
            + r#""peak_connections":0,"deliveries_queued":0,"deliveries_dropped":0,"deliveries_sent":0,"#
            + r#""bytes_sent":0,"shards":2}}"#
    );
}

#[test]
fn totals_are_cumulative_over_all_shards() {
    for shards in ["1", "2"] {
        let program = Program::start(&["--shards", shards]);
        for _ in 0..3 {
            let mut pair =
                [Client::connect(&program, "/ws/broadcast"), Client::connect(&program, "/ws/broadcast")];
            for client in &mut pair {
                client.send("hello");
            }
            for client in &mut pair {
                client.receive();
                client.receive();
            }
            pair.into_iter().for_each(Client::leave);
            // Leaving is known to the client a moment before it is counted.
            eventually(|| (stats(&program)["data"]["active_connections"] == 0).then_some(()));
        }
        let expected = json!({
            "active_connections": 0, "total_connections": 6, "total_messages": 6, "peak_connections": 2,
            "deliveries_queued": 12, "deliveries_dropped": 0, "deliveries_sent": 12,
        });
        let told = stats(&program);
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(told["data"][name], *value, "{name} in {told}");
        }
    }
}

#[test]
fn the_log_tells_the_status_every_now_and_then() {
    let mut child = fanfare(&["--addr", "127.0.0.1:0", "--status-log-interval", "20ms"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let told: Vec<_> = lines.filter(|line| line.contains(": status ")).take(2).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(told.len(), 2);
    for line in told {
        assert!(
            line.ends_with("connections=0 connections_total=0 messages_received=0 deliveries_dropped=0"),
            "{line}"
        );
    }
}
