//! Plays a script's lines on a hub and writes down all that it answers.

use fanfare_core::broadcast::{Audience, Exclusion, Target};
use fanfare_core::config::{Overflow, Settings};
use fanfare_core::handshake::{Request, Response};
use fanfare_core::hub::{Acceptance, Decision, Event, Hub, HubConfig, Notice, Publication, Transmit};
use fanfare_core::id::{ConnectionId, ShardId};
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use fanfare_core::wire::{CloseCode, Frame};
use http::StatusCode;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Stage {
    hub: Hub,
    now: Instant,
    ids: BTreeMap<String, ConnectionId>,
    request: Option<Box<Request>>,
    deadline: Option<Instant>,
    transcript: String,
}

impl Stage {
    /// Small outboxes, so that a short script fills them.
    pub(crate) fn new(seed: u8) -> Stage {
        let settings = Settings::default()
            .with(|server| server.connection.outbox_messages_max = 3)
            .with(|server| server.connection.outbox_policy = Overflow::DropOldest);
        let config = Arc::new(HubConfig::new(settings.build().unwrap()));
        let mut hub = Hub::new(Instant::ZERO, ShardId(0), config, Random::from_seed([seed; 32]));
        hub.grant_budget(1 << 20);
        let (ids, transcript) = (BTreeMap::new(), String::new());
        Stage { hub, now: Instant::ZERO, ids, request: None, deadline: None, transcript }
    }

    pub(crate) fn into_transcript(self) -> String {
        self.transcript
    }

    /// Plays one line, and writes it down with all that follows from it.
    pub(crate) fn play(&mut self, line: &str) {
        self.transcript.push_str(line);
        self.transcript.push('\n');
        let words: Vec<&str> = line.splitn(5, ' ').collect();
        match words.as_slice() {
            ["pass", millis] => self.pass(Duration::from_millis(millis.parse().unwrap())),
            ["everyone", ..] => self.publish(Target::Everyone.into(), rest(line, 1)),
            ["stats"] => self.stats(),
            ["arrive", name] => self.arrive(name),
            [verb, name, arguments @ ..] => {
                let id = *self.ids.get(*name).unwrap_or_else(|| panic!("who is {name}? in: {line}"));
                match arguments {
                    [namespace, room, text @ ..] if ["join", "leave", "others"].contains(verb) => {
                        self.in_room(verb, id, (namespace, room), text.first().copied());
                    }
                    _ => self.on_one(verb, id, rest(line, 2)),
                }
            }
            _ => panic!("no such input: {line}"),
        }
        self.tell_rest();
    }

    fn arrive(&mut self, name: &str) {
        let id = self.hub.accept(self.now).unwrap();
        self.ids.insert(name.to_owned(), id);
        self.tell("id", id);
    }

    fn on_one(&mut self, verb: &str, id: ConnectionId, argument: &str) {
        let now = self.now;
        match verb {
            "bytes" => self.receive(id, unescape(argument)),
            "upgrade" => self.receive(id, upgrade(argument)),
            "text" => self.receive(id, Frame::text(argument).masked([1, 2, 3, 4]).as_bytes().to_vec()),
            "accept" => self.accept(id, argument),
            "answer" => {
                let response = Response::empty(argument.parse::<StatusCode>().unwrap());
                let decision = Decision::Answer { response: &response, head_only: false };
                self.hub.decide(now, id, decision).unwrap();
            }
            "send" => self.outcome(|hub| hub.send(now, id, &Frame::text(argument))),
            "close" => {
                let (code, reason) = argument.split_once(' ').unwrap_or((argument, ""));
                let code = CloseCode::from(code.parse::<u16>().unwrap());
                self.outcome(|hub| hub.close(now, id, code, reason));
            }
            "abort" => self.outcome(|hub| hub.abort(now, id)),
            "end" => self.outcome(|hub| hub.end_of_input(now, id)),
            "reset" => self.outcome(|hub| hub.transport_failed(now, id, io::ErrorKind::ConnectionReset)),
            "pause" => self.outcome(|hub| hub.set_paused(now, id, true)),
            "resume" => self.outcome(|hub| hub.set_paused(now, id, false)),
            "take" => self.take(id, argument.parse().unwrap_or(usize::MAX)),
            "shut" => self.outcome(|hub| hub.write_shut(now, id)),
            "released" => self.outcome(|hub| hub.released(id)),
            _ => panic!("no such input: {verb}"),
        }
    }

    fn in_room(&mut self, verb: &str, id: ConnectionId, (namespace, room): (&str, &str), text: Option<&str>) {
        match verb {
            "join" => {
                let joined = self.hub.join(id, namespace, room);
                self.tell_result(joined);
            }
            "leave" => {
                let left = self.hub.leave(id, namespace, room);
                self.tell_result(left);
            }
            _ => {
                let others = Target::room(namespace, room).except(Exclusion::Connection(id));
                self.publish(others, text.unwrap_or_default());
            }
        }
    }

    fn accept(&mut self, id: ConnectionId, client_id: &str) {
        let request = self.request.take().expect("a request waits");
        let acceptance = Acceptance::new(&request, client_id);
        self.hub.decide(self.now, id, Decision::Accept(acceptance)).unwrap();
    }

