//! A name at which servers come and go, one at a time.
//!
//! Apart from the simulation because it knows only what stage it is in and when
//! that ends; what is to be done then, the simulation does.

use crate::task::Owner;
use fanfare_core::time::Instant;
use fanfare_driver::{App, Handle, StopOptions};
use std::fmt;
use std::time::Duration;

/// How a server ends.
#[derive(Clone, Debug)]
pub enum Ending {
    /// At once, as by `kill -9`: its shards and futures are dropped in the middle of
    /// what they do, and its connections reset.
    Killed,
    /// As by [`Handle::stop`].
    Stopped(StopOptions),
}

/// See the module.
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) shards: usize,
    pub(crate) app: Box<dyn FnMut() -> App + Send>,
    pub(crate) stage: Stage,
}

/// What there is at the name.
#[derive(Debug)]
pub(crate) enum Stage {
    /// A server, for as long as the weather lets it.
    Up { owner: Owner, handle: Handle, until: Option<Instant> },
    /// A server that stops; and how long there will be none then.
    Stopping { handle: Handle, down_time: Duration },
    /// None, until another one comes; where it was stopped by its own application,
    /// none does.
    Down { until: Option<Instant> },
}

/// What is to be done about a host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    /// The weather ends the server.
    End,
    /// The server has stopped.
    Away { until: Option<Instant> },
    /// Another server comes.
    Launch,
}

impl Host {
    pub(crate) fn handle(&self) -> Option<&Handle> {
        match &self.stage {
            Stage::Up { handle, .. } | Stage::Stopping { handle, .. } => Some(handle),
            Stage::Down { .. } => None,
        }
    }

    /// What is to be done now.
    pub(crate) fn turn(&self, now: Instant) -> Option<Turn> {
        let has_come = |until: &Option<Instant>| until.is_some_and(|until| until <= now);
        match &self.stage {
            Stage::Up { handle, .. } if handle.is_stopped() => Some(Turn::Away { until: None }),
            Stage::Up { until, .. } => has_come(until).then_some(Turn::End),
            Stage::Stopping { handle, down_time } => {
                handle.is_stopped().then(|| Turn::Away { until: Some(now + *down_time) })
            }
            Stage::Down { until } => has_come(until).then_some(Turn::Launch),
        }
    }

    /// When there will be something to do, whatever others do.
    pub(crate) fn until(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Up { until, .. } | Stage::Down { until } => *until,
            Stage::Stopping { .. } => None,
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("name", &self.name).field("stage", &self.stage).finish_non_exhaustive()
    }
}
