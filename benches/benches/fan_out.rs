//! A message to a room: planning it and queueing it for every member, and the
//! same with taking it out of the queues again.
//!
//! A pass is one message to each room of a hub with at least 1,000 connections,
//! so that small rooms are timed in large enough portions and the caches see a
//! hub rather than a room. The figure to read is deliveries (elements) per second.

use bytes::Bytes;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fanfare_benches::fan_out::{Channels, Dense, FanOut, Fanfare, Hashed, PAYLOAD, Room};
use fanfare_benches::time_passes;
use fanfare_core::wire::Frame;
use std::time::Duration;

const MEMBERS: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
const CONNECTIONS_MIN: usize = 1_000;

/// Planning and queueing; the queues are emptied off the clock.
fn enqueue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("enqueue");
    group.sample_size(15);
    for members in MEMBERS {
        time_enqueue::<Fanfare>(&mut group, "fanfare", members);
        time_enqueue::<Dense>(&mut group, "dense_queues", members);
        time_enqueue::<Hashed>(&mut group, "hash_map_of_queues", members);
        time_enqueue::<Channels>(&mut group, "channel_per_member", members);
    }
    group.finish();
}

/// Queueing, and all that a write without its system call costs afterwards.
fn enqueue_and_drain(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("enqueue_and_drain");
    group.sample_size(15);
    for members in [1_000, 10_000] {
        time_enqueue_and_drain::<Fanfare>(&mut group, "fanfare", members);
        time_enqueue_and_drain::<Dense>(&mut group, "dense_queues", members);
        time_enqueue_and_drain::<Hashed>(&mut group, "hash_map_of_queues", members);
        time_enqueue_and_drain::<Channels>(&mut group, "channel_per_member", members);
    }
    group.finish();
}

fn time_enqueue<F: FanOut>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, members: usize) {
    let (mut hub, rooms, frame) = set_up::<F>(group, members);
    let queued = connections(members);
    group.bench_function(BenchmarkId::new(name, members), |bencher| {
        bencher.iter_custom(|passes| {
            let publish = |hub: &mut F| assert_eq!(publish_to_all(hub, &rooms, &frame), queued);
            let drain = |hub: &mut F| assert_eq!(hub.drain(), queued * frame.len());
            time_passes(&mut hub, passes, publish, drain)
        });
    });
}

fn time_enqueue_and_drain<F: FanOut>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, members: usize) {
    let (mut hub, rooms, frame) = set_up::<F>(group, members);
    let queued = connections(members);
    group.bench_function(BenchmarkId::new(name, members), |bencher| {
        bencher.iter(|| {
            assert_eq!(publish_to_all(&mut hub, &rooms, &frame), queued);
            assert_eq!(hub.drain(), queued * frame.len());
        });
    });
}

fn set_up<F: FanOut>(group: &mut BenchmarkGroup<'_, WallTime>, members: usize) -> (F, Vec<Room>, Bytes) {
    let connections = connections(members);
    group.throughput(Throughput::Elements(connections as u64));
    let rooms = Room::all(connections, members);
    (F::new(&rooms), rooms, Frame::binary(&PAYLOAD).bytes().clone())
}

fn connections(members: usize) -> usize {
    members.max(CONNECTIONS_MIN)
}

fn publish_to_all<F: FanOut>(hub: &mut F, rooms: &[Room], frame: &Bytes) -> usize {
    rooms.iter().map(|room| hub.publish(room, frame)).sum()
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = enqueue, enqueue_and_drain
}
criterion_main!(benches);
