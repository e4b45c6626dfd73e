//! Joining, leaving, and being there again after a reconnect.

use super::{Got, World};
use crate::client::{ClientSettings, Incoming, Membership, MembershipError, SendError};
use crate::event::Envelope;
use crate::rooms::{JoinError, RoomName};
use crate::wire::{CloseCode, Message};

fn typed(client: &mut ClientSettings) {
    client.connection.envelope = Envelope::Typed;
}

/// What the server was asked, without the ids, which are returned beside it.
fn asked(world: &mut World) -> (Vec<String>, Vec<String>) {
    let texts = world.got().into_iter().map(|got| {
        let Got::Text(text) = got else { panic!("text, not {got:?}") };
        text
    });
    let split = texts.map(|text| match text.split_once(",\"ackId\":\"") {
        Some((before, behind)) => {
            let (id, behind) = behind.split_once('"').unwrap();
            (format!("{before}{behind}"), id.to_owned())
        }
        None => (text, String::new()),
    });
    split.unzip()
}

const JOIN_LOBBY: &str = r#"{"type":"join","namespace":"/","room":"lobby"}"#;
const JOIN_CHAT: &str = r#"{"type":"join","namespace":"/chat"}"#;

#[test]
fn what_is_joined_is_joined_again() {
    let mut world = World::open(typed);
    assert_eq!(world.client.join(world.now, "/", "lobby"), Ok(true));
    assert_eq!(world.client.join(world.now, "/", "lobby"), Ok(false));
    assert_eq!(world.client.join_namespace(world.now, "/chat"), Ok(true));
    assert_eq!(asked(&mut world).0, [JOIN_LOBBY, JOIN_CHAT]);
    world.lose();
    world.wait_for_attempt();
    world.accept();
    world.send("behind").unwrap();
    assert_eq!(asked(&mut world).0, [JOIN_LOBBY, JOIN_CHAT, "behind"]);

    assert_eq!(world.client.leave(world.now, "/", "lobby"), Ok(true));
    assert_eq!(world.client.leave(world.now, "/", "lobby"), Ok(false));
    assert_eq!(asked(&mut world).0, [r#"{"type":"leave","namespace":"/","room":"lobby"}"#]);
    world.lose();
    world.wait_for_attempt();
    world.accept();
    assert_eq!(asked(&mut world).0, [JOIN_CHAT]);
}

#[test]
fn joining_needs_no_connection() {
    let mut world = World::new(typed);
    assert_eq!(world.client.join(world.now, "/", "lobby"), Ok(true));
    assert_eq!(world.client.join(world.now, "/chat", "x"), Ok(true));
    assert_eq!(world.client.leave_namespace(world.now, "/chat"), Ok(true));
    assert_eq!(world.client.join_namespace(world.now, "/chat"), Ok(true));
    world.connect();
    world.accept();
    assert_eq!(asked(&mut world).0, [JOIN_LOBBY, JOIN_CHAT]);
}

#[test]
fn what_is_refused_is_not_joined_again() {
    let mut world = World::open(typed);
    world.client.join(world.now, "/", "lobby").unwrap();
    world.client.join_namespace(world.now, "/chat").unwrap();
    let (_, ids) = asked(&mut world);
    let granted = Message::from(format!(r#"{{"type":"ack","namespace":"/","ackId":"{}"}}"#, ids[0]));
    assert_eq!(world.client.interpret(world.now, &granted), Incoming::Handled);
    let refused = Message::from(format!(
        r#"{{"type":"error","namespace":"/chat","ackId":"{}","error":"join refused"}}"#,
        ids[1]
    ));
    let group = Membership::Namespace("/chat".into());
    let expected = Incoming::JoinRefused { group, error: "join refused".into() };
    assert_eq!(world.client.interpret(world.now, &refused), expected);
    assert_eq!(world.client.interpret(world.now, &refused), Incoming::Handled, "once");
    let rooms: Vec<_> = world.client.memberships().cloned().collect();
    assert_eq!(rooms, [Membership::Room(RoomName::new("/", "lobby"))]);
    world.lose();
    world.wait_for_attempt();
    world.accept();
    assert_eq!(asked(&mut world).0, [JOIN_LOBBY]);
}

#[test]
fn a_join_that_cannot_be_asked_changes_nothing() {
    let mut world = World::open(|client| {
        typed(client);
        client.connection.outbox_messages_max = 1;
        client.connection.rooms_max = 1;
    });
    world.send("full").unwrap();
    let refused = world.client.join(world.now, "/", "lobby");
    assert!(matches!(refused, Err(MembershipError::Send(SendError::QueueFull { .. }))));
    assert_eq!(world.client.memberships().count(), 0);
    world.got();
    world.client.join(world.now, "/", "lobby").unwrap();
    let refused = world.client.join(world.now, "/", "other");
    assert_eq!(refused, Err(JoinError::TooManyRooms { rooms_max: 1 }.into()));
    assert!(matches!(world.client.join(world.now, "", "a"), Err(MembershipError::Refused(_))));
    world.client.close(world.now, CloseCode::Normal, "");
    assert!(matches!(
        world.client.join(world.now, "/", "b"),
        Err(MembershipError::Send(SendError::Closed(_)))
    ));
}

#[test]
fn only_the_typed_envelope_has_rooms() {
    for envelope in [Envelope::Raw, Envelope::Session] {
        let mut world = World::new(|client| client.connection.envelope = envelope);
        assert_eq!(world.client.join(world.now, "/", "a"), Err(MembershipError::NoRooms));
        assert_eq!(world.client.leave_namespace(world.now, "/"), Err(MembershipError::NoRooms));
    }
}

#[test]
fn many_rooms_are_rejoined_whatever_the_outbox_holds() {
    let mut world = World::new(|client| {
        typed(client);
        client.connection.outbox_messages_max = 1;
    });
    for room in 0..256 {
        world.client.join(world.now, "/", &room.to_string()).unwrap();
    }
    world.connect();
    world.dial();
    let answer = world.answer();
    world.feed(&answer);
    world.send("has room").unwrap();
    assert_eq!(asked(&mut world).0.len(), 257);
}
