//! Events beside bare messages: what it costs to send one to a room, encoding
//! included, and what it costs to understand one.

#![expect(clippy::unwrap_used, reason = "a bench that goes wrong has nothing to measure")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fanfare_benches::{Crowd, NAMESPACE, time_passes};
use fanfare_core::broadcast::Target;
use fanfare_core::config::Settings;
use fanfare_core::event::{Emission, Envelope, Payload};
use fanfare_core::hub::{Incoming, Publication};
use fanfare_core::wire::Message;
use std::hint::black_box;
use std::time::Duration;

const ROOM: &str = "lobby";
/// About what a chat message is.
const DATA: &str = "hello there, how are you?";

/// A room of `members` whose route has the envelope.
fn crowd(envelope: Envelope, members: usize) -> Crowd {
    let settings = Settings::default().with(|server| server.connection.envelope = envelope);
    let mut crowd = Crowd::new(settings, members);
    for id in crowd.ids.clone() {
        crowd.hub.join(id, NAMESPACE, ROOM).unwrap();
    }
    while crowd.hub.next_notice().is_some() {}
    crowd
}

/// A message to a room, and the same bytes as an event that is encoded first.
fn to_a_room(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("event_to_a_room");
    let emission = Emission { data: Payload::of(DATA).unwrap(), ..Emission::new("chat") };
    let target = || Target::room(NAMESPACE, ROOM);
    for members in [100, 1_000, 10_000] {
        group.throughput(Throughput::Elements(members as u64));
        let frame = emission.typed(None);
        for envelope in [Envelope::Raw, Envelope::Typed] {
            let mut crowd = crowd(envelope, members);
            group.bench_function(
                BenchmarkId::new(format!("{envelope:?}").to_lowercase(), members),
                |bencher| {
                    bencher.iter_custom(|passes| {
                        let publish = |crowd: &mut Crowd| {
                            let now = crowd.now;
                            let report = if envelope == Envelope::Raw {
                                crowd.hub.broadcast(now, &Publication::new(target(), frame.clone()))
                            } else {
                                crowd.hub.broadcast_event(now, target(), &emission)
                            };
                            assert_eq!(report.queued(), members as u64);
                        };
                        time_passes(&mut crowd, passes, publish, |crowd| {
                            crowd.drain();
                        })
                    });
                },
            );
        }
    }
    group.finish();
}

/// A message of a client, from its text to what it leads to.
fn understand(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("understand");
    group.throughput(Throughput::Elements(1));
    let typed = r#"{"type":"event","namespace":"/","event":"chat","data":{"user":"ann","message":"hello there, how are you?"},"ackId":"a#1"}"#;
    let session = r#"{"event":"chat","content":{"user":"ann","message":"hello there, how are you?"}}"#;
    for (envelope, text) in [(Envelope::Typed, typed), (Envelope::Session, session)] {
        let mut crowd = crowd(envelope, 1);
        let (id, now, message) = (crowd.ids[0], crowd.now, Message::from(text));
        group.bench_function(format!("{envelope:?}").to_lowercase(), |bencher| {
            bencher.iter(|| {
                let incoming = crowd.hub.interpret(now, id, black_box(&message)).unwrap();
                assert!(matches!(incoming, Incoming::Event(_)));
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = to_a_room, understand
}
criterion_main!(benches);
