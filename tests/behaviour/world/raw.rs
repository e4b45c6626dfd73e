//! A peer made of bytes, which can misbehave.

use super::runtime::Stream;
use http::Response;
use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

/// A connection of bytes, blocking.
pub(crate) struct Raw(Box<dyn Stream>);

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers, names in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

/// One frame of a client: masked, with a mask of zeros, which changes nothing.
pub(crate) fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..0x1_0000 => {
            frame.push(0xfe);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            frame.push(0xff);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

impl Raw {
    pub(super) fn new(stream: Box<dyn Stream>) -> Raw {
        Raw(stream)
    }

    /// For whoever speaks by other means, such as TLS.
    pub(crate) fn into_stream(self) -> impl Read + Write {
        self.0
    }

    #[track_caller]
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// Writes until it is done, or has got nowhere for `patience`; says how many
    /// bytes were taken.
    pub(crate) fn write_for(&mut self, mut bytes: &[u8], patience: Duration) -> usize {
        let given = bytes.len();
        loop {
            let count = self.0.write_for(bytes, patience).unwrap();
            bytes = &bytes[count..];
            if count == 0 || bytes.is_empty() {
                return given - bytes.len();
            }
        }
    }

    /// Asks for a WebSocket connection, which must be accepted.
    #[track_caller]
    pub(crate) fn upgrade(&mut self, path: &str) {
        self.write(Raw::request(path).as_bytes());
        self.hear_upgrade();
    }

    /// The upgrade that was asked for must be granted; the answer, in lower case.
    #[track_caller]
    pub(crate) fn hear_upgrade(&mut self) -> String {
        let head = self.head();
        assert!(head.starts_with("http/1.1 101 "), "{head}");
        head
    }

    /// A request for a WebSocket connection.
    pub(crate) fn request(path: &str) -> String {
        format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
    }

    /// A whole answer, up to the end of the stream.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> Answer {
        let head = self.head();
        let mut body = String::new();
        self.0.read_to_string(&mut body).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body }
    }

    #[track_caller]
    fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.byte());
        }
        String::from_utf8(head).unwrap().to_lowercase()
    }

    /// The next frame of the server: its opcode and payload.
    #[track_caller]
    pub(crate) fn hear(&mut self) -> (u8, Vec<u8>) {
        let opcode = self.byte() & 0x0f;
        let length = match self.byte() {
            126 => usize::from(u16::from_be_bytes([self.byte(), self.byte()])),
            127 => usize::try_from(u64::from_be_bytes(std::array::from_fn(|_| self.byte()))).unwrap(),
            length => usize::from(length),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).unwrap();
        (opcode, payload)
    }

    /// A close frame must come; its code.
    #[track_caller]
    pub(crate) fn hear_close(&mut self) -> u16 {
        let (opcode, payload) = self.hear();
        assert_eq!(opcode, 8, "a close frame must come");
        u16::from_be_bytes([payload[0], payload[1]])
    }

    /// Reads to the end of the stream, or to a reset.
    #[track_caller]
    pub(crate) fn hear_end(&mut self) {
        self.hear_rest();
    }

    /// What comes before the end of the stream, or before a reset.
    #[track_caller]
    pub(crate) fn hear_rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        if let Err(error) = self.0.read_to_end(&mut rest) {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset, "the stream must end");
        }
        rest
    }

    /// Ends the writing side.
    pub(crate) fn finish(&mut self) {
        self.0.finish();
    }

    /// Breaks off with a reset.
    pub(crate) fn reset(self) {
        self.0.reset();
    }

    /// Whether the other side has let go of the socket: what is written is
    /// answered by a reset, which a later write is told.
    pub(crate) fn is_refused(&mut self) -> bool {
        !self.try_write(b"anyone?")
    }

    /// Writes to an other side that may have let go of the socket; says whether
    /// it had not.
    #[track_caller]
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> bool {
        let written = self.0.write_all(bytes);
        let kind = written.as_ref().map_err(std::io::Error::kind);
        let is_stuck = matches!(kind, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut));
        assert!(!is_stuck, "it must be taken or refused within the deadline");
        written.is_ok()
    }

    #[track_caller]
    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.0.read_exact(&mut byte).unwrap();
        byte[0]
    }
}

impl From<Response<Option<Vec<u8>>>> for Answer {
    /// As a WebSocket library tells of a refusal, with what it has read of the body.
    fn from(response: Response<Option<Vec<u8>>>) -> Answer {
        let lines = response.headers().iter().map(|(name, value)| [name.as_str(), value.to_str().unwrap()]);
        let head = lines.map(|line| line.join(": ")).collect::<Vec<_>>().join("\r\n");
        let body = String::from_utf8(response.body().clone().unwrap_or_default()).unwrap();
        Answer { status: response.status().as_u16(), head, body }
    }
}
