//! The other end of a connection: sends requests and masked frames, and reads
//! what comes back by the core's own decoder.

use crate::socket::Socket;
use fanfare_core::close::CloseCode;
use fanfare_core::wire::{Decoder, Frame, Incoming, Limits, Message, Role};

const LIMITS: Limits = Limits { message_bytes_max: 1 << 20, fragments_max: 1 };
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What a peer has heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    Text(String),
    Close(u16),
    Other,
}

impl Heard {
    pub(crate) fn text(text: &str) -> Heard {
        Heard::Text(text.to_owned())
    }
}

pub(crate) struct Peer {
    pub(crate) socket: Socket,
    status: Option<u16>,
    wire: Vec<u8>,
    decoder: Decoder,
}

impl Peer {
    pub(crate) fn new(socket: Socket) -> Peer {
        Peer { socket, status: None, wire: Vec::new(), decoder: Decoder::new(Role::Client) }
    }

    /// Asks for a connection on `path`.
    pub(crate) fn request(&self, path: &str) {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        self.socket.send(head.as_bytes());
    }

    pub(crate) fn text(&self, text: &str) {
        self.frame(&Frame::text(text));
    }

    pub(crate) fn close(&self, code: CloseCode) {
        self.frame(&Frame::close(code, ""));
    }

    fn frame(&self, frame: &Frame) {
        self.socket.send(frame.masked(KEY).as_bytes());
    }

    /// The status of the HTTP answer, once it is there.
    pub(crate) fn status(&mut self) -> Option<u16> {
        self.wire.extend(self.socket.take());
        if self.status.is_none() {
            let end = self.wire.windows(4).position(|window| window == b"\r\n\r\n")?;
            let head: Vec<u8> = self.wire.drain(..end + 4).collect();
            let head = String::from_utf8(head).unwrap();
            self.status = Some(head.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap());
        }
        self.status
    }

    /// What it has heard since last asked.
    pub(crate) fn heard(&mut self) -> Vec<Heard> {
        assert_eq!(self.status(), Some(101));
        let mut wire = std::mem::take(&mut self.wire);
        let (mut rest, mut heard) = (wire.as_mut_slice(), Vec::new());
        while !rest.is_empty() {
            let decoded = self.decoder.decode(&LIMITS, rest).unwrap();
            let consumed = decoded.consumed;
            heard.extend(decoded.incoming.map(|incoming| match incoming {
                Incoming::Message(Message::Text(text)) => Heard::Text(text.into_owned()),
                Incoming::Close(frame) => Heard::Close(frame.unwrap().code.into()),
                Incoming::Message(Message::Binary(_)) | Incoming::Ping(_) | Incoming::Pong(_) => Heard::Other,
            }));
            rest = &mut rest[consumed..];
        }
        heard
    }

    /// The texts it has heard since last asked.
    #[track_caller]
    pub(crate) fn texts(&mut self) -> Vec<String> {
        let texts = self.heard().into_iter().map(|heard| match heard {
            Heard::Text(text) => text,
            Heard::Close(_) | Heard::Other => panic!("no text: {heard:?}"),
        });
        texts.collect()
    }
}
