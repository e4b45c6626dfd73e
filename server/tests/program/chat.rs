//! The chat, on each way to run it.

use crate::support::{Client, Program};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use tungstenite::Message;

/// Someone in the chat.
struct Person {
    client: Client,
    id: String,
}

impl Person {
    /// Arrives, and learns the own id from being announced.
    fn arrive(program: &Program) -> Person {
        let mut client = Client::connect(program, "/ws/chat");
        let arrived = client.receive_json();
        let id = arrived["sender"].as_str().unwrap().to_owned();
        assert_is(&arrived, &json!({"type": "system", "sender": id, "content": "arrived"}));
        Person { client, id }
    }

    fn says(&mut self, message: &Value) {
        self.client.send_json(message);
    }

    /// The next message is this one, with a timestamp.
    #[track_caller]
    fn hears(&mut self, expected: &Value) {
        assert_is(&self.client.receive_json(), expected);
    }

    /// The next message is an error that says `what`, about `room`.
    #[track_caller]
    fn is_told(&mut self, what: &str, room: Option<&str>) {
        let error = self.client.receive_json();
        assert_eq!((&error["type"], &error["sender"]), (&json!("error"), &json!("")), "{error}");
        assert!(error["content"].as_str().unwrap().contains(what), "{error}");
        assert_eq!(error.get("room"), room.map(Value::from).as_ref(), "{error}");
    }
}

/// `message` is `expected`, and says when it was sent.
#[track_caller]
fn assert_is(message: &Value, expected: &Value) {
    let mut message = message.clone();
    let timestamp = message.as_object_mut().unwrap().remove("timestamp").unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(timestamp.as_u64().unwrap()) < 60, "{timestamp} is not about {now}");
    assert_eq!(message, *expected);
}

/// Everything the chat promises, between three people.
fn conversation(program: &Program) {
    let mut ann = Person::arrive(program);
    let mut bob = Person::arrive(program);
    ann.hears(&json!({"type": "system", "sender": bob.id, "content": "arrived"}));
    let mut eve = Person::arrive(program);
    for other in [&mut ann, &mut bob] {
        other.hears(&json!({"type": "system", "sender": eve.id, "content": "arrived"}));
    }
    everyone_hears_chat_under_the_real_sender([&mut ann, &mut bob, &mut eve]);
    rooms_are_heard_by_their_members_only(&mut ann, &mut bob, &mut eve);
    members_are_listed(&mut ann, &mut bob, &mut eve);
    leaving_is_announced_and_final(&mut ann, &mut bob);

    let eve_id = eve.id.clone();
    eve.client.leave();
    for other in [&mut ann, &mut bob] {
        other.hears(&json!({"type": "system", "sender": eve_id, "content": "departed"}));
    }
}

fn everyone_hears_chat_under_the_real_sender(mut people: [&mut Person; 3]) {
    people[0].says(&json!({"type": "chat", "content": "hi", "sender": "the queen", "timestamp": 1}));
    let sender = people[0].id.clone();
    for person in &mut people {
        person.hears(&json!({"type": "chat", "sender": sender, "content": "hi"}));
    }
}

fn rooms_are_heard_by_their_members_only(ann: &mut Person, bob: &mut Person, eve: &mut Person) {
    let joined =
        |who: &Person| json!({"type": "system", "sender": who.id, "room": "tea", "content": "joined"});
    ann.says(&json!({"type": "join", "room": "tea"}));
    ann.hears(&joined(ann));
    bob.says(&json!({"type": "join", "room": "tea"}));
    bob.hears(&joined(bob));
    ann.hears(&joined(bob));
    bob.says(&json!({"type": "join", "room": "tea"}));
    bob.hears(&joined(bob));

    bob.says(&json!({"type": "room", "room": "tea", "content": "milk?"}));
    let said = json!({"type": "room", "sender": bob.id, "room": "tea", "content": "milk?"});
    bob.hears(&said);
    ann.hears(&said);
    eve.says(&json!({"type": "room", "room": "tea", "content": "me too"}));
    eve.is_told("join the room", Some("tea"));
    for person in [ann, bob, eve] {
        person.client.assert_quiet();
    }
}

