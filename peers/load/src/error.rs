//! Why a run yields no figures.

use crate::client::Ending;
use std::io;

#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{failed} of {count} connections did not open; the first one was {first}")]
    NotAllOpened { failed: usize, count: usize, first: Ending },
    #[error("connection {connection} was {ending} during the run: its figures would mean nothing")]
    ConnectionEnded { connection: usize, ending: Ending },
    #[error("{missing} of {members} members never heard a message: does this path broadcast to everybody?")]
    NotABroadcast { missing: usize, members: usize },
    #[error(
        "{wanted} descriptors are needed and {maximum} allowed: open fewer connections or raise `ulimit -Hn`"
    )]
    TooFewDescriptors { wanted: u64, maximum: u64 },
    #[error(
        "nothing was measured within the time: the server answered nothing; raise --seconds or look at it"
    )]
    NothingMeasured,
}
