//! Many connections that say nothing: what does each of them take?

use crate::Connection;
use crate::client::Event;
use crate::error::LoadError;
use crate::fleet::Fleet;
use crate::process::{Memory, memory};
use crate::report::as_float;
use clap::Args;
use serde::Serialize;
use std::fmt;
use std::io;
use std::time::{Duration, Instant};

/// How often memory is read while it settles, and how often at most.
const SETTLE_INTERVAL: Duration = Duration::from_millis(200);
const SETTLE_ROUNDS_MAX: u32 = 25;
/// The fleet needs room for no message.
const MESSAGE_BYTES_MAX: usize = 0;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// Connections to open.
    #[arg(long, default_value_t = 15_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    connections: u32,
    /// How long they stay open after the memory was read.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=3_600))]
    hold_secs: u64,
}

#[derive(Serialize, Debug)]
pub(crate) struct Report {
    experiment: &'static str,
    connections: u32,
    opened: usize,
    /// Per connection, in bytes, each the difference to before; unknown without
    /// `--server-pid`.
    rss_each: Option<f64>,
    pss_each: Option<f64>,
    anonymous_each: Option<f64>,
    /// Of the whole server, before, with all connections open, and after.
    rss_bytes: Option<[u64; 3]>,
    open_seconds: f64,
    /// Not opened, lost while held, or not closed properly.
    failures: usize,
    first_failure: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Report, LoadError> {
    let Arguments { connection, connections, hold_secs } = arguments;
    let count = *connections as usize;
    let mut fleet = Fleet::new(&connection.url, count, MESSAGE_BYTES_MAX)?;
    // One connection first: what a server sets up once belongs to no connection.
    fleet.open_all(1)?;
    fleet.close_all()?;
    let before = settled_memory(&mut fleet, connection.server_pid)?;
    let started_at = Instant::now();
    let mut failures = fleet.open(count)?;
    let open_seconds = started_at.elapsed().as_secs_f64();
    let opened = count - failures.count;
    let during = settled_memory(&mut fleet, connection.server_pid)?;
    let held_at = Instant::now();
    while let Some(left) = Duration::from_secs(*hold_secs).checked_sub(held_at.elapsed()) {
        fleet.turn(left, |_, event| {
            if let Event::Ended(ending) = event {
                failures.add(ending);
            }
        })?;
    }
    let closing = fleet.close_all()?;
    let after = settled_memory(&mut fleet, connection.server_pid)?;
    let each = |part: fn(Memory) -> u64| {
        let grown = part(during?).saturating_sub(part(before?));
        Some((as_float(grown) / as_float(opened as u64)).round())
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
        failures: failures.count + closing.count,
        first_failure: failures.first.or(closing.first).map(|ending| ending.to_string()),
    })
}

/// Memory once two readings in a row are the same; the connections are served
/// meanwhile.
fn settled_memory(fleet: &mut Fleet, pid: Option<u32>) -> io::Result<Option<Memory>> {
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
        write!(f, "idle: {} of {} open within {:.1} s", self.opened, self.connections, self.open_seconds)?;
        if let (Some(rss), Some(anonymous)) = (self.rss_each, self.anonymous_each) {
            write!(f, ", {rss:.0} B RSS each ({anonymous:.0} B anonymous)")?;
        }
        write!(f, ", {} failures", self.failures)?;
        self.first_failure.iter().try_for_each(|first| write!(f, " (the first: {first})"))
    }
}
