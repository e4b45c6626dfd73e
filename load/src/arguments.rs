//! What a command line says of an experiment: its grammar, its help and its
//! bounds. What only one experiment knows is with that experiment.

use crate::{connect, echo, fanout, idle};
use clap::{Args, Subcommand, value_parser};
use fanfare_core::client::{Url, UrlError};
use http::{HeaderName, HeaderValue};
use std::path::PathBuf;
use std::time::Duration;

/// Which experiment is to be made, and of what size.
#[derive(Subcommand, Debug)]
#[non_exhaustive]
pub enum Experiment {
    /// One publishes, and every member must get every message
    ///
    /// The publisher is one of the members. It sends --window messages in one write, and the next ones when every
    /// member has received all of them; with --rate it sends single messages at fixed times, whatever has arrived.
    #[command(after_help = fanout::EXAMPLES)]
    Fanout(fanout::Arguments),
    /// Every connection sends, and must get its own messages back
    ///
    /// Each keeps --window messages on their way: sent in one write, the next ones when all are back. Connections do
    /// not wait for one another.
    #[command(after_help = echo::EXAMPLES)]
    Echo(echo::Arguments),
    /// Many connections that say nothing: how long opening takes, and the memory of each
    ///
    /// With --server-pid it reads the server's memory before, while all are open, and after.
    #[command(after_help = idle::EXAMPLES)]
    Idle(idle::Arguments),
    /// Connections that come, say hello and goodbye, and go: how many a second
    #[command(after_help = connect::EXAMPLES)]
    Connect(connect::Arguments),
}

/// Whom to load, and how to get in.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Server")]
pub(crate) struct Connection {
    /// Where to connect to: `ws://HOST[:PORT]/PATH`, or wss; http and https mean the same
    #[arg(long, value_parser = url)]
    pub(crate) url: Url,
    /// A header of the request, such as 'Authorization: Bearer x'; may be given again
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// The page that the connections seem to come from, for servers that ask
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) origin: Option<HeaderValue>,
    /// A subprotocol to offer; may be given again, the best first
    #[arg(long = "subprotocol", value_name = "NAME")]
    pub(crate) subprotocols: Vec<String>,
    /// Trust the certificates in this PEM file, and nobody else [default: whom the system trusts]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Trust whoever answers: for certificates that sign themselves, on networks that are yours
    #[arg(long, conflicts_with = "ca_file")]
    pub(crate) insecure: bool,
    /// The server's process on this machine, to read its CPU time and memory (Linux)
    #[arg(long, value_name = "PID", value_parser = value_parser!(u32).range(1..))]
    pub(crate) server_pid: Option<u32>,
    /// Seconds of silence after which what is awaited is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = value_parser!(u64).range(1..=60))]
    patience: u64,
}

/// How long it is measured.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Seconds that are measured
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Milliseconds of load before that
    #[arg(long, value_name = "MS", default_value_t = 300, value_parser = value_parser!(u64).range(0..=60_000))]
    warm_up_ms: u64,
}

impl Connection {
    /// How long nothing may happen before it is given up.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }
}

impl Span {
    pub(crate) fn seconds(self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    pub(crate) fn warm_up(self) -> Duration {
        Duration::from_millis(self.warm_up_ms)
    }
}

/// Servers say `listening on http://…`, so that is taken as well.
fn url(text: &str) -> Result<Url, UrlError> {
    let spoken = [("http://", "ws://"), ("https://", "wss://")];
    let replaced =
        spoken.iter().find_map(|(web, socket)| Some(format!("{socket}{}", text.strip_prefix(web)?)));
    replaced.as_deref().unwrap_or(text).parse()
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
    let (name, value) = text.split_once(':').ok_or("write NAME: VALUE")?;
    let name = name.trim().parse().map_err(|_| "the name before the colon is none that HTTP has")?;
    let value = value.trim().parse().map_err(|_| "the value has characters that no header may have")?;
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_the_web_are_taken_for_those_of_sockets() {
        assert_eq!(url("http://localhost:8080/ws").unwrap().to_string(), "ws://localhost:8080/ws");
        assert_eq!(url("https://[::1]").unwrap().to_string(), "wss://[::1]/");
        assert_eq!(url("ws://a/b").unwrap().to_string(), "ws://a/b");
        assert!(url("tcp://a").is_err() && url("a").is_err());
    }

    #[test]
    fn headers_are_split_at_the_first_colon() {
        let (name, value) = header("X-Room: a: b ").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-room", "a: b"));
        assert!(header("none").is_err() && header("a b: c").is_err() && header("a: \u{7}").is_err());
    }
}
