//! Masked messages in, as they lie in a full read buffer: through the hub,
//! through its decoder alone, and through tungstenite.
//!
//! Everyone starts from the same bytes and pays one copy of them into the read
//! buffer, which stands for what the kernel does in `read`.

#![expect(clippy::unwrap_used, reason = "a bench that goes wrong has nothing to measure")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use fanfare_benches::{Crowd, masked_stream};
use fanfare_core::config::{ConnectionSettings, Settings};
use fanfare_core::hub::Event;
use fanfare_core::wire::{Decoder, Incoming, Limits, Message, Role};
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::time::Duration;
use tungstenite::protocol::{self, WebSocketContext};

/// The read buffer of a shard.
const BUFFER_BYTES: usize = 64 * 1024;

/// The default limits, as the decoder knows them.
fn limits() -> Limits {
    let ConnectionSettings { message_bytes_max, fragments_max, .. } = ConnectionSettings::default();
    Limits { message_bytes_max, fragments_max }
}

/// What the messages say: half of it ASCII, as chat and JSON are, half not.
fn text(bytes: usize) -> String {
    let mut text: String = "chat über 🎺 {\"type\":\"chat\"} ".chars().cycle().take(bytes).collect();
    while text.len() > bytes {
        text.pop();
    }
    text.extend(std::iter::repeat_n(' ', bytes - text.len()));
    text
}

fn receive(criterion: &mut Criterion) {
    for bytes in [64, 1_024] {
        let text = text(bytes);
        compare(criterion, &format!("receive_text_{bytes}"), &Message::from(text.as_str()));
        compare(criterion, &format!("receive_binary_{bytes}"), &Message::from(text.as_bytes()));
    }
}

fn compare(criterion: &mut Criterion, name: &str, message: &Message<'_>) {
    let (stream, messages) = masked_stream(message, BUFFER_BYTES);
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(messages));
    time_hub(&mut group, &stream, messages);
    time_decoder(&mut group, &stream, messages);
    time_tungstenite(&mut group, &stream, messages);
    group.finish();
}

fn time_hub(group: &mut BenchmarkGroup<'_, WallTime>, stream: &[u8], messages: u64) {
    let mut crowd = Crowd::new(Settings::default(), 1);
    let (id, now) = (crowd.ids[0], crowd.now);
    let mut buffer = vec![0; stream.len()];
    group.bench_function("fanfare_hub", |bencher| {
        bencher.iter(|| {
            buffer.copy_from_slice(stream);
            let (mut rest, mut seen) = (buffer.as_mut_slice(), 0);
            while !rest.is_empty() {
                let received = crowd.hub.receive(now, id, rest).unwrap();
                let consumed = received.consumed;
                if let Some(Event::Message(message)) = &received.event {
                    black_box(message.as_bytes());
                    seen += 1;
                }
                rest = &mut rest[consumed..];
            }
            assert_eq!(seen, messages);
        });
    });
}

fn time_decoder(group: &mut BenchmarkGroup<'_, WallTime>, stream: &[u8], messages: u64) {
    let (mut decoder, limits) = (Decoder::new(Role::Server), limits());
    let mut buffer = vec![0; stream.len()];
    group.bench_function("fanfare_decoder", |bencher| {
        bencher.iter(|| {
            buffer.copy_from_slice(stream);
            let (mut rest, mut seen) = (buffer.as_mut_slice(), 0);
            while !rest.is_empty() {
                let step = decoder.decode(&limits, rest).unwrap();
                let consumed = step.consumed;
                if let Some(Incoming::Message(message)) = &step.incoming {
                    black_box(message.as_bytes());
                    seen += 1;
                }
                rest = &mut rest[consumed..];
            }
            assert_eq!(seen, messages);
        });
    });
}

fn time_tungstenite(group: &mut BenchmarkGroup<'_, WallTime>, stream: &[u8], messages: u64) {
    let mut context = WebSocketContext::new(protocol::Role::Server, None);
    group.bench_function("tungstenite", |bencher| {
        bencher.iter(|| {
            let (mut transport, mut seen) = (Transport(stream), 0);
            while let Ok(message) = context.read(&mut transport) {
                black_box(message.into_data());
                seen += 1;
            }
            assert_eq!(seen, messages);
        });
    });
}

/// Bytes to read, then nothing until the next pass.
struct Transport<'s>(&'s [u8]);

impl Read for Transport<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { self.0.read(buffer) }
    }
}

impl Write for Transport<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = receive
}
criterion_main!(benches);
