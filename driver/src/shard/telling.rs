//! What a shard tells the lifecycle bus, and the directory's part in it.
//!
//! Apart from callbacks because nobody's code runs here. What happens is collected
//! and handed over at the end of the turn, but for rooms that other shards may
//! have, too: those are told under the directory's own lock, with whatever came
//! before, so that everyone hears of a room's first and last member in the order
//! in which the directory did.
//!
//! Must never cost more than a look while nobody listens.

use super::core::Core;
use crate::lifecycle::{Bus, Lifecycle};
use fanfare_core::close::CloseReason;
use fanfare_core::id::ConnectionId;
use fanfare_core::rooms::{GroupName, RoomName};
use std::sync::Arc;
use std::task::Waker;

/// What has happened on a shard, and was not handed over yet.
#[derive(Debug)]
pub(super) struct Told {
    /// Not by way of the server: others write beside what that holds.
    bus: Arc<Bus>,
    is_heard: bool,
    events: Vec<Lifecycle>,
}

impl Told {
    pub(super) fn new(bus: &Arc<Bus>) -> Told {
        Told { bus: Arc::clone(bus), is_heard: false, events: Vec::new() }
    }

    fn add(&mut self, event: impl FnOnce() -> Lifecycle) {
        if self.is_heard {
            self.events.push(event());
        }
    }

    /// Who is returned is to be woken, once the caller holds no lock.
    #[must_use]
    fn hand_over(&mut self) -> Vec<Waker> {
        if self.events.is_empty() {
            return Vec::new();
        }
        self.bus.tell(&std::mem::take(&mut self.events))
    }
}

impl Core {
    /// Looks whether anybody listens. To be asked before whatever a listener may
    /// have caused: what has begun after it subscribed, it hears.
    pub(super) fn look_who_listens(&mut self) {
        let is_heard = self.told.bus.is_heard();
        if self.told.is_heard != is_heard {
            self.told.is_heard = is_heard;
            self.hub.tell_memberships(is_heard);
        }
    }

    pub(super) fn tell(&mut self, event: impl FnOnce() -> Lifecycle) {
        self.told.add(event);
    }

    pub(super) fn tell_connected(&mut self, id: ConnectionId, client_id: &str) {
        self.tell(|| Lifecycle::Connected { id, client_id: client_id.into() });
    }

    pub(super) fn tell_disconnected(&mut self, id: ConnectionId, reason: &CloseReason) {
        let Core { hub, told, .. } = self;
        told.add(|| {
            let client_id = hub.metadata(id).map_or("", |metadata| metadata.client_id()).into();
            Lifecycle::Disconnected { id, client_id, reason: reason.clone() }
        });
    }

    /// The turn is over.
    pub(super) fn hand_told_over(&mut self) {
        self.told.hand_over().into_iter().for_each(Waker::wake);
    }

    /// This shard has got its first member of a group, or lost its last.
    pub(super) fn group_turned(&mut self, group: &GroupName, is_open: bool) {
        match group {
            // The directory counts the connections of clients by itself.
            GroupName::Client(_) => {}
            GroupName::Namespace(_) if self.server().has_one_shard() => {}
            GroupName::Namespace(name) => {
                let (shard, mut directory) = (self.hub.shard(), self.server().directory());
                if is_open {
                    directory.namespace_opened(shard, name);
                } else {
                    directory.namespace_closed(shard, name);
                }
            }
            GroupName::Room(room) if self.server().has_one_shard() => self.tell(|| turned(room, is_open)),
            GroupName::Room(room) => self.room_turned(room, is_open),
        }
    }

    fn room_turned(&mut self, room: &RoomName, is_open: bool) {
        let Core { hub, handle, told, .. } = self;
        let shard = hub.shard();
        let mut directory = handle.server().directory();
        let is_elsewhere = if is_open {
            let is_elsewhere = told.is_heard && directory.has_room(&room.namespace, &room.name);
            directory.room_opened(shard, &room.namespace, &room.name);
            is_elsewhere
        } else {
            directory.room_closed(shard, &room.namespace, &room.name);
            told.is_heard && directory.has_room(&room.namespace, &room.name)
        };
        if !is_elsewhere {
            told.add(|| turned(room, is_open));
        }
        let sleepers = told.hand_over();
        drop(directory);
        sleepers.into_iter().for_each(Waker::wake);
    }
}

fn turned(room: &RoomName, is_open: bool) -> Lifecycle {
    if is_open { Lifecycle::RoomCreated(room.clone()) } else { Lifecycle::RoomEmptied(room.clone()) }
}
