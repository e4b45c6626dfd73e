//! The hubs one would write first, as far as a fan-out goes: bounded queues of
//! shared bytes, reached in three ways.
//!
//! They do less than the real one on purpose (no byte limit, no byte budget, no
//! policies, no pressure, no list of whom to write to), so what they leave out
//! counts in their favour.

use super::{FanOut, Room, connections};
use bytes::Bytes;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Messages a queue holds, as in the real hub.
const QUEUE_MESSAGES_MAX: usize = 256;

/// The common shape: connections in a map, a room is a set of their ids.
#[derive(Debug)]
pub struct Hashed {
    connections: HashMap<u32, VecDeque<Bytes>>,
    rooms: HashMap<String, HashSet<u32>>,
}

impl FanOut for Hashed {
    fn new(rooms: &[Room]) -> Hashed {
        let ids = rooms.iter().flat_map(|room| &room.members);
        Hashed {
            connections: ids.map(|id| (*id, VecDeque::new())).collect(),
            rooms: rooms
                .iter()
                .map(|room| (room.name.clone(), room.members.iter().copied().collect()))
                .collect(),
        }
    }

    fn publish(&mut self, room: &Room, frame: &Bytes) -> usize {
        let Some(ids) = self.rooms.get(&room.name) else { return 0 };
        let mut queued = 0;
        for id in ids {
            if let Some(queue) = self.connections.get_mut(id)
                && queue.len() < QUEUE_MESSAGES_MAX
            {
                queue.push_back(frame.clone());
                queued += 1;
            }
        }
        queued
    }

    fn drain(&mut self) -> usize {
        self.connections.values_mut().flat_map(|queue| queue.drain(..)).map(|frame| frame.len()).sum()
    }
}

/// A channel to each connection's own task; a room is a list of senders.
#[derive(Debug)]
pub struct Channels {
    rooms: HashMap<String, Vec<SyncSender<Bytes>>>,
    receivers: Vec<Receiver<Bytes>>,
}

impl FanOut for Channels {
    fn new(rooms: &[Room]) -> Channels {
        let channels = (0..connections(rooms)).map(|_| sync_channel(QUEUE_MESSAGES_MAX));
        let (senders, receivers): (Vec<_>, Vec<_>) = channels.unzip();
        let senders_of = |room: &Room| room.members.iter().map(|id| senders[*id as usize].clone()).collect();
        Channels {
            rooms: rooms.iter().map(|room| (room.name.clone(), senders_of(room))).collect(),
            receivers,
        }
    }

    fn publish(&mut self, room: &Room, frame: &Bytes) -> usize {
        let Some(senders) = self.rooms.get(&room.name) else { return 0 };
        senders.iter().filter(|sender| sender.try_send(frame.clone()).is_ok()).count()
    }

    fn drain(&mut self) -> usize {
        self.receivers.iter().flat_map(Receiver::try_iter).map(|frame| frame.len()).sum()
    }
}

/// The least a queue of shared bytes per connection can cost: nothing is
/// hashed but the room's name, and nothing is checked but the queue's length.
#[derive(Debug)]
pub struct Dense {
    connections: Vec<VecDeque<Bytes>>,
    rooms: HashMap<String, Vec<u32>>,
}

impl FanOut for Dense {
    fn new(rooms: &[Room]) -> Dense {
        Dense {
            connections: vec![VecDeque::new(); connections(rooms)],
            rooms: rooms.iter().map(|room| (room.name.clone(), room.members.clone())).collect(),
        }
    }

    fn publish(&mut self, room: &Room, frame: &Bytes) -> usize {
        let Some(keys) = self.rooms.get(&room.name) else { return 0 };
        let mut queued = 0;
        for key in keys {
            if let Some(queue) = self.connections.get_mut(*key as usize)
                && queue.len() < QUEUE_MESSAGES_MAX
            {
                queue.push_back(frame.clone());
                queued += 1;
            }
        }
        queued
    }

    fn drain(&mut self) -> usize {
        self.connections.iter_mut().flat_map(|queue| queue.drain(..)).map(|frame| frame.len()).sum()
    }
}
