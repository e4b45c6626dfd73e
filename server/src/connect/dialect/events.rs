//! Events as lines: `EVENT ROOM DATA`, both ways.

use serde::Serialize;
use serde_json::StreamDeserializer;
use serde_json::de::StrRead;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// In place of a room: there is none.
const NO_ROOM: &str = "-";

/// A line that is no event.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum NoEvent {
    #[error("{0:?} begins like JSON and is none; close the quotes of each name")]
    Name(String),
    #[error("{0:?} looks like data, and is where a room should be; write EVENT - DATA where there is none")]
    Room(String),
    #[error("the event's data {0:?} is no JSON: {1}; write EVENT ROOM DATA, with - for no room")]
    Data(String, String),
}

/// An event in the typed envelope, as `docs/endpoints.md` has it.
#[derive(Serialize)]
struct Typed<'l> {
    r#type: &'static str,
    namespace: &'l str,
    event: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'l RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'l str>,
}

/// The message that a line stands for.
pub(super) fn read(namespace: &str, line: &str) -> Result<String, NoEvent> {
    let (event, rest) = name(line)?;
    // A room that is called like none is quoted.
    let has_room = !matches!(rest.split_whitespace().next(), None | Some(NO_ROOM));
    let (room, rest) = name(rest)?;
    if room.starts_with(['{', '[']) {
        return Err(NoEvent::Room(room.into_owned()));
    }
    let data = match rest.trim() {
        "" => None,
        data => Some(
            serde_json::from_str(data).map_err(|error| NoEvent::Data(data.to_owned(), error.to_string()))?,
        ),
    };
    let room = has_room.then_some(&*room);
    let typed = Typed { r#type: "event", namespace, event: &event, data, room };
    serde_json::to_string(&typed).map_err(|error| NoEvent::Data(line.to_owned(), error.to_string()))
}

/// The first name of a line, and what is behind it: a word, or a string of JSON.
fn name(line: &str) -> Result<(Cow<'_, str>, &str), NoEvent> {
    let line = line.trim_start();
    if !line.starts_with('"') {
        return Ok(match line.split_once(char::is_whitespace) {
            Some((word, rest)) => (word.into(), rest),
            None => (line.into(), ""),
        });
    }
    let mut strings: StreamDeserializer<'_, StrRead<'_>, String> =
        serde_json::Deserializer::from_str(line).into_iter();
    match strings.next() {
        Some(Ok(name)) => {
            let (_, rest) = line.split_at_checked(strings.byte_offset()).unwrap_or((line, ""));
            Ok((name.into(), rest))
        }
        Some(Err(_)) | None => Err(NoEvent::Name(line.to_owned())),
    }
}

/// The line that stands for an event.
pub(super) fn show(event: &str, room: Option<&str>, data: &str) -> String {
    format!("{} {} {data}", quoted(event), room.map_or(NO_ROOM.into(), quoted))
}

/// A name as it is read: quoted where it would be taken for something else.
fn quoted(name: &str) -> Cow<'_, str> {
    let is_plain = !name.is_empty()
        && name != NO_ROOM
        && !name.starts_with('"')
        && !name.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_plain { name.into() } else { serde_json::Value::from(name).to_string().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_event_with_a_room_and_data_or_without() {
        for (line, message) in [
            ("typing", r#"{"type":"event","namespace":"/","event":"typing"}"#),
            ("chat - [1, 2]", r#"{"type":"event","namespace":"/","event":"chat","data":[1, 2]}"#),
            ("chat  tea  7 ", r#"{"type":"event","namespace":"/","event":"chat","data":7,"room":"tea"}"#),
            (r#"chat "-""#, r#"{"type":"event","namespace":"/","event":"chat","room":"-"}"#),
            (
                r#""a b" "the \"tea\" room" "x y""#,
                r#"{"type":"event","namespace":"/","event":"a b","data":"x y","room":"the \"tea\" room"}"#,
            ),
        ] {
            assert_eq!(read("/", line).unwrap(), message, "{line}");
        }
    }

    #[test]
    fn what_is_no_event_is_refused() {
        assert!(matches!(read("/", r#""chat"#), Err(NoEvent::Name(_))));
        assert!(matches!(read("/", r"chat tea hello"), Err(NoEvent::Data(data, _)) if data == "hello"));
        assert!(matches!(read("/", r#"chat {"user": 1}"#), Err(NoEvent::Room(_))));
        assert!(matches!(read("/", r#"chat {"user":1}"#), Err(NoEvent::Room(_))));
    }

    #[test]
    fn what_is_shown_can_be_sent() {
        for (event, room) in [("chat", None), ("a b", Some("-")), ("\"", Some("")), ("x", Some("\u{1b}[31m"))]
        {
            let line = show(event, room, "{}");
            let (shown_event, rest) = name(&line).unwrap();
            let (shown_room, rest) = name(rest).unwrap();
            assert_eq!((&*shown_event, rest.trim()), (event, "{}"), "{line}");
            assert!(line.chars().all(|c| !c.is_control()), "{line:?}");
            assert_eq!(&*shown_room, room.unwrap_or(NO_ROOM), "{line}");
        }
    }
}
