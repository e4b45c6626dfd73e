//! The command line: its grammar, its help, and its errors in one line.
//!
//! The flags of the settings come from their table ([`Given`]); nothing here
//! knows a setting by name.

use crate::bench;
use crate::connect;
use crate::failure::Failure;
use crate::settings::Given;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Each setting is a flag (--ping-interval 20s), an environment variable (FANFARE_PING_INTERVAL=20s) and a
key of the --config file (ping_interval = \"20s\", TOML). A flag wins over a variable, a variable over the
file, the file over the preset, the preset over the default.

  BYTES   a number, or one with its unit: 512KiB, 1MiB, 2GiB
  TIME    a number with its unit: 500ms, 30s, 5m, 1h

  fanfare --addr 0.0.0.0:8080 --origin https://app.example --connections-max 50000
  fanfare --preset mtp2 --mount /ws=commands --mount /hello=quickstart
  fanfare serve --preset mist --print-config > fanfare.toml";

/// A WebSocket hub: rooms, namespaces, broadcast, heartbeats.
#[derive(Parser)]
#[command(name = "fanfare", version, after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Arguments,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server; what happens without a command, too
    #[command(after_help = AFTER_HELP)]
    Serve(Arguments),
    /// Load a WebSocket server, this or any other, and check what comes of it
    #[command(after_help = bench::AFTER_HELP)]
    Bench(Box<bench::Arguments>),
    /// Talk to a WebSocket server, from the terminal or a script
    #[command(after_help = connect::AFTER_HELP)]
    Connect(Box<connect::Arguments>),
}

/// What `serve` was told.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Read settings from this TOML file
    #[arg(long, value_name = "FILE", env = "FANFARE_CONFIG", hide_env = true)]
    pub(crate) config: Option<PathBuf>,
    /// Start from the values of: mist, mtp2, goutils, zlib or conformance
    #[arg(long, value_name = "NAME", env = "FANFARE_PRESET", hide_env = true)]
    pub(crate) preset: Option<String>,
    /// Print the settings in force as TOML, and serve nothing
    #[arg(long)]
    pub(crate) print_config: bool,
    #[command(flatten)]
    pub(crate) given: Given,
}

/// What the command line asks for.
pub(crate) enum Request {
    /// Serve, or print the settings.
    Serve(Box<Arguments>),
    /// Load a server.
    Bench(Box<bench::Arguments>),
    /// Talk to a server.
    Connect(Box<connect::Arguments>),
    /// Print this help or version.
    Show(String),
}

/// Reads the process's arguments and environment.
pub(crate) fn parse() -> Result<Request, Failure> {
    let arguments: Vec<OsString> = env::args_os().collect();
    match Cli::try_parse_from(&arguments) {
        Ok(
            Cli { command: Some(Command::Serve(arguments)), .. } | Cli { command: None, serve: arguments },
        ) => Ok(Request::Serve(Box::new(arguments))),
        Ok(Cli { command: Some(Command::Bench(arguments)), .. }) => Ok(Request::Bench(arguments)),
        Ok(Cli { command: Some(Command::Connect(arguments)), .. }) => Ok(Request::Connect(arguments)),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Ok(Request::Show(error.render().to_string()))
        }
        Err(error) => Err(usage(&error, &arguments)),
    }
}

/// The first line of what clap says, and its suggestion where it has one.
fn usage(error: &clap::Error, arguments: &[OsString]) -> Failure {
    let rendered = error.render().to_string();
    let first = rendered.lines().next().unwrap_or_default();
    let what = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        // Which, clap says on lines of their own.
        (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(missing))) => {
            format!("{} is missing", missing.join(" and "))
        }
        // Here it prints the whole help.
        (ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, _) => "a command is missing".to_owned(),
        _ => first.strip_prefix("error: ").unwrap_or(first).to_owned(),
    };
    let advice = match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(flag)) => format!("did you mean {flag}?"),
        _ => format!("see {} --help", command_of(arguments)),
    };
    Failure::Usage { what, advice }
}

/// The program and the subcommands that the arguments begin with, such as `fanfare
/// bench echo`: clap does not tell with each of its errors.
fn command_of(arguments: &[OsString]) -> String {
    let program = Cli::command();
    let (mut name, mut command) = (program.get_name().to_owned(), &program);
    for subcommand in arguments.iter().skip(1) {
        let Some(found) = command.find_subcommand(subcommand) else { break };
        name.push(' ');
        name.push_str(found.get_name());
        command = found;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_has_no_contradictions() {
        Cli::command().debug_assert();
    }
}
