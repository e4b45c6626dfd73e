//! A client, its time and a server's side of its transport, in memory. Helpers
//! here, tests by subject below.

mod acks;
mod closing;
mod compression;
mod hostile;
mod messages;
mod opening;
mod properties;
mod proxy;
mod reconnecting;
mod rooms;
mod time;

use super::{Client, ClientSettings, ConnectRequest, Event, Notice, Transmit};
use crate::deflate::Agreement;
use crate::handshake::{HeadLimits, HeadReader, Request, accept};
use crate::random::Random;
use crate::time::Instant;
use crate::wire::{CloseCode, Decoder, Frame, Incoming, Limits, Message, Role};
use http::HeaderMap;
use std::time::Duration;

const HEAD_LIMITS: HeadLimits = HeadLimits { bytes_max: 8 * 1024, headers_max: 100 };
const FRAME_LIMITS: Limits = Limits { message_bytes_max: 1 << 20, fragments_max: 1 };

/// A client and what became of it.
struct World {
    client: Client,
    now: Instant,
    notices: Vec<Notice>,
    /// What the server said, as the client tells it.
    heard: Vec<String>,
    /// What the client has written, and nobody has looked at.
    written: Vec<u8>,
    /// The server's, for one connection.
    decoder: Decoder,
}

/// What the server got.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Got {
    Text(String),
    Binary(Vec<u8>),
    Ping,
    Pong(Vec<u8>),
    Close(Option<u16>),
}

impl Got {
    fn text(text: &str) -> Got {
        Got::Text(text.to_owned())
    }
}

impl World {
    fn new(edit: impl FnOnce(&mut ClientSettings)) -> World {
        let settings = ClientSettings::new("ws://example.com/ws".parse().unwrap()).with(edit);
        World {
            client: Client::new(settings.build().unwrap().into(), Random::from_seed([7; 32])),
            now: Instant::ZERO,
            notices: Vec::new(),
            heard: Vec::new(),
            written: Vec::new(),
            decoder: Decoder::new(Role::Server),
        }
    }

    /// A connection that is open, all that it told forgotten.
    fn open(edit: impl FnOnce(&mut ClientSettings)) -> World {
        let mut world = World::new(edit);
        world.connect();
        world.accept();
        world
    }

    fn connect(&mut self) {
        self.client.connect(self.now).unwrap();
    }

    fn dial(&mut self) -> ConnectRequest {
        self.client.poll_connect(self.now).expect("an attempt")
    }

    /// Lets an attempt that is due succeed.
    fn accept(&mut self) {
        self.dial();
        let answer = self.answer();
        self.feed(&answer);
        assert!(self.client.is_connected());
        assert!(matches!(self.notices.pop(), Some(Notice::Connected(_))), "{:?}", self.notices);
    }

    /// The transport is there; what a server answers to the request.
    fn answer(&mut self) -> Vec<u8> {
        let request = self.request();
        let agreement = Agreement::find(request.headers());
        let subprotocol = request.subprotocols().next().map(str::to_owned);
        let answer = accept(request.upgrade().unwrap(), subprotocol.as_deref(), agreement, &HeaderMap::new());
        self.decoder = match agreement {
            Some(_) => Decoder::with_deflate(Role::Server),
            None => Decoder::new(Role::Server),
        };
        answer.unwrap().to_vec()
    }

    fn request(&mut self) -> Request {
        self.client.connected();
        self.settle();
        let head = std::mem::take(&mut self.written);
        HeadReader::default().push(&head, &HEAD_LIMITS).unwrap().request.expect("the head is complete")
    }

    /// What the server says; handled as an adapter would.
    fn feed(&mut self, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let mut rest = bytes.as_mut_slice();
        while !rest.is_empty() && self.client.wants_read() {
            let received = self.client.receive(self.now, rest);
            let consumed = received.consumed;
            if let Some(event) = received.event {
                let told = match event {
                    Event::Message(Message::Text(text)) => text.into_owned(),
                    Event::Message(Message::Binary(bytes)) => format!("{bytes:?}"),
                    Event::Ping(payload) => format!("ping {}", payload.len()),
                    Event::Pong(payload) => format!("pong {}", payload.len()),
                };
                self.heard.push(told);
            }
            self.settle();
            rest = &mut rest[consumed..];
        }
        self.settle();
    }

    fn feed_frame(&mut self, frame: &Frame) {
        self.feed(frame.as_bytes());
    }

    /// Writes what can be written, and collects what is told.
    fn settle(&mut self) {
        self.notices.extend(std::iter::from_fn(|| self.client.next_notice()));
        while let Transmit::Write(pieces) = self.client.transmit(16) {
            let bytes: Vec<u8> = pieces.flat_map(|piece| piece.as_bytes()).copied().collect();
            self.client.sent(self.now, bytes.len());
            self.written.extend(bytes);
        }
        self.notices.extend(std::iter::from_fn(|| self.client.next_notice()));
    }

    /// Gives the transport back, as is asked for; says whether by force.
    fn release(&mut self) -> bool {
        self.settle();
        let Transmit::Release { abort } = self.client.transmit(16) else { panic!("no release is due") };
        self.client.released();
        self.written.clear();
        abort
    }

    /// The transport breaks.
    fn lose(&mut self) {
        self.client.failed(self.now, std::io::ErrorKind::ConnectionReset);
        self.release();
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
        self.client.expire(self.now);
        if let Some(next) = self.client.next_deadline() {
            assert!(next > self.now, "{next:?} has passed at {:?}", self.now);
        }
        self.settle();
    }

    /// Until the next attempt is due; says how long that was.
    fn wait_for_attempt(&mut self) -> Duration {
        let due = self.client.next_deadline().expect("an attempt to come");
        let delay = due.since(self.now);
        self.wait(delay);
        delay
    }

    fn told(&mut self) -> Vec<Notice> {
        self.settle();
        std::mem::take(&mut self.notices)
    }

    /// What the server got since it last looked.
    fn got(&mut self) -> Vec<Got> {
        self.settle();
        let mut bytes = std::mem::take(&mut self.written);
        let (mut rest, mut got) = (bytes.as_mut_slice(), Vec::new());
        while !rest.is_empty() {
            let decoded = self.decoder.decode(&FRAME_LIMITS, rest).unwrap();
            let consumed = decoded.consumed;
            got.extend(decoded.incoming.map(|incoming| match incoming {
                Incoming::Message(Message::Text(text)) => Got::Text(text.into_owned()),
                Incoming::Message(Message::Binary(bytes)) => Got::Binary(bytes.into_owned()),
                Incoming::Compressed(message) => Got::Binary(message.payload().to_vec()),
                Incoming::Ping(_) => Got::Ping,
                Incoming::Pong(payload) => Got::Pong(payload.to_vec()),
                Incoming::Close(frame) => Got::Close(frame.map(|frame| frame.code.into())),
            }));
            rest = &mut rest[consumed..];
        }
        got
    }

    fn send(&mut self, text: &str) -> Result<(), super::SendError> {
        self.client.send(self.now, &Message::from(text))
    }
}

fn close(code: CloseCode, reason: &str) -> Frame {
    Frame::close(code, reason)
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
