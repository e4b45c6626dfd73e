//! Brings the server up with settings that were checked, and down by signal.

use crate::apps::{self, Operators};
use crate::descriptors;
use crate::failure::Failure;
use crate::reload;
use crate::runtimes;
use crate::settings::{ServeOptions, TlsFiles};
use crate::status_log;
use fanfare::{Handle, StopOptions, Tls};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, IsTerminal, Write};
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU16;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Serves until a signal has asked for the end and the end has come.
pub(crate) fn run(options: ServeOptions) -> Result<(), Failure> {
    let ServeOptions { addr, tls, shards, shards_count, log, status_log_interval, stop_time_max, .. } =
        options;
    log_to_stderr(log);
    let descriptors_max = descriptors::raise_limit();
    let count = usize::from(shards_count.unwrap_or_else(one_per_core).get());
    let tls = tls.map(|TlsFiles { chain, key }| Tls::from_pem_files(chain, key)).transpose()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let (listener, address) = listen(addr)?;
    let operators = Operators::new(options.operator_token);
    let app = apps::all(options.config, address, &options.mount, &operators);
    let app = app.trusted_proxies(options.trusted_proxies);
    // Whoever waits for the end hears of it when this is dropped.
    let (end, ended) = mpsc::channel();
    runtimes::serve(app, listener, tls.clone(), shards, count, |handle| {
        if let Some(interval) = status_log_interval {
            status_log::start(handle.clone(), interval, ended)?;
        }
        stop_on_signals(handle, stop_time_max)?;
        reload::on_hangup(tls)?;
        announce(scheme, address)?;
        let (runtime, placement) = shards.names();
        tracing::info!(%address, scheme, runtime, placement, shards = count, descriptors_max, "listening");
        Ok(())
    })?;
    drop(end);
    tracing::info!("stopped");
    Ok(())
}

fn one_per_core() -> NonZeroU16 {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    u16::try_from(cores).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN)
}

/// On standard output, for whoever started the program and waits for it.
fn announce(scheme: &str, address: SocketAddr) -> Result<(), Failure> {
    let mut out = io::stdout();
    writeln!(out, "listening on {scheme}://{address}").and_then(|()| out.flush()).map_err(Failure::Output)
}

/// The first SIGINT or SIGTERM stops gracefully, the second at once. The thread
/// that waits for them ends with the process.
fn stop_on_signals(handle: Handle, time_max: Duration) -> Result<(), Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(Failure::Start)?;
    let stop = move || {
        for (_, time_max) in signals.forever().zip([time_max, Duration::ZERO]) {
            tracing::info!(?time_max, "stopping; a second signal stops at once");
            // The server's own end is awaited where it runs.
            drop(handle.stop(&StopOptions { time_max, ..StopOptions::default() }));
        }
    };
    thread::Builder::new().name(String::from("signals")).spawn(stop).map(drop).map_err(Failure::Start)
}

/// How many connections may wait to be accepted, if the system allows as many
/// (`net.core.somaxconn`). The standard library's 128 are too few when clients come
/// back together: who finds no room asks again after a second or more.
const BACKLOG_MAX: i32 = 4_096;

/// Listens on `addr` and tells the address it got, which differs when the port was 0.
fn listen(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let bound = TcpListener::bind(addr).and_then(|listener| {
        // It listens already; the second time only changes the number.
        rustix::net::listen(&listener, BACKLOG_MAX)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use io::ErrorKind;

    /// As root one may listen anywhere, so the system's refusal is made up.
    #[test]
    fn a_refusal_of_the_system_is_told_with_the_way_out() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        for (kind, told) in [
            (ErrorKind::PermissionDenied, "address 127.0.0.1:80 needs privileges that this user lacks"),
            (ErrorKind::AddrInUse, "address 127.0.0.1:80 is already in use"),
            (ErrorKind::AddrNotAvailable, "address 127.0.0.1:80 is not one of this machine's"),
            (ErrorKind::OutOfMemory, "cannot listen on 127.0.0.1:80: out of memory"),
        ] {
            let line = refused(address, kind.into()).line();
            assert!(line.starts_with(told), "{line}");
            assert!(line.contains("; choose ") && line.contains("--addr"), "{line}");
        }
    }
}
