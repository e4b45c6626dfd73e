//! `POST /api/notify`: who gets it, and what is refused.

use crate::support::{Client, Program, get_as, post};
use serde_json::{Value, json};

const JSON: &str = "Content-Type: application/json";

/// Someone who listens, after the welcome.
fn listener(program: &Program, user: &str) -> Client {
    let mut client = Client::connect(program, &format!("/ws/notifications/{user}"));
    assert_eq!(client.receive_json()["type"], "welcome");
    client
}

/// The next message is this notification, with a time.
#[track_caller]
fn hears(client: &mut Client, r#type: &str, message: &str) {
    let text = client.receive().into_text().unwrap();
    let time = serde_json::from_str::<Value>(&text).unwrap()["time"].as_str().unwrap().to_owned();
    let expected = format!(r#"{{"type":"{type}","message":"{message}","time":"{time}"}}"#);
    assert_eq!(text.as_str(), expected);
}

#[test]
fn a_user_with_three_tabs_is_told_in_each() {
    for runtime in ["tokio", "smol", "std-threads"] {
        let program = Program::start(&["--runtime", runtime, "--shards", "2"]);
        let mut tabs = [(); 3].map(|()| listener(&program, "ann"));
        let mut bob = listener(&program, "bob");
        let mut stranger = Client::connect(&program, "/ws/echo");
        let sent =
            post(&program, "/api/notify", &[JSON], r#"{"user_id":"ann","type":"info","message":"hi"}"#);
        assert_eq!((sent.status, sent.body.as_str()), (200, r#"{"success":true,"sent_to":3}"#));
        for tab in &mut tabs {
            hears(tab, "info", "hi");
        }
        bob.assert_quiet();
        stranger.assert_quiet();
    }
}

#[test]
fn without_a_user_all_who_listen_are_told() {
    let program = Program::start(&["--shards", "2"]);
    let mut listeners = ["ann", "ann", "bob"].map(|user| listener(&program, user));
    let mut stranger = Client::connect(&program, "/ws/chat");
    stranger.receive();
    for body in [
        r#"{"type":"all","message":"hello"}"#,
        r#"{"user_id":null,"type":"all","message":"hello"}"#,
        r#"{"user_id":"","type":"all","message":"hello","else":[1]}"#,
    ] {
        let sent = post(&program, "/api/notify", &["content-type: Application/JSON; charset=utf-8"], body);
        assert_eq!(sent.body, r#"{"success":true,"sent_to":3}"#, "{body}");
        for listener in &mut listeners {
            hears(listener, "all", "hello");
        }
    }
    stranger.assert_quiet();
}

#[test]
fn a_user_who_is_not_there_is_nobody() {
    let program = Program::start(&[]);
    for user in ["nobody", "", &"x".repeat(1_000)] {
        let body = json!({"user_id": user, "type": "info", "message": "hi"}).to_string();
        assert_eq!(post(&program, "/api/notify", &[JSON], &body).body, r#"{"success":true,"sent_to":0}"#);
    }
}

#[test]
fn what_is_malformed_is_400_and_says_where() {
    let program = Program::start(&[]);
    for (body, message) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        (r#"{"type":"info"}"#, "missing field `message` at line 1 column 15"),
        (r#"{"type":7,"message":"hi"}"#, "invalid type: integer `7`, expected a string at line 1 column 9"),
        (r#"{"type":"info","message":"hi"} x"#, "trailing characters at line 1 column 32"),
    ] {
        let answer = post(&program, "/api/notify", &[JSON], body);
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json(), json!({"success": false, "error": "invalid_body", "message": message}));
    }
}

#[test]
fn what_does_not_say_that_it_is_json_is_415() {
    let program = Program::start(&[]);
    let body = r#"{"type":"info","message":"hi"}"#;
    for lines in [&[][..], &["Content-Type: text/plain"], &["Content-Type: application/jsonp"]] {
        let answer = post(&program, "/api/notify", lines, body);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (
                415,
                r#"{"success":false,"error":"unsupported_media_type","message":"say Content-Type: application/json"}"#
            ),
        );
    }
}

#[test]
fn what_is_too_large_is_413_and_nobody_hears_of_it() {
    let program = Program::start(&[]);
    let mut ann = listener(&program, "ann");
    let body = json!({"type": "info", "message": "x".repeat(64 * 1024)}).to_string();
    assert_eq!(post(&program, "/api/notify", &[JSON], &body).status, 413);
    let body = json!({"type": "info", "message": "x".repeat(63 * 1024)}).to_string();
    assert_eq!(post(&program, "/api/notify", &[JSON], &body).body, r#"{"success":true,"sent_to":1}"#);
    ann.receive();
    ann.assert_quiet();
}

#[test]
fn only_operators_notify_and_no_page_of_another_origin() {
    let program = Program::start(&[]);
    let mut ann = listener(&program, "ann");
    let body = r#"{"type":"info","message":"hi"}"#;
    for (line, status, error) in [
        ("X-Forwarded-For: 192.0.2.1", 401, "unauthorized"),
        ("Authorization: Bearer x", 401, "unauthorized"),
        ("Origin: http://evil.example", 403, "foreign_origin"),
    ] {
        let answer = post(&program, "/api/notify", &[JSON, line], body);
        assert_eq!((answer.status, &answer.json()["error"]), (status, &json!(error)), "{line}");
    }
    ann.assert_quiet();
    assert_eq!(get_as(&program, "/api/notify", "localhost", &[]).status, 405);
}