    fn receive(&mut self, id: ConnectionId, mut bytes: Vec<u8>) {
        let mut rest = bytes.as_mut_slice();
        while !rest.is_empty() && self.hub.wants_read(id) {
            let received = self.hub.receive(self.now, id, rest).unwrap();
            let consumed = received.consumed;
            let event = received.event.map(|event| match event {
                Event::Request(request) => {
                    let told = format!("request {}", request.path());
                    self.request = Some(request);
                    told
                }
                event @ (Event::Message(_) | Event::Ping(_) | Event::Pong(_) | Event::Body(_) | _) => {
                    format!("{event:?}")
                }
            });
            self.tell("consumed", consumed);
            if let Some(event) = event {
                self.tell("event", event);
            }
            rest = &mut rest[consumed..];
        }
    }

    /// The transport takes at most `bytes_max` bytes.
    fn take(&mut self, id: ConnectionId, bytes_max: usize) {
        let told = match self.hub.transmit(id, 16).unwrap() {
            Transmit::Write(pieces) => {
                let mut wire: Vec<u8> = pieces.flat_map(|piece| piece.as_bytes()).copied().collect();
                wire.truncate(bytes_max);
                let more = self.hub.sent(self.now, id, wire.len()).unwrap();
                format!("{}{}", wire.escape_ascii(), if more { " …" } else { "" })
            }
            told @ (Transmit::Nothing | Transmit::ShutdownWrite | Transmit::Release { .. }) => {
                format!("({told:?})")
            }
        };
        self.tell("wire", told);
    }

    fn publish(&mut self, audience: Audience, text: &str) {
        let report = self.hub.broadcast(self.now, &Publication::new(audience, Frame::text(text)));
        let (queued, dropped, closed) = (report.queued(), report.dropped(), report.closed());
        self.tell("report", format!("{queued} queued, {dropped} dropped, {closed} closed"));
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        while self.hub.next_deadline().is_some_and(|next| next <= self.now) {
            self.hub.expire(self.now, 100);
        }
    }

    fn stats(&mut self) {
        let stats = format!("{:#?}", self.hub.stats());
        let counted = stats.lines().filter(|line| line.contains(':') && !line.contains(": 0,"));
        for line in counted {
            self.tell("count", line.trim().trim_end_matches(','));
        }
    }

    fn outcome<E: Display>(&mut self, input: impl FnOnce(&mut Hub) -> Result<(), E>) {
        if let Err(error) = input(&mut self.hub) {
            self.tell("error", error);
        }
    }

    fn tell_result<E: Display>(&mut self, changed: Result<bool, E>) {
        match changed {
            Ok(changed) => self.tell("changed", changed),
            Err(error) => self.tell("error", error),
        }
    }

    /// What every input may lead to: notices, transports to look at, another deadline.
    fn tell_rest(&mut self) {
        while let Some(notice) = self.hub.next_notice() {
            let told = match notice {
                Notice::Closed(closed) => {
                    let rooms: Vec<&str> = closed.rooms.iter().map(|room| &*room.name).collect();
                    format!("{} {} {rooms:?}", closed.id, closed.reason)
                }
                Notice::GroupOpened(group) => format!("opened {group}"),
                Notice::GroupClosed(group) => format!("emptied {group}"),
                notice @ (Notice::Pressure { .. } | _) => format!("{notice:?}"),
            };
            self.tell("notice", told);
        }
        let listed: Vec<String> =
            std::iter::from_fn(|| self.hub.next_listed()).map(|id| id.to_string()).collect();
        if !listed.is_empty() {
            self.tell("listed", listed.join(" "));
        }
        let deadline = self.hub.next_deadline();
        if deadline != self.deadline {
            self.deadline = deadline;
            self.tell("deadline", deadline.map_or("none".to_owned(), |at| format!("{at:?}")));
        }
    }

    /// Writes a line down, with names in the place of ids.
    fn tell(&mut self, what: &str, value: impl Display) {
        let mut value = value.to_string();
        if what != "id" {
            for (name, id) in &self.ids {
                value = value.replace(&id.to_string(), name);
            }
        }
        self.transcript.extend(["  ", what, " ", &value, "\n"]);
    }
}

/// What follows the first `words` words of a line.
fn rest(line: &str, words: usize) -> &str {
    line.splitn(words + 1, ' ').nth(words).unwrap_or_default()
}

fn upgrade(path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into()
}

/// Reads `\r`, `\n`, `\\` and `\x` with two digits.
fn unescape(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('\\') {
        bytes.extend(rest[..at].bytes());
        let (byte, length) = match rest.as_bytes()[at + 1] {
            b'r' => (b'\r', 2),
            b'n' => (b'\n', 2),
            b'\\' => (b'\\', 2),
            b'x' => (u8::from_str_radix(&rest[at + 2..at + 4], 16).unwrap(), 4),
            other => panic!("no such escape: \\{}", other.escape_ascii()),
        };
        bytes.push(byte);
        rest = &rest[at + length..];
    }
    bytes.extend(rest.bytes());
    bytes
}
