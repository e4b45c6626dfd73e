//! What names a connection, inside and outside.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

/// A shard's place in the server, counted from zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ShardId(pub u16);

/// The server-assigned id of one connection: unique for the server's life and
/// not guessable by a peer.
///
/// It is the shard, the slot in that shard's table, and a serial of 32 counted
/// and 32 random bits. A slot is reused, a serial is not: an id that outlived
/// its connection finds nobody, never the successor.
///
/// Outwardly it is an opaque string of 28 hexadecimal digits ([`fmt::Display`],
/// [`FromStr`]).
///
/// ```
/// use fanfare_core::id::ConnectionId;
///
/// let id: ConnectionId = "0001000000020000000300000004".parse()?;
/// assert_eq!(id.to_string(), "0001000000020000000300000004");
/// assert!("lobby".parse::<ConnectionId>().is_err());
/// # Ok::<(), fanfare_core::id::InvalidConnectionId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId {
    pub(crate) serial: u64,
    pub(crate) slot: u32,
    pub(crate) shard: ShardId,
}

/// Length of an id's outward form, in bytes.
const TEXT_BYTES: usize = 28;

impl ConnectionId {
    /// The shard that owns the connection.
    pub fn shard(self) -> ShardId {
        self.shard
    }

    /// The connection's slot in its shard's table: small, dense, and reused
    /// after the connection has been released. Adapters index their sockets by it.
    pub fn slot(self) -> u32 {
        self.slot
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}{:08x}{:016x}", self.shard.0, self.slot, self.serial)
    }
}

impl fmt::Debug for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no connection id: one is 28 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a connection id: expected {TEXT_BYTES} lower-case hexadecimal digits")]
pub struct InvalidConnectionId;

impl From<ParseIntError> for InvalidConnectionId {
    fn from(_: ParseIntError) -> Self {
        InvalidConnectionId
    }
}

impl FromStr for ConnectionId {
    type Err = InvalidConnectionId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != TEXT_BYTES || !text.bytes().all(hexadecimal) {
            return Err(InvalidConnectionId);
        }
        let (shard, rest) = text.split_at(4);
        let (slot, serial) = rest.split_at(8);
        Ok(ConnectionId {
            shard: ShardId(u16::from_str_radix(shard, 16)?),
            slot: u32::from_str_radix(slot, 16)?,
            serial: u64::from_str_radix(serial, 16)?,
        })
    }
}

/// A route's own connection settings, as the hub knows them: an index into the
/// list the hub was made with. The default is the server's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ProfileId(pub u16);
