//! Broadcast: rooms by query.

use crate::support::{Client, Program, refused};
use tungstenite::Message;

/// Members of one room, that have all been heard by all.
fn members<const N: usize>(program: &Program, path: &str) -> [Client; N] {
    let mut members = std::array::from_fn(|_| Client::connect(program, path));
    // A member is in its room before its handshake is answered, so the first
    // message already finds all of them.
    all_hear(&mut members, 0, &Message::text("is everyone here?"));
    members
}

/// Member `sender` sends, everyone hears it, the sender too.
#[track_caller]
fn all_hear(members: &mut [Client], sender: usize, message: &Message) {
    members[sender].send(message.clone());
    for member in members {
        assert_eq!(member.receive(), *message);
    }
}

fn rooms_are_apart(program: &Program) {
    let mut red: [Client; 3] = members(program, "/ws/broadcast?room=red");
    let mut blue: [Client; 2] = members(program, "/ws/broadcast?room=blue");
    all_hear(&mut red, 1, &Message::text("to the red"));
    all_hear(&mut red, 2, &Message::binary(vec![0, 159, 146, 150]));
    all_hear(&mut red, 0, &Message::text(""));
    all_hear(&mut blue, 1, &Message::text("to the blue"));
    for member in red.iter_mut().chain(&mut blue) {
        member.assert_quiet();
    }
}

#[test]
fn rooms_are_apart_on_one_shard() {
    rooms_are_apart(&Program::start(&["--shards", "1"]));
}

#[test]
fn rooms_are_apart_between_shards() {
    rooms_are_apart(&Program::start(&["--shards", "2"]));
}

#[test]
fn rooms_are_apart_between_threads() {
    rooms_are_apart(&Program::start(&["--shards", "2", "--placement", "threads"]));
}

#[test]
fn rooms_are_apart_on_smol() {
    rooms_are_apart(&Program::start(&["--shards", "2", "--runtime", "smol"]));
}

#[test]
fn rooms_are_apart_without_a_runtime() {
    rooms_are_apart(&Program::start(&["--shards", "2", "--runtime", "std-threads"]));
}

#[test]
fn without_a_name_the_room_is_the_lobby() {
    let program = Program::start(&[]);
    let mut pair = [
        Client::connect(&program, "/ws/broadcast"),
        Client::connect(&program, "/ws/broadcast?x=y&room=lobby"),
    ];
    all_hear(&mut pair, 0, &Message::text("hello"));
}

#[test]
fn names_are_decoded() {
    let program = Program::start(&[]);
    let mut pair = [
        Client::connect(&program, "/ws/broadcast?room=gr%C3%BCn+%26%20blau"),
        Client::connect(&program, "/ws/broadcast?room=gr%c3%bcn%20%26%20blau"),
    ];
    all_hear(&mut pair, 1, &Message::text("hello"));
}

#[test]
fn a_name_that_is_none_is_refused_with_400() {
    let program = Program::start(&["--name-bytes-max", "64"]);
    let long = format!("/ws/broadcast?room={}", "a".repeat(65));
    for path in ["/ws/broadcast?room=", "/ws/broadcast?room=a%0Ab", "/ws/broadcast?room=%00", &long] {
        let answer = refused(&program, path);
        assert_eq!(answer.status(), 400, "{path}");
        let body = String::from_utf8(answer.into_body().unwrap()).unwrap();
        assert!(body.starts_with("room: "), "{path}: {body}");
    }
    Client::connect(&program, &format!("/ws/broadcast?room={}", "a".repeat(64))).leave();
}

#[test]
fn a_message_goes_to_the_members_it_finds() {
    let program = Program::start(&["--shards", "2"]);
    let mut members: [Client; 2] = members(&program, "/ws/broadcast?room=r");
    let late = Client::connect(&program, "/ws/broadcast?room=r");
    late.leave();
    all_hear(&mut members, 0, &Message::text("after it left"));
    for member in &mut members {
        member.assert_quiet();
    }
}
