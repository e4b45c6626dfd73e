//! The command line: which experiment, against which servers.
//!
//! What this program does not know goes to `fanfare bench` as it stands, so that each
//! flag is described in one place.

use std::num::ParseIntError;
use std::path::Path;

pub(crate) const USAGE: &str = "\
usage: compare fanout|echo|idle|connect [--rounds 7] [--server-core 0] [--load-core 1]
               [any flag of `fanfare bench`] [NAME[@PATH]=COMMAND ...]

Starts each server anew in each round, one after the other, loads it and stops it.
A COMMAND is split at spaces and must print `listening on http://ADDRESS:PORT`,
or https:// where it speaks TLS. PATH is /ws/echo for echo and /ws/broadcast
otherwise. The first server is the base of the ratios. Without servers:
floor-writev, floor-plain, tungstenite-hub, axum-hub, and fanfare on each
runtime.";

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Arguments {
    pub(crate) experiment: String,
    pub(crate) rounds: usize,
    pub(crate) server_core: usize,
    pub(crate) load_core: usize,
    /// Handed on to `fanfare bench`.
    pub(crate) load_flags: Vec<String>,
    pub(crate) servers: Vec<Server>,
}

/// How a server is started and where it is loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) command: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum ArgumentError {
    #[error("which experiment: fanout, echo, idle or connect?\n\n{USAGE}")]
    NoExperiment,
    #[error("{0:?} is no experiment: fanout, echo, idle or connect")]
    UnknownExperiment(String),
    #[error("{flag} needs a whole number of at least {least}, and got {value:?}")]
    NotANumber { flag: String, least: usize, value: String },
    #[error("{0:?} starts no server: NAME[@PATH]=COMMAND is needed")]
    NoCommand(String),
}

impl Arguments {
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Arguments, ArgumentError> {
        let mut arguments = arguments.into_iter();
        let experiment = arguments.next().ok_or(ArgumentError::NoExperiment)?;
        if !matches!(experiment.as_str(), "fanout" | "echo" | "idle" | "connect") {
            return Err(ArgumentError::UnknownExperiment(experiment));
        }
        let path = if experiment == "echo" { "/ws/echo" } else { "/ws/broadcast" };
        let (mut rounds, mut server_core, mut load_core) = (7, 0, 1);
        let (mut load_flags, mut servers) = (Vec::new(), Vec::new());
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--rounds" => rounds = number(argument, 1, arguments.next())?,
                "--server-core" => server_core = number(argument, 0, arguments.next())?,
                "--load-core" => load_core = number(argument, 0, arguments.next())?,
                text if !text.starts_with('-') && text.contains('=') => {
                    servers.push(Server::parse(text, path)?);
                }
                _ => load_flags.push(argument),
            }
        }
        Ok(Arguments { experiment, rounds, server_core, load_core, load_flags, servers })
    }
}

impl Server {
    fn parse(text: &str, default_path: &str) -> Result<Server, ArgumentError> {
        let refused = || ArgumentError::NoCommand(text.to_owned());
        let (name, command) = text.split_once('=').ok_or_else(refused)?;
        let (name, path) = name.split_once('@').unwrap_or((name, default_path));
        let command: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        if name.is_empty() || command.is_empty() {
            return Err(refused());
        }
        Ok(Server { name: name.to_owned(), path: path.to_owned(), command })
    }

    /// The servers that are always at hand, their programs being in `directory`.
    pub(crate) fn all_built(directory: &Path, experiment: &str, fanfare: &Path) -> Vec<Server> {
        let path = if experiment == "echo" { "/ws/echo" } else { "/ws/broadcast" };
        let server = |name: &str, program: &Path, flags: &[&str]| {
            let program = program.to_string_lossy().into_owned();
            let command = std::iter::once(program).chain(flags.iter().map(|&flag| flag.to_owned())).collect();
            Server { name: name.to_owned(), path: path.to_owned(), command }
        };
        let own = |name: &str, program: &str, flags: &[&str]| server(name, &directory.join(program), flags);
        let mut servers = vec![
            own("floor-writev", "floor", &["--mode", "writev"]),
            own("floor-plain", "floor", &["--mode", "plain"]),
            own("tungstenite-hub", "tungstenite-hub", &[]),
            own("axum-hub", "axum-hub", &[]),
        ];
        for runtime in ["tokio", "smol", "std-threads"] {
            let flags = ["serve", "--addr", "127.0.0.1:0", "--runtime", runtime];
            servers.push(server(&format!("fanfare-{runtime}"), fanfare, &flags));
        }
        servers
    }
}

fn number(flag: String, least: usize, value: Option<String>) -> Result<usize, ArgumentError> {
    let value = value.unwrap_or_default();
    match value.parse() {
        Ok(number) if number >= least => Ok(number),
        Ok::<usize, ParseIntError>(_) | Err(_) => Err(ArgumentError::NotANumber { flag, least, value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, ArgumentError> {
        Arguments::parse(line.split('|').map(str::to_owned))
    }

    #[test]
    fn what_is_not_ours_goes_to_the_load() {
        let arguments =
            parse("fanout|--members|10|--rounds|3|--bytes=64|a@/x=serve --addr here|b=other").unwrap();
        assert_eq!((arguments.rounds, arguments.server_core, arguments.load_core), (3, 0, 1));
        assert_eq!(arguments.load_flags, ["--members", "10", "--bytes=64"]);
        let [a, b] = arguments.servers.as_slice() else { panic!("two servers") };
        assert_eq!((a.name.as_str(), a.path.as_str()), ("a", "/x"));
        assert_eq!(a.command, ["serve", "--addr", "here"]);
        assert_eq!((b.path.as_str(), b.command.len()), ("/ws/broadcast", 1));
    }

    #[test]
    fn refusals_name_the_value() {
        assert_eq!(parse("dance"), Err(ArgumentError::UnknownExperiment("dance".to_owned())));
        assert_eq!(parse("echo|a="), Err(ArgumentError::NoCommand("a=".to_owned())));
        let refused =
            ArgumentError::NotANumber { flag: "--rounds".to_owned(), least: 1, value: "0".to_owned() };
        assert_eq!(parse("echo|--rounds|0"), Err(refused));
    }
}
