//! Where scenarios take place: servers on some runtime, and their peers.
//!
//! Apart so that a scenario says what happens and never on what: another
//! runtime is another file beside this one, and no scenario changes. All calls
//! block, and give up with a panic after [`DEADLINE`].

mod blocking;
mod log;
mod peer;
mod raw;
mod runtime;
mod simulated;
#[cfg(feature = "smol")]
mod smol;
#[cfg(any(feature = "smol", feature = "std-threads", feature = "tokio"))]
mod socket;
#[cfg(feature = "std-threads")]
mod std_threads;
mod time;
#[cfg(feature = "tokio")]
mod tokio;

pub(crate) use log::Log;
pub(crate) use peer::{Peer, Said};
pub(crate) use raw::{Answer, Raw, frame};
pub(crate) use time::eventually;

use fanfare::core::config::Config;
use fanfare::driver::Tls;
use fanfare::{App, Handle, Settings, StopOptions};
use runtime::{Runtime, Serving};
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

/// What has not happened by then will not.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A runtime, and over how many shards it spreads a server.
pub(crate) struct World {
    runtime: Box<dyn Runtime>,
    shards: usize,
}

/// A running server. Dropped, it is stopped, and must not have lost or leaked
/// a connection.
pub(crate) struct Server<'w> {
    serving: Box<dyn Serving + 'w>,
}

impl World {
    fn new(runtime: impl Runtime + 'static, shards: usize) -> World {
        World { runtime: Box::new(runtime), shards }
    }

    pub(crate) fn has_one_shard(&self) -> bool {
        self.shards == 1
    }

    /// Serves an application on an address of its own.
    pub(crate) fn start(&self, app: App) -> Server<'_> {
        Server { serving: self.runtime.serve(app, None) }
    }

    /// The same for peers that speak TLS.
    pub(crate) fn start_tls(&self, app: App, tls: Tls) -> Server<'_> {
        Server { serving: self.runtime.serve(app, Some(tls)) }
    }
}

impl<'w> Server<'w> {
    pub(crate) fn handle(&self) -> &Handle {
        self.serving.handle()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.serving.address()
    }

    /// A WebSocket connection that must be accepted.
    #[track_caller]
    pub(crate) fn connect(&self, path: &str) -> Peer<'w> {
        match self.try_connect(path, &[]) {
            Ok(peer) => peer,
            Err(answer) => panic!("{path} must accept: {answer:?}"),
        }
    }

    /// A WebSocket connection that may be refused.
    #[track_caller]
    pub(crate) fn try_connect(&self, path: &str, headers: &[(&str, &str)]) -> Result<Peer<'w>, Answer> {
        Peer::open(&*self.serving, Ipv4Addr::LOCALHOST, path, headers)
    }

    /// The same from another address of the loopback.
    #[track_caller]
    pub(crate) fn try_connect_from(&self, source: Ipv4Addr, path: &str) -> Result<Peer<'w>, Answer> {
        Peer::open(&*self.serving, source, path, &[])
    }

    /// A connection on which nothing has been said.
    pub(crate) fn raw(&self) -> Raw {
        self.raw_from(Ipv4Addr::LOCALHOST)
    }

    /// The same from another address of the loopback.
    pub(crate) fn raw_from(&self, source: Ipv4Addr) -> Raw {
        Raw::new(self.serving.dial(source))
    }

    /// A raw connection, upgraded.
    #[track_caller]
    pub(crate) fn raw_open(&self, path: &str) -> Raw {
        let mut raw = self.raw();
        raw.upgrade(path);
        raw
    }

    /// One plain request, and its answer.
    #[track_caller]
    pub(crate) fn ask(&self, request: &str) -> Answer {
        let mut raw = self.raw();
        raw.write(request.as_bytes());
        raw.answer()
    }

    /// A connection that somebody else has accepted, and read `unread` from.
    pub(crate) fn attach(&self, unread: &[u8]) -> Raw {
        Raw::new(self.serving.attach(unread))
    }

    /// Stops, and waits until the server has returned.
    #[track_caller]
    pub(crate) fn stop(&mut self, options: &StopOptions) {
        let stopped = self.handle().stop(options);
        self.serving.join();
        stopped.wait().unwrap();
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let at_once = StopOptions { time_max: Duration::ZERO, ..StopOptions::default() };
        if thread::panicking() {
            drop(self.handle().stop(&at_once));
            return;
        }
        self.stop(&at_once);
        let (stats, totals) = (self.handle().stats(), self.handle().totals());
        assert_eq!(stats.connections_opened, stats.connections_closed, "each opened, each closed: {stats:?}");
        assert_eq!(totals.connections, 0, "nobody is left in the directory");
        let gone = stats.deliveries_sent + stats.evicted + stats.discarded;
        assert_eq!(stats.deliveries_queued, gone, "what was queued was sent, or its loss counted: {stats:?}");
    }
}

/// A valid configuration.
pub(crate) fn config(edit: impl FnOnce(&mut Settings)) -> Config {
    Settings::default().with(edit).build().unwrap()
}
