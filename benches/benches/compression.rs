//! What permessage-deflate costs and saves: a broadcast to a thousand members,
//! compressed and not, and a compressed message in.
//!
//! A broadcast is planned, encoded, queued and taken out of the queues again, as
//! it is without system calls; what the kernel would copy less is not in it. The
//! figure to read is deliveries (elements) per second.

#![expect(clippy::unwrap_used, reason = "a bench that goes wrong has nothing to measure")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fanfare_benches::{Crowd, compressing_request};
use fanfare_core::broadcast::Target;
use fanfare_core::config::{Compression, Settings};
use fanfare_core::deflate::{Deflater, Window};
use fanfare_core::hub::{Event, Publication};
use fanfare_core::wire::Frame;
use std::hint::black_box;
use std::time::Duration;

const MEMBERS: usize = 1_000;
const BYTES: [usize; 2] = [1_024, 16 * 1_024];

/// A list of events, as a chat would have it.
fn json(bytes: usize) -> String {
    let event = |number: usize| {
        let at = number.wrapping_mul(7_919) % 100_000;
        format!(
            r#"{{"type":"chat","from":"user{}","content":"message {number}, über alles","at":{at}}},"#,
            at % 97
        )
    };
    let mut text: String = (0..=bytes / 50).map(event).collect();
    while text.len() > bytes {
        text.pop();
    }
    text
}

/// A hub that so many compressing, and so many other connections are open on.
fn crowd(compressing: usize, plain: usize) -> Crowd {
    let on = |server: &mut Settings| server.connection.compression = Compression::On;
    let mut crowd = Crowd::new(Settings::default().with(on), plain);
    let request = compressing_request();
    for _ in 0..compressing {
        crowd.open_with(&request);
    }
    while crowd.hub.next_notice().is_some() {}
    crowd
}

fn broadcast(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("broadcast_to_1000");
    group.throughput(Throughput::Elements(MEMBERS as u64));
    for bytes in BYTES {
        let publication = Publication::new(Target::Everyone, Frame::text(&json(bytes)));
        for (name, compressing) in [("plain", 0), ("mixed", MEMBERS / 2), ("compressed", MEMBERS)] {
            let mut crowd = crowd(compressing, MEMBERS - compressing);
            group.bench_function(BenchmarkId::new(name, bytes), |bencher| {
                bencher.iter(|| {
                    let report = crowd.hub.broadcast(crowd.now, &publication);
                    assert_eq!(report.queued(), MEMBERS as u64);
                    black_box(crowd.drain())
                });
            });
        }
    }
    group.finish();
}

fn receive(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("receive_compressed");
    for bytes in BYTES {
        let text = json(bytes);
        let frame = Deflater::new(Window::Wide).deflate(&Frame::text(&text)).unwrap().masked([7, 1, 8, 2]);
        let mut crowd = crowd(1, 0);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(bytes), |bencher| {
            bencher.iter(|| {
                let mut read_buffer = frame.as_bytes().to_vec();
                let received = crowd.hub.receive(crowd.now, crowd.ids[0], &mut read_buffer).unwrap();
                let Some(Event::Message(message)) = received.event else { panic!("a whole message") };
                assert_eq!(message.len(), text.len());
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = broadcast, receive
}
criterion_main!(benches);
