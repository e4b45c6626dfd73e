//! What a join may be refused for: the limits, the checks, the refusals.
//!
//! Apart from the index so that every rule is one function that can be read and
//! tested without it. Nothing here changes anything: a join is checked in full
//! before its first effect, so a refused one leaves no trace.

use crate::config::ConnectionSettings;

/// Groups one index can number: a key has 32 bits, and a join may need two.
const GROUPS_MAX: u32 = u32::MAX - 2;

/// The limits a join is held to: those of the route of who joins.
///
/// `Default` is the documented default.
///
/// ```
/// use fanfare_core::config::ConnectionSettings;
/// use fanfare_core::rooms::{JoinError, Limits};
///
/// let limits = Limits::of(&ConnectionSettings::default());
/// assert_eq!(limits.check_name("lobby"), Ok(()));
/// assert_eq!(limits.check_name(""), Err(JoinError::NameEmpty));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Rooms one member may be in.
    pub rooms_max: usize,
    /// Namespaces one member may be in.
    pub namespaces_max: usize,
    /// Members one room may have. 0 = unlimited.
    pub room_members_max: usize,
    /// Length of a name, in bytes of UTF-8.
    pub name_bytes_max: usize,
}

/// Why a join was refused. Nothing has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The member is in `rooms_max` rooms already.
    #[error("in {rooms_max} rooms already, as many as allowed: leave one or raise `rooms_max`")]
    TooManyRooms {
        /// The limit in force.
        rooms_max: usize,
    },
    /// The member is in `namespaces_max` namespaces already.
    #[error(
        "in {namespaces_max} namespaces already, as many as allowed: leave one or raise `namespaces_max`"
    )]
    TooManyNamespaces {
        /// The limit in force.
        namespaces_max: usize,
    },
    /// The room has `room_members_max` members already.
    #[error(
        "the room has {room_members_max} members, as many as allowed: try another or raise `room_members_max`"
    )]
    RoomFull {
        /// The limit in force.
        room_members_max: usize,
    },
    /// The name is longer than `name_bytes_max`.
    #[error("the name has {bytes} bytes, at most {name_bytes_max} are allowed: choose a shorter one")]
    NameTooLong {
        /// The name's length, in bytes.
        bytes: usize,
        /// The limit in force, in bytes.
        name_bytes_max: usize,
    },
    /// The name is the empty string.
    #[error("the name is empty: a client, a namespace and a room each need one")]
    NameEmpty,
    /// The name holds a control character, which would forge lines in logs and
    /// terminals.
    #[error("the name has the control character U+{:04X} at byte {at}: remove it", u32::from(*.character))]
    NameHasControl {
        /// The first control character.
        character: char,
        /// Where it starts, in bytes.
        at: usize,
    },
    /// The shard has as many groups as it can number.
    #[error("the shard has {groups_max} groups, as many as it can number: use more shards")]
    TooManyGroups {
        /// The bound, which is no setting.
        groups_max: u32,
    },
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::of(&ConnectionSettings::default())
    }
}

impl Limits {
    /// The part of a route's settings that concerns joins.
    pub fn of(settings: &ConnectionSettings) -> Limits {
        Limits {
            rooms_max: settings.rooms_max,
            namespaces_max: settings.namespaces_max,
            room_members_max: settings.room_members_max,
            name_bytes_max: settings.name_bytes_max,
        }
    }

    /// Checks the name of a client, a namespace or a room. The work is bounded
    /// by `name_bytes_max`, however long the name is.
    pub fn check_name(&self, name: &str) -> Result<(), JoinError> {
        if name.is_empty() {
            return Err(JoinError::NameEmpty);
        }
        if name.len() > self.name_bytes_max {
            return Err(JoinError::NameTooLong { bytes: name.len(), name_bytes_max: self.name_bytes_max });
        }
        match name.char_indices().find(|(_, character)| character.is_control()) {
            Some((at, character)) => Err(JoinError::NameHasControl { character, at }),
            None => Ok(()),
        }
    }

    /// Checks that a member of `rooms` rooms may enter one more.
    pub(crate) fn check_rooms(&self, rooms: usize) -> Result<(), JoinError> {
        let rooms_max = self.rooms_max;
        if rooms < rooms_max { Ok(()) } else { Err(JoinError::TooManyRooms { rooms_max }) }
    }

