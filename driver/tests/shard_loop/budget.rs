//! The bytes that may wait, shared by the shards.

use crate::bench::Bench;
use crate::line::Line;
use crate::{REQUEST, app};
use fanfare_core::config::Settings;
use fanfare_core::id::ConnectionId;

const MIB: usize = 1 << 20;
const MESSAGE_BYTES: usize = 64 << 10;

/// Queues a message as often as it says; how many found no room in the budget.
fn send(bench: &mut Bench, to: ConnectionId, messages: usize) -> u64 {
    let before = bench.handle.stats().dropped_budget;
    for _ in 0..messages {
        let queued = bench.handle.send(to, vec![0; MESSAGE_BYTES].as_slice());
        bench.run();
        drop(queued.wait());
    }
    bench.handle.stats().dropped_budget - before
}

/// What one shard has queued and written, another may queue.
#[test]
fn a_shard_gives_back_what_others_may_need() {
    let settings = Settings::default().with(|server| {
        server.server_outbox_bytes_max = 4 * MIB;
        server.connection.outbox_bytes_max = 4 * MIB;
    });
    let mut bench = Bench::with_shards(app().config(settings.build().unwrap()), 2);
    let lines = [Line::default(), Line::default()];
    for line in &lines {
        line.say(REQUEST);
        bench.accept(line, b"");
        bench.run();
        line.with(|state| state.room = 0);
    }
    let connections = bench.handle.connections();
    bench.run();
    let connections = connections.wait().unwrap();
    let [first, second] = connections.as_slice() else { panic!("two must be open") };

    let two_and_a_half_mib = 40;
    assert_eq!(send(&mut bench, first.id, two_and_a_half_mib), 0);
    assert!(send(&mut bench, second.id, two_and_a_half_mib) > 0, "together they need five");
    lines[0].with(|state| state.room = usize::MAX);
    bench.run();
    lines[1].with(|state| state.room = usize::MAX);
    bench.run();
    lines[1].with(|state| state.room = 0);
    assert_eq!(send(&mut bench, second.id, two_and_a_half_mib), 0);
}
