//! Connections whose fate is known.

use super::link::{End, link};
use super::*;
use crate::faults::{Faults, Report};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

type Outcome = Poll<Result<Vec<u8>, ErrorKind>>;

const RESET: Outcome = Poll::Ready(Err(ErrorKind::ConnectionReset));
const END: Outcome = Poll::Ready(Ok(Vec::new()));

fn network(edit: impl FnOnce(&mut Faults)) -> Network {
    let network = Network::new(Timer::default(), Random::from_seed([1; 32]));
    network.weather().faults = Faults::NONE.with(edit);
    network
}

fn pass(network: &Network, seconds: u64) {
    network.timer.clock().advance(Duration::from_secs(seconds));
}

fn read(end: &mut End) -> Outcome {
    let (mut buffer, mut cx) = ([0; 4096], Context::from_waker(Waker::noop()));
    let read = end.poll_read(&mut cx, &mut buffer);
    read.map(|outcome| outcome.map(|count| buffer[..count].to_vec()).map_err(|error| error.kind()))
}

fn read_all(end: &mut End) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    while let Poll::Ready(Ok(piece)) = read(end)
        && !piece.is_empty()
    {
        pieces.push(piece);
    }
    pieces
}

fn write(end: &mut End, bytes: &[u8]) -> Poll<Result<usize, ErrorKind>> {
    let mut cx = Context::from_waker(Waker::noop());
    end.poll_write(&mut cx, bytes).map(|outcome| outcome.map_err(|error| error.kind()))
}

fn shut(end: &mut End) {
    assert!(end.poll_shutdown(&mut Context::from_waker(Waker::noop())).is_ready());
}

#[test]
fn bytes_arrive_in_pieces_in_order_and_in_time_and_then_the_end() {
    let network = network(|faults| {
        faults.split_per_mille = 900;
        faults.delay_per_mille = 500;
        faults.delay_time_max = Duration::from_secs(2);
    });
    let (mut near, mut far) = link(&network);
    let sent: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    assert_eq!(write(&mut near, &sent), Poll::Ready(Ok(5_000)));
    shut(&mut near);
    assert!(read_all(&mut far).len() < 2, "all at once");
    pass(&network, 3);
    let pieces = read_all(&mut far);
    assert!(pieces.len() > 3, "{} pieces", pieces.len());
    assert!(sent.ends_with(&pieces.concat()));
    assert_eq!(read(&mut far), END);
    let Report { splits, delays, stalls, resets, .. } = network.weather().report;
    assert!(splits > 3 && delays > 1 && (stalls, resets) == (0, 0), "{splits} {delays}");
}

#[test]
fn a_window_that_is_full_takes_no_more_until_somebody_reads() {
    struct Flag(AtomicBool);
    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Release);
        }
    }
    let network = network(|faults| faults.window_bytes = 100);
    let (mut near, mut far) = link(&network);
    assert_eq!(write(&mut near, &[0; 200]), Poll::Ready(Ok(100)));
    let flag = Arc::new(Flag(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&flag));
    assert!(near.poll_write(&mut Context::from_waker(&waker), &[0]).is_pending());
    pass(&network, 1);
    assert!(!flag.0.load(Ordering::Acquire));
    assert_eq!(read_all(&mut far).concat().len(), 100);
    assert!(flag.0.load(Ordering::Acquire), "who waits for room is woken");
    assert_eq!(write(&mut near, &[0]), Poll::Ready(Ok(1)));
}

#[test]
fn a_stall_is_over_in_time_and_silence_never() {
    let network = network(|faults| {
        faults.stall_per_mille = 1_000;
        faults.stall_time_max = Duration::from_secs(60);
    });
    let (mut near, mut far) = link(&network);
    assert_eq!(write(&mut near, b"late"), Poll::Ready(Ok(4)));
    pass(&network, 1);
    assert_eq!(read(&mut far), Poll::Pending);
    pass(&network, 60);
    assert_eq!(read(&mut far), Poll::Ready(Ok(b"late".to_vec())));

    network.weather().faults = Faults::NONE.with(|faults| faults.silence_per_mille = 1_000);
    assert_eq!(write(&mut far, b"lost"), Poll::Ready(Ok(4)));
    near.abort();
    drop(near);
    pass(&network, 10_000);
    assert_eq!(read(&mut far), Poll::Pending, "it does not learn that it is alone");
    assert_eq!(network.weather().report.silences, 1);
}

#[test]
fn a_half_closed_direction_ends_and_the_other_goes_on() {
    let network = network(|faults| faults.half_close_per_mille = 1_000);
    let (mut near, mut far) = link(&network);
    assert_eq!(write(&mut near, b"cut somewhere"), Poll::Ready(Ok(13)));
    network.weather().faults = Faults::NONE;
    assert_eq!(write(&mut near, b"lost"), Poll::Ready(Ok(4)));
    pass(&network, 1);
    let heard = read_all(&mut far).concat();
    assert!(b"cut somewhere".starts_with(&heard) && heard.len() < 13, "{heard:?}");
    assert_eq!(read(&mut far), END);
    assert_eq!(write(&mut far, b"I hear"), Poll::Ready(Ok(6)));
    pass(&network, 1);
    assert_eq!(read(&mut near), Poll::Ready(Ok(b"I hear".to_vec())));
}

#[test]
fn a_reset_is_heard_on_both_sides_and_what_was_under_way_is_lost() {
    let network = network(|_| ());
    let (mut near, mut far) = link(&network);
    assert_eq!(write(&mut near, b"lost"), Poll::Ready(Ok(4)));
    network.weather().faults.reset_per_mille = 1_000;
    assert_eq!(write(&mut far, b"x"), Poll::Ready(Err(ErrorKind::ConnectionReset)));
    pass(&network, 1);
    assert_eq!((read(&mut near), read(&mut far)), (RESET, RESET));
}

#[test]
fn an_end_that_is_dropped_closes_as_a_socket_does() {
    let network = network(|_| ());
    let (mut near, mut far) = link(&network);
    assert_eq!(write(&mut near, b"last words"), Poll::Ready(Ok(10)));
    drop(near);
    assert_eq!(network.weather().report.connections_over, 0);
    pass(&network, 1);
    assert_eq!(read(&mut far), Poll::Ready(Ok(b"last words".to_vec())));
    assert_eq!(read(&mut far), END);
    assert_eq!(write(&mut far, b"to nobody"), Poll::Ready(Ok(9)));
    assert_eq!(write(&mut far, b"to nobody"), Poll::Ready(Err(ErrorKind::ConnectionReset)));
    drop(far);
    assert_eq!(network.weather().report.connections_over, 1);

    let (mut near, far) = link(&network);
    assert_eq!(write(&mut near, b"unread"), Poll::Ready(Ok(6)));
    drop(far);
    assert_eq!(read(&mut near), RESET);
}
