//! Moving bytes: a socket read into the hub, and written from the hub.

use super::Core;
use super::socket::{PIECES_PER_WRITE, Socket};
use super::sockets::Sockets;
use crate::app::Application;
use bytes::{Buf, BytesMut};
use fanfare_core::hub::Transmit;
use fanfare_core::id::ConnectionId;
use std::io::ErrorKind;

/// Reads from one socket in a turn.
const READS_PER_TURN: usize = 4;

/// What serving a socket needs of the shard.
pub(super) struct Serve<'s> {
    pub(super) app: &'s Application,
    pub(super) core: &'s mut Core,
    /// Where small frames are put together.
    pub(super) scratch: &'s mut Vec<u8>,
    pub(super) sockets: &'s mut Sockets,
}

impl Serve<'_> {
    /// Reads a ready socket and writes what had to wait for it; says whether it
    /// is still ready when its budget is spent.
    pub(super) fn socket(&mut self, id: ConnectionId, buffer: &mut [u8]) -> bool {
        self.write(id);
        for _ in 0..READS_PER_TURN {
            // Publishers wait while shards have no room for what follows.
            if self.core.is_held_up() {
                return true;
            }
            if !self.read(id, buffer) {
                return false;
            }
        }
        true
    }

    /// Writes every connection that the hub has listed, once.
    pub(super) fn write_listed(&mut self) {
        for _ in 0..self.core.hub.listed_len() {
            let Some(id) = self.core.hub.next_listed() else { break };
            // What listed it may have let it be read, too: after an answer, or
            // for the other side's part of a close.
            if self.write(id) && self.core.hub.wants_read(id) {
                self.sockets.list(id);
            }
        }
        self.core.settle(self.app);
    }

    /// One read and what it leads to; says whether to read again.
    fn read(&mut self, id: ConnectionId, buffer: &mut [u8]) -> bool {
        if !self.core.hub.wants_read(id) {
            return self.read_ahead(id, buffer);
        }
        let Some(socket) = self.sockets.get_mut(id) else { return false };
        let mut unread = socket.take_unread();
        if !unread.is_empty() {
            if let Some(taken) = self.feed(id, &mut unread) {
                unread.advance(taken);
                self.keep(id, unread);
            }
            return true;
        }
        match socket.read(buffer) {
            None => false,
            Some(Ok(0)) => {
                self.core.end_of_input(self.app, id);
                false
            }
            Some(Ok(count)) => {
                let Some(bytes) = buffer.get_mut(..count) else { return false };
                if let Some(taken) = self.feed(id, bytes)
                    && let Some(rest @ [_, ..]) = bytes.get(taken..)
                {
                    self.keep(id, BytesMut::from(rest));
                }
                true
            }
            Some(Err(error)) => {
                self.core.transport_failed(self.app, id, error.kind());
                false
            }
        }
    }

    /// One read of what is not to be taken yet, to notice when the peer leaves;
    /// says whether to read again. What it says is kept within bounds.
    fn read_ahead(&mut self, id: ConnectionId, buffer: &mut [u8]) -> bool {
        let bytes_max = self.core.hub.reads_ahead_bytes_max(id);
        let Some(socket) = self.sockets.get_mut(id) else { return false };
        let room = bytes_max.saturating_sub(socket.unread_len()).min(buffer.len());
        let Some(buffer @ [_, ..]) = buffer.get_mut(..room) else { return false };
        match socket.read(buffer) {
            None => false,
            Some(Ok(0)) => {
                self.core.end_of_input(self.app, id);
                false
            }
            Some(Ok(count)) => {
                let mut unread = socket.take_unread();
                unread.extend_from_slice(buffer.get(..count).unwrap_or_default());
                socket.keep_unread(unread);
                true
            }
            Some(Err(error)) => {
                self.core.transport_failed(self.app, id, error.kind());
                false
            }
        }
    }

    /// Gives bytes to the hub, event by event; says how many it took. `None`
    /// when the connection is over.
    fn feed(&mut self, id: ConnectionId, bytes: &mut [u8]) -> Option<usize> {
        let mut start = 0;
        while let Some(rest) = bytes.get_mut(start..)
            && !rest.is_empty()
        {
            let consumed = self.core.receive(self.app, id, rest)?;
            start += consumed;
            // Nobody outruns readers that keep up: they are written before
            // their outboxes fill, in the middle of a read if need be.
            if self.core.hub.take_crowded() {
                self.write_listed();
            }
            if consumed == 0 || self.core.is_held_up() {
                break;
            }
        }
        Some(start)
    }

    /// Keeps the bytes that the hub did not take.
    fn keep(&mut self, id: ConnectionId, bytes: BytesMut) {
        if let Some(socket) = self.sockets.get_mut(id) {
            socket.keep_unread(bytes);
        }
    }

    /// Does what the hub wants done with one socket, until it is done or the
    /// transport would block; says whether reading it may yield something.
    /// Bounded by what one outbox holds.
    fn write(&mut self, id: ConnectionId) -> bool {
        let Some(socket) = self.sockets.get_mut(id) else { return false };
        loop {
            match step(self.core, socket, self.scratch) {
                Step::Next => {}
                Step::Done => return socket.may_read(),
                // A transport that failed is released in the next step.
                Step::Failed(kind) => self.core.transport_failed(self.app, id, kind),
                Step::Released => {
                    self.sockets.remove(id);
                    self.core.released(id);
                    return false;
                }
            }
        }
    }
}

/// What one thing that the hub wanted done came to.
enum Step {
    /// The hub is to be asked for the next.
    Next,
    /// There is no more, or it would block.
    Done,
    Failed(ErrorKind),
    /// The socket is to be dropped.
    Released,
}

/// Does one thing that the hub wants done.
fn step(core: &mut Core, socket: &mut Socket, scratch: &mut Vec<u8>) -> Step {
    let id = socket.id();
    match core.hub.transmit(id, PIECES_PER_WRITE) {
        Err(_) => Step::Done,
        Ok(Transmit::Release { abort }) => {
            if abort {
                socket.abort();
            }
            Step::Released
        }
        Ok(Transmit::Nothing) => flush(socket),
        Ok(Transmit::Write(outgoing)) => {
            let written = if socket.may_write() { socket.write(outgoing, scratch) } else { None };
            match written {
                // What was lent is not in flight: a policy may have it.
                None => {
                    core.sent(id, 0);
                    Step::Done
                }
                Some(Ok(0)) => Step::Failed(ErrorKind::WriteZero),
                Some(Ok(count)) if core.sent(id, count) => Step::Next,
                // What is to be done after the last byte, the hub lists anew.
                Some(Ok(_)) => flush(socket),
                Some(Err(error)) => Step::Failed(error.kind()),
            }
        }
        Ok(Transmit::ShutdownWrite) if !socket.may_write() => Step::Done,
        Ok(Transmit::ShutdownWrite) => match socket.shut() {
            None => Step::Done,
            Some(Ok(())) => {
                core.write_shut(id);
                Step::Next
            }
            Some(Err(error)) => Step::Failed(error.kind()),
        },
    }
}

fn flush(socket: &mut Socket) -> Step {
    match socket.flush() {
        None | Some(Ok(())) => Step::Done,
        Some(Err(error)) => Step::Failed(error.kind()),
    }
}
