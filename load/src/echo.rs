//! Every connection sends and gets its own messages back.
//!
//! Each keeps a burst of `--window` messages in flight: sent in one write, the
//! next burst when all are back, or lost. The connections do not wait for one
//! another.

use crate::arguments::{Connection, Span};
use crate::client::Event;
use crate::control::{Control, Progress, Stage};
use crate::ending::Ending;
use crate::error::LoadError;
use crate::fleet::{Fleet, TURN_TIME_MAX};
use crate::histogram::Histogram;
use crate::message::{MessageShape, Writer};
use crate::process::{Meter, Usage};
use crate::report::{Account, Cost, Latency};
use crate::speaker::Speaker;
use clap::{Args, value_parser};
use serde::Serialize;
use std::fmt;
use std::time::Instant;

pub(crate) const EXAMPLES: &str = "\
Examples:
  fanfare bench echo --url ws://127.0.0.1:8080/ws/echo --connections 100 --window 16
  fanfare bench echo --url wss://chat.example/ws --header 'Authorization: Bearer x' --connections 1 --json";

/// The size of it.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Connections that send at once
    #[arg(long, default_value_t = 100, value_parser = value_parser!(u32).range(1..=1_000_000))]
    connections: u32,
    #[command(flatten)]
    message: MessageShape,
    /// Messages that each connection sends in one write; the next ones follow when all are back
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u32).range(1..=1_024))]
    window: u32,
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    connection: Connection,
}

/// What was found.
#[derive(Serialize, Debug)]
pub struct Report {
    experiment: &'static str,
    connections: u32,
    bytes: u64,
    window: u32,
    /// Per echo.
    #[serde(flatten)]
    cost: Cost,
    #[serde(flatten)]
    latency: Option<Latency>,
    #[serde(flatten)]
    pub(crate) account: Account,
    interrupted: bool,
}

pub(crate) fn run(arguments: &Arguments, control: Control<'_>) -> Result<Report, LoadError> {
    let Arguments { connection, span, message, connections, window } = arguments;
    let count = *connections as usize;
    let mut fleet = Fleet::new(connection, count, control)?;
    fleet.open_all(count)?;
    let conversation = Conversation {
        message: *message,
        window: *window,
        speakers: vec![Speaker::new(Instant::now()); count],
        answered: (0..count).collect(),
        echoes: 0,
        latencies: Histogram::new(),
        account: Account { messages_sent: 0, messages_received: 0, lost: 0, strays: 0 },
        ended: None,
    };
    let mut run =
        Run { fleet, writer: message.writer(), conversation, wire: Vec::new(), looked_at: Instant::now() };
    let usage = run.measure(*span, connection.server_pid)?;
    let (echoes, latency) = (run.conversation.echoes, Latency::new(&run.conversation.latencies));
    let interrupted = run.fleet.is_stopped();
    run.drain()?;
    run.fleet.close_all()?;
    if run.conversation.account.messages_received == 0 {
        return Err(LoadError::NothingMeasured);
    }
    Ok(Report {
        experiment: "echo",
        connections: *connections,
        bytes: message.bytes,
        window: *window,
        cost: Cost::new(echoes, &usage),
        latency,
        account: run.conversation.account,
        interrupted,
    })
}

struct Run<'c> {
    fleet: Fleet<'c>,
    writer: Writer,
    conversation: Conversation,
    wire: Vec<u8>,
    /// When those who wait were last looked at.
    looked_at: Instant,
}

#[derive(Debug)]
struct Conversation {
    message: MessageShape,
    window: u32,
    speakers: Vec<Speaker>,
    /// Who waits for nothing.
    answered: Vec<usize>,
    /// Since the figures were last reset.
    echoes: u64,
    latencies: Histogram,
    account: Account,
    ended: Option<(usize, Ending)>,
}

