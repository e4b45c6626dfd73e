//! What is no event, however hard it tries.

use super::{limits, malformed};
use crate::event::{Envelope, Malformed, Refused, Said, read};
use crate::rooms::JoinError;
use crate::wire::Message;

#[track_caller]
fn assert_misshapen(envelope: Envelope, text: &str) {
    let why = malformed(envelope, text);
    assert!(matches!(why, Malformed::Shape(_)), "{why:?} from {text:.200}");
}

#[test]
fn what_is_no_object_is_refused() {
    for text in [
        "",
        " ",
        "null",
        "1",
        "\"event\"",
        "[]",
        r#"["event","/","chat"]"#,
        "{",
        "}",
        "{}{}",
        r#"{"type":"ping"} x"#,
        r#"{"type":"ping",}"#,
        r#"{type:"ping"}"#,
        "{'type':'ping'}",
        "\u{feff}{}",
        r#"{"type":"ping""#,
        "NaN",
    ] {
        assert_misshapen(Envelope::Typed, text);
        assert_misshapen(Envelope::Session, text);
    }
}

#[test]
fn fields_of_a_wrong_type_are_refused() {
    for value in ["1", "true", "{}", "[]", r#"["event"]"#, "1e400", "\"\\ud800\"", "\"\\x\"", "\"\n\""] {
        for field in ["type", "namespace", "event", "ackId", "room", "error"] {
            assert_misshapen(Envelope::Typed, &format!(r#"{{"{field}":{value}}}"#));
        }
        assert_misshapen(Envelope::Session, &format!(r#"{{"event":{value}}}"#));
    }
    assert_misshapen(Envelope::Typed, r#"{"type":"event","event":"a","data":{]}"#);
}

#[test]
fn unknown_fields_are_refused() {
    for field in ["x", "Type", "", "__proto__", "constructor", "ack_id", "session_id"] {
        assert_misshapen(Envelope::Typed, &format!(r#"{{"type":"ping","{field}":1}}"#));
    }
    for field in ["x", "__proto__", "type", "data"] {
        assert_misshapen(Envelope::Session, &format!(r#"{{"event":"a","{field}":1}}"#));
    }
}

#[test]
fn fields_that_come_twice_are_refused() {
    for field in ["type", "namespace", "event", "ackId", "room", "error", "data", "target"] {
        assert_misshapen(Envelope::Typed, &format!(r#"{{"{field}":"a","{field}":"a"}}"#));
        // A null has come, too.
        assert_misshapen(Envelope::Typed, &format!(r#"{{"{field}":null,"{field}":"a"}}"#));
    }
    for field in ["session_id", "message_id", "event", "content", "timestamp"] {
        assert_misshapen(Envelope::Session, &format!(r#"{{"{field}":"a","{field}":"a"}}"#));
    }
    assert_misshapen(Envelope::Typed, r#"{"type":"ping","\u0074ype":"ping"}"#);
}

#[test]
fn reserved_names_are_refused_wherever_a_name_may_be() {
    for name in ["__proto__", "constructor", "prototype", "\\u005f_proto__"] {
        for text in [
            format!(r#"{{"type":"event","event":"{name}"}}"#),
            format!(r#"{{"type":"event","event":"a","room":"{name}"}}"#),
            format!(r#"{{"type":"join","namespace":"{name}"}}"#),
            format!(r#"{{"type":"join","room":"{name}"}}"#),
        ] {
            assert!(matches!(malformed(Envelope::Typed, &text), Malformed::ReservedName(_)), "{text}");
        }
        let text = format!(r#"{{"event":"{name}"}}"#);
        assert!(matches!(malformed(Envelope::Session, &text), Malformed::ReservedName(_)), "{text}");
    }
}

#[test]
fn names_are_held_to_the_rules_for_names() {
    let long = "x".repeat(129);
    for text in [
        format!(r#"{{"type":"event","event":"{long}"}}"#),
        format!(r#"{{"type":"event","event":"a","namespace":"{long}"}}"#),
        format!(r#"{{"type":"event","event":"a","room":"{long}"}}"#),
        format!(r#"{{"type":"event","event":"a","ackId":"{long}"}}"#),
        format!(r#"{{"type":"join","ackId":"{long}"}}"#),
    ] {
        let why = malformed(Envelope::Typed, &text);
        assert!(matches!(why, Malformed::Name(JoinError::NameTooLong { bytes: 129, .. })), "{why:?}");
    }
    for text in [r#"{"type":"event"}"#, r#"{"type":"event","event":""}"#] {
        assert!(matches!(malformed(Envelope::Typed, text), Malformed::Name(JoinError::NameEmpty)));
    }
    assert!(matches!(malformed(Envelope::Session, "{}"), Malformed::Name(JoinError::NameEmpty)));
    let control = malformed(Envelope::Typed, r#"{"type":"event","event":"a\u0000"}"#);
    assert!(matches!(control, Malformed::Name(JoinError::NameHasControl { at: 1, .. })));
}

#[test]
fn nesting_is_bounded_and_costs_no_stack() {
    let nested = |depth: usize| {
        format!(r#"{{"type":"event","event":"a","data":{}{}}}"#, "[".repeat(depth), "]".repeat(depth))
    };
    assert!(matches!(read(Envelope::Typed, &Message::from(nested(63)), &limits()), Ok(Said::Event(_))));
    for depth in [64, 1_000_000] {
        let why = malformed(Envelope::Typed, &nested(depth));
        assert!(matches!(why, Malformed::TooDeep { json_depth_max: 64 }), "{why:?}");
    }
    for open in ["[", r#"{"a":"#, r#"{"data":"#, r#"{"target":["#] {
        let why = malformed(Envelope::Typed, &open.repeat(1_000_000));
        assert!(matches!(why, Malformed::TooDeep { .. }), "{why:?}");
    }
    let unlimited = crate::event::ReadLimits { json_depth_max: usize::MAX, ..limits() };
    let message = Message::from(nested(1_000_000));
    assert!(
        matches!(read(Envelope::Typed, &message, &unlimited), Ok(Said::Event(_))),
        "and even without the bound"
    );
}

#[test]
fn what_is_binary_is_no_event() {
    let message = Message::from(&br#"{"type":"ping"}"#[..]);
    for envelope in Envelope::WITH_EVENTS {
        let said = read(envelope, &message, &limits());
        assert!(matches!(said, Err(Refused::Malformed(Malformed::Binary))));
    }
}
