//! A server on smol: built from an application, run on a listener.

use crate::attach::Attacher;
use crate::listener::Listener;
use crate::{accept, shard};
#[cfg(feature = "tls")]
use fanfare_driver::Tls;
use fanfare_driver::{App, BoxFuture, Handle, Launch, ServeError, Shard, Spawn};
use smol::channel::{self, Receiver, Sender};
use smol::future::{FutureExt, or, pending};
use smol::{Async, Executor, Task};
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::thread;

/// Where shards run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Placement {
    /// As tasks of the executor: smol's global one, or the program's own. Of
    /// several shards, as many run at once as it has threads.
    #[default]
    Tasks,
    /// Each on a thread of its own.
    Threads,
}

/// Serves an application on a listener until it is stopped, with one shard, as
/// a task of smol's global executor. For a [`Handle`] and for more shards use
/// [`Server`].
///
/// Cancel-safe in that dropping the future ends the server at once, without farewells.
pub async fn serve(listener: impl Into<Listener>, app: App) -> Result<(), ServeError> {
    Server::new(app)?.serve(listener).await
}

/// A server that is built and waits for its listener.
#[derive(Debug)]
pub struct Server {
    launch: Launch,
    placement: Placement,
    tasks: Tasks,
}

impl Server {
    /// A server of one shard. It and the application's futures run on smol's
    /// global executor.
    pub fn new(app: App) -> Result<Server, ServeError> {
        Server::with_shards(app, 1, Placement::default())
    }

    /// A server of several shards. One shard serves one core; connections are
    /// spread over them, and broadcasts find all of them.
    pub fn with_shards(app: App, shards: usize, placement: Placement) -> Result<Server, ServeError> {
        Server::build(app, shards, placement, Tasks::Global)
    }

    /// The same on an executor of the program's own, which is run on as many
    /// threads as the program likes. With its last [`Arc`] the server ends.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use fanfare_driver::{App, Route, StopOptions};
    /// use fanfare_smol::{Placement, Server};
    /// use smol::Executor;
    /// use std::sync::Arc;
    ///
    /// let executor = Arc::new(Executor::new());
    /// let app = App::new().route("/echo", Route::new());
    /// let server = Server::with_executor(app, 1, Placement::Tasks, &executor)?;
    /// # let stopped = server.handle().stop(&StopOptions::default());
    /// // All of it on this thread; others may call `run`, too.
    /// smol::block_on(executor.run(executor.spawn(server.run())))?;
    /// # stopped.wait()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_executor(
        app: App,
        shards: usize,
        placement: Placement,
        executor: &Arc<Executor<'static>>,
    ) -> Result<Server, ServeError> {
        Server::build(app, shards, placement, Tasks::Own(Arc::downgrade(executor)))
    }

    fn build(app: App, shards: usize, placement: Placement, tasks: Tasks) -> Result<Server, ServeError> {
        let launch = Launch::new(app, shards, Arc::new(tasks.clone()))?;
        Ok(Server { launch, placement, tasks })
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

    /// Accepts connections until the server is stopped through its [`Handle`].
    /// The listener closes last: while connections are drained, new ones are
    /// answered with 503.
    ///
    /// Cancel-safe in that dropping the future ends the server at once, without
    /// farewells.
    pub async fn serve(self, listener: impl Into<Listener>) -> Result<(), ServeError> {
        self.run_with(Some(listener.into())).await
    }

    /// The same without a listener: for streams that are [attached](Self::attacher).
    pub async fn run(self) -> Result<(), ServeError> {
        self.run_with(None).await
    }

    async fn run_with(self, listener: Option<Listener>) -> Result<(), ServeError> {
        let Launch { acceptor, shards, .. } = self.launch;
        let listener = listener.map(|listener| Async::new_nonblocking(listener.open()?));
        let listener = listener.transpose().map_err(ServeError::Start)?;
        let running = shards
            .into_iter()
            .map(|shard| Running::start(shard, self.placement, &self.tasks))
            .collect::<io::Result<Vec<_>>>()
            .map_err(ServeError::Start)?;
        let accepting = async {
            match &listener {
                Some(listener) => accept::run(listener, &acceptor).await,
                None => pending().await,
            }
        };
        let drained = async {
            let _ = acceptor.drained().await;
        };
        or(accepting, drained).await;
        drop(listener);
        acceptor.finish();
        for shard in running {
            shard.ended().await?;
        }
        Ok(())
    }
}

/// A shard that runs. Dropped, it is ended.
enum Running {
    Task(Task<io::Result<()>>),
    /// The thread ends when the sender is dropped, or the shard ends.
    Thread {
        join: thread::JoinHandle<io::Result<()>>,
        ended: Receiver<Infallible>,
        _stop: Sender<Infallible>,
    },
}

impl Running {
    fn start(shard: Shard, placement: Placement, tasks: &Tasks) -> io::Result<Running> {
        match placement {
            Placement::Tasks => tasks.start(shard::run(shard)).map(Running::Task),
            Placement::Threads => Running::on_thread(shard),
        }
    }

    fn on_thread(shard: Shard) -> io::Result<Running> {
        let (stop, stopped) = channel::bounded::<Infallible>(1);
        let (end, ended) = channel::bounded(1);
        let join = thread::Builder::new().name("fanfare-shard".into()).spawn(move || {
            // Dropped at the end, of a panic too.
            let _end = end;
            let stopped = async {
                let _ = stopped.recv().await;
                Ok(())
            };
            smol::block_on(or(shard::run(shard), stopped))
        })?;
        Ok(Running::Thread { join, ended, _stop: stop })
    }

    async fn ended(self) -> Result<(), ServeError> {
        let outcome = match self {
            Running::Task(task) => {
                AssertUnwindSafe(task).catch_unwind().await.map_err(|_| ServeError::Shard)?
            }
            Running::Thread { join, ended, _stop } => {
                // The sender is dropped by a panic, too; joining tells.
                let _ = ended.recv().await;
                join.join().map_err(|_| ServeError::Shard)?
            }
        };
        outcome.map_err(ServeError::Readiness)
    }
}

/// Runs the application's futures, and shards that are tasks, on an executor.
#[derive(Clone, Debug)]
enum Tasks {
    Global,
    /// Not kept, since it keeps its tasks, which keep the server.
    Own(Weak<Executor<'static>>),
}

impl Tasks {
    fn start<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> io::Result<Task<T>> {
        match self {
            Tasks::Global => Ok(smol::spawn(future)),
            Tasks::Own(executor) => {
                let executor = executor.upgrade().ok_or_else(|| io::Error::other("its executor is gone"))?;
                Ok(executor.spawn(future))
            }
        }
    }
}

impl Spawn for Tasks {
    fn spawn(&self, future: BoxFuture<()>) {
        match self.start(future) {
            Ok(task) => task.detach(),
            Err(error) => tracing::debug!(%error, "a future was dropped"),
        }
    }

    /// Not in smol's pool, which everything else that blocks shares, such as
    /// files and names: its threads are limited, and a handler keeps its own
    /// for as long as its connection is open.
    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        thread::Builder::new().name("fanfare-handler".into()).spawn(work).map(drop)
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Running")
    }
}