impl Run<'_> {
    fn measure(&mut self, span: Span, server_pid: Option<u32>) -> Result<Usage, LoadError> {
        let started_at = Instant::now();
        let mut meter: Option<Meter> = None;
        while !self.fleet.is_stopped() {
            self.speak()?;
            self.receive()?;
            self.give_up_on_the_lost();
            match &meter {
                None if started_at.elapsed() >= span.warm_up() => {
                    self.conversation.reset_figures();
                    meter = Some(Meter::start(server_pid)?);
                }
                Some(meter) if meter.elapsed() >= span.seconds() => break,
                Some(meter) => {
                    let echoes = self.conversation.echoes;
                    let progress =
                        || Progress::time(Stage::Measuring, meter.elapsed(), span.seconds(), echoes);
                    self.fleet.tell(progress);
                }
                None => {}
            }
        }
        meter.ok_or(LoadError::Interrupted)?.stop()
    }

    /// Sends the next burst of everybody who has the last one back.
    fn speak(&mut self) -> Result<(), LoadError> {
        let Conversation { window, speakers, answered, account, .. } = &mut self.conversation;
        for connection in answered.drain(..) {
            let Some(speaker) = speakers.get_mut(connection) else { continue };
            self.wire.clear();
            for number in speaker.speak(*window, Instant::now()) {
                self.writer.put(&mut self.wire, number, self.fleet.mask());
            }
            account.messages_sent += u64::from(*window);
            let sent = self.fleet.send(connection, &self.wire);
            sent.map_err(|ending| LoadError::ConnectionEnded { connection, ending })?;
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<(), LoadError> {
        let Run { fleet, conversation, .. } = self;
        fleet.turn(TURN_TIME_MAX, |connection, event| match event {
            Event::Message(payload, at) => conversation.receive(connection, payload, at),
            Event::Ended(ending) => conversation.ended = Some((connection, ending)),
            Event::Opened => {}
        })?;
        match conversation.ended.take() {
            Some((connection, ending)) => Err(LoadError::ConnectionEnded { connection, ending }),
            None => Ok(()),
        }
    }

    /// Who has waited for too long takes what is due for lost, and goes on.
    fn give_up_on_the_lost(&mut self) {
        let now = Instant::now();
        if now.saturating_duration_since(self.looked_at) < TURN_TIME_MAX {
            return;
        }
        self.looked_at = now;
        let patience = self.fleet.patience();
        let Conversation { speakers, answered, account, .. } = &mut self.conversation;
        for (connection, speaker) in speakers.iter_mut().enumerate() {
            if speaker.is_waiting() && now.saturating_duration_since(speaker.heard_at()) > patience {
                account.lost += speaker.write_off();
                answered.push(connection);
            }
        }
    }

    /// Waits for what is still on its way.
    fn drain(&mut self) -> Result<(), LoadError> {
        while self.conversation.speakers.iter().any(Speaker::is_waiting) {
            self.receive()?;
            self.give_up_on_the_lost();
        }
        Ok(())
    }
}

impl Conversation {
    /// Forgets the figures of the warm-up; the account goes on.
    fn reset_figures(&mut self) {
        self.echoes = 0;
        self.latencies = Histogram::new();
    }

    fn receive(&mut self, connection: usize, payload: &[u8], at: Instant) {
        let number = self.message.number(payload);
        let heard = self.speakers.get_mut(connection).zip(number);
        let Some(heard) = heard.and_then(|(speaker, number)| speaker.hear(number, at)) else {
            self.account.strays += 1;
            return;
        };
        self.account.lost += u64::from(heard.skipped);
        self.account.messages_received += 1;
        self.echoes += 1;
        self.latencies.record(heard.took);
        if heard.is_last {
            self.answered.push(connection);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { connections, bytes, window, cost, latency, account, .. } = self;
        write!(f, "echo: {bytes} bytes on {connections} connections, {window} at a time")?;
        write!(f, "{cost}")?;
        latency.iter().try_for_each(|latency| latency.fmt(f))?;
        account.fmt(f)
    }
}
