//! What can happen to a hub, a letter each.
//!
//! A bad byte stands for some letter, so that every input means something. `P`
//! is a peer's number, `N` a digit, `R` a room's digit; what else is in an
//! argument is read as a number too.

use super::{Peer, World};
use crate::Script;
use fanfare_core::broadcast::{Audience, Condition, Exclusion, Filter, Target};
use fanfare_core::close::{CloseCode, CloseReason};
use fanfare_core::config::Overflow;
use fanfare_core::handshake::Response;
use fanfare_core::hub::{Acceptance, ConflationKey, Decision, Publication, Transmit};
use fanfare_core::id::ConnectionId;
use fanfare_core::rooms::RoomName;
use fanfare_core::wire::{ControlPayload, Frame};
use http::StatusCode;
use std::io;
use std::num::NonZeroU64;
use std::time::Duration;

/// All operations.
const LETTERS: &[u8] = b"ahprmfgikdjlnosbwyeqxuczvtDGM";
/// A transport more is not accepted.
const PEERS_MAX: usize = 10;

const UPGRADE: &[u8] = b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const POST: &[u8] = b"POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

impl World {
    /// One operation, and the arguments it takes.
    pub fn step(&mut self, script: &mut Script<'_>) {
        let byte = script.byte();
        let letter = if LETTERS.contains(&byte) { byte } else { LETTERS[usize::from(byte) % LETTERS.len()] };
        match letter {
            b'a' => self.accept(),
            b'D' => self.drive(),
            // Time passes: N steps of 2 s, 20 s for the digits' upper half.
            b't' => {
                let steps = u64::from(script.number(10));
                let seconds = if steps < 5 { 2 * steps } else { 20 * (steps - 4) };
                self.pass(Duration::from_secs(seconds));
            }
            b'G' => self.budget(script),
            b'b' => self.broadcast(script),
            _ if self.peers.is_empty() => self.accept(),
            _ => {
                let place = usize::from(script.number(10)) % self.peers.len();
                match letter {
                    b'h' | b'p' | b'r' | b'm' | b'f' | b'g' | b'i' | b'k' => self.hear(letter, place, script),
                    b'd' => self.decide(place, script),
                    b'w' | b'y' | b'e' => self.write(letter, place, script),
                    b'j' | b'l' | b'n' | b'o' | b'M' => self.change_rooms(letter, place, script),
                    _ => self.command(letter, place, script),
                }
            }
        }
    }

    fn accept(&mut self) {
        if self.peers.len() < PEERS_MAX
            && let Ok(id) = self.hub.accept(self.now)
        {
            assert!(self.peers.iter().all(|peer| peer.id != id), "{id} was given away twice");
            let peer = Peer { id, request: None, lent_bytes: 0, is_closed: false, is_released: false };
            self.peers.push(peer);
        }
    }

    /// `hP` an upgrade, `pP` a request with a body, `rPN…` N bytes of anything;
    /// `mPN` a message of 8 N bytes, `fPN` the start of one, `gPN` its end;
    /// `iPN` a ping, `kPN` a close frame.
    fn hear(&mut self, letter: u8, place: usize, script: &mut Script<'_>) {
        let bytes = match letter {
            b'h' => UPGRADE.to_vec(),
            b'p' => [POST, b"hello"].concat(),
            b'r' => {
                let count = script.number(100);
                script.bytes(count.into()).to_vec()
            }
            b'i' => masked(&Frame::ping(&ControlPayload::EMPTY), None),
            b'k' => masked(&Frame::close(CloseCode::from(1_000 + u16::from(script.number(10))), "bye"), None),
            _ => {
                let frame = Frame::binary(&vec![b'x'; 8 * usize::from(script.number(10))]);
                masked(
                    &frame,
                    match letter {
                        b'f' => Some(0x02),
                        b'g' => Some(0x80),
                        _ => None,
                    },
                )
            }
        };
        self.receive(place, bytes);
    }

