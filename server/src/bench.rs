//! `fanfare bench`: a load on any WebSocket server, from a terminal or a script.
//!
//! What is measured, and how, the library of the load knows; here are the terminal,
//! the signals and the exit code. Standard output has the report and nothing else.

use crate::descriptors;
use crate::failure::Failure;
use clap::Args;
use fanfare_load::{Control, Experiment, Progress, Report, Stage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(crate) const AFTER_HELP: &str = "\
The report goes to standard output, progress to a terminal on standard error. Ctrl-C ends the run, and reports what
was measured so far; a second one ends it at once. What is not yours you may not load: ask first.

Exit status: 0 all is well; 1 it could not be measured; 2 the command line is wrong; 3 it was measured, and messages
were lost or came that should not have, or connections failed.

  fanfare bench fanout --url ws://127.0.0.1:8080/ws/broadcast --members 1000 --window 16
  fanfare bench echo --url ws://127.0.0.1:8080/ws/echo --connections 100 --json
  fanfare bench idle --url ws://127.0.0.1:8080/ws/echo --connections 10000 --server-pid \"$(pidof -s fanfare)\"
  fanfare bench connect --url ws://127.0.0.1:8080/ws/echo --count 5000";

/// What the command line is answered with when something was lost.
const LOST: u8 = 3;
/// As shells have it for what a signal has ended.
const INTERRUPTED: i32 = 130;
const BAR: &str = "{prefix:>9} {wide_bar} {msg}";

/// What `bench` was told.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    experiment: Experiment,
    /// Report as one line of JSON
    #[arg(long, global = true)]
    json: bool,
}

/// Makes the experiment and reports it.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let descriptors_max = descriptors::raise_limit();
    let stop = stop_on_signals().map_err(Failure::Start)?;
    let bar = bar();
    let mut tell = |progress: Progress| show(&bar, progress);
    let outcome = fanfare_load::run(&arguments.experiment, Control::new(descriptors_max, &stop, &mut tell));
    bar.finish_and_clear();
    let report = outcome?;
    print(&report, arguments.json).map_err(Failure::Output)?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(LOST) })
}

/// The first signal ends the run, the second the process.
fn stop_on_signals() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// A bar on a terminal; elsewhere it shows nothing.
fn bar() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4)).with_style(style)
}

/// The load tells a few times a second, so that drawing costs it nothing.
fn show(bar: &ProgressBar, progress: Progress) {
    let Progress { stage, done, total, units } = progress;
    let (prefix, message) = match stage {
        Stage::Opening => ("opening", format!("{done} of {total} connections")),
        Stage::Visiting => ("visiting", format!("{done} of {total} connections")),
        Stage::Measuring => {
            ("measuring", format!("{} of {} s, {units} messages", done / 1_000, total / 1_000))
        }
        Stage::Holding => {
            ("holding", format!("{} of {} s, {units} connections", done / 1_000, total / 1_000))
        }
    };
    bar.set_prefix(prefix);
    bar.set_message(message);
    bar.set_length(total);
    bar.set_position(done);
}

/// A reader that has seen enough (`| head`) is no failure.
fn print(report: &Report, as_json: bool) -> io::Result<()> {
    let text = if as_json { serde_json::to_string(report)? } else { report.to_string() };
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
