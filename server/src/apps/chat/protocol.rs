//! The chat's messages as they are on the wire: JSON text, keys in this order:
//! `{type, sender, room?, content, timestamp}`, seconds since the Unix epoch.
//!
//! What a client says of sender and time is ignored; unknown keys are.

use fanfare::Message;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a client asks for.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Request {
    /// To everyone.
    Chat { content: String },
    /// To the members of a room.
    Room { room: String, content: String },
    /// To be in a room.
    Join { room: String },
    /// To be out of it.
    Leave { room: String },
    /// Who is in a room, or in the chat: answered to the asker alone.
    Members { room: Option<String> },
}

/// Why a message is no request.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Malformed {
    pub(super) what: String,
    /// The room it was about, when that could be read.
    pub(super) room: Option<String>,
}

#[derive(Deserialize)]
struct Raw {
    r#type: String,
    room: Option<String>,
    content: Option<String>,
}

/// Reads a client's message.
pub(super) fn parse(message: &Message<'_>) -> Result<Request, Malformed> {
    let malformed = |what: &str, room| Malformed { what: what.to_owned(), room };
    let Some(text) = message.as_text() else {
        return Err(malformed("send text messages; binary ones are not understood here", None));
    };
    let raw: Raw = serde_json::from_str(text).map_err(|_| {
        malformed("send a JSON object with the text keys type, and room and content as it needs", None)
    })?;
    match (raw.r#type.as_str(), raw.room, raw.content) {
        ("chat", _, Some(content)) => Ok(Request::Chat { content }),
        ("room", Some(room), Some(content)) => Ok(Request::Room { room, content }),
        ("join", Some(room), _) => Ok(Request::Join { room }),
        ("leave", Some(room), _) => Ok(Request::Leave { room }),
        ("members", room, _) => Ok(Request::Members { room }),
        ("chat" | "room", room, _) => Err(malformed("content is missing, or the room to write to", room)),
        ("join" | "leave", room, _) => Err(malformed("room is missing", room)),
        (_, room, _) => Err(malformed("type must be chat, room, join, leave or members", room)),
    }
}

/// Kinds of message that the server sends.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Chat,
    Room,
    System,
    Error,
}

/// A message of the server.
#[derive(Serialize)]
pub(super) struct Said<'a> {
    r#type: Kind,
    sender: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'a str>,
    content: &'a str,
    timestamp: u64,
}

impl<'a> Said<'a> {
    pub(super) fn new(
        kind: Kind,
        sender: &'a str,
        room: Option<&'a str>,
        content: &'a str,
        unix_time: Duration,
    ) -> Said<'a> {
        Said { r#type: kind, sender, room, content, timestamp: unix_time.as_secs() }
    }
}

/// Who is there.
#[derive(Serialize)]
pub(super) struct Members<'a> {
    r#type: &'static str,
    sender: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'a str>,
    content: &'a [String],
    count: usize,
    timestamp: u64,
}

impl<'a> Members<'a> {
    pub(super) fn new(
        room: Option<&'a str>,
        listed: &'a [String],
        count: usize,
        unix_time: Duration,
    ) -> Members<'a> {
        let timestamp = unix_time.as_secs();
        Members { r#type: "members", sender: "", room, content: listed, count, timestamp }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Request, Malformed> {
        parse(&Message::from(text))
    }

    #[test]
    fn requests_are_read_and_claims_are_ignored() {
        let claimed = r#"{"type":"chat","sender":"me","content":"hi","timestamp":1,"x":[{}]}"#;
        assert_eq!(parsed(claimed), Ok(Request::Chat { content: "hi".into() }));
        let to_room = r#"{"content":"hi","room":"r","type":"room"}"#;
        assert_eq!(parsed(to_room), Ok(Request::Room { room: "r".into(), content: "hi".into() }));
        assert_eq!(parsed(r#"{"type":"members"}"#), Ok(Request::Members { room: None }));
    }

    #[test]
    fn what_is_no_request_is_named_with_its_room() {
        for text in ["", "[]", "{}", "null", r#"{"type":1}"#, r#"{"type":"chat","content":{}}"#] {
            assert!(parsed(text).is_err_and(|error| error.room.is_none()), "{text}");
        }
        for text in [r#"{"type":"room","room":"r"}"#, r#"{"type":"shout","room":"r"}"#] {
            assert_eq!(parsed(text).map_err(|error| error.room), Err(Some("r".into())), "{text}");
        }
        assert!(parse(&Message::from(&b"{}"[..])).is_err());
    }

    #[test]
    fn the_wire_shapes_are_these() {
        let now = Duration::from_millis(7_999);
        let said = Said::new(Kind::Room, "id", Some("r"), "a\"b", now);
        let text = r#"{"type":"room","sender":"id","room":"r","content":"a\"b","timestamp":7}"#;
        assert_eq!(Message::json(&said), Ok(text.into()));
        let said = Said::new(Kind::System, "id", None, "arrived", now);
        let text = r#"{"type":"system","sender":"id","content":"arrived","timestamp":7}"#;
        assert_eq!(Message::json(&said), Ok(text.into()));
        let listed = [String::from("id")];
        let members = Members::new(Some("r"), &listed, 2, now);
        let text = r#"{"type":"members","sender":"","room":"r","content":["id"],"count":2,"timestamp":7}"#;
        assert_eq!(Message::json(&members), Ok(text.into()));
    }
}
