//! Connections that come, say hello, say goodbye and go: the price of each.

use crate::Connection;
use crate::client::{Ending, Event};
use crate::error::LoadError;
use crate::fleet::{Failures, Fleet, STALL_TIME_MAX};
use crate::process::{Meter, Usage};
use crate::report::Cost;
use clap::Args;
use serde::Serialize;
use std::fmt;
use std::time::{Duration, Instant};

/// The fleet needs room for no message.
const MESSAGE_BYTES_MAX: usize = 0;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// Connections in all.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    /// Connections at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    in_flight: u32,
}

#[derive(Serialize, Debug)]
pub(crate) struct Report {
    experiment: &'static str,
    count: u32,
    in_flight: u32,
    /// Per connection that opened and closed properly.
    #[serde(flatten)]
    cost: Cost,
    failures: usize,
    first_failure: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Report, LoadError> {
    let Arguments { connection, count, in_flight } = arguments;
    let mut fleet = Fleet::new(&connection.url, *in_flight as usize, MESSAGE_BYTES_MAX)?;
    // What a server sets up at its first connections belongs to none of these.
    let warm_up = *in_flight.min(count);
    visit(&mut fleet, warm_up, *in_flight)?;
    let meter = Meter::start(connection.server_pid)?;
    let (done, failures) = visit(&mut fleet, *count, *in_flight)?;
    let usage: Usage = meter.stop()?;
    if done == 0 {
        return Err(LoadError::NothingMeasured);
    }
    Ok(Report {
        experiment: "connect",
        count: *count,
        in_flight: *in_flight,
        cost: Cost::new(done, &usage),
        failures: failures.count,
        first_failure: failures.first.map(|ending| ending.to_string()),
    })
}

/// Opens and closes `count` connections; returns how many did both properly.
fn visit(fleet: &mut Fleet, count: u32, in_flight: u32) -> Result<(u64, Failures), LoadError> {
    let mut failures = Failures::default();
    let (mut dialled, mut done) = (0, 0);
    let mut under_way = 0;
    let mut opened = Vec::new();
    let mut progress_at = Instant::now();
    while (dialled < count || under_way > 0) && progress_at.elapsed() < STALL_TIME_MAX {
        while dialled < count && under_way < in_flight {
            fleet.dial()?;
            dialled += 1;
            under_way += 1;
        }
        fleet.turn(Duration::from_millis(100), |key, event| {
            progress_at = Instant::now();
            match event {
                Event::Opened => opened.push(key),
                Event::Ended(ending) => {
                    under_way -= 1;
                    if ending == Ending::Closed {
                        done += 1;
                    } else {
                        failures.add(ending);
                    }
                }
                Event::Message(..) => {}
            }
        })?;
        for key in opened.drain(..) {
            if let Err(ending) = fleet.close(key) {
                under_way -= 1;
                failures.add(ending);
            }
        }
    }
    (0..under_way).for_each(|_| failures.add(Ending::Failed(rustix::io::Errno::TIMEDOUT)));
    Ok((done, failures))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connect: {} connections, {}, {} failures", self.cost.units, self.cost, self.failures)?;
        self.first_failure.iter().try_for_each(|first| write!(f, " (the first: {first})"))
    }
}
