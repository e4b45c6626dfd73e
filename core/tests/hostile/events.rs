//! Envelopes that are none, names without end, and questions without answers.

use crate::peer::text;
use crate::shard::{Heard, Shard};
use fanfare_core::close::CloseReason;
use fanfare_core::config::Settings;
use fanfare_core::event::{Emission, Envelope};
use fanfare_core::hub::{EmitError, Incoming};
use fanfare_core::id::ConnectionId;
use fanfare_core::violation::Violation;
use fanfare_core::wire::Message;
use std::time::Duration;

fn typed(edit: impl FnOnce(&mut Settings)) -> Shard {
    Shard::with(|server| {
        server.connection.envelope = Envelope::Typed;
        server.connection.message_bytes_max = 8 << 20;
        server.connection.outbox_bytes_max = 9 << 20;
        server.connection.inbox_bytes_max = 8 << 20;
        edit(server);
    })
}

/// A message over the wire, and into its envelope; whoever asks to join something
/// that is not declared is refused. What the peer is told, in JSON.
fn say(shard: &mut Shard, id: ConnectionId, said: &str) -> String {
    let heard = shard.feed(id, &text(said));
    let [Heard::Text(heard)] = heard.as_slice() else { panic!("no text: {heard:?}") };
    let message = Message::from(heard.as_str());
    if let Incoming::Membership { asked, is_declared: false } = interpret(shard, id, &message) {
        shard.hub.refuse(shard.now, id, asked);
    }
    let wire = shard.write(id);
    let json = wire.iter().position(|&byte| byte == b'{').map_or(&[][..], |start| &wire[start..]);
    String::from_utf8_lossy(json).into_owned()
}

fn interpret<'m>(shard: &mut Shard, id: ConnectionId, message: &'m Message<'_>) -> Incoming<'m> {
    shard.hub.interpret(shard.now, id, message).unwrap()
}

#[test]
fn envelopes_of_any_make_get_an_error_frame_and_the_neighbour_feels_nothing() {
    let mut shard = typed(|server| server.connection.malformed_events_max = 1_000);
    let (id, neighbour) = (shard.open(), shard.open());
    let deep = 1_000_000;
    for said in [
        r#"{"type":7}"#.to_owned(),
        r#"{"type":"event","event":{}}"#.to_owned(),
        r#"{"type":"event","event":"a","namespace":[]}"#.to_owned(),
        r#"{"type":"event","event":"a","surprise":1}"#.to_owned(),
        r#"{"__proto__":{"admin":true},"type":"ping"}"#.to_owned(),
        r#"{"type":"event","event":"__proto__"}"#.to_owned(),
        r#"{"type":"event","event":"a","event":"b"}"#.to_owned(),
        format!(r#"{{"type":"event","event":"a","data":{}{}}}"#, "[".repeat(deep), "]".repeat(deep)),
        "[".repeat(deep),
        r#"{"data":"#.repeat(deep / 8),
    ] {
        let answer = say(&mut shard, id, &said);
        assert_eq!(answer, r#"{"type":"error","namespace":"/","error":"malformed message"}"#, "{said:.60}");
    }
    assert_eq!(shard.hub.stats().events_malformed, 10);
    assert_eq!(say(&mut shard, neighbour, r#"{"type":"ping"}"#), r#"{"type":"pong","namespace":"/"}"#);
}

#[test]
fn more_nonsense_than_is_forgiven_closes_with_1007() {
    let mut shard = typed(|_| {});
    let id = shard.open();
    for _ in 0..11 {
        say(&mut shard, id, "{");
    }
    shard.pass(Duration::from_secs(30));
    let violation = Violation::MalformedEvents { malformed_events_max: 10 };
    assert_eq!(shard.reasons(id), [CloseReason::Violation(violation)]);
}

#[test]
fn a_million_namespaces_are_refused_and_leave_nothing() {
    let mut shard = typed(|_| {});
    let id = shard.open();
    for n in 0..1_000_000 {
        let said = format!(r#"{{"type":"join","namespace":"/{n}","room":"{n}"}}"#);
        let message = Message::from(said.as_str());
        let Incoming::Membership { asked, is_declared: false } = interpret(&mut shard, id, &message) else {
            panic!("{said} was let in");
        };
        shard.hub.refuse(shard.now, id, asked);
        if n % 100 == 0 {
            shard.write(id);
        }
    }
    shard.write(id);
    assert_eq!(shard.hub.groups_of(id).count(), 2, "its client id and `/`");
    assert_eq!(shard.hub.rooms_len(), 0);
    let long = "x".repeat(1_000_000);
    let answer = say(&mut shard, id, &format!(r#"{{"type":"join","room":"{long}"}}"#));
    assert_eq!(answer, r#"{"type":"error","namespace":"/","error":"name too long"}"#);
    let answer = say(&mut shard, id, r#"{"type":"join","room":"a\u0007"}"#);
    assert_eq!(answer, r#"{"type":"error","namespace":"/","error":"invalid name"}"#);
}

#[test]
fn forged_duplicate_and_late_answers_are_counted_and_nothing_else() {
    let mut shard = typed(|_| {});
    let (id, other) = (shard.open(), shard.open());
    let ask = shard.hub.ask(shard.now, id, &Emission::new("q"), Duration::from_secs(1)).unwrap();
    let answer = format!(r#"{{"type":"ack","ackId":"{ask}","data":1}}"#);
    say(&mut shard, other, &answer); // forged
    let message = Message::from(answer.as_str());
    assert!(matches!(interpret(&mut shard, id, &message), Incoming::Answer { .. }));
    assert_eq!(interpret(&mut shard, id, &message), Incoming::Handled); // duplicate
    let ask = shard.hub.ask(shard.now, id, &Emission::new("q"), Duration::from_secs(1)).unwrap();
    shard.pass(Duration::from_secs(2));
    say(&mut shard, id, &format!(r#"{{"type":"ack","ackId":"{ask}","data":1}}"#)); // late
    let stats = shard.hub.stats();
    assert_eq!(
        (stats.acks_asked, stats.acks_answered, stats.acks_timed_out, stats.acks_ignored),
        (2, 1, 1, 3)
    );
}

#[test]
fn a_million_questions_fill_a_table_and_no_more() {
    let mut shard = typed(|server| server.connection.outbox_messages_max = 10_000);
    let id = shard.open();
    let mut refused = 0;
    for _ in 0..1_000_000 {
        if let Err(error) = shard.hub.ask(shard.now, id, &Emission::new("q"), Duration::from_secs(5)) {
            assert_eq!(error, EmitError::TooManyAcks { acks_max: 1_024 });
            refused += 1;
        }
    }
    assert_eq!((shard.hub.acks_pending(id), refused), (1_024, 998_976));
    shard.pass(Duration::from_secs(6));
    assert_eq!(shard.hub.acks_pending(id), 0);
    assert_eq!(shard.hub.stats().acks_timed_out, 1_024);
}
