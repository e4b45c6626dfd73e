//! What the shards run on, and where: two settings, and the combinations of them
//! that there are.
//!
//! Apart because what one may say depends on the other: nothing behind
//! [`Shards`] can hold a combination that does not exist.

use super::InvalidValue;
use crate::failure::Failure;
use fanfare::{smol, tokio};
use std::fmt;
use std::str::FromStr;

/// What the shards run on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Runtime {
    Tokio,
    Smol,
    StdThreads,
}

impl Runtime {
    const NAMES: [(&str, Runtime); 3] =
        [("tokio", Runtime::Tokio), ("smol", Runtime::Smol), ("std-threads", Runtime::StdThreads)];
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Runtime::Tokio => "tokio",
            Runtime::Smol => "smol",
            Runtime::StdThreads => "std-threads",
        })
    }
}

impl FromStr for Runtime {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Runtime, InvalidValue> {
        let found = Runtime::NAMES.into_iter().find(|(name, _)| *name == text);
        found
            .map(|(_, runtime)| runtime)
            .ok_or_else(|| InvalidValue::new("runtime", text, "tokio, smol or std-threads"))
    }
}

/// Where shards run, as far as the runtime leaves a choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Placement {
    /// Where the runtime has them by default.
    Auto,
    Tasks,
    Threads,
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Placement::Auto => "auto",
            Placement::Tasks => "tasks",
            Placement::Threads => "threads",
        })
    }
}

impl FromStr for Placement {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Placement, InvalidValue> {
        match text {
            "auto" => Ok(Placement::Auto),
            "tasks" => Ok(Placement::Tasks),
            "threads" => Ok(Placement::Threads),
            _ => Err(InvalidValue::new("placement", text, "tasks, threads, or auto for the runtime's own")),
        }
    }
}

/// What the shards are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shards {
    /// Tasks of tokio's, or threads with a tokio runtime each.
    Tokio(tokio::Placement),
    /// Tasks of smol's, or threads that share its reactor.
    Smol(smol::Placement),
    /// Threads without a runtime.
    StdThreads,
}

impl Shards {
    pub(super) fn new(runtime: Runtime, placement: Placement) -> Result<Shards, Failure> {
        match (runtime, placement) {
            (Runtime::Tokio, Placement::Auto | Placement::Tasks) => {
                Ok(Shards::Tokio(tokio::Placement::Tasks))
            }
            (Runtime::Tokio, Placement::Threads) => Ok(Shards::Tokio(tokio::Placement::Threads)),
            (Runtime::Smol, Placement::Auto | Placement::Tasks) => Ok(Shards::Smol(smol::Placement::Tasks)),
            (Runtime::Smol, Placement::Threads) => Ok(Shards::Smol(smol::Placement::Threads)),
            (Runtime::StdThreads, Placement::Auto | Placement::Threads) => Ok(Shards::StdThreads),
            (Runtime::StdThreads, Placement::Tasks) => {
                let (runtime, placement) = (runtime.to_string(), placement.to_string());
                Err(Failure::Placement { runtime, placement })
            }
        }
    }

    /// Runtime and placement as the settings name them.
    pub(crate) fn names(self) -> (&'static str, &'static str) {
        match self {
            Shards::Tokio(tokio::Placement::Tasks) => ("tokio", "tasks"),
            Shards::Tokio(tokio::Placement::Threads | _) => ("tokio", "threads"),
            Shards::Smol(smol::Placement::Tasks) => ("smol", "tasks"),
            Shards::Smol(smol::Placement::Threads | _) => ("smol", "threads"),
            Shards::StdThreads => ("std-threads", "threads"),
        }
    }
}
