//! A server on plain threads: built from an application, run on a listener.

use crate::attach::Attacher;
use crate::executor::Executor;
use crate::listener::Listener;
use crate::{accept, shard};
#[cfg(feature = "tls")]
use fanfare_driver::Tls;
use fanfare_driver::{Acceptor, App, BoxFuture, Handle, Launch, ServeError, Shard, Spawn};
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// Serves an application on a listener until it is stopped, with one shard, on
/// a thread of its own; blocks. For a [`Handle`] and for more shards use [`Server`].
pub fn serve(listener: impl Into<Listener>, app: App) -> Result<(), ServeError> {
    Server::new(app)?.serve(listener)
}

/// A server that is built and waits for its listener.
#[derive(Debug)]
pub struct Server {
    launch: Launch,
}

impl Server {
    /// A server of one shard, whose futures run on as many workers as the
    /// machine has cores.
    pub fn new(app: App) -> Result<Server, ServeError> {
        Server::with_shards(app, 1)
    }

    /// A server of several shards, a thread each. One shard serves one core;
    /// connections are spread over them, and broadcasts find all of them.
    pub fn with_shards(app: App, shards: usize) -> Result<Server, ServeError> {
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Server::with_workers(app, shards, cores)
    }

    /// The same with the number of threads that run the application's futures:
    /// asynchronous handlers, and the pull style. A future that blocks its
    /// worker holds up others; blocking handlers have threads of their own.
    pub fn with_workers(app: App, shards: usize, workers: NonZeroUsize) -> Result<Server, ServeError> {
        let threads = Threads(Executor::start(workers.get()).map_err(ServeError::Start)?);
        Ok(Server { launch: Launch::new(app, shards, Arc::new(threads))? })
    }

    /// The server from anywhere, before it runs too.
    pub fn handle(&self) -> Handle {
        self.launch.handle.clone()
    }

    /// What hands it streams that were accepted elsewhere, taken as they are:
    /// they speak TLS only where `Attacher::tls` says so.
    pub fn attacher(&self) -> Attacher {
        Attacher::new(self.launch.acceptor.plain())
    }

    /// Speaks TLS on its listener: `https://` and `wss://`.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Server {
        self.launch.acceptor = self.launch.acceptor.with_tls(tls);
        self
    }

    /// Accepts connections until the server is stopped through its [`Handle`];
    /// blocks. The listener closes last: while connections are drained, new
    /// ones are answered with 503.
    pub fn serve(self, listener: impl Into<Listener>) -> Result<(), ServeError> {
        self.run_with(Some(listener.into()))
    }

    /// The same without a listener: for streams that are [attached](Self::attacher).
    pub fn run(self) -> Result<(), ServeError> {
        self.run_with(None)
    }

    fn run_with(self, listener: Option<Listener>) -> Result<(), ServeError> {
        let Launch { acceptor, shards, .. } = self.launch;
        let mut listener = listener.map(Listener::open).transpose().map_err(ServeError::Start)?;
        let running = Running::start(shards, &acceptor)?;
        let accepted = accept::run(listener.as_mut(), &acceptor).map_err(ServeError::Readiness);
        drop(listener);
        let ended = running.end();
        accepted.and(ended)
    }
}

/// Shards that run. Dropped, they are ended.
struct Running<'a> {
    shards: Vec<JoinHandle<io::Result<()>>>,
    acceptor: &'a Acceptor,
}

impl Running<'_> {
    fn start(shards: Vec<Shard>, acceptor: &Acceptor) -> Result<Running<'_>, ServeError> {
        let mut running = Running { shards: Vec::new(), acceptor };
        for shard in shards {
            let thread = thread::Builder::new().name("fanfare-shard".into());
            running.shards.push(thread.spawn(move || shard::run(shard)).map_err(ServeError::Start)?);
        }
        Ok(running)
    }

    /// Ends all of them; the first failure is the answer.
    fn end(mut self) -> Result<(), ServeError> {
        self.acceptor.finish();
        let outcomes: Vec<_> = self.shards.drain(..).map(JoinHandle::join).collect();
        outcomes
            .into_iter()
            .try_for_each(|outcome| outcome.map_err(|_| ServeError::Shard)?.map_err(ServeError::Readiness))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.acceptor.finish();
    }
}

/// Runs the application's own work.
struct Threads(Executor);

impl Spawn for Threads {
    fn spawn(&self, future: BoxFuture<()>) {
        self.0.spawn(future);
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        thread::Builder::new().name("fanfare-handler".into()).spawn(work).map(drop)
    }
}
