//! One shard on a thread: turns, and sleep until the next.

use fanfare_driver::{Shard, Turn};
use std::io;
use std::task::Context;

/// Runs a shard to its end.
pub(crate) fn run(mut shard: Shard) -> io::Result<()> {
    let waker = shard.waker()?;
    let mut cx = Context::from_waker(&waker);
    loop {
        match shard.turn(&mut cx) {
            Turn::Busy => {
                shard.look()?;
            }
            Turn::Idle { until } => shard.wait(until)?,
            Turn::Ended => return Ok(()),
        }
    }
}
