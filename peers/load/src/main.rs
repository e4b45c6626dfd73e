//! The load generator: one process, one thread, one epoll set.
//!
//! It talks to any WebSocket server on this machine, by URL, checks that what it
//! measures has really happened, and stops by itself. It must never need more
//! of a core than the server does: each report says how busy it was.

mod client;
mod connect;
mod echo;
mod error;
mod fanout;
mod fleet;
mod histogram;
mod idle;
mod ledger;
mod message;
mod process;
mod report;
mod socket;
mod target;

use clap::{Args, Parser};
use error::LoadError;
use std::process::ExitCode;
use std::time::Duration;
use target::Target;

/// Loads a WebSocket server on this machine. Prints one JSON line on standard
/// output and a readable one on standard error.
#[derive(Parser, Debug)]
enum Experiment {
    /// One publisher, many members, every member gets every message.
    Fanout(fanout::Arguments),
    /// Every connection sends and gets its own messages back.
    Echo(echo::Arguments),
    /// Many connections that say nothing: memory per connection.
    Idle(idle::Arguments),
    /// Connections that open and close: CPU time per connection.
    Connect(connect::Arguments),
}

/// Who is loaded.
#[derive(Args, Debug)]
struct Connection {
    /// `ws://127.0.0.1:PORT/PATH`, or `wss://` whatever the certificate.
    #[arg(long)]
    url: Target,
    /// The server's process, to read its CPU time and memory.
    #[arg(long)]
    server_pid: Option<u32>,
}

/// How long it is measured.
#[derive(Args, Debug)]
struct Span {
    /// The measured time.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// Load before the measured time.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(0..=10_000))]
    warm_up_ms: u64,
}

impl Span {
    fn seconds(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    fn warm_up(&self) -> Duration {
        Duration::from_millis(self.warm_up_ms)
    }
}

fn main() -> ExitCode {
    match run(&Experiment::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(experiment: &Experiment) -> Result<(), LoadError> {
    match experiment {
        Experiment::Fanout(arguments) => report::print(&fanout::run(arguments)?)?,
        Experiment::Echo(arguments) => report::print(&echo::run(arguments)?)?,
        Experiment::Idle(arguments) => report::print(&idle::run(arguments)?)?,
        Experiment::Connect(arguments) => report::print(&connect::run(arguments)?)?,
    }
    Ok(())
}
