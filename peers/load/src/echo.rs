//! Every connection sends and gets its own messages back.
//!
//! Each keeps a burst of `--window` messages in flight: sent in one write, the
//! next burst when all are back. The connections do not wait for one another.

use crate::client::{Ending, Event};
use crate::error::LoadError;
use crate::fleet::{Fleet, STALL_TIME_MAX};
use crate::histogram::Histogram;
use crate::message::MessageShape;
use crate::process::{Meter, Usage};
use crate::report::{Cost, Latency};
use crate::{Connection, Span};
use clap::Args;
use serde::Serialize;
use std::fmt;
use std::time::{Duration, Instant};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    message: MessageShape,
    /// Connections that send at once.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// Messages each connection sends in one burst.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    window: u32,
}

#[derive(Serialize, Debug)]
pub(crate) struct Report {
    experiment: &'static str,
    connections: u32,
    bytes: u64,
    window: u32,
    #[serde(flatten)]
    cost: Cost,
    #[serde(flatten)]
    latency: Latency,
    /// Not come back when the run ended.
    lost: u64,
    /// Come back out of order, twice, or not ours.
    strays: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Report, LoadError> {
    let Arguments { connection, span, message, connections, window } = arguments;
    let count = *connections as usize;
    let mut fleet = Fleet::new(&connection.url, count, message.payload_bytes())?;
    fleet.open_all(count)?;
    let account = Account {
        message: *message,
        window: *window,
        speakers: vec![Speaker { next: 0, due: 0, sent_at: Instant::now() }; count],
        answered: Vec::new(),
        echoes: 0,
        latencies: Histogram::new(),
        strays: 0,
        ended: None,
    };
    let mut run = Run { fleet, account, wire: Vec::new() };
    let usage = run.measure(span, connection.server_pid)?;
    run.drain()?;
    run.fleet.close_all()?;
    let Account { echoes, latencies, strays, speakers, .. } = run.account;
    if echoes == 0 {
        return Err(LoadError::NothingMeasured);
    }
    Ok(Report {
        experiment: "echo",
        connections: *connections,
        bytes: message.bytes,
        window: *window,
        cost: Cost::new(echoes, &usage),
        latency: Latency::new(&latencies),
        lost: speakers.iter().map(|speaker| u64::from(speaker.due)).sum(),
        strays,
    })
}

struct Run {
    fleet: Fleet,
    account: Account,
    wire: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Speaker {
    /// The number that must come back next.
    next: u32,
    /// How many of the last burst are not back.
    due: u32,
    sent_at: Instant,
}

#[derive(Debug)]
struct Account {
    message: MessageShape,
    window: u32,
    speakers: Vec<Speaker>,
    /// Who has everything back.
    answered: Vec<usize>,
    echoes: u64,
    latencies: Histogram,
    strays: u64,
    ended: Option<(usize, Ending)>,
}

impl Run {
    fn measure(&mut self, span: &Span, server_pid: Option<u32>) -> Result<Usage, LoadError> {
        let started_at = Instant::now();
        let mut meter: Option<Meter> = None;
        let mut progress = (0, started_at);
        self.account.answered = (0..self.account.speakers.len()).collect();
        loop {
            self.speak()?;
            self.receive()?;
            match &meter {
                None if started_at.elapsed() >= span.warm_up() => {
                    self.account.echoes = 0;
                    self.account.latencies = Histogram::new();
                    meter = Some(Meter::start(server_pid)?);
                }
                Some(meter) if meter.elapsed() >= span.seconds() => return Ok(meter.stop()?),
                None | Some(_) => {}
            }
            if progress.0 != self.account.echoes {
                progress = (self.account.echoes, Instant::now());
            } else if progress.1.elapsed() > STALL_TIME_MAX {
                return Err(LoadError::NothingMeasured);
            }
        }
    }

    /// Sends the next burst of everybody who has the last one back.
    fn speak(&mut self) -> Result<(), LoadError> {
        let Account { message, window, speakers, answered, .. } = &mut self.account;
        for connection in answered.drain(..) {
            let Some(speaker) = speakers.get_mut(connection) else { continue };
            self.wire.clear();
            for number in 0..*window {
                message.put(&mut self.wire, speaker.next.wrapping_add(number));
            }
            speaker.due = *window;
            speaker.sent_at = Instant::now();
            let sent = self.fleet.send(connection, &self.wire);
            sent.map_err(|ending| LoadError::ConnectionEnded { connection, ending })?;
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<(), LoadError> {
        let Run { fleet, account, .. } = self;
        fleet.turn(Duration::from_millis(100), |connection, event| match event {
            Event::Message(payload, at) => account.receive(connection, payload, at),
            Event::Ended(ending) => account.ended = Some((connection, ending)),
            Event::Opened => {}
        })?;
        match account.ended.take() {
            Some((connection, ending)) => Err(LoadError::ConnectionEnded { connection, ending }),
            None => Ok(()),
        }
    }

    /// Waits for what is still on its way; the figures are already taken.
    fn drain(&mut self) -> Result<(), LoadError> {
        let (echoes, latencies) = (self.account.echoes, self.account.latencies.clone());
        let stopped_at = Instant::now();
        while self.account.speakers.iter().any(|speaker| speaker.due > 0)
            && stopped_at.elapsed() < STALL_TIME_MAX
        {
            self.receive()?;
        }
        (self.account.echoes, self.account.latencies) = (echoes, latencies);
        Ok(())
    }
}

impl Account {
    fn receive(&mut self, connection: usize, payload: &[u8], at: Instant) {
        let number = self.message.number(payload);
        match self.speakers.get_mut(connection) {
            Some(speaker) if number == Some(speaker.next) && speaker.due > 0 => {
                speaker.next = speaker.next.wrapping_add(1);
                speaker.due -= 1;
                self.echoes += 1;
                self.latencies.record(at.saturating_duration_since(speaker.sent_at));
                if speaker.due == 0 {
                    self.answered.push(connection);
                }
            }
            Some(_) | None => self.strays += 1,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { cost, latency, lost, strays, connections, bytes, .. } = self;
        write!(f, "echo on {connections} of {bytes} B: {} echoes, {cost}, {latency}, ", cost.units)?;
        write!(f, "{lost} lost, {strays} strays")
    }
}
