//! The same application on each runtime.
//!
//! Apart because this is all that differs: how many threads a runtime gets, and
//! which adapter's server is served.

use crate::failure::Failure;
use crate::settings::Shards;
use ::tokio::runtime::{self, Runtime};
use fanfare::tokio::Placement;
use fanfare::{App, Handle, std_threads, tokio};
use std::net::TcpListener;

/// Serves until the server is stopped. `begin` is called when nothing but the
/// listener's own failure can come in between any more.
pub(crate) fn serve(
    app: App,
    listener: TcpListener,
    shards: Shards,
    count: usize,
    begin: impl FnOnce(Handle) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match shards {
        Shards::Tokio(placement) => tokio_for(count, placement)?.block_on(async {
            let server = tokio::Server::with_shards(app, count, placement)?;
            begin(server.handle())?;
            Ok(server.serve(listener).await?)
        }),
        Shards::StdThreads => {
            let server = std_threads::Server::with_shards(app, count)?;
            begin(server.handle())?;
            Ok(server.serve(listener)?)
        }
    }
}

/// A runtime with a thread for each shard that is a task; shards on threads
/// of their own leave it only the accepting and the application's futures.
fn tokio_for(shards: usize, placement: Placement) -> Result<Runtime, Failure> {
    let mut builder = match placement {
        Placement::Tasks if shards > 1 => {
            let mut builder = runtime::Builder::new_multi_thread();
            builder.worker_threads(shards);
            builder
        }
        Placement::Tasks | Placement::Threads | _ => runtime::Builder::new_current_thread(),
    };
    builder.enable_all().build().map_err(Failure::Start)
}
