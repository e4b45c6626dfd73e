//! One shard as a future: turns, and sleep until the next.

use crate::alarm::Alarm;
use fanfare_driver::{Shard, Turn};
use smol::Async;
use smol::future::yield_now;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll, ready};

/// Runs a shard to its end.
pub(crate) async fn run(mut shard: Shard) -> io::Result<()> {
    let sockets = Async::new_nonblocking(shard.as_fd().try_clone_to_owned()?)?;
    let mut alarm = Alarm::default();
    loop {
        let turn = poll_fn(|cx| poll_turn(&mut shard, &sockets, &mut alarm, cx));
        if turn.await? == Turn::Ended {
            return Ok(());
        }
        yield_now().await;
        // An executor that is busy seldom lets smol ask the system.
        shard.look()?;
    }
}

/// Takes a turn; ready when another is due at once, or none ever.
fn poll_turn(
    shard: &mut Shard,
    sockets: &Async<OwnedFd>,
    alarm: &mut Alarm,
    cx: &mut Context<'_>,
) -> Poll<io::Result<Turn>> {
    if let Poll::Ready(readable) = sockets.poll_readable(cx) {
        readable?;
        shard.look()?;
    }
    let until = match shard.turn(cx) {
        Turn::Idle { until } => until,
        turn @ (Turn::Busy | Turn::Ended) => return Poll::Ready(Ok(turn)),
    };
    // Only now the waker is left with the set, and with the timer.
    if sockets.poll_readable(cx).is_ready() {
        return Poll::Ready(Ok(Turn::Busy));
    }
    let Some(deadline) = until.and_then(|until| shard.deadline(until)) else {
        return Poll::Pending;
    };
    // A deadline that has come makes a turn of its own, after the others' tasks.
    ready!(alarm.poll_deadline(deadline, cx));
    Poll::Ready(Ok(Turn::Busy))
}