    /// `dPN`: accept under one of the profiles (0 to 2), with a bad client id
    /// (3), answer (4), read the body (5).
    fn decide(&mut self, place: usize, script: &mut Script<'_>) {
        let choice = script.number(6);
        let peer = &mut self.peers[place];
        let Some(request) = peer.request.take() else { return };
        let response = Response::empty(StatusCode::FORBIDDEN);
        let decision = match choice {
            4 => Decision::Answer { response: &response, head_only: false },
            5 => Decision::ReadBody { request: &request, bytes_max: 5 },
            _ => Decision::Accept(Acceptance {
                profile: self.profiles.get(usize::from(choice)).copied().unwrap_or_default(),
                ..Acceptance::new(&request, if choice == 3 { "a\nb" } else { "ann" })
            }),
        };
        let decided = self.hub.decide(self.now, peer.id, decision);
        assert!(choice != 3 || decided.is_err(), "a client id with a line break");
        if decided.is_err() || choice == 5 {
            peer.request = Some(request);
        }
    }

    /// `wPN`: at most 4 N bytes are written (all for 9); `eP`: bytes are lent to
    /// a write; `yPN`: that write took 4 N of them.
    fn write(&mut self, letter: u8, place: usize, script: &mut Script<'_>) {
        if letter == b'e' {
            let peer = &mut self.peers[place];
            if let Ok(Transmit::Write(outgoing)) = self.hub.transmit(peer.id, 3) {
                peer.lent_bytes = outgoing.map(|piece| piece.as_bytes().len()).sum();
            }
            return;
        }
        let number = usize::from(script.number(10));
        let bytes_max = if number == 9 { usize::MAX } else { 4 * number };
        if letter == b'w' {
            self.transmit(place, bytes_max);
            return;
        }
        let peer = &mut self.peers[place];
        let bytes = std::mem::take(&mut peer.lent_bytes).min(bytes_max);
        let known = self.hub.sent(self.now, peer.id, bytes).is_ok();
        assert!(known != peer.is_released);
    }

    /// `jPR` joins a room, `lPR` leaves it; `nPN` joins a namespace, `oPN`
    /// leaves it; `MPR` moves to the channel of the room's name.
    fn change_rooms(&mut self, letter: u8, place: usize, script: &mut Script<'_>) {
        let (id, room) = (self.peers[place].id, room(script));
        let (is_open, was_in) = (self.hub.is_open(id), self.hub.is_in(id, &room.namespace, &room.name));
        match letter {
            b'j' => {
                let joined = self.hub.join(id, &room.namespace, &room.name);
                assert!(is_open || joined.is_err(), "{id} joined without being open");
                assert_eq!(joined.is_ok(), self.hub.is_in(id, &room.namespace, &room.name));
            }
            b'l' => {
                if let Ok(changed) = self.hub.leave(id, &room.namespace, &room.name) {
                    assert_eq!(changed, was_in);
                }
                assert!(!self.hub.is_in(id, &room.namespace, &room.name));
            }
            b'M' => {
                let moved = self.hub.move_to_channel(id, &room.name);
                assert!(is_open || moved.is_err(), "{id} moved without being open");
                assert!(moved.is_err() || self.hub.channel(id) == Some(&*room.name));
                assert!(self.hub.channel(id).is_none_or(|channel| self.hub.is_in(id, "/", channel)));
            }
            b'n' => {
                let joined = self.hub.join_namespace(id, &room.namespace);
                assert!(is_open || joined.is_err(), "{id} joined without being open");
            }
            _ => {
                let left = self.hub.leave_namespace(id, &room.namespace);
                assert!(!is_open || left.is_ok(), "{id} is open and cannot leave");
                assert!(!self.hub.is_in(id, &room.namespace, &room.name));
            }
        }
    }

