//! Connections that come, say hello, say goodbye and go: the price of each.

use crate::arguments::Connection;
use crate::client::Event;
use crate::control::{Control, Progress, Stage};
use crate::ending::Ending;
use crate::error::LoadError;
use crate::fleet::{Failures, Fleet, TURN_TIME_MAX};
use crate::process::Meter;
use crate::report::{Cost, Faults};
use clap::{Args, value_parser};
use serde::Serialize;
use std::fmt;
use std::time::Instant;

pub(crate) const EXAMPLES: &str = "\
Examples:
  fanfare bench connect --url ws://127.0.0.1:8080/ws/echo --count 5000
  fanfare bench connect --url wss://chat.example/ws --in-flight 8 --count 200";

/// The size of it.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Connections in all
    #[arg(long, default_value_t = 20_000, value_parser = value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    /// Connections at once
    #[arg(long, default_value_t = 64, value_parser = value_parser!(u32).range(1..=10_000))]
    in_flight: u32,
    #[command(flatten)]
    connection: Connection,
}

/// What was found.
#[derive(Serialize, Debug)]
pub struct Report {
    experiment: &'static str,
    count: u32,
    in_flight: u32,
    /// Per connection that opened and closed properly.
    #[serde(flatten)]
    cost: Cost,
    #[serde(flatten)]
    pub(crate) faults: Faults,
    interrupted: bool,
}

pub(crate) fn run(arguments: &Arguments, control: Control<'_>) -> Result<Report, LoadError> {
    let Arguments { connection, count, in_flight } = arguments;
    let mut fleet = Fleet::new(connection, *in_flight as usize, control)?;
    fleet.open_first()?;
    fleet.close_all()?;
    // What a server sets up at its first connections belongs to none of these.
    visit(&mut fleet, *in_flight.min(count), *in_flight)?;
    let meter = Meter::start(connection.server_pid)?;
    let (done, failures) = visit(&mut fleet, *count, *in_flight)?;
    let usage = meter.stop()?;
    let interrupted = fleet.is_stopped();
    if done == 0 {
        return Err(if interrupted { LoadError::Interrupted } else { LoadError::NothingMeasured });
    }
    Ok(Report {
        experiment: "connect",
        count: *count,
        in_flight: *in_flight,
        cost: Cost::new(done, &usage),
        faults: Faults::from(failures),
        interrupted,
    })
}

/// Opens and closes `count` connections; returns how many did both properly.
fn visit(fleet: &mut Fleet<'_>, count: u32, in_flight: u32) -> Result<(u64, Failures), LoadError> {
    let mut failures = Failures::default();
    let (mut dialed, mut done) = (0, 0);
    let mut under_way = 0;
    let mut opened = Vec::new();
    let mut progress_at = Instant::now();
    loop {
        // Told to stop, it begins no more, and ends what has begun.
        let wanted = if fleet.is_stopped() { dialed } else { count };
        if (dialed >= wanted && under_way == 0) || progress_at.elapsed() >= fleet.patience() {
            break;
        }
        while dialed < wanted && under_way < in_flight {
            fleet.dial()?;
            dialed += 1;
            under_way += 1;
        }
        fleet.turn(TURN_TIME_MAX, |key, event| {
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
        let settled = dialed.saturating_sub(under_way);
        fleet.tell(|| Progress::connections(Stage::Visiting, settled as usize, count as usize));
    }
    (0..under_way).for_each(|_| failures.add(Ending::Silent));
    fleet.cut_all();
    Ok((done, failures))
}

impl From<Failures> for Faults {
    fn from(failures: Failures) -> Faults {
        Faults { failures: failures.count, first_failure: failures.first.map(|ending| ending.to_string()) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { count, in_flight, cost, faults, .. } = self;
        write!(f, "connect: {count} connections that come and go, {in_flight} at once{cost}{faults}")
    }
}
