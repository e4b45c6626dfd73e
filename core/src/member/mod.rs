//! What rooms, broadcasts and applications know of a connection: its queue of
//! messages and its metadata. How its bytes travel is the [`link`](crate::link)'s.

mod metadata;
mod talk;

pub use metadata::Metadata;
pub(crate) use metadata::MetadataParts;
pub(crate) use talk::{Closing, Conversation, TalkSlot};

use crate::deflate::Window;
use crate::id::ProfileId;
use crate::outbox::Outbox;

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
    pub(crate) talk: TalkSlot,
}

// One per connection, on a size class of the common allocators.
const _: () = assert!(size_of::<Cold>() <= 104);
