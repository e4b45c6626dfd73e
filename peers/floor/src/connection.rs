//! One connection: its socket, what it is for, and the bytes that did not fit.
//!
//! Apart from the server so that a short write is handled in one place. An idle
//! connection holds no buffer: 24 bytes beside what the kernel keeps.

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::os::fd::OwnedFd;

/// What is done with a connection's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// They are the request's head, so far.
    Handshaking,
    /// They go back.
    Echo,
    /// They go to everybody.
    Member,
}

/// The other end has gone, or the socket has failed: all the same here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Gone;

/// What a read brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Read {
    /// So many bytes lie in the buffer, and there may be more.
    Full(usize),
    /// So many bytes lie in the buffer, and that was all.
    Last(usize),
}

pub(crate) struct Connection {
    socket: OwnedFd,
    pub(crate) role: Role,
    spill: Option<Box<Spill>>,
}

const _: () = assert!(size_of::<Connection>() <= 24);

/// Exists only while a frame is half received or half sent.
#[derive(Default)]
struct Spill {
    unread: Vec<u8>,
    unsent: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(socket: OwnedFd) -> Connection {
        Connection { socket, role: Role::Handshaking, spill: None }
    }

    /// Reads once; what an earlier read left over comes first. The buffer grows
    /// when a single frame is larger than it.
    pub(crate) fn read(&mut self, buffer: &mut Vec<u8>) -> Result<Read, Gone> {
        let kept = self.restore_unread(buffer);
        let Some((_, room)) = buffer.split_at_mut_checked(kept) else { return Err(Gone) };
        let room_bytes = room.len();
        match recv(&self.socket, room, RecvFlags::empty()) {
            Ok((0, _)) => Err(Gone),
            Ok((got, _)) if got == room_bytes => Ok(Read::Full(kept + got)),
            Ok((got, _)) => Ok(Read::Last(kept + got)),
            Err(Errno::AGAIN) => Ok(Read::Last(kept)),
            Err(_) => Err(Gone),
        }
    }

    fn restore_unread(&mut self, buffer: &mut Vec<u8>) -> usize {
        let Some(spill) = &mut self.spill else { return 0 };
        let kept = spill.unread.len();
        if kept * 2 > buffer.len() {
            buffer.resize(kept * 2, 0);
        }
        if let Some(start) = buffer.get_mut(..kept) {
            start.copy_from_slice(&spill.unread);
        }
        spill.unread.clear();
        self.drop_empty_spill();
        kept
    }

    /// Keeps the start of a frame until the rest arrives.
    pub(crate) fn keep_unread(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.spill.get_or_insert_default().unread.extend_from_slice(bytes);
        }
    }

    /// Sends, or queues what the socket does not take.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        if let Some(spill) = &mut self.spill
            && !spill.unsent.is_empty()
        {
            spill.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        let sent = self.send_now(bytes)?;
        match bytes.get(sent..) {
            None | Some([]) => {}
            Some(rest) => self.spill.get_or_insert_default().unsent.extend_from_slice(rest),
        }
        Ok(())
    }

    /// Goes on with what was queued, now that the socket is writable.
    pub(crate) fn flush(&mut self) -> Result<(), Gone> {
        let Some(spill) = &mut self.spill else { return Ok(()) };
        if spill.unsent.is_empty() {
            return Ok(());
        }
        let unsent = std::mem::take(&mut spill.unsent);
        self.drop_empty_spill();
        self.send(&unsent)
    }

    /// Writes until the socket takes no more: it must have refused once before
    /// an edge-triggered set tells of new room.
    fn send_now(&self, bytes: &[u8]) -> Result<usize, Gone> {
        let mut sent = 0;
        while let Some(rest @ [_, ..]) = bytes.get(sent..) {
            match send(&self.socket, rest, SendFlags::NOSIGNAL) {
                Ok(count) => sent += count,
                Err(Errno::AGAIN) => break,
                Err(_) => return Err(Gone),
            }
        }
        Ok(sent)
    }

    fn drop_empty_spill(&mut self) {
        if self.spill.as_ref().is_some_and(|spill| spill.unread.is_empty() && spill.unsent.is_empty()) {
            self.spill = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    fn pair() -> (Connection, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Connection::new(ours.into()), theirs)
    }

    #[test]
    fn what_does_not_fit_is_queued_and_sent_in_order() {
        let (mut connection, mut peer) = pair();
        let sent: Vec<u8> = (0..4_000_000u32).flat_map(u32::to_le_bytes).collect();
        for part in sent.chunks(1_000_000) {
            connection.send(part).unwrap();
        }
        assert!(connection.spill.is_some(), "no socket buffer holds 16 MB");
        let mut received = vec![0; sent.len()];
        let mut at = 0;
        while at < received.len() {
            at += peer.read(&mut received[at..]).unwrap();
            connection.flush().unwrap();
        }
        assert_eq!(received, sent);
        assert!(connection.spill.is_none(), "an idle connection holds no buffer");
    }

    #[test]
    fn a_kept_start_comes_before_the_rest_even_when_the_buffer_is_small() {
        let (mut connection, mut peer) = pair();
        let mut buffer = vec![0; 4];
        connection.keep_unread(b"abc");
        peer.write_all(b"def").unwrap();
        assert_eq!(connection.read(&mut buffer), Ok(Read::Full(6)));
        assert_eq!(buffer, b"abcdef");
        assert!(connection.spill.is_none());
    }

    #[test]
    fn the_end_of_input_is_an_end() {
        let (mut connection, peer) = pair();
        drop(peer);
        assert_eq!(connection.read(&mut vec![0; 4]), Err(Gone));
    }
}
