//! Every shape of both envelopes.

use super::said;
use crate::event::{AckId, Refusal, SessionMessage};
use crate::event::{
    Answer, Emission, Envelope, Event, Kind, Payload, Refused, Regroup, Said, Stamp, TypedMessage,
};
use crate::id::ConnectionId;

/// A typed text: everything that is there, in the order of the envelope.
fn fields(text: &str) -> String {
    let message = TypedMessage::read(text).unwrap().unwrap();
    let TypedMessage { kind, namespace, event, data, ack_id, room, error } = message;
    format!("{} {namespace} {event:?} {} {ack_id:?} {room:?} {error:?}", kind.name(), data.raw())
}

#[test]
fn every_typed_shape_is_read_and_written_alike() {
    for text in [
        r#"{"type":"event","namespace":"/","event":"chat"}"#,
        r#"{"type":"event","namespace":"/","event":"chat","data":{"user":"ann","message":"hi"},"ackId":"a#1","room":"lobby"}"#,
        r#"{"type":"join","namespace":"/","room":"lobby"}"#,
        r#"{"type":"join","namespace":"/admin"}"#,
        r#"{"type":"leave","namespace":"/","room":"lobby"}"#,
        r#"{"type":"leave","namespace":"/admin","ackId":"x"}"#,
        r#"{"type":"ack","namespace":"/","event":"chat","data":{"status":"ok"},"ackId":"a#1"}"#,
        r#"{"type":"ping","namespace":"/"}"#,
        r#"{"type":"pong","namespace":"/"}"#,
        r#"{"type":"error","namespace":"/x","error":"namespace not joined"}"#,
        r#"{"type":"error","namespace":"/","event":"x","ackId":"a#2","error":"unhandled event"}"#,
        r#"{"type":"event","namespace":"/ü\"\\\n\u0001","event":"🎺","data":[1, 2.50, "\u00fc"]}"#,
    ] {
        let message = TypedMessage::read(text).unwrap().unwrap();
        assert_eq!(message.write(), text);
    }
}

