//! Who gets a message, and what became of it.
//!
//! An [`Audience`] says in data who is meant; a [`Planner`] turns it into the
//! list of members of one hub, each once; a [`BroadcastReport`] says what
//! happened to each of them.
//!
//! Nothing here knows a message, a frame or an outbox, and nothing here knows
//! the hub: what the planner has to ask is in a [`Roster`].

mod filter;
mod marks;
mod plan;
mod report;
mod target;
#[cfg(test)]
mod tests;

pub use filter::{Condition, Facts, Filter, FilterError, Label};
pub use plan::{Planner, Roster};
pub use report::{BroadcastReport, Fate};
pub use target::{Audience, Exclusion, Target};
