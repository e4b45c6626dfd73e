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
use crate::lifecycle::Lifecycle;
use fanfare_core::close::CloseReason;
use fanfare_core::id::ConnectionId;
use fanfare_core::rooms::GroupName;
use std::sync::Arc;
use std::task::Waker;

/// What has happened on a shard, and was not handed over yet.
#[derive(Debug, Default)]
pub(super) struct Told {
    is_heard: bool,
    events: Vec<Lifecycle>,
}

impl Core {
    /// Looks whether anybody listens. To be asked before whatever a listener may
    /// have caused: what has begun after it subscribed, it hears.
    pub(super) fn look_who_listens(&mut self) {
        let is_heard = self.server().bus.is_heard();
        if self.told.is_heard != is_heard {
            self.told.is_heard = is_heard;
            self.hub.tell_memberships(is_heard);
        }
    }

    pub(super) fn tell(&mut self, event: impl FnOnce() -> Lifecycle) {
        if self.told.is_heard {
            self.told.events.push(event());
        }
    }

    pub(super) fn tell_connected(&mut self, id: ConnectionId, client_id: &str) {
        self.tell(|| Lifecycle::Connected { id, client_id: client_id.into() });
    }

    pub(super) fn tell_disconnected(&mut self, id: ConnectionId, reason: &CloseReason) {
        if self.told.is_heard {
            let client_id = self.hub.metadata(id).map_or("", |metadata| metadata.client_id()).into();
            self.tell(|| Lifecycle::Disconnected { id, client_id, reason: reason.clone() });
        }
    }

    /// The turn is over.
    pub(super) fn hand_told_over(&mut self) {
        if !self.told.events.is_empty() {
            let sleepers = self.handle.server().bus.tell(&mut self.told.events);
            sleepers.into_iter().for_each(Waker::wake);
        }
    }

    /// This shard has got its first member of a group, or lost its last.
    pub(super) fn tell_directory(&mut self, group: &GroupName, is_open: bool) {
        if !self.server().has_one_shard() {
            return self.tell_all_shards(group, is_open);
        }
        match group {
            GroupName::Client(_) | GroupName::Namespace(_) => {}
            GroupName::Room(room) if is_open => self.tell(|| Lifecycle::RoomCreated(room.clone())),
            GroupName::Room(room) => self.tell(|| Lifecycle::RoomEmptied(room.clone())),
        }
    }

    fn tell_all_shards(&mut self, group: &GroupName, is_open: bool) {
        let (shard, server) = (self.hub.shard(), Arc::clone(self.handle.server()));
        let mut directory = server.directory();
        match (group, is_open) {
            // The directory counts the connections of clients by itself.
            (GroupName::Client(_), _) => return,
            (GroupName::Namespace(name), true) => {
                directory.namespace_opened(shard, name);
                return;
            }
            (GroupName::Namespace(name), false) => {
                directory.namespace_closed(shard, name);
                return;
            }
            (GroupName::Room(room), true) => {
                if self.told.is_heard && !directory.has_room(&room.namespace, &room.name) {
                    self.tell(|| Lifecycle::RoomCreated(room.clone()));
                }
                directory.room_opened(shard, &room.namespace, &room.name);
            }
            (GroupName::Room(room), false) => {
                directory.room_closed(shard, &room.namespace, &room.name);
                if self.told.is_heard && !directory.has_room(&room.namespace, &room.name) {
                    self.tell(|| Lifecycle::RoomEmptied(room.clone()));
                }
            }
        }
        if self.told.is_heard {
            let sleepers = server.bus.tell(&mut self.told.events);
            drop(directory);
            sleepers.into_iter().for_each(Waker::wake);
        }
    }
}
