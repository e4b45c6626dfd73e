//! One publisher, many members, every member gets every message.
//!
//! The publisher is one of the members. Under `--all` it sends a burst of
//! `--window` messages in one write and the next burst only when every member
//! has received all of the last: no server can look cheap by queueing. Under
//! `--rate` it sends single messages at fixed times, whatever has arrived, and
//! latency counts from the time a message was due: a publisher that was held up
//! must not make the server look quicker.

use crate::client::{Ending, Event};
use crate::error::LoadError;
use crate::fleet::{Fleet, STALL_TIME_MAX};
use crate::ledger::Ledger;
use crate::message::MessageShape;
use crate::process::Meter;
use crate::report::{Cost, Latency};
use crate::{Connection, Span};
use clap::Args;
use serde::Serialize;
use std::fmt;
use std::time::{Duration, Instant};

const PUBLISHER: usize = 0;
/// The number of the message that finds out whether all members are joined.
const PROBE: u32 = u32::MAX;
const PROBE_INTERVAL: Duration = Duration::from_millis(250);
const WINDOW_MAX: u32 = 1_024;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    message: MessageShape,
    /// Connections, the publisher among them.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    members: u32,
    #[command(flatten)]
    pacing: PacingArguments,
    /// Messages in one burst.
    #[arg(long, default_value_t = 1, conflicts_with = "rate", value_parser = clap::value_parser!(u32).range(1..=i64::from(WINDOW_MAX)))]
    window: u32,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct PacingArguments {
    /// The next burst leaves when every member has all of the last.
    #[arg(long)]
    all: bool,
    /// So many single messages a second, whatever has arrived.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pacing {
    WindowAll { burst: u32 },
    OpenRate { interval: Duration },
}

#[derive(Serialize, Debug)]
pub(crate) struct Report {
    experiment: &'static str,
    members: u32,
    bytes: u64,
    window: Option<u32>,
    rate: Option<u32>,
    #[serde(flatten)]
    cost: Cost,
    #[serde(flatten)]
    latency: Latency,
    /// Over the whole run, its warm-up included.
    lost: u64,
    /// Received twice, late, or not ours.
    strays: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Report, LoadError> {
    let Arguments { connection, span, message, members, pacing, window } = arguments;
    let count = *members as usize;
    let mut fleet = Fleet::new(&connection.url, count, message.payload_bytes())?;
    fleet.open_all(count)?;
    let pacing = match pacing.rate {
        Some(rate) => Pacing::OpenRate { interval: Duration::from_secs(1) / rate },
        None => Pacing::WindowAll { burst: *window },
    };
    let mut run =
        Run { fleet, message: *message, pacing, ledger: Ledger::new(count), ended: None, wire: Vec::new() };
    run.wait_until_joined(count)?;
    let cost = run.measure(span, connection.server_pid)?;
    run.drain()?;
    // How well they close is the concern of `connect`.
    run.fleet.close_all()?;
    let Run { ledger, .. } = run;
    if ledger.latencies().count() == 0 {
        return Err(LoadError::NothingMeasured);
    }
    Ok(Report {
        experiment: "fanout",
        members: *members,
        bytes: message.bytes,
        window: matches!(pacing, Pacing::WindowAll { .. }).then_some(*window),
        rate: arguments.pacing.rate,
        cost,
        latency: Latency::new(ledger.latencies()),
        lost: ledger.lost(),
        strays: ledger.strays(),
    })
}

struct Run {
    fleet: Fleet,
    message: MessageShape,
    pacing: Pacing,
    ledger: Ledger,
    ended: Option<(usize, Ending)>,
    wire: Vec<u8>,
}

impl Run {
    /// A server may answer the handshake before it broadcasts to the newcomer,
    /// so probes are sent until everybody has heard one.
    fn wait_until_joined(&mut self, members: usize) -> Result<(), LoadError> {
        let mut heard = vec![false; members];
        let mut missing = members;
        let started_at = Instant::now();
        let mut probes = 0;
        while missing > 0 {
            if started_at.elapsed() >= PROBE_INTERVAL * probes {
                self.wire.clear();
                self.message.put(&mut self.wire, PROBE);
                self.send()?;
                probes += 1;
            }
            if started_at.elapsed() > STALL_TIME_MAX {
                return Err(LoadError::NotABroadcast { missing, members });
            }
            let message = self.message;
            self.turn(PROBE_INTERVAL, |_, member, payload, _| {
                if let (Some(PROBE), Some(heard @ false)) = (message.number(payload), heard.get_mut(member)) {
                    *heard = true;
                    missing -= 1;
                }
            })?;
        }
        Ok(())
    }

