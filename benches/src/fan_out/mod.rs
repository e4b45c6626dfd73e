//! What a fan-out is measured on: rooms, and hubs that can send to one.

mod naive;

pub use naive::{Channels, Dense, Hashed};

use crate::{Crowd, NAMESPACE};
use bytes::Bytes;
use fanfare_core::broadcast::Target;
use fanfare_core::config::Settings;
use fanfare_core::hub::Publication;
use fanfare_core::wire::Frame;

/// A message of 64 bytes.
pub const PAYLOAD: [u8; 64] = [b'x'; 64];

/// A room and its members, numbered by when they connected.
#[derive(Debug)]
pub struct Room {
    /// Its place among all rooms.
    pub number: usize,
    /// Its name.
    pub name: String,
    /// Its members, in the order they joined.
    pub members: Vec<u32>,
}

impl Room {
    /// So many connections in rooms of `members` each. Nobody joined in the
    /// order of connecting: neighbours in a room are strangers in memory, as
    /// they are in any hub that has run for a while.
    pub fn all(connections: usize, members: usize) -> Vec<Room> {
        let mut ids: Vec<u32> = (0..).take(connections).collect();
        ids.sort_by_key(|id| id.wrapping_mul(0x9E37_79B1).reverse_bits());
        let rooms = ids.chunks(members).enumerate();
        rooms
            .map(|(number, ids)| Room { number, name: format!("room {number}"), members: ids.to_vec() })
            .collect()
    }
}

/// A hub, as far as a message to a room needs one.
pub trait FanOut {
    /// A hub with exactly these rooms, each connection in one of them.
    fn new(rooms: &[Room]) -> Self;

    /// Queues an encoded frame for every member of a room; returns for how many.
    fn publish(&mut self, room: &Room, frame: &Bytes) -> usize;

    /// Empties all queues; returns how many bytes were in them.
    fn drain(&mut self) -> usize;
}

/// The hub of fanfare-core, and a message to each room.
#[derive(Debug)]
pub struct Fanfare {
    crowd: Crowd,
    publications: Vec<Publication>,
}

impl FanOut for Fanfare {
    fn new(rooms: &[Room]) -> Fanfare {
        let mut crowd = Crowd::new(Settings::default(), connections(rooms));
        for room in rooms {
            for id in &room.members {
                let id = crowd.ids[*id as usize];
                crowd.hub.join(id, NAMESPACE, &room.name).expect("the room is allowed");
            }
        }
        while crowd.hub.next_notice().is_some() {}
        let target = |room: &Room| Target::room(NAMESPACE, room.name.as_str());
        let publication = |room| Publication::new(target(room), Frame::binary(&PAYLOAD));
        Fanfare { crowd, publications: rooms.iter().map(publication).collect() }
    }

    /// The frame is the publication's own.
    fn publish(&mut self, room: &Room, _: &Bytes) -> usize {
        let report = self.crowd.hub.broadcast(self.crowd.now, &self.publications[room.number]);
        usize::try_from(report.queued()).expect("no more than there are connections")
    }

    fn drain(&mut self) -> usize {
        self.crowd.drain()
    }
}

fn connections(rooms: &[Room]) -> usize {
    rooms.iter().map(|room| room.members.len()).sum()
}
