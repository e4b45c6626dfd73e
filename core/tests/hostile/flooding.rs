//! Attacks on memory by making us send: pings, and not reading.

use super::peer::{PING, frame};
use super::shard::{Shard, close_code};
use fanfare_core::broadcast::{Exclusion, Target};
use fanfare_core::close::CloseReason;
use fanfare_core::config::{Overflow, Settings};
use fanfare_core::hub::{Deadline, Publication};
use fanfare_core::id::ConnectionId;
use fanfare_core::violation::Violation;
use fanfare_core::wire::Frame;
use std::time::Duration;

/// A pong of 125 bytes and its header.
const PONG_BYTES: usize = 127;

#[test]
fn a_million_pings_are_refused_at_the_rate() {
    let mut shard = Shard::new();
    let id = shard.open();
    let sent = (0..1_000_000).take_while(|_| {
        shard.feed(id, &frame(PING, &[0; 125]));
        shard.hub.is_open(id)
    });
    assert_eq!(sent.count(), 100);
    let violation = Violation::ControlRate { per_second_max: 100 };
    assert_eq!(shard.reasons(id), [CloseReason::Violation(violation)]);
    let wire = shard.write(id);
    let close = &wire[16 * PONG_BYTES..];
    assert_eq!(close_code(close), Some(1008), "behind the pongs that waited");
}

/// Where the rate is no limit, what waits still is.
#[test]
fn a_million_pings_leave_at_most_16_pongs_and_the_latest() {
    let mut shard = Shard::with(|server| server.connection.control_frames_per_second_max = u32::MAX);
    let id = shard.open();
    for number in 0..1_000_000_u32 {
        let payload = [&number.to_be_bytes()[..], &[0; 121]].concat();
        shard.feed(id, &frame(PING, &payload));
        if number % 1_000 == 999 {
            assert_eq!(shard.waiting_pieces(id), 16);
        }
    }
    let wire = shard.write(id);
    let pongs: Vec<u32> =
        wire.chunks(PONG_BYTES).map(|pong| u32::from_be_bytes(pong[2..6].try_into().unwrap())).collect();
    assert_eq!(pongs, (999_984..1_000_000).collect::<Vec<_>>());
    assert_eq!(shard.waiting_pieces(id), 0);
}

/// One reader of a room stops, one reads on; what the reader hears, and the shard.
fn one_of_two_stops(policy: Overflow) -> (Shard, ConnectionId, u64) {
    let mut shard = Shard::with(|server: &mut Settings| server.connection.outbox_policy = policy);
    let (publisher, stopped, reader) = (shard.open(), shard.open(), shard.open());
    let audience = Target::Everyone.except(Exclusion::Connection(publisher));
    let message = Publication::new(audience, Frame::binary(&[0; 10_000]));
    shard.write_nothing(stopped);
    let mut read_bytes = 0;
    for _ in 0..1_000 {
        shard.hub.broadcast(shard.now, &message);
        if shard.hub.is_open(stopped) {
            shard.write_nothing(stopped);
            let (messages, bytes) = shard.hub.outbox_level(stopped).unwrap();
            assert!(messages <= 256 && bytes <= 1 << 20, "{messages} messages, {bytes} bytes");
        }
        read_bytes += shard.write(reader).len() as u64;
    }
    assert_eq!(read_bytes, 1_000 * message.frame.len() as u64, "the other reader hears everything");
    let stats = *shard.hub.stats();
    assert_eq!(stats.deliveries_offered, stats.deliveries_queued + stats.deliveries_dropped());
    let waiting = shard.hub.outbox_level(stopped).map_or(0, |(messages, _)| messages as u64);
    assert_eq!(stats.deliveries_queued, stats.deliveries_sent + stats.evicted + stats.discarded + waiting);
    (shard, stopped, waiting)
}

/// The policies that drop differ in what is kept, not in how much.
fn assert_cut_in_the_end(mut shard: Shard, stopped: ConnectionId) {
    assert!(shard.hub.is_open(stopped));
    shard.pass(Duration::from_millis(10_050));
    assert_eq!(shard.reasons(stopped), [CloseReason::TimedOut(Deadline::Write)]);
    assert_eq!(shard.hub.queued_bytes(), 0, "what waited is gone");
}

#[test]
fn a_stopped_reader_misses_the_newest() {
    let (shard, stopped, waiting) = one_of_two_stops(Overflow::DropNewest);
    assert_eq!((waiting, shard.hub.stats().dropped_outbox_full), (104, 896));
    assert_cut_in_the_end(shard, stopped);
}

#[test]
fn a_stopped_reader_misses_the_oldest() {
    let (shard, stopped, waiting) = one_of_two_stops(Overflow::DropOldest);
    assert_eq!((waiting, shard.hub.stats().evicted), (104, 896));
    assert_cut_in_the_end(shard, stopped);
}

#[test]
fn a_stopped_reader_is_disconnected() {
    let (mut shard, stopped, _) = one_of_two_stops(Overflow::Disconnect);
    assert_eq!(shard.reasons(stopped), [CloseReason::OutboxFull]);
    assert_eq!(shard.hub.stats().dropped_disconnected, 1);
    assert_eq!(close_code(&shard.write(stopped)), Some(1013));
    shard.release(stopped);
    assert_eq!(shard.hub.queued_bytes(), 0);
}

/// However many stop, what waits for all of them stays within the budget.
#[test]
fn stopped_readers_together_stay_within_the_budget() {
    let mut shard = Shard::new();
    let granted = shard.hub.budget_bytes();
    assert_eq!(shard.hub.reclaim_budget(granted - 1_000_000), granted - 1_000_000);
    let readers: Vec<_> = (0..100).map(|_| shard.open()).collect();
    for id in readers.iter().cycle().take(1_000) {
        let _ = shard.hub.send(shard.now, *id, &Frame::binary(&[0; 10_000]));
        assert!(shard.hub.queued_bytes() <= 1_000_000);
    }
    assert_eq!(shard.hub.stats().deliveries_queued + shard.hub.stats().dropped_budget, 1_000);
    assert!(shard.hub.stats().dropped_budget > 0);
}
