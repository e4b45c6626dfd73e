//! The primary channel of each connection.
//!
//! A channel is a room of the namespace `/` with a mark: a connection has at most
//! one, is a member of its room, and leaves that when it moves. Who merely joins
//! the room hears what is said there and has not moved. Who leaves the room of
//! its channel, or is taken out of it, has none until it moves again.

use super::{Hub, MembershipError, UnknownConnection};
use crate::event::Envelope;
use crate::id::{ConnectionId, ProfileId};
use crate::rooms::{JoinError, Limits, MemberKey, Moved, ROOT, Scope};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The channel in which connections with the session envelope start, unless the
/// application names another. A room like any other: where `room_members_max`
/// bounds rooms, it bounds this one.
pub const DEFAULT_CHANNEL: &str = "default";

impl Hub {
    /// The primary channel of a connection. None where it never had one, has left
    /// its room, or is closing.
    pub fn channel(&self, id: ConnectionId) -> Option<&str> {
        let channel = self.rooms.channel_of(self.member_key(id)?)?;
        self.rooms.describe(channel).map(|(_, name)| name)
    }

    /// Moves a connection to a channel: it joins the room of that name in `/`, and
    /// leaves the room of the channel it was in. Says whether that changed
    /// anything.
    ///
    /// # Errors
    /// The name or a limit forbids the join; then nothing is left either. A full
    /// number of rooms is no hindrance to who leaves one.
    pub fn move_to_channel(&mut self, id: ConnectionId, channel: &str) -> Result<bool, MembershipError> {
        let link = self.link(id).ok_or(UnknownConnection(id))?;
        let limits = Limits::of(self.config.profile(link.profile));
        let key = link.member.filter(|_| self.is_open(id)).ok_or(UnknownConnection(id))?;
        Ok(self.move_member(key, channel, &limits)?.is_new)
    }

    /// Whether a newcomer may start in a channel, named or not, under the settings
    /// of its route. For whoever has to know before the decision.
    ///
    /// # Errors
    /// The name or a limit forbids it.
    pub fn check_channel(&self, profile: ProfileId, channel: Option<&str>) -> Result<(), JoinError> {
        let Some(channel) = self.first_channel(profile, channel) else { return Ok(()) };
        self.rooms.check_channel(ROOT, channel, &Limits::of(self.config.profile(profile)))
    }

    /// How many of this shard's connections have which primary channel. Looks at
    /// every connection.
    pub fn channels(&self) -> BTreeMap<Arc<str>, usize> {
        let channels = self.rooms.channels().into_iter();
        channels.filter_map(|(channel, count)| Some((self.rooms.name(channel)?, count))).collect()
    }

    /// Where a newcomer starts for whom the application has named `channel`.
    pub(super) fn first_channel<'a>(&self, profile: ProfileId, channel: Option<&'a str>) -> Option<&'a str> {
        match self.config.profile(profile).envelope {
            Envelope::Session => Some(channel.unwrap_or(DEFAULT_CHANNEL)),
            Envelope::Raw | Envelope::Typed => channel,
        }
    }

    /// Moves, and tells of groups that this made or emptied.
    pub(super) fn move_member(
        &mut self,
        key: MemberKey,
        channel: &str,
        limits: &Limits,
    ) -> Result<Moved, JoinError> {
        let mut left = std::mem::take(&mut self.left);
        let moved = self.rooms.move_to_channel(key, ROOT, channel, limits, &mut left);
        if let Ok(moved) = &moved {
            self.tell_joined(key, Scope::Room(ROOT), moved.joined);
        }
        self.tell_left(self.id_of_member(key), left);
        moved
    }
}
