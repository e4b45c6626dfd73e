//! Joining and leaving rooms, and what a disconnect costs that leaves many.
//!
//! The rooms have other members, so they neither begin nor end. Beside the two
//! usual shapes: sets of ids by room name, with and without a list of its rooms
//! per connection.

#![expect(clippy::unwrap_used, reason = "a bench that goes wrong has nothing to measure")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fanfare_benches::{Crowd, NAMESPACE, time_passes};
use fanfare_core::config::Settings;
use fanfare_core::id::ConnectionId;
use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::time::Duration;

/// As many as a connection may be in, by default.
const ROOMS_MAX: usize = 256;
/// Rooms there are when a connection ends.
const ROOMS: usize = 10_000;
const RESIDENT: u64 = 1;
const GUEST: u64 = 2;

fn names(rooms: usize) -> Vec<String> {
    (0..rooms).map(|number| format!("room {number}")).collect()
}

/// A hub in which every one of `rooms` has a member already.
fn inhabited(rooms: &[String]) -> Crowd {
    let mut crowd = Crowd::new(Settings::default(), rooms.len().div_ceil(ROOMS_MAX));
    for (id, rooms) in crowd.ids.iter().zip(rooms.chunks(ROOMS_MAX)) {
        for room in rooms {
            crowd.hub.join(*id, NAMESPACE, room).unwrap();
        }
    }
    while crowd.hub.next_notice().is_some() {}
    crowd
}

fn join_all(crowd: &mut Crowd, id: ConnectionId, rooms: &[String]) {
    for room in rooms {
        assert!(crowd.hub.join(id, NAMESPACE, room).unwrap());
    }
}

/// One set of ids per room.
struct Sets {
    rooms: HashMap<String, HashSet<u64>>,
    /// By connection; only filled where the bench says so.
    rooms_of: HashMap<u64, HashSet<String>>,
}

impl Sets {
    fn inhabited(rooms: &[String]) -> Sets {
        let resident = |room: &String| (room.clone(), HashSet::from([RESIDENT]));
        Sets { rooms: rooms.iter().map(resident).collect(), rooms_of: HashMap::new() }
    }

    fn join(&mut self, id: u64, room: &str) -> bool {
        if let Some(ids) = self.rooms.get_mut(room) {
            return ids.insert(id);
        }
        self.rooms.insert(room.to_owned(), HashSet::from([id]));
        true
    }

    fn leave(&mut self, id: u64, room: &str) -> bool {
        let Some(ids) = self.rooms.get_mut(room) else { return false };
        let changed = ids.remove(&id);
        if ids.is_empty() {
            self.rooms.remove(room);
        }
        changed
    }
}

fn join_and_leave(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("join_and_leave");
    for rooms in [1, 10, 100] {
        let names = names(rooms);
        group.throughput(Throughput::Elements(rooms as u64));
        let mut crowd = inhabited(&names);
        let id = crowd.open();
        group.bench_function(BenchmarkId::new("fanfare", rooms), |bencher| {
            bencher.iter(|| {
                join_all(&mut crowd, id, &names);
                for room in &names {
                    assert!(crowd.hub.leave(id, NAMESPACE, room).unwrap());
                }
            });
        });
        let mut sets = Sets::inhabited(&names);
        group.bench_function(BenchmarkId::new("sets_by_room_name", rooms), |bencher| {
            bencher.iter(|| {
                for room in &names {
                    assert!(sets.join(GUEST, room));
                }
                for room in &names {
                    assert!(sets.leave(GUEST, room));
                }
            });
        });
    }
    group.finish();
}

/// The end of a connection that is in 256 of 10,000 rooms.
fn disconnect(criterion: &mut Criterion) {
    let names = names(ROOMS);
    let mut group = criterion.benchmark_group("disconnect_from_256_rooms");
    group.bench_function("fanfare", |bencher| {
        let mut crowd = inhabited(&names);
        bencher.iter_custom(|passes| {
            let mut total = Duration::ZERO;
            for _ in 0..passes {
                let id = crowd.open();
                join_all(&mut crowd, id, &names[..ROOMS_MAX]);
                total += time_passes(&mut crowd, 1, |crowd| crowd.hub.abort(crowd.now, id).unwrap(), |_| ());
                crowd.forget(id);
            }
            total
        });
    });
    group.bench_function("sets_and_rooms_of_connection", |bencher| {
        let mut sets = Sets::inhabited(&names);
        bencher.iter_custom(|passes| {
            join_sets(&mut sets, &names);
            let leave = |sets: &mut Sets| {
                for room in sets.rooms_of.remove(&GUEST).unwrap() {
                    assert!(sets.leave(GUEST, &room));
                }
            };
            time_passes(&mut sets, passes, leave, |sets| join_sets(sets, &names))
        });
    });
    group.bench_function("sets_only", |bencher| {
        let mut sets = Sets::inhabited(&names);
        bencher.iter_custom(|passes| {
            join_sets(&mut sets, &names);
            let leave = |sets: &mut Sets| {
                let left = sets.rooms.values_mut().filter_map(|ids| ids.remove(&GUEST).then_some(()));
                assert_eq!(black_box(left.count()), ROOMS_MAX);
            };
            time_passes(&mut sets, passes, leave, |sets| join_sets(sets, &names))
        });
    });
    group.finish();
}

fn join_sets(sets: &mut Sets, names: &[String]) {
    let rooms = &names[..ROOMS_MAX];
    for room in rooms {
        sets.join(GUEST, room);
    }
    sets.rooms_of.insert(GUEST, rooms.iter().cloned().collect());
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = join_and_leave, disconnect
}
criterion_main!(benches);
