//! The program `fanfare`: a WebSocket hub, ready to run.
//!
//! Only what makes it a process is here: arguments in, one line and an exit code
//! out when something is wrong.

mod apps;
mod bench;
mod cli;
mod connect;
mod descriptors;
mod failure;
mod reload;
mod runtimes;
mod serve;
mod settings;
mod status_log;

use cli::Request;
use failure::Failure;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::parse().and_then(execute) {
        Ok(code) => code,
        Err(failure) => {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(io::stderr(), "fanfare: {}", failure.line());
            failure.exit_code()
        }
    }
}

fn execute(request: Request) -> Result<ExitCode, Failure> {
    match request {
        Request::Show(text) => show(&text)?,
        Request::Bench(arguments) => return bench::run(&arguments),
        Request::Connect(arguments) => connect::run(&arguments)?,
        Request::Serve(arguments) => {
            let draft = settings::gather(&arguments)?;
            let as_toml = draft.to_toml();
            let options = draft.build()?;
            if arguments.print_config { show(&as_toml)? } else { serve::run(options)? }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes to standard output. A reader that has seen enough (`| head`) is no failure.
fn show(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
