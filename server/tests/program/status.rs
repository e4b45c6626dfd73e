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
    let stats = get(&program, "/ws/stats");
    assert_eq!(stats.header("cache-control"), Some("no-store"));
    assert_eq!(
        stats.normalised(),
        r#"{"success":true,"data":{"active_connections":0,"total_connections":0,"total_messages":0,"#
            .to_owned()
            + r#""peak_connections":0,"rooms":0,"deliveries_queued":0,"deliveries_dropped":0,"#
            + r#""deliveries_evicted":0,"deliveries_sent":0,"bytes_received":N,"bytes_sent":N,"shards":2,"#
            + r#""uptime_seconds":N}}"#
    );
}

/// What follows the sums.
#[track_caller]
fn detail_after_the_sums(program: &Program) -> String {
    let detail = get(program, "/ws/stats?detail=1").normalised();
    let (_, rest) = detail.split_once(r#""uptime_seconds":N,"#).unwrap();
    rest.to_owned()
}

#[test]
fn detail_counts_channels_and_names_the_connections_of_each_client() {
    for runtime in ["tokio", "smol", "std-threads"] {
        let program = Program::start(&["--runtime", runtime, "--shards", "2"]);
        let mut sessions =
            ["client=ann", "client=ann&channel=news", "client=bob&channel=news", "client=Zo%C3%AB"]
                .map(|query| Client::connect(&program, &format!("/ws/session?{query}")));
        assert_eq!(
            detail_after_the_sums(&program),
            r#""channel_connections":{"default":2,"news":2},"#.to_owned()
                + r#""connections_by_client":{"Zoë":["ID"],"ann":["ID","ID"],"bob":["ID"]}}}"#
        );
        let ids = get(&program, "/ws/stats?detail=1").json()["data"]["connections_by_client"]["ann"].clone();
        assert!(ids[0].as_str() < ids[1].as_str(), "in order: {ids}");
        for session in &mut sessions {
            session.assert_quiet();
        }
        sessions.into_iter().for_each(Client::leave);
        eventually(|| (stats(&program)["data"]["active_connections"] == 0).then_some(()));
        let nobody = r#""channel_connections":{},"connections_by_client":{}}}"#;
        eventually(|| (detail_after_the_sums(&program) == nobody).then_some(()));
    }
}

#[test]
fn a_client_without_a_name_goes_by_its_address() {
    let program = Program::start(&["--shards", "2"]);
    let _ann = Client::connect(&program, "/ws/echo");
    let detail = get(&program, "/ws/stats?detail=1");
    assert_eq!(
        detail.normalised(),
        r#"{"success":true,"data":{"active_connections":1,"total_connections":1,"total_messages":0,"#
            .to_owned()
            + r#""peak_connections":1,"rooms":0,"deliveries_queued":0,"deliveries_dropped":0,"#
            + r#""deliveries_evicted":0,"deliveries_sent":0,"bytes_received":N,"bytes_sent":N,"shards":2,"#
            + r#""uptime_seconds":N,"channel_connections":{},"connections_by_client":{"ADDRESS":["ID"]}}}"#
    );
    for not_asked in ["/ws/stats?detail=0", "/ws/stats?detail", "/ws/stats?detail=true"] {
        assert!(get(&program, not_asked).json()["data"].get("connections_by_client").is_none());
    }
}

#[test]
fn status_names_the_rooms_and_who_is_in_one() {
    let program = Program::start(&["--shards", "2"]);
    assert_eq!(get(&program, "/ws/status").body, r#"{"connections":0,"rooms":[]}"#);
    let mut people = ["tea", "tea", "coffee"].map(|room| {
        let mut client = Client::connect(&program, &format!("/ws/broadcast?room={room}"));
        client.send("here");
        client
    });
    // Whoever hears the own message has joined.
    for client in &mut people {
        client.receive();
    }
    assert_eq!(get(&program, "/ws/status").body, r#"{"connections":3,"rooms":["coffee","tea"]}"#);
    for path in ["/ws/status?room=tea", "/ws/status?room=tea&namespace=/broadcast"] {
        assert_eq!(
            get(&program, path).normalised(),
            r#"{"connections":3,"rooms":["coffee","tea"],"room":"tea","room_connections":2,"#.to_owned()
                + r#""connections_list":["ID","ID"]}"#
        );
    }
    assert_eq!(
        get(&program, "/ws/status?room=tea&namespace=/").body,
        r#"{"connections":3,"rooms":[],"room":"tea","room_connections":0,"connections_list":[]}"#
    );
    assert_eq!(
        get(&program, "/ws/status?room=caf%C3%A9").body,
        r#"{"connections":3,"rooms":["coffee","tea"],"room":"café","room_connections":0,"connections_list":[]}"#
    );
    let ids = get(&program, "/ws/status?room=tea").json()["connections_list"].as_array().unwrap().clone();
    assert!(ids[0].as_str() < ids[1].as_str(), "in order: {ids:?}");
}

#[test]
fn rooms_are_counted_once_and_no_longer_than_they_have_members() {
    let program = Program::start(&["--shards", "2"]);
    let rooms = |count| eventually(|| (stats(&program)["data"]["rooms"] == count).then_some(()));
    let people =
        ["a", "a", "a", "b"].map(|room| Client::connect(&program, &format!("/ws/broadcast?room={room}")));
    rooms(2);
    people.into_iter().for_each(Client::leave);
    rooms(0);
}

#[test]
fn every_runtime_answers_on_every_path() {
    for runtime in ["tokio", "smol", "std-threads"] {
        let program = Program::start(&["--runtime", runtime, "--shards", "2"]);
        let mut client = Client::connect(&program, "/ws/broadcast?room=tea");
        client.send("here");
        client.receive();
        for (path, part) in [
            ("/ws/health", r#"{"success":true,"status":"healthy","connections":1}"#),
            ("/ws/stats", r#""total_messages":1,"#),
            ("/ws/stats?detail=1", r#""connections_by_client":{"ADDRESS":["ID"]}"#),
            ("/ws/status?room=tea", r#""room_connections":1,"connections_list":["ID"]"#),
            ("/metrics", "\nfanfare_messages_received_total 1\n"),
        ] {
            let answer = get(&program, path);
            assert_eq!(answer.status, 200, "{runtime}: {path}");
            assert!(answer.normalised().contains(part), "{runtime}: {path}: {}", answer.body);
        }
    }
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
