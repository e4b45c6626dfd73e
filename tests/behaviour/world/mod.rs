//! Where scenarios take place: a server on some runtime, and its peers.
//!
//! Apart so that a scenario says what happens and never on what: another
//! runtime is another way to make a [`World`], and no scenario changes. All
//! calls block, and give up with a panic after [`DEADLINE`].

mod log;
mod peer;
mod raw;

pub(crate) use log::Log;
pub(crate) use peer::{Peer, Said};
pub(crate) use raw::{Answer, Raw, frame};

use fanfare::core::config::Config;
use fanfare::driver::Tls;
use fanfare::tokio::{Attacher, Placement, ServeError};
use fanfare::{App, Handle, Settings, StopOptions};
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What has not happened by then will not.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A runtime, and how servers are spread over it.
pub(crate) struct World {
    runtime: Runtime,
    shards: usize,
    placement: Placement,
}

/// A running server. Dropped, it is stopped, and must not have lost or leaked
/// a connection.
pub(crate) struct Server<'w> {
    world: &'w World,
    address: SocketAddr,
    handle: Handle,
    attacher: Attacher,
    running: Option<JoinHandle<Result<(), ServeError>>>,
}

impl World {
    pub(crate) fn tokio(shards: usize, placement: Placement) -> World {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        World { runtime, shards, placement }
    }

    pub(crate) fn has_one_shard(&self) -> bool {
        self.shards == 1
    }

    /// Serves an application on a free port of the loopback.
    pub(crate) fn start(&self, app: App) -> Server<'_> {
        self.start_as(app, |server| server)
    }

    /// The same for peers that speak TLS.
    pub(crate) fn start_tls(&self, app: App, tls: Tls) -> Server<'_> {
        self.start_as(app, |server| server.tls(tls))
    }

    fn start_as(
        &self,
        app: App,
        arrange: impl FnOnce(fanfare::tokio::Server) -> fanfare::tokio::Server,
    ) -> Server<'_> {
        let _inside = self.runtime.enter();
        let server = fanfare::tokio::Server::with_shards(app, self.shards, self.placement).unwrap();
        let server = arrange(server);
        let listener = self.await_(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        Server {
            world: self,
            address: listener.local_addr().unwrap(),
            handle: server.handle(),
            attacher: server.attacher(),
            running: Some(self.runtime.spawn(server.serve(listener))),
        }
    }

    /// Waits for a future, within the deadline.
    #[track_caller]
    fn await_<F: Future>(&self, future: F) -> F::Output {
        let output = self.runtime.block_on(async { timeout(DEADLINE, future).await });
        output.expect("it must happen within the deadline")
    }
}

impl<'w> Server<'w> {
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
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
        let stream = self.world.await_(TcpStream::connect(self.address)).unwrap();
        Peer::open(self.world, stream, self.address, path, headers)
    }

    /// The same from another address of the loopback.
    #[track_caller]
    pub(crate) fn try_connect_from(&self, source: Ipv4Addr, path: &str) -> Result<Peer<'w>, Answer> {
        let raw = Raw::connect_from(source, self.address);
        let _inside = self.world.runtime.enter();
        let stream = raw.into_stream();
        stream.set_nonblocking(true).unwrap();
        Peer::open(self.world, TcpStream::from_std(stream).unwrap(), self.address, path, &[])
    }

    /// A TCP connection on which nothing has been said.
    pub(crate) fn raw(&self) -> Raw {
        Raw::connect(self.address)
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
        let world = self.world;
        let listener = world.await_(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let raw = Raw::connect(listener.local_addr().unwrap());
        let (stream, peer) = world.await_(listener.accept()).unwrap();
        self.attacher.attach(stream, Some(peer), unread.to_vec()).unwrap();
        raw
    }

    /// Stops, and waits until the server has returned.
    #[track_caller]
    pub(crate) fn stop(&mut self, options: &StopOptions) {
        let stopped = self.handle.stop(options);
        if let Some(running) = self.running.take() {
            self.world.await_(running).unwrap().unwrap();
        }
        self.world.await_(stopped).unwrap();
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let at_once = StopOptions { time_max: Duration::ZERO, ..StopOptions::default() };
        if thread::panicking() {
            drop(self.handle.stop(&at_once));
            return;
        }
        self.stop(&at_once);
        let (stats, totals) = (self.handle.stats(), self.handle.totals());
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

/// Waits until something can be observed.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < DEADLINE, "{what} must come true within the deadline");
        thread::park_timeout(Duration::from_millis(1));
    }
}
