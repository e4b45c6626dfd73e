//! One connection of the load: dialling, handshake, messages, closing.
//!
//! It checks only what decides whether the measurement is sound (the answer of
//! the handshake, whole messages, how the connection ended), and copies nothing
//! unless a frame arrives in pieces.

use crate::socket::Socket;
use kit::frame::{self, Kind};
use kit::handshake;
use rustix::io::Errno;
use std::fmt;
use std::time::Instant;

/// One key for all: the answers are then the same as well, and checking one is a
/// comparison. Nothing between these two processes could mistake it.
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Servers unmask at the same cost whatever the key is.
pub(crate) const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// What happened on a connection.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// The handshake is done.
    Opened,
    /// A message has arrived, and when it was read.
    Message(&'a [u8], Instant),
    /// It is over; nothing follows.
    Ended(Ending),
}

/// How a connection ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// We said goodbye and were answered (RFC 6455 §7.1.2).
    Closed,
    /// The server said goodbye first, with this code if it gave one.
    ClosedByServer(Option<u16>),
    /// The server hung up without a word.
    HungUp,
    /// The socket failed.
    Failed(Errno),
    /// The handshake was answered by something else than our 101.
    Refused(String),
    /// A message came in several frames, or in one larger than the buffer: this
    /// tool counts whole frames.
    Unsupported,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Closed => f.write_str("closed properly"),
            Ending::ClosedByServer(Some(code)) => write!(f, "closed by the server with {code}"),
            Ending::ClosedByServer(None) => f.write_str("closed by the server without a code"),
            Ending::HungUp => f.write_str("cut by the server without a close frame"),
            Ending::Failed(errno) => write!(f, "failed: {errno}"),
            Ending::Refused(status) => write!(f, "refused: {status}"),
            Ending::Unsupported => f.write_str("ended by a fragmented or too large message"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Handshaking,
    Open,
    /// Our close frame is out.
    Closing,
    /// Both close frames are through; the end of input is awaited.
    Closed,
}

#[derive(Debug)]
pub(crate) struct Client {
    socket: Socket,
    phase: Phase,
    /// The start of a frame whose rest has not arrived.
    unread: Vec<u8>,
    /// What the socket did not take.
    unsent: Vec<u8>,
}

impl Client {
    /// A connection that is being established and will send `request`.
    pub(crate) fn new(socket: Socket, request: Vec<u8>) -> Client {
        Client { socket, phase: Phase::Handshaking, unread: Vec::new(), unsent: request }
    }

