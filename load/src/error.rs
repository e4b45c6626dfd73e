//! Why a run yields no figures.

use crate::ending::Ending;
use fanfare_core::client::ClientConfigError;
use fanfare_driver::RootsError;
use std::io;
use std::net::SocketAddr;

/// Why a run yields no figures: what happened, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The request cannot be made as it is wanted.
    #[error("no such request can be made: {0}")]
    Request(#[from] ClientConfigError),
    /// The file of `--ca-file` cannot be used.
    #[error(transparent)]
    Roots(RootsError),
    /// The operating system trusts nobody.
    #[error("{what}; name a file of roots with --ca-file, or trust whoever answers with --insecure")]
    NoSystemRoots {
        /// What was found.
        what: &'static str,
    },
    /// The host of the URL leads to no address.
    #[error("the host {host:?} of --url has no address: {error}; check its spelling")]
    UnknownHost {
        /// As in the URL.
        host: String,
        /// What the resolver says.
        error: io::Error,
    },
    /// Not even the first connection opened.
    #[error("no connection to {url}: {ending}")]
    NotReached {
        /// Where it was to lead.
        url: String,
        /// Why it does not.
        ending: Ending,
    },
    /// The system refuses to begin another connection.
    #[error(
        "another connection to {address} cannot be begun: {error}; open fewer, or look at this machine's network"
    )]
    Dial {
        /// Where it was to lead.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// Some connections opened, but not all.
    #[error("{failed} of {count} connections did not open; of the first one: {first}")]
    NotAllOpened {
        /// How many did not.
        failed: usize,
        /// How many were to.
        count: usize,
        /// Why the first did not.
        first: Ending,
    },
    /// A connection that was needed ended.
    #[error("connection {connection} ended during the run, whose figures would mean nothing: {ending}")]
    ConnectionEnded {
        /// Which, from 0.
        connection: usize,
        /// Why.
        ending: Ending,
    },
    /// There are members who hear nothing.
    #[error(
        "{missing} of {members} members never heard a message; give --url a path that sends every message to \
         everybody"
    )]
    NotABroadcast {
        /// Who heard nothing.
        missing: usize,
        /// All.
        members: usize,
    },
    /// More connections than this process may have.
    #[error(
        "{wanted} open files are needed and {allowed} allowed; open fewer connections, or raise `ulimit -Hn`"
    )]
    TooFewDescriptors {
        /// For the connections, and a few more.
        wanted: u64,
        /// The limit in force.
        allowed: u64,
    },
    /// There are no figures.
    #[error("nothing came back that could be measured; look at the server, or raise --seconds")]
    NothingMeasured,
    /// It was told to stop before there was a figure.
    #[error("stopped before anything was measured; nothing is reported")]
    Interrupted,
    /// The server's process cannot be looked at.
    #[error("cannot read {path}: {error}; is --server-pid the server's process, and this Linux?")]
    Process {
        /// The file.
        path: String,
        /// What is wrong with it.
        error: io::Error,
    },
    /// The system fails in something that it never should.
    #[error("the system fails: {0}; look at its limits on memory and open files")]
    System(#[from] io::Error),
}

impl LoadError {
    /// Whether it is the command line that has to change, rather than the
    /// surroundings.
    pub fn is_usage(&self) -> bool {
        match self {
            LoadError::Request(_) | LoadError::Roots(_) => true,
            LoadError::NoSystemRoots { .. }
            | LoadError::UnknownHost { .. }
            | LoadError::NotReached { .. }
            | LoadError::Dial { .. }
            | LoadError::NotAllOpened { .. }
            | LoadError::ConnectionEnded { .. }
            | LoadError::NotABroadcast { .. }
            | LoadError::TooFewDescriptors { .. }
            | LoadError::NothingMeasured
            | LoadError::Interrupted
            | LoadError::Process { .. }
            | LoadError::System(_) => false,
        }
    }
}