    /// `sPN` sends 8 N bytes, `qP` ends the input, `xP` breaks the transport,
    /// `uPN` pauses (odd) or resumes, `cPN` closes, `vPN` fails, `zP` aborts.
    fn command(&mut self, letter: u8, place: usize, script: &mut Script<'_>) {
        let (id, now) = (self.peers[place].id, self.now);
        let known = match letter {
            b's' => {
                let frame = Frame::binary(&vec![b'x'; 8 * usize::from(script.number(20))]);
                let is_open = self.hub.is_open(id);
                let sent = self.hub.send(now, id, &frame);
                assert!(is_open || sent.is_err(), "{id} was sent to without being open");
                return;
            }
            b'q' => self.hub.end_of_input(now, id),
            b'x' => self.hub.transport_failed(now, id, io::ErrorKind::ConnectionReset),
            b'u' => self.hub.set_paused(now, id, script.number(2) == 1),
            b'c' => self.hub.close(now, id, CloseCode::from(4_000 + u16::from(script.number(10))), "why"),
            b'v' => self.hub.fail(now, id, CloseCode::Error, CloseReason::HandlerFailed),
            _ => self.hub.abort(now, id),
        };
        assert!(
            known.is_ok() != self.peers[place].is_released,
            "{}: a stale id must be refused",
            char::from(letter)
        );
    }

    /// `bTNON`: to target T a message of 8 N bytes, to all but O, under terms N.
    fn broadcast(&mut self, script: &mut Script<'_>) {
        let audience = self.audience(script);
        let frame = Frame::binary(&vec![b'x'; 8 * usize::from(script.number(20))]);
        let mut publication = Publication::new(audience, frame);
        let (excluded, terms) = (script.number(10), script.number(10));
        if let Some(peer) = self.peers.get(usize::from(excluded)) {
            publication.audience.except.push(Exclusion::Connection(peer.id));
        }
        publication.overflow = match terms % 5 {
            1 => Some(Overflow::DropNewest),
            2 => Some(Overflow::DropOldest),
            3 => Some(Overflow::Disconnect),
            _ => None,
        };
        publication.conflation = (terms >= 5).then_some(ConflationKey(NonZeroU64::MIN));
        let open = self.hub.connections().count() as u64;
        let report = self.hub.broadcast(self.now, &publication);
        assert!(report.matched() <= open, "{report:?} for {open} connections");
    }

    fn audience(&self, script: &mut Script<'_>) -> Audience {
        let target = script.number(8);
        let peer = |script: &mut Script<'_>| -> Option<ConnectionId> {
            self.peers.get(usize::from(script.number(10))).map(|peer| peer.id)
        };
        match target {
            0 => Target::Everyone,
            1 => Target::namespace("/"),
            2 => Target::Room(room(script)),
            3 => Target::Rooms(vec![room(script), room(script)]),
            4 => peer(script).map_or(Target::Everyone, Target::Connection),
            5 => Target::Connections([peer(script), peer(script)].into_iter().flatten().collect()),
            6 => Target::client("ann"),
            _ => {
                let filter = Filter::new(Condition::ConnectedBefore(self.now));
                filter.map_or(Target::Everyone, Target::Filter)
            }
        }
        .into()
    }

    /// `GN`: more budget (even) or some of it back.
    fn budget(&mut self, script: &mut Script<'_>) {
        let number = u64::from(script.number(10));
        if number % 2 == 0 {
            self.hub.grant_budget(10 * number);
        } else {
            self.hub.reclaim_budget(10 * number);
        }
    }
}

/// Three rooms in each of two namespaces, and names that are not allowed.
fn room(script: &mut Script<'_>) -> RoomName {
    match script.number(10) {
        number @ 0..=2 => RoomName::new("/", format!("r{number}")),
        number @ 3..=5 => RoomName::new("/n", format!("r{number}")),
        6 => RoomName::new("/m", "r"),
        7 => RoomName::new("/", ""),
        8 => RoomName::new("/", "much too long"),
        _ => RoomName::new("/\n", "r"),
    }
}

/// A client's frame, with another first byte if one is given.
fn masked(frame: &Frame, first: Option<u8>) -> Vec<u8> {
    let mut bytes = frame.masked([1, 2, 3, 4]).as_bytes().to_vec();
    bytes[0] = first.unwrap_or(bytes[0]);
    bytes
}