    /// Checks that a member of `namespaces` namespaces may enter one more.
    pub(crate) fn check_namespaces(&self, namespaces: usize) -> Result<(), JoinError> {
        let namespaces_max = self.namespaces_max;
        if namespaces < namespaces_max {
            Ok(())
        } else {
            Err(JoinError::TooManyNamespaces { namespaces_max })
        }
    }

    /// Checks that a room of `members` members may take one more.
    pub(super) fn check_room_members(&self, members: usize) -> Result<(), JoinError> {
        let room_members_max = self.room_members_max;
        if room_members_max == 0 || members < room_members_max {
            Ok(())
        } else {
            Err(JoinError::RoomFull { room_members_max })
        }
    }
}

/// Checks that an index of `groups` groups can number two more.
pub(super) fn check_groups(groups: usize) -> Result<(), JoinError> {
    match u32::try_from(groups) {
        Ok(groups) if groups < GROUPS_MAX => Ok(()),
        _ => Err(JoinError::TooManyGroups { groups_max: GROUPS_MAX }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { rooms_max: 2, namespaces_max: 3, room_members_max: 4, name_bytes_max: 8 };

    #[test]
    fn names_have_one_to_name_bytes_max_bytes() {
        assert_eq!(LIMITS.check_name(""), Err(JoinError::NameEmpty));
        assert_eq!(LIMITS.check_name("x"), Ok(()));
        assert_eq!(LIMITS.check_name("12345678"), Ok(()));
        assert_eq!(
            LIMITS.check_name("123456789"),
            Err(JoinError::NameTooLong { bytes: 9, name_bytes_max: 8 })
        );
        // Bytes, not characters: these are five characters of two bytes each.
        assert_eq!(LIMITS.check_name("äöüßé"), Err(JoinError::NameTooLong { bytes: 10, name_bytes_max: 8 }));
    }

    #[test]
    fn control_characters_are_refused_wherever_unicode_puts_them() {
        let refused = |character, at| Err(JoinError::NameHasControl { character, at });
        assert_eq!(LIMITS.check_name("a\nb"), refused('\n', 1));
        assert_eq!(LIMITS.check_name("\0"), refused('\0', 0));
        assert_eq!(LIMITS.check_name("ab\x7f"), refused('\x7f', 2));
        assert_eq!(LIMITS.check_name("ä\u{85}"), refused('\u{85}', 2));
        assert_eq!(
            LIMITS.check_name("a b/ü:🎺"),
            Err(JoinError::NameTooLong { bytes: 11, name_bytes_max: 8 })
        );
        assert_eq!(LIMITS.check_name("a b:🎺"), Ok(()));
    }

    #[test]
    fn counts_are_held_to_their_limit_and_zero_means_no_room_limit() {
        assert_eq!(LIMITS.check_rooms(1), Ok(()));
        assert_eq!(LIMITS.check_rooms(2), Err(JoinError::TooManyRooms { rooms_max: 2 }));
        assert_eq!(LIMITS.check_namespaces(2), Ok(()));
        assert_eq!(LIMITS.check_namespaces(3), Err(JoinError::TooManyNamespaces { namespaces_max: 3 }));
        assert_eq!(LIMITS.check_room_members(3), Ok(()));
        assert_eq!(LIMITS.check_room_members(4), Err(JoinError::RoomFull { room_members_max: 4 }));
        let unlimited = Limits { room_members_max: 0, ..LIMITS };
        assert_eq!(unlimited.check_room_members(usize::MAX), Ok(()));
    }

    #[test]
    fn groups_are_never_more_than_keys() {
        let bound = usize::try_from(GROUPS_MAX).unwrap();
        let refused = Err(JoinError::TooManyGroups { groups_max: GROUPS_MAX });
        assert_eq!(check_groups(bound - 1), Ok(()));
        assert_eq!(check_groups(bound), refused);
        assert_eq!(check_groups(usize::MAX), refused);
    }

    #[test]
    fn a_refusal_says_which_value_and_what_to_do() {
        let refusal = JoinError::NameTooLong { bytes: 300, name_bytes_max: 128 }.to_string();
        assert!(
            refusal.contains("300") && refusal.contains("128") && refusal.contains("shorter"),
            "{refusal}"
        );
        let refusal = JoinError::NameHasControl { character: '\n', at: 4 }.to_string();
        assert!(refusal.contains("U+000A at byte 4"), "{refusal}");
    }
}
