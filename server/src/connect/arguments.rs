//! What `fanfare connect` can be told, and its help.
//!
//! Only the grammar of single values is judged here; what goes together is clap's
//! to know, and what works is the client's.

use super::dialect::Dialect;
use super::dialect::binary::Coding;
use crate::settings::parse_time;
use clap::Args;
use fanfare::Url;
use http::{HeaderName, HeaderValue};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) const AFTER_HELP: &str = "\
In a terminal there is a prompt, with a history in $XDG_STATE_HOME/fanfare (or ~/.local/state/fanfare);
a line that begins with a space is not kept in it. /help shows the commands. Control characters, of which a
terminal might be controlled by a server, are escaped.

Otherwise each line of the input is sent as a message, and each message that comes is a line of the output,
as it is; everything else is told on standard error.

With --subscribe or --namespace, messages are events, and lines have the form `EVENT ROOM DATA`, both ways:
`chat tea {\"user\":\"ann\",\"message\":\"hi\"}`, with - in place of a room for none. DATA is JSON, and may be left
out. A name with blanks in it is written as JSON, too: `chat \"the tea room\" {}`.

A connection that is lost comes back, and so does one that the server closes with 1001, 1012 or 1013, unless
--no-reconnect is given. What is lost on the way is not sent again.

  TIME    a number with its unit: 500ms, 30s, 5m, 1h

Exit codes:
  0    closed normally, by either side, or all is done
  1    there never was a connection, or the surroundings do not allow for one
  2    an argument, or a line of the input, has to change
  3    closed by the server with another code than 1000 or 1001, or lost
  4    fewer messages than --count have come
  130  interrupted a second time

  fanfare connect ws://127.0.0.1:8080/ws/chat --json
  echo hello | fanfare connect ws://127.0.0.1:8080/ws/echo
  fanfare connect wss://chat.example/ws --header 'Authorization: Bearer T' --subscribe tea
  fanfare connect ws://127.0.0.1:8080/ws/echo --send ping --count 1 --linger 2s < /dev/null";

/// After the end of the input, unless there is a count.
const LINGER: Duration = Duration::from_secs(1);
/// The same where messages are counted.
const LINGER_FOR_COUNT: Duration = Duration::from_secs(10);

/// What `connect` was told.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Arguments {
    /// Where to
    #[arg(value_name = "URL", help = "Where to: ws://host[:port][/path][?query], or wss://…")]
    pub(super) url: Url,
    /// Send this header with the request; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// Offer this subprotocol; may be repeated, the best first
    #[arg(long = "subprotocol", value_name = "NAME")]
    pub(super) subprotocols: Vec<String>,
    /// Say that a page of this origin asks
    #[arg(long, value_name = "ORIGIN")]
    pub(super) origin: Option<HeaderValue>,
    /// Trust the certificates in this PEM file, and nobody else
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// How long connecting may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(super) connect_time_max: Duration,
    /// End when the connection does
    #[arg(long)]
    pub(super) no_reconnect: bool,
    /// Send this once connected, before any input, as if it were a line of that; may be repeated
    #[arg(long = "send", value_name = "TEXT")]
    pub(super) sends: Vec<String>,
    /// End when this many messages have come
    #[arg(long, value_name = "N")]
    pub(super) count: Option<NonZeroU64>,
    /// After the end of the input, close when nothing has come for this long, or `forever` [default: 1s,
    /// and 10s with --count]
    #[arg(long, value_name = "TIME", value_parser = linger)]
    linger: Option<Linger>,
    /// Send nothing but JSON; show JSON indented in a terminal, and in one line elsewhere
    #[arg(long)]
    json: bool,
    /// Lines are binary messages, in hexadecimal digits, or with --binary=base64 in Base64
    #[arg(
        long,
        value_name = "CODING",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "hex",
        hide_possible_values = true,
        conflicts_with = "json"
    )]
    binary: Option<Coding>,
    /// Join this room; may be repeated. Messages are events then: see below
    #[arg(long = "subscribe", value_name = "ROOM", conflicts_with = "binary")]
    pub(super) rooms: Vec<String>,
    /// Join rooms in this namespace, and send events to it [default: /]
    #[arg(long, value_name = "NAME", conflicts_with = "binary")]
    pub(super) namespace: Option<String>,
    /// Neither read nor write the history of the prompt
    #[arg(long)]
    pub(super) no_history: bool,
    /// Show more: the headers of the server's answer, pings and pongs, and why connections end
    #[arg(short, long)]
    pub(super) verbose: bool,
}

/// How long to stay when there is nothing more to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Linger {
    /// Until nothing has come for this long.
    Quiet(Duration),
    /// Until somebody else ends it.
    Forever,
}

impl Arguments {
    pub(super) fn linger(&self) -> Linger {
        let default = if self.count.is_some() { LINGER_FOR_COUNT } else { LINGER };
        self.linger.unwrap_or(Linger::Quiet(default))
    }

    /// What lines are.
    pub(super) fn dialect(&self) -> Dialect {
        if self.has_events() {
            return Dialect::Events { namespace: self.namespace().to_owned(), is_indented: self.json };
        }
        match self.binary {
            Some(coding) => Dialect::Binary(coding),
            None if self.json => Dialect::Json,
            None => Dialect::Text,
        }
    }

    /// Whether messages have an envelope.
    pub(super) fn has_events(&self) -> bool {
        self.namespace.is_some() || !self.rooms.is_empty()
    }

    pub(super) fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or("/")
    }
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("write it as 'NAME: VALUE'")?;
    let name = name.trim().parse().map_err(|_| format!("{:?} is no name of a header", name.trim()))?;
    // Not repeated: it may be a secret.
    let value = value.trim().parse().map_err(|_| format!("the value of {name} has control characters"))?;
    Ok((name, value))
}

fn time(text: &str) -> Result<Duration, String> {
    parse_time(text).ok_or_else(|| "write a number with its unit, such as 500ms, 30s or 5m".to_owned())
}

fn linger(text: &str) -> Result<Linger, String> {
    if text == "forever" { Ok(Linger::Forever) } else { time(text).map(Linger::Quiet) }
}
