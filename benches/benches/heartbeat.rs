//! What it costs to keep a million quiet connections alive.
//!
//! Pings go out every 30 s and are answered at once. An iteration is one such
//! interval, in the steps in which the hub asks to be woken: 300 ms for all of
//! it are 1 % of a core.

#![expect(clippy::unwrap_used, reason = "a bench that goes wrong has nothing to measure")]

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use fanfare_benches::{Crowd, time_passes};
use fanfare_core::config::Settings;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

const CONNECTIONS: usize = 1_000_000;
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// Pings are written this often within an interval: every 0.1 s.
const STEPS: u32 = 300;
/// Deadlines handled before I/O has its turn.
const CHECKS_MAX: usize = 1_024;

fn heartbeat(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("heartbeat_of_a_million");
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(CONNECTIONS as u64));
    let mut crowd = Crowd::new(heartbeat_settings(), CONNECTIONS);
    group.bench_function("fanfare_expire", |bencher| {
        bencher.iter_custom(|passes| {
            time_passes(&mut crowd, passes * u64::from(STEPS), expire_a_step, answer_pings)
        });
    });
    group.bench_function("fanfare_expire_write_pings_read_pongs", |bencher| {
        bencher.iter(|| {
            for _ in 0..STEPS {
                expire_a_step(&mut crowd);
                answer_pings(&mut crowd);
            }
        });
    });
    drop(crowd);

    let mut heap = Heap::new();
    group.bench_function("binary_heap_of_deadlines", |bencher| bencher.iter(|| heap.expire_an_interval()));
    group.finish();
}

fn heartbeat_settings() -> Settings {
    Settings::default().with(|server| {
        server.connection.ping_interval = Some(PING_INTERVAL);
        server.connection.liveness_time_max = 2 * PING_INTERVAL;
    })
}

/// Lets a step pass; what is due is done.
fn expire_a_step(crowd: &mut Crowd) {
    let end = crowd.now + PING_INTERVAL / STEPS;
    while let Some(next) = crowd.hub.next_deadline().filter(|next| *next <= end) {
        crowd.now = crowd.now.max(next);
        while crowd.hub.expire(crowd.now, CHECKS_MAX) {}
    }
    crowd.now = end;
}

/// Writes the pings, and reads a pong from everyone who got one.
fn answer_pings(crowd: &mut Crowd) {
    let mut pinged = Vec::new();
    crowd.drain_each(|id| pinged.push(id));
    for id in pinged {
        let mut pong = *b"\x8A\x80\x01\x02\x03\x04";
        crowd.hub.receive(crowd.now, id, &mut pong).unwrap();
    }
    assert!(crowd.hub.next_notice().is_none(), "nobody was cut");
}

/// The usual alternative, without anything but the deadlines: who is due is
/// taken from the top and put back an interval later.
struct Heap {
    deadlines: BinaryHeap<Reverse<(Duration, u32)>>,
    now: Duration,
}

impl Heap {
    fn new() -> Heap {
        let step = PING_INTERVAL / u32::try_from(CONNECTIONS).unwrap();
        let deadlines = (0..).take(CONNECTIONS).map(|slot| Reverse((step * slot, slot))).collect();
        Heap { deadlines, now: Duration::ZERO }
    }

    fn expire_an_interval(&mut self) {
        self.now += PING_INTERVAL;
        while let Some(mut top) = self.deadlines.peek_mut().filter(|top| top.0.0 <= self.now) {
            top.0.0 += PING_INTERVAL;
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = heartbeat
}
criterion_main!(benches);
