//! Events, and questions in both directions: each ends exactly once.

use super::{Got, World, close, seconds};
use crate::client::{ClientSettings, EmitError, Incoming, Notice, Offline, SendError};
use crate::event::{AckId, Answer, Emission, Envelope, Missing, Payload};
use crate::violation::Violation;
use crate::wire::{CloseCode, Message};

fn typed(client: &mut ClientSettings) {
    client.connection.envelope = Envelope::Typed;
}

fn queueing(client: &mut ClientSettings) {
    typed(client);
    client.offline = Offline::Queue { messages_max: 8, bytes_max: 1_000 };
}

fn ask(world: &mut World) -> AckId {
    world.client.ask(world.now, &Emission::new("ready"), seconds(3)).unwrap()
}

fn answer(id: AckId) -> Message<'static> {
    Message::from(format!(r#"{{"type":"ack","namespace":"/","event":"ready","data":7,"ackId":"{id}"}}"#))
}

fn unanswered(world: &mut World) -> Vec<(AckId, Missing)> {
    let told = world.told().into_iter().filter_map(|notice| {
        if let Notice::Unanswered { ask, why } = notice { Some((ask, why)) } else { None }
    });
    told.collect()
}

#[test]
fn an_event_goes_out_in_its_envelope() {
    let emission =
        Emission { room: Some("lobby"), data: Payload::of("hi").unwrap(), ..Emission::new("chat") };
    for (envelope, text) in [
        (Envelope::Typed, r#"{"type":"event","namespace":"/","event":"chat","data":"hi","room":"lobby"}"#),
        (Envelope::Session, r#"{"event":"chat","content":"hi"}"#),
    ] {
        let mut world = World::open(|client| client.connection.envelope = envelope);
        world.client.emit(world.now, &emission).unwrap();
        assert_eq!(world.got(), [Got::text(text)]);
    }
    let mut world = World::open(|_| {});
    assert_eq!(world.client.emit(world.now, &emission), Err(EmitError::NoEnvelope));
}

#[test]
fn a_question_is_answered_once() {
    let mut world = World::open(typed);
    let id = ask(&mut world);
    let asked = format!(r#"{{"type":"event","namespace":"/","event":"ready","ackId":"{id}"}}"#);
    assert_eq!(world.got(), [Got::Text(asked)]);
    let message = answer(id);
    let expected = Incoming::Answer { ask: id, answer: Answer::Data(Payload::of(&7).unwrap()) };
    assert_eq!(world.client.interpret(world.now, &message), expected);
    assert_eq!(world.client.interpret(world.now, &message), Incoming::Handled);
    world.wait(seconds(10));
    assert_eq!(unanswered(&mut world), []);
    assert_eq!((world.client.acks_pending(), world.client.stats().acks_ignored), (0, 1));
}

#[test]
fn a_question_may_be_answered_with_an_error() {
    let mut world = World::open(typed);
    let id = ask(&mut world);
    let text = format!(
        r#"{{"type":"error","namespace":"/","event":"ready","ackId":"{id}","error":"unhandled event"}}"#
    );
    let expected = Incoming::Answer { ask: id, answer: Answer::Error("unhandled event".into()) };
    assert_eq!(world.client.interpret(world.now, &Message::from(text)), expected);
}

#[test]
fn a_question_times_out_once_and_a_late_answer_is_ignored() {
    let mut world = World::open(typed);
    let id = ask(&mut world);
    assert_eq!(world.client.next_deadline(), Some(world.now + seconds(3)));
    world.wait(seconds(3));
    assert_eq!(unanswered(&mut world), [(id, Missing::TimedOut)]);
    assert_eq!(world.client.interpret(world.now, &answer(id)), Incoming::Handled);
}

#[test]
fn a_question_ends_with_the_connection_it_was_asked_on() {
    let mut world = World::open(queueing);
    let lost = ask(&mut world);
    world.client.failed(world.now, std::io::ErrorKind::ConnectionReset);
    let told = world.told();
    let expected = Notice::Unanswered { ask: lost, why: Missing::Disconnected };
    assert!(told[0] == expected && matches!(told[1], Notice::Disconnected(_)), "{told:?}");

    let kept = ask(&mut world);
    world.release();
    world.wait(seconds(2));
    world.connect();
    world.accept();
    assert!(matches!(&world.got()[..], [Got::Text(text)] if text.contains(&kept.to_string())));
    assert_eq!(world.client.interpret(world.now, &answer(lost)), Incoming::Handled);
    assert!(matches!(world.client.interpret(world.now, &answer(kept)), Incoming::Answer { .. }));
    assert_eq!(unanswered(&mut world), []);
}

#[test]
fn a_question_that_timed_out_while_offline_is_not_asked() {
    let mut world = World::new(queueing);
    let id = ask(&mut world);
    world.send("stays").unwrap();
    world.wait(seconds(3));
    assert_eq!(unanswered(&mut world), [(id, Missing::TimedOut)]);
    world.connect();
    world.accept();
    assert_eq!(world.got(), [Got::text("stays")]);
}

#[test]
fn close_ends_questions_before_the_end() {
    for is_open in [false, true] {
        let mut world = if is_open { World::open(queueing) } else { World::new(queueing) };
        let id = ask(&mut world);
        world.client.close(world.now, CloseCode::Normal, "");
        assert_eq!(unanswered(&mut world), [(id, Missing::Disconnected)]);
        if is_open {
            world.feed_frame(&close(CloseCode::Normal, ""));
            assert!(matches!(world.told()[..], [Notice::Disconnected(_)]));
        }
        assert_eq!(world.client.offline_level(), (0, 0));
    }
}

#[test]
fn questions_are_bounded_and_need_the_envelope() {
    let mut world = World::open(|client| {
        typed(client);
        client.connection.acks_max = 1;
    });
    ask(&mut world);
    let refused = world.client.ask(world.now, &Emission::new("x"), seconds(1));
    assert_eq!(refused, Err(EmitError::TooManyAcks { acks_max: 1 }));
    for (envelope, error) in [(Envelope::Raw, EmitError::NoEnvelope), (Envelope::Session, EmitError::NoAcks)]
    {
        let mut world = World::open(|client| client.connection.envelope = envelope);
        assert_eq!(world.client.ask(world.now, &Emission::new("x"), seconds(1)), Err(error));
    }
    let mut world = World::new(typed);
    let refused = world.client.ask(world.now, &Emission::new("x"), seconds(1));
    assert_eq!((refused, world.client.acks_pending()), (Err(SendError::Offline.into()), 0));
}

#[test]
fn an_event_of_the_servers_can_be_answered() {
    let mut world = World::open(typed);
    for is_handled in [true, false] {
        let message =
            Message::from(r#"{"type":"event","namespace":"/x","event":"turn","data":[1],"ackId":"s1"}"#);
        let Incoming::Event(event) = world.client.interpret(world.now, &message) else { panic!("an event") };
        assert_eq!((&*event.namespace, &*event.name, event.data.raw()), ("/x", "turn", "[1]"));
        let asked = event.ack.unwrap();
        let answered = if is_handled {
            world.client.acknowledge(world.now, asked, Payload::of("ok").unwrap())
        } else {
            world.client.unhandled(world.now, asked)
        };
        assert_eq!(answered, Ok(()));
    }
    assert_eq!(
        world.got(),
        [
            Got::text(r#"{"type":"ack","namespace":"/x","event":"turn","data":"ok","ackId":"s1"}"#),
            Got::text(
                r#"{"type":"error","namespace":"/x","event":"turn","ackId":"s1","error":"unhandled event"}"#
            ),
        ]
    );
    let message = Message::from(r#"{"type":"event","event":"turn","ackId":"s2"}"#);
    let Incoming::Event(event) = world.client.interpret(world.now, &message) else { panic!("an event") };
    world.lose();
    let late = world.client.acknowledge(world.now, event.ack.unwrap(), Payload::NONE);
    assert_eq!(late, Err(SendError::Offline), "it waits for no other connection");
}

#[test]
fn what_else_a_server_says_is_told_or_answered() {
    let mut world = World::open(typed);
    let complaint = Message::from(r#"{"type":"error","namespace":"/x","error":"namespace not joined"}"#);
    let expected = Incoming::Complaint { namespace: "/x".into(), error: "namespace not joined".into() };
    assert_eq!(world.client.interpret(world.now, &complaint), expected);
    assert_eq!(world.client.interpret(world.now, &Message::from(r#"{"type":"ping"}"#)), Incoming::Handled);
    assert_eq!(world.got(), [Got::text(r#"{"type":"pong","namespace":"/"}"#)]);
    let nonsense = Message::from("{");
    assert!(matches!(world.client.interpret(world.now, &nonsense), Incoming::Malformed(_)));
    assert_eq!(world.got(), [], "two that complain of each other would never end");

    let mut world = World::open(|client| client.connection.envelope = Envelope::Session);
    let message =
        Message::from(r#"{"session_id":"1","message_id":"2","event":"echo","content":3,"timestamp":4}"#);
    let Incoming::Event(event) = world.client.interpret(world.now, &message) else { panic!("an event") };
    assert_eq!((&*event.name, event.data.raw()), ("echo", "3"));
    let ping = Message::from(r#"{"event":"ping","content":[1]}"#);
    assert_eq!(world.client.interpret(world.now, &ping), Incoming::Handled);
    assert_eq!(world.got(), [Got::text(r#"{"event":"pong","content":[1]}"#)]);
    let mut world = World::open(|_| {});
    assert_eq!(world.client.interpret(world.now, &message), Incoming::Raw);
}

#[test]
fn a_server_that_talks_nonsense_is_left() {
    let mut world = World::open(typed);
    for _ in 0..11 {
        world.client.interpret(world.now, &Message::from("nonsense"));
    }
    let violation = Violation::MalformedEvents { malformed_events_max: 10 };
    assert_eq!(world.got(), [Got::Close(Some(1007))]);
    let told = world.told();
    assert!(matches!(&told[0], Notice::Disconnected(lost) if lost.reason == violation.into()), "{told:?}");
}
