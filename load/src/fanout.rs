//! One publisher, many members, every member gets every message.
//!
//! The publisher is one of the members. It sends a burst of `--window` messages in
//! one write and the next burst only when every member has received all of the
//! last: no server can look cheap by queueing. Under `--rate` it sends single
//! messages at fixed times, whatever has arrived, and latency counts from the time
//! a message was due: a publisher that was held up must not make the server look
//! quicker.

use crate::arguments::{Connection, Span};
use crate::client::Event;
use crate::control::{Control, Progress, Stage};
use crate::ending::Ending;
use crate::error::LoadError;
use crate::fleet::{Fleet, TURN_TIME_MAX};
use crate::ledger::Ledger;
use crate::message::{MessageShape, Writer};
use crate::process::Meter;
use crate::report::{Account, Cost, Latency};
use clap::{Args, value_parser};
use serde::Serialize;
use std::fmt;
use std::time::{Duration, Instant};

pub(crate) const EXAMPLES: &str = "\
Examples:
  fanfare bench fanout --url ws://127.0.0.1:8080/ws/broadcast --members 1000 --window 16
  fanfare bench fanout --url 'ws://127.0.0.1:8080/ws/broadcast?room=a' --members 200 --rate 50 --seconds 10 --json";

const PUBLISHER: usize = 0;
/// The number of the message that finds out whether all members are joined.
const PROBE: u32 = u32::MAX;
const PROBE_INTERVAL: Duration = Duration::from_millis(250);

/// The size of it.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Connections, the publisher among them
    #[arg(long, default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=1_000_000))]
    members: u32,
    #[command(flatten)]
    message: MessageShape,
    /// Messages in one write; the next ones follow when every member has all of them
    #[arg(long, default_value_t = 1, conflicts_with = "rate", value_parser = value_parser!(u32).range(1..=1_024))]
    window: u32,
    /// Instead: so many single messages a second, whatever has arrived
    #[arg(long, value_name = "PER_SECOND", value_parser = value_parser!(u32).range(1..=100_000))]
    rate: Option<u32>,
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pacing {
    WindowAll { burst: u32 },
    OpenRate { interval: Duration },
}

/// What was found.
#[derive(Serialize, Debug)]
pub struct Report {
    experiment: &'static str,
    members: u32,
    bytes: u64,
    window: Option<u32>,
    rate: Option<u32>,
    /// Per delivery.
    #[serde(flatten)]
    cost: Cost,
    #[serde(flatten)]
    latency: Option<Latency>,
    #[serde(flatten)]
    pub(crate) account: Account,
    interrupted: bool,
}

pub(crate) fn run(arguments: &Arguments, control: Control<'_>) -> Result<Report, LoadError> {
    let Arguments { members, message, window, rate, span, connection } = arguments;
    let count = *members as usize;
    let mut fleet = Fleet::new(connection, count, control)?;
    fleet.open_all(count)?;
    let pacing = match rate {
        Some(rate) => Pacing::OpenRate { interval: Duration::from_secs(1) / *rate },
        None => Pacing::WindowAll { burst: *window },
    };
    let ledger = Ledger::new(count);
    let writer = message.writer();
    let mut run = Run { fleet, message: *message, writer, pacing, ledger, ended: None, wire: Vec::new() };
    run.wait_until_joined(count)?;
    let cost = run.measure(*span, connection.server_pid)?;
    let interrupted = run.fleet.is_stopped();
    run.drain()?;
    // How well they close is the concern of `connect`.
    run.fleet.close_all()?;
    let Run { ledger, .. } = run;
    if ledger.received() == 0 {
        return Err(LoadError::NothingMeasured);
    }
    Ok(Report {
        experiment: "fanout",
        members: *members,
        bytes: message.bytes,
        window: rate.is_none().then_some(*window),
        rate: *rate,
        cost,
        latency: Latency::new(ledger.latencies()),
        account: Account {
            messages_sent: ledger.published(),
            messages_received: ledger.received(),
            lost: ledger.lost(),
            strays: ledger.strays(),
        },
        interrupted,
    })
}

struct Run<'c> {
    fleet: Fleet<'c>,
    message: MessageShape,
    writer: Writer,
    pacing: Pacing,
    ledger: Ledger,
    ended: Option<(usize, Ending)>,
    wire: Vec<u8>,
}

impl Run<'_> {
    /// A server may answer the handshake before it broadcasts to the newcomer,
    /// so probes are sent until everybody has heard one.
    fn wait_until_joined(&mut self, members: usize) -> Result<(), LoadError> {
        let mut heard = vec![false; members];
        let mut missing = members;
        let started_at = Instant::now();
        let mut probes = 0;
        while missing > 0 {
            if self.fleet.is_stopped() {
                return Err(LoadError::Interrupted);
            }
            if started_at.elapsed() >= PROBE_INTERVAL * probes {
                self.wire.clear();
                self.writer.put(&mut self.wire, PROBE, self.fleet.mask());
                self.send()?;
                probes += 1;
            }
            if started_at.elapsed() > self.fleet.patience() {
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
    fn measure(&mut self, span: Span, server_pid: Option<u32>) -> Result<Cost, LoadError> {
        let started_at = Instant::now();
        let mut meter: Option<Meter> = None;
        let mut next_at = started_at;
        let mut progress = (0, started_at);
        while !self.fleet.is_stopped() {
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
            } else if progress.1.elapsed() > self.fleet.patience() {
                self.ledger.write_off();
            }
            if let Some(meter) = &meter {
                let units = self.ledger.deliveries();
                self.fleet.tell(|| Progress::time(Stage::Measuring, meter.elapsed(), span.seconds(), units));
            }
        }
        let usage = meter.ok_or(LoadError::Interrupted)?.stop()?;
        Ok(Cost::new(self.ledger.deliveries(), &usage))
    }

    fn is_due(&self, next_at: Instant) -> bool {
        match self.pacing {
            Pacing::WindowAll { .. } => self.ledger.outstanding() == 0,
            Pacing::OpenRate { .. } => Instant::now() >= next_at,
        }
    }

    /// How long there is nothing to send. A wait is rounded up to milliseconds, so
    /// the last of them is not waited for: what is due goes out at its time.
    fn time_to(&self, next_at: Instant) -> Duration {
        match self.pacing {
            Pacing::WindowAll { .. } => TURN_TIME_MAX,
            Pacing::OpenRate { .. } => {
                let left = next_at.saturating_duration_since(Instant::now()).min(TURN_TIME_MAX);
                left.saturating_sub(Duration::from_nanos(u64::from(left.subsec_nanos() % 1_000_000)))
            }
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
            self.writer.put(&mut self.wire, number, self.fleet.mask());
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
        while self.ledger.outstanding() > 0 && progress.1.elapsed() < self.fleet.patience() {
            self.receive(TURN_TIME_MAX)?;
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
        let Report { members, bytes, window, rate, cost, latency, account, .. } = self;
        write!(f, "fanout: {bytes} bytes to {members} members, ")?;
        match (window, rate) {
            (_, Some(rate)) => write!(f, "{rate} a second")?,
            (Some(window), None) => write!(f, "{window} at a time")?,
            (None, None) => {}
        }
        write!(f, "{cost}")?;
        latency.iter().try_for_each(|latency| latency.fmt(f))?;
        account.fmt(f)
    }
}
