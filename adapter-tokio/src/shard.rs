//! One shard as a future: turns, and a timer for its deadlines.

use fanfare_driver::{Shard, Turn};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::task::{coop, yield_now};
use tokio::time::{Instant, Sleep, sleep};

/// Runs a shard to its end.
///
/// Unconstrained: with tokio's own budget a shard would be stopped after 128
/// ready sockets, again and again; it has budgets of its own, and yields
/// between turns.
pub(crate) async fn run(mut shard: Shard) {
    let mut timer = pin!(sleep(Duration::ZERO));
    loop {
        let turn = coop::unconstrained(poll_fn(|cx| poll_turn(&mut shard, timer.as_mut(), cx))).await;
        if turn == Turn::Ended {
            return;
        }
        yield_now().await;
    }
}

/// Takes a turn; ready when another is due at once, or none ever.
fn poll_turn(shard: &mut Shard, mut timer: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<Turn> {
    let until = match shard.turn(cx) {
        Turn::Idle { until } => until,
        turn @ (Turn::Busy | Turn::Ended) => return Poll::Ready(turn),
    };
    let Some(deadline) = until.and_then(|until| shard.deadline(until)) else {
        return Poll::Pending;
    };
    let deadline = Instant::from_std(deadline);
    if timer.deadline() != deadline {
        timer.as_mut().reset(deadline);
    }
    // A deadline that has come makes a turn of its own, after the others' tasks.
    timer.as_mut().poll(cx).map(|()| Turn::Busy)
}
