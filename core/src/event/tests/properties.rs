//! Reading undoes writing, whatever is written; and anything at all is judged.

use super::limits;
use crate::event::{Envelope, Kind, Payload, Said, SessionMessage, Stamp, TypedMessage, read};
use crate::wire::Message;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::borrow::Cow;

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Event),
        Just(Kind::Join),
        Just(Kind::Leave),
        Just(Kind::Ack),
        Just(Kind::Ping),
        Just(Kind::Pong),
        Just(Kind::Error)
    ]
}

/// Any text but the empty one, which is as good as none.
fn field() -> impl Strategy<Value = Option<Cow<'static, str>>> {
    proptest::option::of(any::<String>().prop_filter("empty", |text| !text.is_empty()).prop_map(Cow::Owned))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect()))
        ]
    })
}

fn typed() -> impl Strategy<Value = TypedMessage<'static>> {
    (kind(), any::<String>(), field(), value(), field(), field(), field()).prop_map(
        |(kind, namespace, event, data, ack_id, room, error)| TypedMessage {
            kind,
            namespace: Cow::Owned(format!("/{namespace}")),
            event,
            data: Payload::of(&data).unwrap(),
            ack_id,
            room,
            error,
        },
    )
}

proptest! {
    #[test]
    fn a_typed_message_survives_the_wire(message in typed()) {
        let text = message.write();
        prop_assert_eq!(TypedMessage::read(&text).unwrap().unwrap(), message);
    }

    /// An independent reader sees the same.
    #[test]
    fn what_is_written_is_json(message in typed(), unix_seconds: u64, id: u128) {
        let seen: Value = serde_json::from_str(&message.write()).unwrap();
        prop_assert_eq!(&seen["type"], message.kind.name());
        prop_assert_eq!(&seen["namespace"], &*message.namespace);
        prop_assert_eq!(seen.get("event").and_then(Value::as_str), message.event.as_deref());
        prop_assert_eq!(seen.get("room").and_then(Value::as_str), message.room.as_deref());
        let data: Value = message.data.parse().unwrap();
        prop_assert_eq!(seen.get("data").cloned().unwrap_or_default(), data.clone());

        let event = message.event.unwrap_or_default();
        let session = SessionMessage { event: event.clone(), content: message.data };
        let stamp = Stamp { session: None, message: id, unix_seconds };
        let seen: Value = serde_json::from_str(&session.write(&stamp)).unwrap();
        let expected = json!({
            "session_id": "", "message_id": format!("{id:032x}"), "event": event, "content": data,
            "timestamp": unix_seconds,
        });
        prop_assert_eq!(seen, expected);
        let written = session.write(&stamp);
        prop_assert_eq!(SessionMessage::read(&written).unwrap(), session);
    }

    /// Whatever is understood is an object, and an independent reader sees the same
    /// event in it.
    #[test]
    fn what_is_understood_is_an_object(
        text in r#"\{("(type|event|data|content|a)":("(event|ping|a)"|[0-9]|\[\{?\}?\]|null),?){0,3}\}?"#,
    ) {
        let message = Message::from(text.as_str());
        prop_assert!(read(Envelope::Raw, &message, &limits()).is_err());
        for envelope in Envelope::WITH_EVENTS {
            if let Ok(said) = read(envelope, &message, &limits()) {
                let seen: Value = serde_json::from_str(&text).unwrap();
                prop_assert!(seen.is_object());
                if let Said::Event(event) = said {
                    prop_assert_eq!(&*event.name, seen["event"].as_str().unwrap());
                    let carried = if envelope == Envelope::Typed { &seen["data"] } else { &seen["content"] };
                    prop_assert_eq!(&event.data.parse::<Value>().unwrap(), carried);
                }
            }
        }
    }
}