fn members_are_listed(ann: &mut Person, bob: &mut Person, eve: &mut Person) {
    for (room, present) in [(Some("tea"), vec![&ann.id, &bob.id]), (None, vec![&ann.id, &bob.id, &eve.id])] {
        let mut question = json!({"type": "members"});
        question["room"] = room.into();
        eve.client.send_json(&question);
        let mut answer = eve.client.receive_json();
        answer["content"].as_array_mut().unwrap().sort_by_key(Value::to_string);
        let mut listed = present;
        listed.sort();
        let mut expected = json!({"type": "members", "sender": "", "content": listed, "count": listed.len()});
        if let Some(room) = room {
            expected["room"] = room.into();
        }
        assert_is(&answer, &expected);
    }
}

fn leaving_is_announced_and_final(ann: &mut Person, bob: &mut Person) {
    let left = json!({"type": "system", "sender": bob.id, "room": "tea", "content": "left"});
    bob.says(&json!({"type": "leave", "room": "tea"}));
    bob.hears(&left);
    ann.hears(&left);
    bob.says(&json!({"type": "leave", "room": "tea"}));
    bob.is_told("not in this room", Some("tea"));
    ann.says(&json!({"type": "room", "room": "tea", "content": "alone"}));
    ann.hears(&json!({"type": "room", "sender": ann.id, "room": "tea", "content": "alone"}));
    bob.client.assert_quiet();
}

#[test]
fn a_conversation_on_one_shard() {
    conversation(&Program::start(&["--shards", "1"]));
}

#[test]
fn a_conversation_between_shards() {
    conversation(&Program::start(&["--shards", "2"]));
}

#[test]
fn a_conversation_between_threads() {
    conversation(&Program::start(&["--shards", "2", "--placement", "threads"]));
}

#[test]
fn a_conversation_on_smol() {
    conversation(&Program::start(&["--shards", "2", "--runtime", "smol"]));
}

#[test]
fn a_conversation_without_a_runtime() {
    conversation(&Program::start(&["--shards", "2", "--runtime", "std-threads"]));
}

#[test]
fn what_is_no_request_is_answered_and_the_connection_lives() {
    let program = Program::start(&["--shards", "1"]);
    let mut ann = Person::arrive(&program);
    for (message, what, room) in [
        ("hello", "send a JSON object", None),
        ("", "send a JSON object", None),
        ("[1]", "send a JSON object", None),
        (r#"{"type":"chat"}"#, "content is missing", None),
        (r#"{"type":"chat","content":7}"#, "send a JSON object", None),
        (r#"{"type":"room","room":"tea"}"#, "content is missing", Some("tea")),
        (r#"{"type":"room","content":"x"}"#, "the room to write to", None),
        (r#"{"type":"join"}"#, "room is missing", None),
        (r#"{"type":"leave"}"#, "room is missing", None),
        (r#"{"type":"shout","room":"tea"}"#, "type must be", Some("tea")),
        (r#"{"content":"no type"}"#, "send a JSON object", None),
    ] {
        ann.client.send(message);
        ann.is_told(what, room);
    }
    ann.client.send(Message::binary(r#"{"type":"members"}"#));
    ann.is_told("send text messages", None);
    ann.says(&json!({"type": "chat", "content": "still here"}));
    ann.hears(&json!({"type": "chat", "sender": ann.id, "content": "still here"}));
}

#[test]
fn json_as_deep_as_a_message_may_be_is_answered() {
    let program = Program::start(&["--shards", "1"]);
    let mut ann = Person::arrive(&program);
    ann.client.send("[".repeat(400_000));
    ann.is_told("send a JSON object", None);
    ann.client.send(format!(r#"{{"type":"members","x":{}"#, "[".repeat(400_000)));
    ann.is_told("send a JSON object", None);
    ann.client.assert_quiet();
}

#[test]
fn a_room_name_that_is_refused_is_in_the_answer() {
    let program = Program::start(&["--shards", "1", "--name-bytes-max", "64", "--rooms-max", "1"]);
    let mut ann = Person::arrive(&program);
    let long = "a".repeat(65);
    for room in ["", "line\nbreak", long.as_str()] {
        ann.says(&json!({"type": "join", "room": room}));
        ann.is_told("", Some(room));
    }
    ann.says(&json!({"type": "join", "room": "one"}));
    ann.hears(&json!({"type": "system", "sender": ann.id, "room": "one", "content": "joined"}));
    ann.says(&json!({"type": "join", "room": "two"}));
    ann.is_told("rooms_max", Some("two"));
}
