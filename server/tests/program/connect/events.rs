//! Rooms and events through pipes.

use super::stranger::Stranger;
use super::talk::{Talk, say, url};
use crate::support::{Client, Program};

#[test]
fn who_subscribes_hears_the_events_of_the_room_and_can_send_some() {
    let program = Program::start(&[]);
    let mut ann = Client::connect(&program, "/ws");
    ann.send(r#"{"type":"join","room":"the tea room","ackId":"j"}"#);
    ann.receive();

    let mut bob =
        Talk::start(&url(&program, "/ws"), &["--subscribe", "the tea room", "--subscribe", "other"]);
    bob.input("chat \"the tea room\" {\"user\":\"bob\", \"message\":\"hi\"}\ntyping\n");
    let heard = ann.receive_json();
    assert_eq!(heard["data"], serde_json::json!({"user":"bob","message":"hi"}));
    assert_eq!(heard["room"], "the tea room");
    assert_eq!(ann.receive_json()["event"], "typing");

    ann.send(r#"{"type":"event","event":"typing","room":"the tea room","data":[ "a\u001b[31m" ]}"#);
    assert_eq!(bob.line(), r#"typing "the tea room" ["a\u001b[31m"]"#);
    ann.send(r#"{"type":"event","event":"typing"}"#);
    assert_eq!(bob.line(), "typing - null");
    ann.send(r#"{"type":"event","event":"typing","room":"other"}"#);
    assert_eq!(bob.line(), "typing other null");
    assert_eq!(bob.finish().code, Some(0));
}

#[test]
fn a_line_that_is_no_event_is_an_error_of_whoever_wrote_it() {
    let program = Program::start(&[]);
    let heard = say(&url(&program, "/ws"), &["--subscribe", "tea"], "chat {\"user\": 1}\n");
    assert_eq!(heard.code, Some(2));
    assert!(
        heard.told.contains("line 1 of the input: ") && heard.told.contains("EVENT - DATA"),
        "{}",
        heard.told
    );
}

#[test]
fn a_namespace_that_lets_nobody_in_is_told() {
    let program = Program::start(&[]);
    let talk = Talk::start(&url(&program, "/ws"), &["--namespace", "/secret"]);
    talk.tells("* not let into \"/secret\": ");
    assert_eq!(talk.finish().code, Some(0));
}

#[test]
fn rooms_are_joined_in_the_namespace_that_is_given() {
    let stranger = Stranger::talking(|socket| {
        let mut asked =
            || serde_json::from_str::<serde_json::Value>(socket.read().unwrap().to_text().unwrap());
        let (first, second) = (asked().unwrap(), asked().unwrap());
        assert_eq!((&first["type"], &first["namespace"]), (&"join".into(), &"/team".into()));
        assert_eq!((&second["room"], &second["namespace"]), (&"tea".into(), &"/team".into()));
        let event = r#"{"type":"event","namespace":"/team","event":"news","room":"tea","data":{"a": 1}}"#;
        socket.send(event.into()).unwrap();
    });
    let heard = say(&stranger.url, &["--namespace", "/team", "--subscribe", "tea", "--count", "1"], "");
    assert_eq!((heard.code, heard.out.as_str()), (Some(0), "news tea {\"a\":1}\n"), "{}", heard.told);
    stranger.end();
}
