//! What rooms, broadcasts and applications know of a connection: its queue of
//! messages and its metadata. How its bytes travel is the [`link`](crate::link)'s.

mod metadata;

pub use metadata::Metadata;
pub(crate) use metadata::MetadataParts;

use crate::close::CloseCode;
use crate::deflate::Window;
use crate::id::ProfileId;
use crate::outbox::Outbox;
use crate::rooms::RoomName;

/// See the module. Lives from the acceptance of an upgrade to the release of
/// its link.
#[derive(Debug)]
pub(crate) struct Member {
    /// The slot of the link that carries it.
    pub(crate) link: u32,
    /// The same as the link's, so that a broadcast has no need to visit links.
    pub(crate) profile: ProfileId,
    /// Whether messages may still be queued.
    pub(crate) is_open: bool,
    /// What its messages are compressed with, where that was agreed on.
    pub(crate) deflate: Option<Window>,
    pub(crate) outbox: Outbox,
    pub(crate) cold: Box<Cold>,
}

/// What is rarely looked at, in an allocation of its own.
#[derive(Debug)]
pub(crate) struct Cold {
    pub(crate) metadata: Metadata,
    /// Between our close frame and the peer's.
    pub(crate) closing: Option<Box<Closing>>,
}

// One per connection, on a size class of the common allocators.
const _: () = assert!(size_of::<Cold>() <= 104);

/// What is remembered between our close frame and the peer's.
#[derive(Debug)]
pub(crate) struct Closing {
    pub(crate) code: CloseCode,
    /// The rooms it was in.
    pub(crate) rooms: Vec<RoomName>,
}
