//! What is said in the commands application, as it is on the wire: text that
//! begins with a command, JSON objects with a type, and any other text. What the
//! server says is JSON, `type` first, the other keys in the order below.

use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a client says.
#[derive(Debug)]
pub(super) enum Said<'t> {
    Help,
    List,
    Stats,
    Time,
    Echo(&'t str),
    Broadcast(&'t str),
    Private {
        /// A connection id or a client id.
        to: &'t str,
        content: &'t str,
    },
    /// Text for everyone.
    Text(&'t str),
    /// `{"type":"ping"}`
    Ping,
    /// `{"type":"chat","message":…}`: anything for everyone.
    Chat(&'t RawValue),
    /// JSON of another type, for everyone as it is.
    Other(BTreeMap<String, &'t RawValue>),
    /// Something that cannot be done, and what to do instead.
    Wrong(&'static str),
}

/// Reads what a client says. Text is no more than text, unless it is a command, or
/// a JSON object as a whole.
pub(super) fn read(text: &str) -> Said<'_> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match (word, rest) {
        ("/help", "") => Said::Help,
        ("/list", "") => Said::List,
        ("/stats", "") => Said::Stats,
        ("/time", "") => Said::Time,
        ("/echo", content) => Said::Echo(content),
        ("/broadcast", "") => Said::Wrong("say what to broadcast: /broadcast TEXT"),
        ("/broadcast", content) => Said::Broadcast(content),
        ("/private", rest) => match rest.split_once(' ') {
            Some((to, content)) if !to.is_empty() && !content.is_empty() => Said::Private { to, content },
            Some(_) | None => Said::Wrong("say to whom, and what: /private ID TEXT"),
        },
        _ => match serde_json::from_str(text) {
            Ok(fields) => read_object(fields),
            Err(_) => Said::Text(text),
        },
    }
}

fn read_object(fields: BTreeMap<String, &RawValue>) -> Said<'_> {
    let r#type = fields.get("type").and_then(|value| serde_json::from_str::<String>(value.get()).ok());
    match r#type.as_deref() {
        None => Said::Wrong("say what it is: {\"type\":TEXT,…}"),
        Some("ping") => Said::Ping,
        Some("chat") => match fields.get("message") {
            Some(message) => Said::Chat(message),
            None => Said::Wrong("a chat has a message: {\"type\":\"chat\",\"message\":…}"),
        },
        Some(_) => Said::Other(fields),
    }
}

/// Who says something, and when.
#[derive(Serialize, Debug)]
pub(super) struct By {
    /// The client id.
    pub(super) from: String,
    /// The connection id.
    pub(super) from_id: String,
    /// Seconds since 1970.
    pub(super) timestamp: u64,
}

/// What the server says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Answer<'a> {
    Welcome {
        message: &'a str,
        server_time: &'a str,
        your_id: &'a str,
    },
    UserJoined {
        message: &'a str,
        user_id: &'a str,
        timestamp: u64,
    },
    UserLeft {
        message: &'a str,
        user_id: &'a str,
        timestamp: u64,
    },
    Help {
        message: &'a str,
        commands: &'a [&'a str],
    },
    ClientList {
        clients: &'a [Client],
        /// How many there are, where not all are listed.
        #[serde(skip_serializing_if = "Option::is_none")]
        total: Option<usize>,
    },
    Stats {
        data: Stats,
    },
    Time {
        time: &'a str,
        timestamp: u64,
    },
    Echo {
        echo: &'a str,
    },
    Broadcast {
        content: &'a str,
        #[serde(flatten)]
        by: &'a By,
    },
    Confirm {
        message: &'a str,
    },
    Private {
        content: &'a str,
        #[serde(flatten)]
        by: &'a By,
    },
    /// What JSON said.
    Chat {
        message: &'a RawValue,
        #[serde(flatten)]
        by: &'a By,
    },
    /// What text said.
    #[serde(rename = "chat")]
    Text {
        message: &'a str,
        #[serde(flatten)]
        by: &'a By,
    },
    Pong {
        timestamp: u64,
    },
    Error {
        message: &'a str,
    },
    ServerShutdown {
        message: &'a str,
        timestamp: u64,
    },
}

/// Someone who is there.
#[derive(Serialize)]
pub(super) struct Client {
    /// From 1.
    pub(super) index: usize,
    pub(super) id: String,
    pub(super) remote_addr: String,
    pub(super) connected_at: String,
    pub(super) uptime: String,
    pub(super) user_agent: String,
}

#[derive(Serialize)]
pub(super) struct Stats {
    pub(super) address: String,
    pub(super) running: bool,
    pub(super) connected_clients: usize,
    pub(super) your_connection_id: String,
    pub(super) your_uptime: String,
    pub(super) server_time: String,
}

/// JSON of a type that means nothing to the server: the client's fields in order,
/// then the stamp.
#[derive(Serialize)]
pub(super) struct Stamped<'a> {
    #[serde(flatten)]
    fields: BTreeMap<String, &'a RawValue>,
    #[serde(flatten)]
    by: &'a By,
}

impl<'a> Stamped<'a> {
    /// What a client says of itself and the time does not count.
    pub(super) fn new(mut fields: BTreeMap<String, &'a RawValue>, by: &'a By) -> Stamped<'a> {
        fields.retain(|key, _| !matches!(key.as_str(), "from" | "from_id" | "timestamp"));
        Stamped { fields, by }
    }
}

/// Hours, minutes and seconds, as far as there are any: `1h2m3s`, `4s`.
pub(super) fn uptime(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_and_all_else_is_text() {
        for (text, expected) in [
            ("/help", "Help"),
            ("/list", "List"),
            ("/stats", "Stats"),
            ("/time", "Time"),
            ("/echo", r#"Echo("")"#),
            ("/echo  a b ", r#"Echo(" a b ")"#),
            ("/broadcast a b", r#"Broadcast("a b")"#),
            ("/private x a b", r#"Private { to: "x", content: "a b" }"#),
            ("/help me", r#"Text("/help me")"#),
            ("/shout", r#"Text("/shout")"#),
            ("/echoes", r#"Text("/echoes")"#),
            ("", r#"Text("")"#),
            ("[1]", r#"Text("[1]")"#),
            ("{\"type\":", r#"Text("{\"type\":")"#),
            (r#"{"type":"ping","x":1}"#, "Ping"),
            (r#" {"type":"chat","message":null}"#, "Chat(RawValue(null))"),
            (
                r#"{"x":1e400,"type":"x","type":"y"}"#,
                r#"Other({"type": RawValue("y"), "x": RawValue(1e400)})"#,
            ),
        ] {
            assert_eq!(format!("{:?}", read(text)), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_told_with_the_way_out() {
        for text in [
            "/broadcast",
            "/broadcast ",
            "/private",
            "/private ann",
            "/private ann ",
            "/private  hi",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":null}"#,
            r#"{"type":"chat"}"#,
        ] {
            assert!(matches!(read(text), Said::Wrong(_)), "{text}");
        }
    }

    #[test]
    fn an_uptime_is_as_long_as_it_has_to_be() {
        for (seconds, text) in [(0, "0s"), (59, "59s"), (60, "1m0s"), (3_599, "59m59s"), (90_061, "25h1m1s")]
        {
            assert_eq!(uptime(Duration::from_millis(seconds * 1_000 + 999)), text);
        }
    }
}
