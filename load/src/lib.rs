//! A load generator: one thread, one readiness set, any WebSocket server.
//!
//! It checks that what it measures has really happened, says how busy it was
//! itself, and stops by itself. Apart from the program so that what is measured
//! with has no terminal, no exit code and no signals; and apart from fanfare's
//! client, of which it uses the handshake only: a load must never need more of a
//! core than the server does.
//!
//! An [`Experiment`] is what a command line asks for; [`run`] makes a [`Report`]
//! of it.

mod arguments;
mod client;
mod connect;
mod control;
mod dial;
mod echo;
mod ending;
mod error;
mod fanout;
mod fleet;
mod histogram;
mod idle;
mod ledger;
mod message;
mod opening;
mod process;
mod report;
mod speaker;
mod target;
mod trust;

pub use arguments::Experiment;
pub use control::{Control, Progress, Stage};
pub use ending::Ending;
pub use error::LoadError;
pub use report::Report;

/// Does an experiment, for as long as it says or until `control` is told to stop.
///
/// ```
/// use clap::Parser;
/// use fanfare_load::{Control, Ending, Experiment, LoadError, run};
/// use std::net::TcpListener;
/// use std::sync::atomic::AtomicBool;
///
/// #[derive(Parser)]
/// struct Cli {
///     #[command(subcommand)]
///     experiment: Experiment,
/// }
///
/// // A port that was free a moment ago: nobody listens there.
/// let nobody = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
/// let cli = Cli::parse_from(["bench", "echo", "--url", &format!("ws://{nobody}/")]);
///
/// let (stop, mut tell) = (AtomicBool::new(false), |_| ());
/// match run(&cli.experiment, Control::new(None, &stop, &mut tell)) {
///     Err(LoadError::NotReached { ending: Ending::NotOpened(_), .. }) => {}
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Whatever leaves no figures that mean something. Messages that are lost are a
/// finding, and in the report.
pub fn run(experiment: &Experiment, control: Control<'_>) -> Result<Report, LoadError> {
    match experiment {
        Experiment::Fanout(arguments) => fanout::run(arguments, control).map(Report::Fanout),
        Experiment::Echo(arguments) => echo::run(arguments, control).map(Report::Echo),
        Experiment::Idle(arguments) => idle::run(arguments, control).map(Report::Idle),
        Experiment::Connect(arguments) => connect::run(arguments, control).map(Report::Connect),
    }
}
