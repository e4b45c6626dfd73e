//! Everything that ends the program early: what happened and what to do, in one line.

use crate::connect::ConnectFailure;
use crate::settings::InvalidValue;
use fanfare::{AppError, ServeError, TlsError};
use fanfare_core::config::ConfigError;
use fanfare_load::LoadError;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Why the program ends with something other than success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line does not follow the grammar.
    #[error("{what}; {advice}")]
    Usage { what: String, advice: String },
    /// A setting's value cannot be read.
    #[error("{place}: {invalid}")]
    Value { place: String, invalid: InvalidValue },
    /// The settings cannot work as they are, or not together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The paths that were asked for do not go together.
    #[error("nothing can be mounted on {path}: {why}; choose another path with --mount")]
    Mount { path: String, why: String },
    /// The runtime does not have shards there.
    #[error(
        "placement `{placement}` has no meaning on runtime `{runtime}`; leave --placement out, or choose --runtime \
         tokio or smol"
    )]
    Placement { runtime: String, placement: String },
    /// The configuration file cannot be read.
    #[error("cannot read {path}: {error}; check --config")]
    FileUnreadable { path: PathBuf, error: io::Error },
    /// The configuration file is no TOML.
    #[error("{path} line {line}: {what}; write one `name = value` per line, as --print-config does")]
    FileMalformed { path: PathBuf, line: usize, what: String },
    /// The configuration file has a key that is no setting.
    #[error("unknown key `{key}` in {path}; --print-config shows every key")]
    UnknownKey { path: PathBuf, key: String },
    /// A certificate without its key, or a key without its certificate.
    #[error("{given} is set and {missing} is not; set both to speak TLS, or neither")]
    HalfOfTls { given: &'static str, missing: &'static str },
    /// Two tokens, of which one would be forgotten.
    #[error("operator_token and operator_token_file are both set; set one of them")]
    TwoTokens,
    /// The file with the operators' token cannot be read.
    #[error("cannot read {path}: {error}; check operator_token_file")]
    TokenUnreadable { path: PathBuf, error: io::Error },
    /// The certificate or its key cannot be served with.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Another socket listens there.
    #[error("address {0} is already in use; choose another with --addr, or :0 for any free port")]
    AddressInUse(SocketAddr),
    /// The system keeps the port for privileged users.
    #[error(
        "address {0} needs privileges that this user lacks, as ports below 1024 usually do; choose a higher \
         port with --addr, such as :8080"
    )]
    AddressForbidden(SocketAddr),
    /// The machine has no such address.
    #[error(
        "address {0} is not one of this machine's; choose one with --addr, such as 127.0.0.1:8080 or \
         0.0.0.0:8080"
    )]
    AddressNotLocal(SocketAddr),
    /// Listening failed for a reason of the system's own.
    #[error("cannot listen on {address}: {error}; choose another address with --addr")]
    Listen { address: SocketAddr, error: io::Error },
    /// The runtime, its signals or its sockets could not be set up.
    #[error("cannot start: {0}; check the limits on threads and open files")]
    Start(io::Error),
    /// The server could not be run, or ended early.
    #[error(transparent)]
    Serve(ServeError),
    /// The load generator has no figures.
    #[error(transparent)]
    Bench(#[from] LoadError),
    /// A conversation with a server could not be had, or ended badly.
    #[error("{}", .0.line())]
    Connect(#[from] ConnectFailure),
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {0}; check where it is redirected")]
    Output(io::Error),
}

impl Failure {
    /// The message, whatever was quoted in it, as a single line.
    pub(crate) fn line(&self) -> String {
        self.to_string().replace(char::is_control, " ")
    }

    /// 2 when the arguments or settings have to change, 1 when the surroundings have to.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Usage { .. }
            | Failure::Value { .. }
            | Failure::Config(_)
            | Failure::Mount { .. }
            | Failure::Placement { .. }
            | Failure::FileUnreadable { .. }
            | Failure::FileMalformed { .. }
            | Failure::UnknownKey { .. }
            | Failure::HalfOfTls { .. }
            | Failure::TwoTokens
            | Failure::TokenUnreadable { .. }
            | Failure::Tls(_) => ExitCode::from(2),
            Failure::Bench(error) if error.is_usage() => ExitCode::from(2),
            Failure::AddressInUse(_)
            | Failure::AddressForbidden(_)
            | Failure::AddressNotLocal(_)
            | Failure::Listen { .. }
            | Failure::Start(_)
            | Failure::Serve(_)
            | Failure::Bench(_)
            | Failure::Output(_) => ExitCode::from(1),
            Failure::Connect(failure) => ExitCode::from(failure.exit_code()),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Failure {
        match error {
            // The program's own paths are fine: it is one that was asked for.
            ServeError::App(AppError::Path { path, why }) => Failure::Mount { path, why },
            ServeError::App(_) | ServeError::Start(_) | ServeError::Readiness(_) | ServeError::Shard | _ => {
                Failure::Serve(error)
            }
        }
    }
}
