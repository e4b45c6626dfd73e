//! What operators, balancers and services ask over plain HTTP: one file for each
//! path, and who may ask in `operators`.
//!
//! Apart from the applications because none of it is a WebSocket connection's
//! business. Must never hold a shard up: what needs the shards is a future.

mod answer;
mod health;
mod metrics;
mod notify;
mod operators;
mod stats;
mod status;

pub(crate) use operators::Operators;

use fanfare::App;

/// Puts the endpoints on their paths. What is not for everyone is for `operators`.
pub(super) fn mount(app: App, operators: &Operators) -> App {
    let app = health::mount(app);
    let app = stats::mount(app, operators.clone());
    let app = status::mount(app, operators.clone());
    let app = notify::mount(app, operators.clone());
    metrics::mount(app, operators.clone())
}
