//! The commands application and the quickstart with what no client of theirs says.
//! What those say is in `conversations`.

use crate::support::{Client, Program};
use serde_json::json;
use tungstenite::Message;

/// Arrives among the commands, and has heard of it.
fn arrive(program: &Program) -> Client {
    let mut client = Client::connect(program, "/ws/commands");
    assert_eq!(client.receive_json()["type"], "welcome");
    assert_eq!(client.receive_json()["type"], "user_joined");
    client
}

#[test]
fn binary_is_answered_and_the_connection_lives() {
    let program = Program::start(&[]);
    let mut client = arrive(&program);
    for bytes in [&b""[..], b"/help", b"\xff\x00"] {
        client.send(Message::binary(bytes));
        let error = json!({"type": "error", "message": "send text; binary messages are not understood here"});
        assert_eq!(client.receive_json(), error);
    }
    client.assert_quiet();
}

#[test]
fn what_only_looks_like_json_is_text_for_everyone() {
    let program = Program::start(&[]);
    let mut client = arrive(&program);
    let deep = "[".repeat(400_000);
    let deep_object = format!(r#"{{"type":"chat","message":{deep}"#);
    for text in
        ["", "{", "null", "7", r#"["type"]"#, r#"{"type":"ping"} "#, "\0", deep.as_str(), &deep_object]
    {
        client.send(text);
        let heard = client.receive_json();
        if text.starts_with(r#"{"type":"ping"}"#) {
            assert_eq!(heard["type"], "pong", "space behind JSON is JSON");
        } else {
            assert_eq!(heard["type"], "chat");
            assert_eq!(heard["message"], text);
        }
    }
    client.leave();
}

#[test]
fn as_much_json_as_a_message_may_be_is_passed_on() {
    let program = Program::start(&[]);
    let mut client = arrive(&program);
    let keys: Vec<_> = (10_000..50_000).map(|key| format!("\"{key}\":0")).collect();
    client.send(format!("{{\"type\":\"keys\",{}}}", keys.join(",")));
    let heard = client.receive_json();
    assert_eq!(heard.as_object().unwrap().len(), 40_000 + 4);
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    client.send(format!("{{\"type\":\"deep\",\"x\":{deep}}}"));
    let heard = client.receive().to_text().unwrap().to_owned();
    assert!(heard.contains(&format!("\"x\":{deep},\"from\":\"")), "is not looked into");
    client.leave();
}

#[test]
fn a_private_message_goes_to_no_route_of_events() {
    let program = Program::start(&["--shards", "2"]);
    let mut ann = arrive(&program);
    let mut raw = Client::connect(&program, "/ws/echo");
    let mut typed = Client::connect(&program, "/ws");
    ann.send(format!("/private {} hi", typed.address()));
    let error = ann.receive_json();
    assert_eq!(error["type"], "error", "{error}");
    ann.send(format!("/private {} hi", raw.address()));
    let private = raw.receive_json();
    assert_eq!((&private["type"], &private["content"]), (&json!("private"), &json!("hi")));
    typed.assert_quiet();
    ann.assert_quiet();
}

#[test]
fn a_list_is_cut_and_says_so() {
    let program = Program::start(&[]);
    let mut clients: Vec<_> = (0..101).map(|_| Client::connect(&program, "/ws/commands")).collect();
    let newest = clients.last_mut().unwrap();
    assert_eq!(newest.receive_json()["type"], "welcome");
    assert_eq!(newest.receive_json()["type"], "user_joined");
    newest.send("/list");
    let list = newest.receive_json();
    assert_eq!(list["clients"].as_array().unwrap().len(), 100);
    assert_eq!(list["total"], 101);
}

#[test]
fn the_quickstart_keeps_the_type_of_a_message() {
    let program = Program::start(&[]);
    let mut client = Client::connect(&program, "/ws/quickstart");
    assert_eq!(client.receive(), Message::text("Welcome to WebSocket Server!"));
    for (said, heard) in [
        (Message::text(""), Message::text("Broadcast: ")),
        (Message::binary(&b"\xff\x00"[..]), Message::binary(&b"Broadcast: \xff\x00"[..])),
        (Message::text("grüße"), Message::text("Broadcast: grüße")),
    ] {
        client.send(said);
        assert_eq!(client.receive(), heard);
    }
    client.leave();
}
