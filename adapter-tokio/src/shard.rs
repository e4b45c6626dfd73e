//! One shard as a future: turns, and sleep until the next.

use crate::watch::watch;
use fanfare_driver::{Shard, Turn};
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::task::{coop, yield_now};
use tokio::time::{Instant, Sleep, sleep};

/// Runs a shard to its end.
///
/// Unconstrained: with tokio's own budget a shard would be stopped again and
/// again; it has budgets of its own, and yields between turns.
pub(crate) async fn run(mut shard: Shard) -> io::Result<()> {
    let sockets = watch(shard.as_fd().try_clone_to_owned()?)?;
    let mut timer = pin!(sleep(Duration::ZERO));
    loop {
        let turn = poll_fn(|cx| poll_turn(&mut shard, &sockets, timer.as_mut(), cx));
        if coop::unconstrained(turn).await? == Turn::Ended {
            return Ok(());
        }
        yield_now().await;
    }
}

/// Takes a turn; ready when another is due at once, or none ever.
fn poll_turn(
    shard: &mut Shard,
    sockets: &AsyncFd<OwnedFd>,
    timer: Pin<&mut Sleep>,
    cx: &mut Context<'_>,
) -> Poll<io::Result<Turn>> {
    if let Poll::Ready(readable) = sockets.poll_read_ready(cx) {
        let mut readable = readable?;
        // The system tells tokio only that the set has something again, so it
        // must have been emptied before that is waited for.
        if shard.look()? {
            readable.clear_ready();
        }
    }
    let until = match shard.turn(cx) {
        Turn::Idle { until } => until,
        turn @ (Turn::Busy | Turn::Ended) => return Poll::Ready(Ok(turn)),
    };
    // Only now the waker is left with the set, and with the timer.
    if sockets.poll_read_ready(cx).is_ready() {
        return Poll::Ready(Ok(Turn::Busy));
    }
    let Some(deadline) = until.and_then(|until| shard.deadline(until)) else {
        return Poll::Pending;
    };
    // A deadline that has come makes a turn of its own, after the others' tasks.
    ready!(poll_deadline(timer, Instant::from_std(deadline), cx));
    Poll::Ready(Ok(Turn::Busy))
}

fn poll_deadline(mut timer: Pin<&mut Sleep>, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
    if timer.deadline() != deadline {
        timer.as_mut().reset(deadline);
    }
    timer.poll(cx)
}