    /// Sends encoded frames, or queues what the socket does not take.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        let mut sent = 0;
        while let Some(rest @ [_, ..]) = bytes.get(sent..) {
            match self.socket.send(rest) {
                Ok(count) => sent += count,
                Err(Errno::AGAIN) => {
                    self.unsent.extend_from_slice(rest);
                    break;
                }
                Err(errno) => return Err(Ending::Failed(errno)),
            }
        }
        Ok(())
    }

    /// Says goodbye; the answer ends the connection.
    pub(crate) fn close(&mut self) -> Result<(), Ending> {
        if self.phase != Phase::Open {
            return Ok(());
        }
        self.phase = Phase::Closing;
        let mut goodbye = Vec::with_capacity(8);
        frame::put(&mut goodbye, frame::CLOSE, Some(MASK), &1_000u16.to_be_bytes());
        self.send(&goodbye)
    }

    /// Goes on with what was queued, now that the socket is writable.
    pub(crate) fn flush(&mut self) -> Result<(), Ending> {
        self.socket.flush().map_err(Ending::Failed)?;
        if self.unsent.is_empty() {
            return Ok(());
        }
        let unsent = std::mem::take(&mut self.unsent);
        self.send(&unsent)
    }

    /// Reads until nothing is left and reports what arrived. The last word is
    /// the error.
    pub(crate) fn receive(&mut self, buffer: &mut [u8], mut on: impl FnMut(Event<'_>)) -> Result<(), Ending> {
        loop {
            let kept = self.unread.len();
            let Some((start, room)) = buffer.split_at_mut_checked(kept) else {
                return Err(Ending::Unsupported);
            };
            start.copy_from_slice(&self.unread);
            self.unread.clear();
            let room_bytes = room.len();
            if room_bytes == 0 {
                return Err(Ending::Unsupported);
            }
            let got = match self.socket.receive(room) {
                Ok(0) => return Err(self.ending_at_end_of_input()),
                Ok(got) => got,
                Err(Errno::AGAIN) => 0,
                Err(errno) => return Err(Ending::Failed(errno)),
            };
            let at = Instant::now();
            let bytes = buffer.get_mut(..kept + got).unwrap_or_default();
            self.take_in(bytes, at, &mut on)?;
            if got < room_bytes {
                return Ok(());
            }
        }
    }

    fn ending_at_end_of_input(&self) -> Ending {
        match self.phase {
            Phase::Closed => Ending::Closed,
            Phase::Handshaking | Phase::Open | Phase::Closing => Ending::HungUp,
        }
    }

    fn take_in(
        &mut self,
        mut bytes: &mut [u8],
        at: Instant,
        on: &mut impl FnMut(Event<'_>),
    ) -> Result<(), Ending> {
        if self.phase == Phase::Handshaking {
            let Some(end) = handshake::head_bytes(bytes) else {
                self.unread.extend_from_slice(bytes);
                return Ok(());
            };
            let (head, rest) = bytes.split_at_mut(end);
            check_answer(head)?;
            self.phase = Phase::Open;
            on(Event::Opened);
            bytes = rest;
        }
        loop {
            let (frame, rest) = match frame::take(bytes) {
                Ok(taken) => taken,
                Err(rest) => {
                    self.unread.extend_from_slice(rest);
                    return Ok(());
                }
            };
            match frame.kind() {
                Kind::Data if matches!(frame.first_byte, frame::TEXT | frame::BINARY) => {
                    on(Event::Message(frame.payload, at));
                }
                Kind::Data => return Err(Ending::Unsupported),
                Kind::Ping => {
                    let mut pong = Vec::with_capacity(16);
                    frame::put(&mut pong, frame::PONG, Some(MASK), frame.payload);
                    self.send(&pong)?;
                }
                Kind::Close => self.meet_close(frame.payload)?,
                Kind::Ignorable => {}
            }
            bytes = rest;
        }
    }

    /// The end of our writing tells even a server that waits for us to hang up;
    /// the one that hangs up first keeps the port in `TIME_WAIT`, so we let it.
    fn meet_close(&mut self, payload: &[u8]) -> Result<(), Ending> {
        match self.phase {
            Phase::Closing => {
                self.phase = Phase::Closed;
                // A server that is quick has already gone, which is as good.
                let _ = self.socket.shut();
                Ok(())
            }
            Phase::Handshaking | Phase::Open | Phase::Closed => {
                Err(Ending::ClosedByServer(payload.first_chunk().map(|code| u16::from_be_bytes(*code))))
            }
        }
    }
}

fn check_answer(head: &[u8]) -> Result<(), Ending> {
    let head = String::from_utf8_lossy(head);
    let status = head.lines().next().unwrap_or_default();
    let switched = status.starts_with("HTTP/1.1 101 ");
    if switched && handshake::header(&head, "Sec-WebSocket-Accept") == Some(ACCEPT) {
        return Ok(());
    }
    Err(Ending::Refused(status.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    fn open() -> (Client, UnixStream) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let mut client = Client::new(Socket::plain(ours.into()), b"GET".to_vec());
        client.flush().unwrap();
        let mut request = [0; 3];
        theirs.read_exact(&mut request).unwrap();
        write!(theirs, "HTTP/1.1 101 Yes\r\nsec-websocket-accept: {ACCEPT}\r\n\r\n").unwrap();
        let mut opened = 0;
        client.receive(&mut [0; 256], |event| opened += u32::from(matches!(event, Event::Opened))).unwrap();
        assert_eq!(opened, 1);
        (client, theirs)
    }

    #[test]
    fn our_accept_belongs_to_our_key() {
        assert_eq!(handshake::accept_key(KEY), ACCEPT);
    }

    #[test]
    fn messages_arrive_whole_however_they_are_cut() {
        let (mut client, mut theirs) = open();
        let mut wire = Vec::new();
        for payload in [&b"one"[..], b"", b"three"] {
            frame::put(&mut wire, frame::BINARY, None, payload);
        }
        let mut received = Vec::new();
        for byte in wire {
            theirs.write_all(&[byte]).unwrap();
            let on = |event: Event<'_>| {
                if let Event::Message(payload, _) = event {
                    received.push(payload.to_vec());
                }
            };
            client.receive(&mut [0; 8], on).unwrap();
        }
        assert_eq!(received, [&b"one"[..], b"", b"three"]);
    }

    #[test]
    fn a_goodbye_that_is_answered_ends_properly_and_any_other_end_says_how() {
        let (mut client, mut theirs) = open();
        client.close().unwrap();
        let mut goodbye = [0; 8];
        theirs.read_exact(&mut goodbye).unwrap();
        assert_eq!(goodbye[..2], [0x88, 0x82], "masked, and two bytes long");
        theirs.write_all(&[0x88, 0x00]).unwrap();
        client.receive(&mut [0; 64], |_| ()).unwrap();
        drop(theirs);
        assert_eq!(client.receive(&mut [0; 64], |_| ()), Err(Ending::Closed));

        let (mut client, mut theirs) = open();
        theirs.write_all(&[0x88, 0x02, 0x03, 0xF1]).unwrap();
        assert_eq!(client.receive(&mut [0; 64], |_| ()), Err(Ending::ClosedByServer(Some(1009))));

        let (mut client, theirs) = open();
        drop(theirs);
        assert_eq!(client.receive(&mut [0; 64], |_| ()), Err(Ending::HungUp));
    }

    #[test]
    fn a_frame_larger_than_the_buffer_is_refused_instead_of_read_for_ever() {
        let (mut client, mut theirs) = open();
        theirs.write_all(&[0x82, 100, 1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!(client.receive(&mut [0; 8], |_| ()), Err(Ending::Unsupported));
    }
}
