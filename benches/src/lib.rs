//! What the benches share: a hub full of open connections, the alternatives it
//! is compared with, and what a peer sends.
//!
//! Apart from the benches so that each of those reads as a list of what is
//! measured. Nothing here is timed but by [`time_passes`]; it must never do for
//! one competitor what it leaves to another.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a bench that cannot be set up has nothing to measure"
)]

mod crowd;
pub mod fan_out;
mod peer;

pub use crowd::{Crowd, NAMESPACE};
pub use peer::{compressing_request, masked_stream, upgrade_request};

use std::time::{Duration, Instant};

/// The sum of what `timed` took in `passes` passes, `untimed` being done after
/// each: for work that uses up what it works on.
pub fn time_passes<S>(
    state: &mut S,
    passes: u64,
    mut timed: impl FnMut(&mut S),
    mut untimed: impl FnMut(&mut S),
) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..passes {
        let start = Instant::now();
        timed(state);
        total += start.elapsed();
        untimed(state);
    }
    total
}
