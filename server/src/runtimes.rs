//! The same application on each runtime.
//!
//! Apart because this is all that differs: how many threads a runtime gets, and
//! which adapter's server is served.

use crate::failure::Failure;
use crate::settings::Shards;
use ::smol::{Executor, block_on, channel};
use ::tokio::runtime::{self, Runtime};
use fanfare::{App, Handle, ServeError, Tls, smol, std_threads, tokio};
use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

/// Serves until the server is stopped. `begin` is called when nothing but the
/// listener's own failure can come in between any more.
pub(crate) fn serve(
    app: App,
    listener: TcpListener,
    tls: Option<Tls>,
    shards: Shards,
    count: usize,
    begin: impl FnOnce(Handle) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match shards {
        Shards::Tokio(placement) => tokio_for(count, placement)?.block_on(async {
            let mut server = tokio::Server::with_shards(app, count, placement)?;
            if let Some(tls) = tls {
                server = server.tls(tls);
            }
            begin(server.handle())?;
            Ok(server.serve(listener).await?)
        }),
        Shards::Smol(placement) => {
            let executor = Arc::new(Executor::new());
            let mut server = smol::Server::with_executor(app, count, placement, &executor)?;
            if let Some(tls) = tls {
                server = server.tls(tls);
            }
            begin(server.handle())?;
            smol_for(count, placement, &executor, server.serve(listener))
        }
        Shards::StdThreads => {
            let mut server = std_threads::Server::with_shards(app, count)?;
            if let Some(tls) = tls {
                server = server.tls(tls);
            }
            begin(server.handle())?;
            Ok(server.serve(listener)?)
        }
    }
}

/// A runtime with a thread for each shard that is a task; shards on threads
/// of their own leave it only the accepting and the application's futures.
fn tokio_for(shards: usize, placement: tokio::Placement) -> Result<Runtime, Failure> {
    let mut builder = match placement {
        tokio::Placement::Tasks if shards > 1 => {
            let mut builder = runtime::Builder::new_multi_thread();
            builder.worker_threads(shards);
            builder
        }
        tokio::Placement::Tasks | tokio::Placement::Threads | _ => runtime::Builder::new_current_thread(),
    };
    builder.enable_all().build().map_err(Failure::Start)
}

/// Runs an executor until the server has ended, with the same number of threads.
fn smol_for(
    shards: usize,
    placement: smol::Placement,
    executor: &Executor<'static>,
    serving: impl Future<Output = Result<(), ServeError>> + Send + 'static,
) -> Result<(), Failure> {
    let threads = match placement {
        smol::Placement::Tasks => shards,
        smol::Placement::Threads | _ => 1,
    };
    thread::scope(|scope| {
        // The other threads end with this value.
        let (_end, ended) = channel::bounded::<Infallible>(1);
        for _ in 1..threads {
            let ended = ended.clone();
            let run = move || block_on(executor.run(ended.recv()));
            thread::Builder::new().spawn_scoped(scope, run).map_err(Failure::Start)?;
        }
        // As a task, so that accepting has its turn among the shards.
        Ok(block_on(executor.run(executor.spawn(serving)))?)
    })
}
