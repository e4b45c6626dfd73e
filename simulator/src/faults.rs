//! What a network does to its users, and what it has done.

use std::ops::AddAssign;
use std::time::Duration;

/// What a network is like: how often it does what, in cases of a thousand, and for
/// how long. A time is drawn from zero to the one that is given.
///
/// ```
/// use fanfare_simulator::Faults;
///
/// let flaky = Faults::NONE.with(|faults| faults.reset_per_mille = 20);
/// assert_ne!(flaky, Faults::STORM);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Faults {
    /// How long bytes take, either way, without any fault.
    pub latency_time_max: Duration,
    /// How many bytes may be under way in one direction; the next ones wait.
    pub window_bytes: usize,
    /// Of the pieces written: cut in two at any byte, and the rest looked at again.
    pub split_per_mille: u32,
    /// Of the pieces that go: late, and what is behind them with them.
    pub delay_per_mille: u32,
    /// How late.
    pub delay_time_max: Duration,
    /// Of the writes: nothing more arrives in their direction for a while.
    pub stall_per_mille: u32,
    /// For how long.
    pub stall_time_max: Duration,
    /// Of the writes: nothing arrives any more, either way, and nobody is told.
    pub silence_per_mille: u32,
    /// Of the writes: their direction ends, at any byte of them.
    pub half_close_per_mille: u32,
    /// Of the writes: the connection is reset, and what is under way is lost.
    pub reset_per_mille: u32,
    /// Of the dials: refused.
    pub refuse_per_mille: u32,
    /// Of the dials: never answered.
    pub ignore_per_mille: u32,
    /// Each server ends within this time of its start; `None`: none ends.
    pub up_time_max: Option<Duration>,
    /// Of the servers that end: stopped gracefully, rather than killed.
    pub graceful_per_mille: u32,
    /// How long a graceful stop may take; see [`StopOptions`](fanfare_driver::StopOptions).
    pub stop_time_max: Duration,
    /// How long it takes until there is another one.
    pub down_time_max: Duration,
}

impl Faults {
    /// A good network: small latencies, and servers that stay.
    pub const NONE: Faults = Faults {
        latency_time_max: Duration::from_millis(5),
        window_bytes: 64 * 1024,
        split_per_mille: 0,
        delay_per_mille: 0,
        delay_time_max: Duration::ZERO,
        stall_per_mille: 0,
        stall_time_max: Duration::ZERO,
        silence_per_mille: 0,
        half_close_per_mille: 0,
        reset_per_mille: 0,
        refuse_per_mille: 0,
        ignore_per_mille: 0,
        up_time_max: None,
        graceful_per_mille: 0,
        stop_time_max: Duration::ZERO,
        down_time_max: Duration::ZERO,
    };

    /// A bit of everything: a connection lives for some seconds of traffic, a server
    /// for half a minute.
    pub const STORM: Faults = Faults {
        latency_time_max: Duration::from_millis(20),
        window_bytes: 16 * 1024,
        split_per_mille: 300,
        delay_per_mille: 50,
        delay_time_max: Duration::from_millis(500),
        stall_per_mille: 8,
        stall_time_max: Duration::from_secs(4),
        silence_per_mille: 2,
        half_close_per_mille: 4,
        reset_per_mille: 4,
        refuse_per_mille: 100,
        ignore_per_mille: 50,
        up_time_max: Some(Duration::from_secs(60)),
        graceful_per_mille: 500,
        stop_time_max: Duration::from_secs(5),
        down_time_max: Duration::from_secs(2),
    };

    /// The same, edited.
    #[must_use]
    pub fn with(mut self, edit: impl FnOnce(&mut Faults)) -> Faults {
        edit(&mut self);
        self
    }
}

/// How often each thing has really happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Connections that were made.
    pub connections: u64,
    /// Of these: left by both of their ends.
    pub connections_over: u64,
    /// Pieces that were cut in two.
    pub splits: u64,
    /// Pieces that were late.
    pub delays: u64,
    /// Directions that stood still for a while.
    pub stalls: u64,
    /// Connections that fell silent for ever.
    pub silences: u64,
    /// Directions that ended under their writer.
    pub half_closes: u64,
    /// Connections that the network reset.
    pub resets: u64,
    /// Dials that the network refused.
    pub refusals: u64,
    /// Dials that were never answered.
    pub ignored: u64,
    /// Dials to where there was no server at the moment.
    pub unserved: u64,
    /// Servers that were stopped gracefully.
    pub stops: u64,
    /// Servers that were killed.
    pub kills: u64,
    /// Servers that came to where another had been.
    pub restarts: u64,
    /// Servers that could not start, and will be tried again.
    pub failed_starts: u64,
}

impl Report {
    /// Connections that an end still holds.
    pub fn connections_open(&self) -> u64 {
        self.connections - self.connections_over
    }

    /// All that went wrong, in one number.
    pub fn faults(&self) -> u64 {
        let on_connections =
            self.splits + self.delays + self.stalls + self.silences + self.half_closes + self.resets;
        on_connections + self.refusals + self.ignored + self.unserved + self.stops + self.kills
    }
}

impl AddAssign for Report {
    fn add_assign(&mut self, other: Report) {
        self.connections += other.connections;
        self.connections_over += other.connections_over;
        self.splits += other.splits;
        self.delays += other.delays;
        self.stalls += other.stalls;
        self.silences += other.silences;
        self.half_closes += other.half_closes;
        self.resets += other.resets;
        self.refusals += other.refusals;
        self.ignored += other.ignored;
        self.unserved += other.unserved;
        self.stops += other.stops;
        self.kills += other.kills;
        self.restarts += other.restarts;
        self.failed_starts += other.failed_starts;
    }
}