    /// Publishes for the warm-up and the measured span. The meter runs from the
    /// first burst after the warm-up to the end of the last one, or to the end of
    /// the span under an open rate.
    fn measure(&mut self, span: &Span, server_pid: Option<u32>) -> Result<Cost, LoadError> {
        let started_at = Instant::now();
        let mut meter: Option<Meter> = None;
        let mut next_at = started_at;
        let mut progress = (0, started_at);
        loop {
            if self.is_due(next_at) {
                if let Some(meter) = &meter
                    && meter.elapsed() >= span.seconds()
                {
                    break;
                }
                if meter.is_none() && started_at.elapsed() >= span.warm_up() {
                    self.ledger.reset_figures();
                    meter = Some(Meter::start(server_pid)?);
                }
                next_at = self.publish(next_at)?;
            }
            self.receive(self.time_to(next_at))?;
            let outstanding = self.ledger.outstanding();
            if outstanding == 0 || progress.0 != outstanding {
                progress = (outstanding, Instant::now());
            } else if progress.1.elapsed() > STALL_TIME_MAX {
                break;
            }
        }
        let usage = meter.ok_or(LoadError::NothingMeasured)?.stop()?;
        Ok(Cost::new(self.ledger.deliveries(), &usage))
    }

    fn is_due(&self, next_at: Instant) -> bool {
        match self.pacing {
            Pacing::WindowAll { .. } => self.ledger.outstanding() == 0,
            Pacing::OpenRate { .. } => Instant::now() >= next_at,
        }
    }

    fn time_to(&self, next_at: Instant) -> Duration {
        match self.pacing {
            Pacing::WindowAll { .. } => Duration::from_millis(100),
            Pacing::OpenRate { .. } => next_at.saturating_duration_since(Instant::now()),
        }
    }

    /// Sends what is due since `due_at` and returns when the next is.
    fn publish(&mut self, due_at: Instant) -> Result<Instant, LoadError> {
        let (burst, at, next_at) = match self.pacing {
            Pacing::WindowAll { burst } => (burst, Instant::now(), due_at),
            Pacing::OpenRate { interval } => (1, due_at, due_at + interval),
        };
        self.wire.clear();
        for _ in 0..burst {
            let number = self.ledger.publish(at);
            self.message.put(&mut self.wire, number);
        }
        self.send()?;
        Ok(next_at)
    }

    fn send(&mut self) -> Result<(), LoadError> {
        let sent = self.fleet.send(PUBLISHER, &self.wire);
        sent.map_err(|ending| LoadError::ConnectionEnded { connection: PUBLISHER, ending })
    }

    fn receive(&mut self, timeout: Duration) -> Result<(), LoadError> {
        let message = self.message;
        self.turn(timeout, |ledger, member, payload, at| match message.number(payload) {
            // An answer to a probe that was sent once more than needed.
            Some(PROBE) => {}
            number => ledger.receive(member, number, at),
        })
    }

    /// Waits for what is still due, which decides what is lost.
    fn drain(&mut self) -> Result<(), LoadError> {
        let mut progress = (self.ledger.outstanding(), Instant::now());
        while self.ledger.outstanding() > 0 && progress.1.elapsed() < STALL_TIME_MAX {
            self.receive(Duration::from_millis(100))?;
            if progress.0 != self.ledger.outstanding() {
                progress = (self.ledger.outstanding(), Instant::now());
            }
        }
        Ok(())
    }

    fn turn(
        &mut self,
        timeout: Duration,
        mut on: impl FnMut(&mut Ledger, usize, &[u8], Instant),
    ) -> Result<(), LoadError> {
        let Run { fleet, ledger, ended, .. } = self;
        fleet.turn(timeout, |member, event| match event {
            Event::Message(payload, at) => on(ledger, member, payload, at),
            Event::Ended(ending) => *ended = Some((member, ending)),
            Event::Opened => {}
        })?;
        match ended.take() {
            Some((connection, ending)) => Err(LoadError::ConnectionEnded { connection, ending }),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { cost, latency, lost, strays, members, bytes, .. } = self;
        write!(f, "fanout to {members} of {bytes} B: {} deliveries, {cost}, {latency}, ", cost.units)?;
        write!(f, "{lost} lost, {strays} strays")
    }
}
