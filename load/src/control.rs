//! What an experiment and whoever started it tell each other meanwhile.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often progress is told, at most: seldom enough to cost nothing.
const TELL_INTERVAL: Duration = Duration::from_millis(250);

/// The surroundings of a run.
pub struct Control<'c> {
    descriptors_max: Option<u64>,
    stop: &'c AtomicBool,
    tell: &'c mut dyn FnMut(Progress),
    told_at: Option<Instant>,
}

/// How far a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// What it is doing.
    pub stage: Stage,
    /// How much of that is done: connections, or milliseconds where it measures.
    pub done: u64,
    /// How much it will be.
    pub total: u64,
    /// What has been counted so far: deliveries, echoes.
    pub units: u64,
}

/// What a run is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Connections are being opened.
    Opening,
    /// Connections are opened and closed.
    Visiting,
    /// Messages go, and are counted.
    Measuring,
    /// Connections are kept open, saying nothing.
    Holding,
}

impl<'c> Control<'c> {
    /// A run that may have `descriptors_max` open files (`None` = any number), ends
    /// soon after `stop` is set, and calls `tell` a few times a second.
    pub fn new(
        descriptors_max: Option<u64>,
        stop: &'c AtomicBool,
        tell: &'c mut dyn FnMut(Progress),
    ) -> Control<'c> {
        Control { descriptors_max, stop, tell, told_at: None }
    }

    pub(crate) fn descriptors_max(&self) -> Option<u64> {
        self.descriptors_max
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Tells how far it is, unless that was told a moment ago.
    pub(crate) fn tell(&mut self, progress: impl FnOnce() -> Progress) {
        let now = Instant::now();
        if self.told_at.is_none_or(|at| now.saturating_duration_since(at) >= TELL_INTERVAL) {
            self.told_at = Some(now);
            (self.tell)(progress());
        }
    }
}

impl Progress {
    /// Of a stage that counts connections.
    pub(crate) fn connections(stage: Stage, done: usize, total: usize) -> Progress {
        Progress { stage, done: done as u64, total: total as u64, units: 0 }
    }

    /// Of a stage that takes a known time.
    pub(crate) fn time(stage: Stage, done: Duration, total: Duration, units: u64) -> Progress {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Progress { stage, done: millis(done.min(total)), total: millis(total), units }
    }
}

impl fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("stop", self.stop).finish_non_exhaustive()
    }
}
