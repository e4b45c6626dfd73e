//! A server on tokio: built from an application, run on a listener.

use crate::attach::Attacher;
use crate::listener::Listener;
use crate::watch::watch;
use crate::{accept, shard};
#[cfg(feature = "tls")]
use fanfare_driver::Tls;
use fanfare_driver::{App, BoxFuture, Handle, Launch, ServeError, Shard, Spawn};
use std::fmt;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::thread;
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Where shards run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Placement {
    /// As tasks of the runtime that [`Server::serve`] is called on.
    #[default]
    Tasks,
    /// Each on a thread of its own, with a runtime and an I/O driver of its own.
    Threads,
}

/// Serves an application on a listener until it is stopped, with one shard, as
/// a task of the current runtime. For a [`Handle`] and for more shards use [`Server`].
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
}

impl Server {
    /// A server of one shard. To be called inside a tokio runtime, which
    /// runs the application's futures.
    pub fn new(app: App) -> Result<Server, ServeError> {
        Server::with_shards(app, 1, Placement::default())
    }

    /// A server of several shards. One shard serves one core; connections are
    /// spread over them, and broadcasts find all of them.
    pub fn with_shards(app: App, shards: usize, placement: Placement) -> Result<Server, ServeError> {
        let tasks = Arc::new(Tasks::current().map_err(ServeError::Start)?);
        Ok(Server { launch: Launch::new(app, shards, tasks)?, placement })
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
        let listener =
            listener.map(|listener| watch(listener.open()?)).transpose().map_err(ServeError::Start)?;
        let running = shards
            .into_iter()
            .map(|shard| Running::start(shard, self.placement))
            .collect::<io::Result<Vec<_>>>()
            .map_err(ServeError::Start)?;
        let accepting = async {
            match &listener {
                Some(listener) => accept::run(listener, &acceptor).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = accepting => {}
            _ = acceptor.drained() => {}
        }
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
    Task(AbortOnDrop),
    /// The thread ends when the sender is dropped, or the shard ends.
    Thread {
        join: thread::JoinHandle<io::Result<()>>,
        ended: oneshot::Receiver<()>,
        _stop: oneshot::Sender<()>,
    },
}

struct AbortOnDrop(JoinHandle<io::Result<()>>);

impl Running {
    fn start(shard: Shard, placement: Placement) -> io::Result<Running> {
        match placement {
            Placement::Tasks => Ok(Running::Task(AbortOnDrop(tokio::spawn(shard::run(shard))))),
            Placement::Threads => Running::on_thread(shard),
        }
    }

    fn on_thread(shard: Shard) -> io::Result<Running> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel();
        let join = thread::Builder::new().name("fanfare-shard".into()).spawn(move || {
            let outcome = runtime.block_on(async {
                tokio::select! {
                    outcome = shard::run(shard) => outcome,
                    _ = stopped => Ok(()),
                }
            });
            let _ = end.send(());
            outcome
        })?;
        Ok(Running::Thread { join, ended, _stop: stop })
    }

    async fn ended(self) -> Result<(), ServeError> {
        let outcome = match self {
            Running::Task(mut task) => (&mut task.0).await.map_err(|_| ServeError::Shard)?,
            Running::Thread { join, ended, _stop } => {
                // The sender is dropped by a panic, too; joining tells.
                let _ = ended.await;
                join.join().map_err(|_| ServeError::Shard)?
            }
        };
        outcome.map_err(ServeError::Readiness)
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs the application's futures on the user's runtime.
struct Tasks(runtime::Handle);

impl Tasks {
    fn current() -> io::Result<Tasks> {
        let runtime = runtime::Handle::try_current();
        let outside = |error| io::Error::other(format!("it must be built inside a tokio runtime: {error}"));
        runtime.map(Tasks).map_err(outside)
    }
}

impl Spawn for Tasks {
    fn spawn(&self, future: BoxFuture<()>) {
        self.0.spawn(future);
    }

    /// Not in tokio's pool, which everything else that blocks shares, such as
    /// files and names: its threads are limited, and a handler keeps its own
    /// for as long as its connection is open. Inside the runtime all the same.
    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        let runtime = self.0.clone();
        let work = move || {
            let _inside = runtime.enter();
            work();
        };
        thread::Builder::new().name("fanfare-handler".into()).spawn(work).map(drop)
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Running")
    }
}
