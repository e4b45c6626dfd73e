//! The turn: read every ready socket, then write what was said to everybody.

use crate::Mode;
use crate::connection::{Connection, Gone, Read, Role};
use kit::frame::{self, Kind};
use kit::handshake;
use kit::poller::{Events, Poller, Ready};
use rustix::io::Errno;
use rustix::net::{SocketFlags, accept_with};
use slab::Slab;
use std::fmt::Write as _;
use std::io;
use std::os::fd::OwnedFd;

const LISTENER: usize = usize::MAX;
const EVENTS_PER_TURN_MAX: usize = 1_024;
const READ_BUFFER_BYTES: usize = 256 * 1_024;

pub(crate) struct Server {
    listener: OwnedFd,
    poller: Poller,
    connections: Slab<Connection>,
    mode: Mode,
    buffer: Vec<u8>,
    /// What was said to everybody in this turn.
    broadcast: Frames,
    /// What one connection is answered.
    reply: Frames,
    gone: Vec<usize>,
}

/// Encoded frames side by side.
#[derive(Default)]
struct Frames {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Server {
    pub(crate) fn new(listener: OwnedFd, mode: Mode) -> io::Result<Server> {
        let poller = Poller::new()?;
        poller.add_listener(&listener, LISTENER)?;
        Ok(Server {
            listener,
            poller,
            connections: Slab::new(),
            mode,
            buffer: vec![0; READ_BUFFER_BYTES],
            broadcast: Frames::default(),
            reply: Frames::default(),
            gone: Vec::new(),
        })
    }

    /// Serves until the process is ended.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS_PER_TURN_MAX);
        loop {
            self.poller.wait(&mut events, None)?;
            for ready in events.iter() {
                if ready.key == LISTENER {
                    self.accept()?;
                    continue;
                }
                if self.serve(ready) == Err(Gone) {
                    self.connections.try_remove(ready.key);
                }
            }
            self.publish();
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            match accept_with(&self.listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
                Ok(socket) => {
                    let entry = self.connections.vacant_entry();
                    self.poller.add_stream(&socket, entry.key())?;
                    entry.insert(Connection::new(socket));
                }
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::CONNABORTED) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn serve(&mut self, ready: Ready) -> Result<(), Gone> {
        // The socket may have gone earlier in this turn.
        let Some(connection) = self.connections.get_mut(ready.key) else { return Ok(()) };
        if ready.writable {
            connection.flush()?;
        }
        if !ready.readable {
            return Ok(());
        }
        loop {
            let read = connection.read(&mut self.buffer)?;
            let (Read::Full(count) | Read::Last(count)) = read;
            let mut bytes = self.buffer.get_mut(..count).unwrap_or_default();
            if connection.role == Role::Handshaking {
                bytes = answer_head(connection, bytes)?;
            }
            if connection.role != Role::Handshaking {
                let rest = take_frames(connection.role, bytes, &mut self.reply, &mut self.broadcast);
                self.reply.send_to(connection, self.mode)?;
                self.reply.clear();
                connection.keep_unread(rest?);
            }
            match read {
                Read::Full(_) => {}
                Read::Last(_) => return Ok(()),
            }
        }
    }

    /// Writes the turn's broadcast to every member.
    fn publish(&mut self) {
        if self.broadcast.bytes.is_empty() {
            return;
        }
        let mut frames = std::mem::take(&mut self.broadcast);
        match self.mode {
            Mode::Writev => self.send_to_members(&frames.bytes),
            Mode::Plain => frames.iter().for_each(|frame| self.send_to_members(frame)),
        }
        frames.clear();
        self.broadcast = frames;
    }

    fn send_to_members(&mut self, bytes: &[u8]) {
        for (key, connection) in &mut self.connections {
            if connection.role == Role::Member && connection.send(bytes) == Err(Gone) {
                self.gone.push(key);
            }
        }
        for key in self.gone.drain(..) {
            self.connections.try_remove(key);
        }
    }
}

impl Frames {
    fn put(&mut self, first_byte: u8, payload: &[u8]) {
        frame::put(&mut self.bytes, first_byte, None, payload);
        self.ends.push(self.bytes.len());
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).filter_map(|(start, &end)| self.bytes.get(start..end))
    }

    fn send_to(&self, connection: &mut Connection, mode: Mode) -> Result<(), Gone> {
        match mode {
            _ if self.bytes.is_empty() => Ok(()),
            Mode::Writev => connection.send(&self.bytes),
            Mode::Plain => self.iter().try_for_each(|frame| connection.send(frame)),
        }
    }
}

/// Answers the request once it is complete and returns what follows it.
fn answer_head<'a>(connection: &mut Connection, bytes: &'a mut [u8]) -> Result<&'a mut [u8], Gone> {
    let Some(end) = handshake::head_bytes(bytes) else {
        connection.keep_unread(bytes);
        return Ok(&mut []);
    };
    let (head, rest) = bytes.split_at_mut(end);
    let head = str::from_utf8(head).map_err(|_| Gone)?;
    let key = handshake::header(head, "Sec-WebSocket-Key").ok_or(Gone)?;
    let path = head.split(' ').nth(1).ok_or(Gone)?;
    connection.role = if path.contains("echo") { Role::Echo } else { Role::Member };
    let mut answer = String::with_capacity(160);
    answer.push_str("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    // Writing to a `String` cannot fail.
    let _ = write!(answer, "Sec-WebSocket-Accept: {}\r\n\r\n", handshake::accept_key(key));
    connection.send(answer.as_bytes())?;
    Ok(rest)
}

/// Sorts whole frames into answers and broadcasts, and returns the incomplete
/// rest. `Gone` once the peer has said goodbye: the reply then ends in a close frame.
fn take_frames<'a>(
    role: Role,
    mut bytes: &'a mut [u8],
    reply: &mut Frames,
    broadcast: &mut Frames,
) -> Result<&'a [u8], Gone> {
    loop {
        let (frame, rest) = match frame::take(bytes) {
            Ok(taken) => taken,
            Err(rest) => return Ok(rest),
        };
        match (frame.kind(), role) {
            (Kind::Data, Role::Echo) => reply.put(frame.first_byte, frame.payload),
            (Kind::Data, Role::Member | Role::Handshaking) => broadcast.put(frame.first_byte, frame.payload),
            (Kind::Ping, _) => reply.put(frame::PONG, frame.payload),
            (Kind::Ignorable, _) => {}
            (Kind::Close, _) => {
                reply.put(frame::CLOSE, frame.payload);
                return Err(Gone);
            }
        }
        bytes = rest;
    }
}
