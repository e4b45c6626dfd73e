//! Many connections that say nothing: what does each of them take?

use crate::arguments::Connection;
use crate::client::Event;
use crate::control::{Control, Progress, Stage};
use crate::error::LoadError;
use crate::fleet::{Fleet, TURN_TIME_MAX};
use crate::process::{Memory, memory};
use crate::report::{Faults, as_float, line, rounded};
use clap::{Args, value_parser};
use serde::Serialize;
use std::fmt;
use std::time::{Duration, Instant};

pub(crate) const EXAMPLES: &str = "\
Examples:
  fanfare bench idle --url ws://127.0.0.1:8080/ws/echo --connections 10000 --server-pid \"$(pidof -s fanfare)\"
  fanfare bench idle --url wss://chat.example/ws --connections 500 --seconds 60";

/// How often memory is read while it settles, and how often at most.
const SETTLE_INTERVAL: Duration = Duration::from_millis(200);
const SETTLE_ROUNDS_MAX: u32 = 25;

/// The size of it.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Connections to open
    #[arg(long, default_value_t = 15_000, value_parser = value_parser!(u32).range(1..=1_000_000))]
    connections: u32,
    /// Seconds that they stay open, once all are
    #[arg(long, default_value_t = 0, value_parser = value_parser!(u64).range(0..=3_600))]
    seconds: u64,
    #[command(flatten)]
    connection: Connection,
}

/// What was found.
#[derive(Serialize, Debug)]
pub struct Report {
    experiment: &'static str,
    connections: u32,
    opened: usize,
    /// Per connection, in bytes, each the difference to before; unknown without
    /// the server's process.
    rss_each: Option<f64>,
    pss_each: Option<f64>,
    anonymous_each: Option<f64>,
    /// Of the whole server, before, with all connections open, and after.
    rss_bytes: Option<[u64; 3]>,
    open_seconds: f64,
    /// Not opened, lost while held, or not closed properly.
    #[serde(flatten)]
    pub(crate) faults: Faults,
    interrupted: bool,
}

pub(crate) fn run(arguments: &Arguments, control: Control<'_>) -> Result<Report, LoadError> {
    let Arguments { connection, connections, seconds } = arguments;
    let count = *connections as usize;
    let mut fleet = Fleet::new(connection, count, control)?;
    // One connection first: what a server sets up once belongs to no connection.
    fleet.open_first()?;
    fleet.close_all()?;
    let before = settled_memory(&mut fleet, connection.server_pid)?;
    let started_at = Instant::now();
    let mut failures = fleet.open(count)?;
    let open_seconds = rounded(started_at.elapsed().as_secs_f64(), 1e3);
    let opened = count - failures.count;
    let during = settled_memory(&mut fleet, connection.server_pid)?;
    let (held_at, hold) = (Instant::now(), Duration::from_secs(*seconds));
    while let Some(left) = hold.checked_sub(held_at.elapsed())
        && !fleet.is_stopped()
    {
        fleet.turn(left.min(TURN_TIME_MAX), |_, event| {
            if let Event::Ended(ending) = event {
                failures.add(ending);
            }
        })?;
        fleet.tell(|| Progress::time(Stage::Holding, held_at.elapsed(), hold, opened as u64));
    }
    let interrupted = fleet.is_stopped();
    let closing = fleet.close_all()?;
    let after = settled_memory(&mut fleet, connection.server_pid)?;
    failures.count += closing.count;
    failures.first = failures.first.or(closing.first);
    let each = |part: fn(Memory) -> u64| {
        let grown = part(during?).saturating_sub(part(before?));
        (opened > 0).then(|| (as_float(grown) / as_float(opened as u64)).round())
    };
    Ok(Report {
        experiment: "idle",
        connections: *connections,
        opened,
        rss_each: each(|memory| memory.rss_bytes),
        pss_each: each(|memory| memory.pss_bytes),
        anonymous_each: each(|memory| memory.anonymous_bytes),
        rss_bytes: before.zip(during).zip(after).map(|((a, b), c)| [a, b, c].map(|memory| memory.rss_bytes)),
        open_seconds,
        faults: failures.into(),
        interrupted,
    })
}

/// Memory once two readings in a row are the same; the connections are served
/// meanwhile.
fn settled_memory(fleet: &mut Fleet<'_>, pid: Option<u32>) -> Result<Option<Memory>, LoadError> {
    let Some(pid) = pid else { return Ok(None) };
    let mut last = memory(pid)?;
    for _ in 0..SETTLE_ROUNDS_MAX {
        let read_at = Instant::now();
        while let Some(left) = SETTLE_INTERVAL.checked_sub(read_at.elapsed()) {
            fleet.turn(left, |_, _| ())?;
        }
        let now = memory(pid)?;
        if now == last {
            break;
        }
        last = now;
    }
    Ok(Some(last))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { connections, opened, open_seconds, faults, .. } = self;
        write!(f, "idle: {connections} connections that say nothing")?;
        line(f, "open", format!("{opened} within {open_seconds:.1} s"))?;
        if let (Some(rss), Some(anonymous)) = (self.rss_each, self.anonymous_each) {
            line(f, "memory", format!("{rss:.0} bytes RSS each, {anonymous:.0} of them anonymous"))?;
        }
        faults.fmt(f)
    }
}
