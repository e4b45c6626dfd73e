//! What operators and balancers ask: `/ws/health` and `/ws/stats`.

use fanfare::{App, Handle, Response};
use http::StatusCode;
use serde::Serialize;

pub(super) fn mount(app: App) -> App {
    app.get("/ws/health", |_, handle| health(handle)).get("/ws/stats", |_, handle| stats(handle))
}

#[derive(Serialize)]
struct Health {
    success: bool,
    status: &'static str,
    connections: usize,
}

#[derive(Serialize)]
struct Answer<T> {
    success: bool,
    data: T,
}

/// Totals are cumulative; messages are application messages received.
#[derive(Serialize)]
struct Stats {
    active_connections: usize,
    total_connections: u64,
    total_messages: u64,
    peak_connections: usize,
    deliveries_queued: u64,
    deliveries_dropped: u64,
    deliveries_sent: u64,
    bytes_sent: u64,
    shards: usize,
}

/// 503 while the server drains, so that balancers look elsewhere.
fn health(handle: &Handle) -> Response {
    let (status, word) = if handle.is_running() {
        (StatusCode::OK, "healthy")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    };
    let connections = handle.totals().connections;
    json(status, &Health { success: status == StatusCode::OK, status: word, connections })
}

fn stats(handle: &Handle) -> Response {
    let (totals, stats) = (handle.totals(), handle.stats());
    let data = Stats {
        active_connections: totals.connections,
        total_connections: totals.admitted,
        total_messages: stats.messages_received,
        peak_connections: totals.connections_peak,
        deliveries_queued: stats.deliveries_queued,
        deliveries_dropped: stats.deliveries_dropped(),
        deliveries_sent: stats.deliveries_sent,
        bytes_sent: stats.bytes_sent,
        shards: handle.shards(),
    };
    json(StatusCode::OK, &Answer { success: true, data })
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_string(body) {
        Ok(text) => Response::json(status, text),
        Err(error) => Response::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}
