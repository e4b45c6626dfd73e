//! The lobby, byte for byte, as the clients of the typed envelope speak to it.

use crate::support::{Client, Program};

/// Says something.
fn say(client: &mut Client, text: &str) {
    client.send(text);
}

/// The next message is this text.
#[track_caller]
fn hears(client: &mut Client, text: &str) {
    assert_eq!(client.receive().to_text().unwrap(), text);
}

#[test]
fn a_chat_goes_to_everyone_else_and_is_acknowledged() {
    for runtime in ["tokio", "smol", "std-threads"] {
        let program = Program::start(&["--runtime", runtime, "--shards", "2"]);
        let [mut ann, mut bob, mut eve] = [(); 3].map(|()| Client::connect(&program, "/ws"));
        say(
            &mut ann,
            r#"{"type":"event","namespace":"/","event":"chat","data":{"user":"ann","message":"hi"},"ackId":"a#1"}"#,
        );
        hears(
            &mut ann,
            r#"{"type":"ack","namespace":"/","event":"chat","data":{"status":"ok"},"ackId":"a#1"}"#,
        );
        for other in [&mut bob, &mut eve] {
            hears(
                other,
                r#"{"type":"event","namespace":"/","event":"chat","data":{"user":"ann","message":"hi"}}"#,
            );
        }
        // Without the wish for an answer there is none, and other events go the same way.
        say(&mut bob, r#"{"type":"event","event":"typing","data":["bob"]}"#);
        for other in [&mut ann, &mut eve] {
            hears(other, r#"{"type":"event","namespace":"/","event":"typing","data":["bob"]}"#);
        }
        bob.assert_quiet();
    }
}

#[test]
fn a_room_is_heard_by_its_members_only() {
    let program = Program::start(&[]);
    let [mut ann, mut bob, mut eve] = [(); 3].map(|()| Client::connect(&program, "/ws"));
    for member in [&mut ann, &mut bob] {
        say(member, r#"{"type":"join","room":"tea","ackId":"j"}"#);
        hears(member, r#"{"type":"ack","namespace":"/","ackId":"j"}"#);
    }
    let chat = r#"{"type":"event","namespace":"/","event":"chat","data":{"user":"ann","message":"hi"},"room":"tea"}"#;
    say(&mut ann, chat);
    hears(&mut bob, chat);
    say(&mut bob, r#"{"type":"leave","room":"tea"}"#);
    say(&mut bob, r#"{"type":"ping"}"#);
    hears(&mut bob, r#"{"type":"pong","namespace":"/"}"#);
    say(&mut ann, chat);
    for other in [&mut ann, &mut bob, &mut eve] {
        other.assert_quiet();
    }
}

#[test]
fn what_is_wrong_is_answered() {
    let program = Program::start(&[]);
    let [mut ann, mut bob] = [(); 2].map(|()| Client::connect(&program, "/ws"));
    for (said, heard) in [
        (
            r#"{"type":"event","event":"chat","data":{"user":"ann"}}"#,
            r#"{"type":"event","namespace":"/","event":"error","data":{"error":"invalid payload"}}"#,
        ),
        (
            r#"{"type":"event","namespace":"/x","event":"chat","data":{}}"#,
            r#"{"type":"error","namespace":"/x","error":"namespace not joined"}"#,
        ),
        (
            r#"{"type":"join","namespace":"/x"}"#,
            r#"{"type":"error","namespace":"/x","error":"join refused"}"#,
        ),
        (r#"{"type":"shout"}"#, r#"{"type":"error","namespace":"/","error":"unknown message type"}"#),
        ("hello", r#"{"type":"error","namespace":"/","error":"malformed message"}"#),
    ] {
        say(&mut ann, said);
        hears(&mut ann, heard);
    }
    bob.assert_quiet();
    ann.leave();
}
