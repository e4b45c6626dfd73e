//! Brings the server up with settings that were checked.

use crate::failure::Failure;
use crate::settings::ServeOptions;
use std::io::{self, IsTerminal};
use std::net::{SocketAddr, TcpListener};
use tracing_subscriber::EnvFilter;

/// Takes the listening socket and says where it is.
pub(crate) fn run(options: ServeOptions) -> Result<(), Failure> {
    let ServeOptions { addr, runtime, shards, log, stop_time_max, config } = options;
    log_to_stderr(log);
    let (_listener, address) = listen(addr)?;
    tracing::info!(%address, %runtime, ?shards, ?stop_time_max, "listening");
    tracing::debug!(?config);
    Ok(())
}

/// Listens on `addr` and tells the address it got, which differs when the port was 0.
fn listen(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let bound = TcpListener::bind(addr).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|error| refused(addr, error))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has more kinds of error than advice fits")]
fn refused(address: SocketAddr, error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::AddrInUse => Failure::AddressInUse(address),
        io::ErrorKind::PermissionDenied => Failure::AddressForbidden(address),
        io::ErrorKind::AddrNotAvailable => Failure::AddressNotLocal(address),
        _ => Failure::Listen { address, error },
    }
}

fn log_to_stderr(filter: EnvFilter) {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .finish();
    // Fails only where one is installed already, which then is as good.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