#[test]
fn what_a_client_may_leave_out_or_write_otherwise() {
    for (text, expected) in [
        (r#"{"type":"ping"}"#, "ping / None null None None None"),
        (r#" { "event" : "a" , "type" : "event" } "#, r#"event / Some("a") null None None None"#),
        (r#"{"type":"join","namespace":"","room":""}"#, "join / None null None None None"),
        (
            r#"{"type":"event","event":"a","ackId":null,"data":null}"#,
            r#"event / Some("a") null None None None"#,
        ),
        (r#"{"type":"event","event":"a","target":{"x":[1]}}"#, r#"event / Some("a") null None None None"#),
        (r#"{"\u0074ype":"e\u0076ent","event":"\u00fc"}"#, r#"event / Some("ü") null None None None"#),
        (
            r#"{"type":"event","event":"a","data":  {"b" : 1 } }"#,
            r#"event / Some("a") {"b" : 1 } None None None"#,
        ),
    ] {
        assert_eq!(fields(text), expected, "{text}");
    }
}

#[test]
fn a_type_that_there_is_not_is_told_apart_from_nonsense() {
    for text in [
        r#"{"type":"emit"}"#,
        r#"{"event":"a"}"#,
        r#"{"type":""}"#,
        r#"{"type":null}"#,
        r#"{"type":"Event"}"#,
        "{}",
    ] {
        said(Envelope::Typed, text, |said| assert!(matches!(said, Err(Refused::UnknownKind(_))), "{text}"));
    }
}

#[test]
fn what_a_typed_message_says() {
    let typed = |text: &str, look: &dyn Fn(Said<'_>)| said(Envelope::Typed, text, |said| look(said.unwrap()));
    typed(r#"{"type":"event","namespace":"/a","event":"chat","data":{"n":1},"room":"r"}"#, &|said| {
        let Said::Event(Event { namespace, name, room, data, ack: None }) = said else { panic!("{said:?}") };
        assert_eq!(
            (&*namespace, &*name, room.as_deref(), data.raw()),
            ("/a", "chat", Some("r"), r#"{"n":1}"#)
        );
    });
    typed(r#"{"type":"leave","room":"r"}"#, &|said| {
        let Said::Membership(asked) = said else { panic!("{said:?}") };
        assert_eq!(
            (asked.regroup, &*asked.namespace, asked.room.as_deref()),
            (Regroup::Leave, "/", Some("r"))
        );
    });
    typed(r#"{"type":"ack","ackId":"q","data":[1]}"#, &|said| {
        let Said::Ack { id, answer: Answer::Data(data) } = said else { panic!("{said:?}") };
        assert_eq!((&*id, data.raw()), ("q", "[1]"));
    });
    typed(r#"{"type":"error","ackId":"q","error":"no"}"#, &|said| {
        assert_eq!(said, Said::Ack { id: "q".into(), answer: Answer::Error("no".into()) });
    });
    typed(r#"{"type":"ping"}"#, &|said| assert_eq!(said, Said::Ping(Payload::NONE)));
    typed(r#"{"type":"pong"}"#, &|said| assert_eq!(said, Said::Nothing));
    let complaint = Said::Complaint { namespace: "/".into(), error: "no".into() };
    typed(r#"{"type":"error","error":"no"}"#, &|said| assert_eq!(said, complaint));
}

#[test]
fn an_event_that_wants_an_answer_gets_one_of_two() {
    let text = r#"{"type":"event","event":"chat","data":1,"ackId":"a#1"}"#;
    let answer = |finish: &dyn Fn(crate::event::AckAsked<'_>) -> String| {
        said(Envelope::Typed, text, |said| match said {
            Ok(Said::Event(Event { ack: Some(ack), .. })) => finish(ack),
            other => panic!("{other:?}"),
        })
    };
    let data = Payload::of(&[true]).unwrap();
    assert_eq!(
        answer(&|ack| ack.acknowledged(data.clone()).write()),
        r#"{"type":"ack","namespace":"/","event":"chat","data":[true],"ackId":"a#1"}"#
    );
    assert_eq!(
        answer(&|ack| ack.into_owned().refused(Refusal::UnhandledEvent).write()),
        r#"{"type":"error","namespace":"/","event":"chat","ackId":"a#1","error":"unhandled event"}"#
    );
}

#[test]
fn whoever_asks_to_join_hears_what_came_of_it() {
    let answer = |text: &str, finish: &dyn Fn(crate::event::MembershipAsked<'_>) -> Option<String>| {
        said(Envelope::Typed, text, |said| match said {
            Ok(Said::Membership(asked)) => finish(asked),
            other => panic!("{other:?}"),
        })
    };
    let (quiet, wants_answer) =
        (r#"{"type":"join","namespace":"/x"}"#, r#"{"type":"join","namespace":"/x","ackId":"j"}"#);
    assert_eq!(answer(quiet, &|asked| asked.done().map(|done| done.write())), None);
    assert_eq!(
        answer(wants_answer, &|asked| asked.into_owned().done().map(|done| done.write())).unwrap(),
        r#"{"type":"ack","namespace":"/x","ackId":"j"}"#
    );
    assert_eq!(
        answer(quiet, &|asked| Some(asked.refused(Refusal::TooManyRooms).write())).unwrap(),
        r#"{"type":"error","namespace":"/x","error":"too many rooms"}"#
    );
    assert_eq!(
        answer(wants_answer, &|asked| Some(asked.refused(Refusal::JoinRefused).write())).unwrap(),
        r#"{"type":"error","namespace":"/x","ackId":"j","error":"join refused"}"#
    );
}

#[test]
fn an_event_goes_out_in_either_envelope() {
    let sender: ConnectionId = "0001000000020000000300000004".parse().unwrap();
    let data = Payload::of(&["hi"]).unwrap();
    let emission = Emission { room: Some("lobby"), data, sender: Some(sender), ..Emission::new("chat") };
    let ask: AckId = "00010000000200000003".parse().unwrap();
    let text = |frame: &crate::wire::Frame| {
        let header_bytes = if frame.len() < 128 { 2 } else { 4 };
        String::from_utf8(frame.as_bytes()[header_bytes..].to_vec()).unwrap()
    };
    assert_eq!(
        text(&emission.typed(None)),
        r#"{"type":"event","namespace":"/","event":"chat","data":["hi"],"room":"lobby"}"#
    );
    assert_eq!(
        text(&emission.typed(Some(ask))),
        r#"{"type":"event","namespace":"/","event":"chat","data":["hi"],"ackId":"00010000000200000003","room":"lobby"}"#
    );
    let stamp = Stamp { session: emission.sender, message: 7, unix_seconds: 1_700_000_000 };
    assert_eq!(
        text(&emission.session(&stamp)),
        r#"{"session_id":"0001000000020000000300000004","message_id":"00000000000000000000000000000007","event":"chat","content":["hi"],"timestamp":1700000000}"#
    );
}

#[test]
fn from_a_session_only_the_event_and_its_content_matter() {
    let session =
        |text: &str, look: &dyn Fn(Said<'_>)| said(Envelope::Session, text, |said| look(said.unwrap()));
    for text in [
        r#"{"event":"echo","content":{"a":1}}"#,
        r#"{"session_id":"x","message_id":"y","event":"echo","content":{"a":1},"timestamp":1}"#,
        r#"{"timestamp":"soon","session_id":[{}],"message_id":null,"content":{"a":1},"event":"echo"}"#,
    ] {
        session(text, &|said| {
            let Said::Event(Event { namespace, name, room: None, data, ack: None }) = said else {
                panic!("{said:?}")
            };
            assert_eq!((&*namespace, &*name, data.raw()), ("/", "echo", r#"{"a":1}"#));
        });
    }
    session(r#"{"event":"ping","content":[1, 2]}"#, &|said| {
        let Said::Ping(content) = said else { panic!("{said:?}") };
        assert_eq!(content.raw(), "[1, 2]");
    });
    session(r#"{"event":"pong"}"#, &|said| assert_eq!(said, Said::Nothing));
}

#[test]
fn a_session_message_has_all_its_fields() {
    let stamp = Stamp { session: None, message: u128::MAX, unix_seconds: 0 };
    let message = SessionMessage { event: "a\"".into(), content: Payload::NONE };
    assert_eq!(
        message.write(&stamp),
        r#"{"session_id":"","message_id":"ffffffffffffffffffffffffffffffff","event":"a\"","content":null,"timestamp":0}"#
    );
}

#[test]
fn kinds_are_read_as_they_are_written() {
    for kind in [Kind::Event, Kind::Join, Kind::Leave, Kind::Ack, Kind::Ping, Kind::Pong, Kind::Error] {
        let text = TypedMessage::new(kind, "/").write();
        assert_eq!(TypedMessage::read(&text).unwrap().unwrap().kind, kind);
    }
}
