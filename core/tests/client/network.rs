//! The network between clients and hub: pipes with a mind of their own.
//!
//! Apart from both sides because it knows bytes and time only.

use fanfare_core::id::ConnectionId;
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use std::collections::{BTreeMap, VecDeque};
use std::ops::AddAssign;
use std::time::Duration;

/// What a pipe holds before it takes no more.
const PIPE_BYTES: usize = 4 * 1024;

/// Chance, from the seed.
pub(crate) struct Chance(pub(crate) Random);

impl Chance {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end.max(1)
    }

    /// A place in a list of this length, or 0.
    pub(crate) fn place(&mut self, len: usize) -> usize {
        self.0.next_u32() as usize % len.max(1)
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn millis(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.below(most) + 1)
    }
}

/// What the network did to its users.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) splits: u64,
    pub(crate) delays: u64,
    pub(crate) stalls: u64,
    pub(crate) half_closes: u64,
    pub(crate) resets: u64,
    pub(crate) restarts: u64,
    pub(crate) refusals: u64,
}

impl AddAssign for Faults {
    fn add_assign(&mut self, other: Faults) {
        self.splits += other.splits;
        self.delays += other.delays;
        self.stalls += other.stalls;
        self.half_closes += other.half_closes;
        self.resets += other.resets;
        self.restarts += other.restarts;
        self.refusals += other.refusals;
    }
}

/// One direction of a transport. What is written arrives in order, some time later.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    chunks: VecDeque<(Instant, Vec<u8>)>,
    last_arrival: Instant,
    stalled_until: Instant,
    end: Option<Instant>,
}

impl Pipe {
    /// Takes as much as there is room for.
    pub(crate) fn write(&mut self, now: Instant, bytes: &[u8], net: &mut Weather) -> usize {
        let held: usize = self.chunks.iter().map(|(_, chunk)| chunk.len()).sum();
        let taken = bytes.len().min(PIPE_BYTES.saturating_sub(held));
        let mut rest = &bytes[..taken];
        while !rest.is_empty() {
            let whole = !net.is_bad || net.chance.one_in(2);
            let size = if whole { rest.len() } else { 1 + net.chance.place(rest.len()) };
            net.faults.splits += u64::from(size < rest.len());
            let (piece, behind) = rest.split_at(size);
            let late = net.is_bad && net.chance.one_in(8);
            net.faults.delays += u64::from(late);
            let delay = if late { net.chance.millis(400) } else { net.chance.millis(5) };
            self.last_arrival = self.last_arrival.max(now + delay);
            self.chunks.push_back((self.last_arrival, piece.to_vec()));
            rest = behind;
        }
        taken
    }

    /// What has arrived next.
    pub(crate) fn read(&mut self, now: Instant) -> Option<Vec<u8>> {
        let (arrival, _) = self.chunks.front()?;
        if (*arrival).max(self.stalled_until) > now {
            return None;
        }
        self.chunks.pop_front().map(|(_, chunk)| chunk)
    }

    /// Puts back what was not wanted.
    pub(crate) fn unread(&mut self, now: Instant, rest: &[u8]) {
        if !rest.is_empty() {
            self.chunks.push_front((now, rest.to_vec()));
        }
    }

    /// The writer says no more.
    pub(crate) fn finish(&mut self, now: Instant) {
        self.end.get_or_insert(now.max(self.last_arrival));
    }

    /// Whether the reader has come to the end.
    pub(crate) fn has_ended(&self, now: Instant) -> bool {
        self.chunks.is_empty() && self.end.is_some_and(|end| end.max(self.stalled_until) <= now)
    }

    pub(crate) fn has_room(&self) -> bool {
        self.chunks.iter().map(|(_, chunk)| chunk.len()).sum::<usize>() < PIPE_BYTES
    }

    fn next(&self) -> Option<Instant> {
        let arrival = self.chunks.front().map(|(arrival, _)| *arrival).or(self.end)?;
        Some(arrival.max(self.stalled_until))
    }
}

/// One transport, with both of its directions.
#[derive(Debug)]
pub(crate) struct Wire {
    /// The hub's name for it, until that has released it.
    pub(crate) id: Option<ConnectionId>,
    /// To the hub.
    pub(crate) up: Pipe,
    /// To the client.
    pub(crate) down: Pipe,
    /// Nothing goes through any more, and both sides are to learn of it.
    pub(crate) is_broken: bool,
    /// The client has released it.
    pub(crate) client_left: bool,
}

impl Wire {
    pub(crate) fn new(id: ConnectionId) -> Wire {
        Wire {
            id: Some(id),
            up: Pipe::default(),
            down: Pipe::default(),
            is_broken: false,
            client_left: false,
        }
    }
}

/// All transports.
pub(crate) type Wires = BTreeMap<u64, Wire>;

/// What the network is like.
pub(crate) struct Weather {
    pub(crate) chance: Chance,
    pub(crate) is_bad: bool,
    pub(crate) faults: Faults,
}

impl Weather {
    /// Something happens to one of the transports.
    pub(crate) fn strike(&mut self, now: Instant, wires: &mut Wires) {
        let nth = self.chance.place(wires.len());
        let Some(wire) = wires.values_mut().nth(nth) else { return };
        let pipe = if self.chance.one_in(2) { &mut wire.up } else { &mut wire.down };
        match self.chance.below(4) {
            0 => {
                pipe.stalled_until = now + self.chance.millis(3_000);
                self.faults.stalls += 1;
            }
            // Long enough to be taken for silence.
            1 if self.chance.one_in(3) => {
                wire.up.stalled_until = now + Duration::from_secs(30);
                wire.down.stalled_until = wire.up.stalled_until;
                self.faults.stalls += 1;
            }
            1 | 2 => {
                pipe.finish(now);
                self.faults.half_closes += 1;
            }
            _ => {
                wire.is_broken = true;
                self.faults.resets += 1;
            }
        }
    }
}

/// When something arrives next.
pub(crate) fn next_arrivals(wires: &Wires) -> impl Iterator<Item = Instant> {
    wires.values().flat_map(|wire| [wire.up.next(), wire.down.next()]).flatten()
}
