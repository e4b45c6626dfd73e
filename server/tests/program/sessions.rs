//! Sessions with what no client of theirs says. What those say is in
//! `conversations`.

use crate::support::{Client, Program};
use serde_json::{Value, json};
use tungstenite::Message;

/// The event and the content that come next.
fn heard(client: &mut Client) -> (Value, Value) {
    let message = client.receive_json();
    (message["event"].clone(), message["content"].clone())
}

#[test]
fn what_cannot_be_understood_is_answered_and_the_connection_lives() {
    let program = Program::start(&[]);
    let mut client = Client::connect(&program, "/ws/session");
    let deep = format!(r#"{{"event":"echo","content":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for text in ["", "hello", "[1]", "{}", r#"{"content":1}"#, r#"{"event":7}"#, deep.as_str()] {
        client.send(text);
        let content = json!({"code": 4400, "message": "malformed message", "details": null});
        assert_eq!(heard(&mut client), ("error".into(), content), "{}", &text[..text.len().min(40)]);
    }
    client.send(Message::binary(&br#"{"event":"ping"}"#[..]));
    assert_eq!(heard(&mut client).0, "error");
    client.assert_quiet();
}

#[test]
fn content_that_is_missing_or_of_another_type_is_answered() {
    let program = Program::start(&[]);
    let mut client = Client::connect(&program, "/ws/session");
    for (event, content) in [
        ("chat", json!(null)),
        ("chat", json!("hi")),
        ("chat", json!({})),
        ("chat", json!({"message": "x", "channel": 7})),
        ("broadcast", json!({"channel": "red"})),
        ("broadcast", json!({"message": "x", "channel": ["red"]})),
        ("join_room", json!({"room_id": 7})),
        ("join_room", json!({"room": "tea"})),
    ] {
        client.send_json(&json!({"event": event, "content": content}));
        let (error, told) = heard(&mut client);
        assert_eq!((error, &told["code"]), ("error".into(), &json!(4400)), "{event} {content}");
        assert_eq!(told["message"], "invalid content");
        assert!(told["details"].is_string(), "{told}");
    }
    client.assert_quiet();
}

#[test]
fn a_message_of_the_chat_is_any_json_as_it_is() {
    let program = Program::start(&[]);
    let mut client = Client::connect(&program, "/ws/session");
    client.send(r#"{"event":"chat","content":{"message":{"b":1e2,"a":[null]},"x":true}}"#);
    let text = client.receive().to_text().unwrap().to_owned();
    let content = r#""content":{"original":{"b":1e2,"a":[null]},"reply":"Message received"}"#;
    assert!(text.contains(content), "{text}");
    client.send_json(&json!({"event": "chat", "content": {"message": "x".repeat(500_000)}}));
    assert_eq!(heard(&mut client).1["original"].as_str().unwrap().len(), 500_000);
    client.leave();
}

#[test]
fn a_client_without_a_fitting_name_is_told_and_closed() {
    let program = Program::start(&["--name-bytes-max", "64"]);
    for name in ["channel", "client"] {
        let mut client = Client::connect(&program, &format!("/ws/session?{name}={}", "a".repeat(65)));
        let told = client.receive_json();
        assert_eq!((&told["code"], &told["message"]), (&json!(4000), &json!("Connection Error")));
        assert!(told["details"].as_str().unwrap().starts_with(&format!("{name}: ")), "{told}");
        assert_eq!(u16::from(client.receive_close()), 4000);
        client.finish();
    }
    let mut fits = Client::connect(&program, &format!("/ws/session?client={}&channel=", "a".repeat(64)));
    fits.send(r#"{"event":"broadcast","content":{"message":1}}"#);
    assert_eq!(heard(&mut fits).1["channel"], "default");
}

/// Both are in the namespace `/`, each with an envelope of its own.
#[test]
fn the_lobby_is_not_heard_in_sessions() {
    let program = Program::start(&["--shards", "2"]);
    let mut session = Client::connect(&program, "/ws/session?channel=tea");
    let [mut ann, mut bob] = [(); 2].map(|()| Client::connect(&program, "/ws"));
    for event in [
        r#"{"type":"event","event":"chat","data":{"user":"ann","message":"hi"}}"#,
        r#"{"type":"event","event":"chat","data":{"user":"ann","message":"hi"},"room":"tea"}"#,
        r#"{"type":"event","event":"last"}"#,
    ] {
        ann.send(event);
    }
    assert_eq!(bob.receive_json()["event"], "chat");
    assert_eq!(bob.receive_json()["event"], "last");
    session.send(r#"{"event":"echo","content":1}"#);
    assert_eq!(heard(&mut session), (json!("echo"), json!(1)));
}
