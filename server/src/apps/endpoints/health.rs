//! `/ws/health`, for balancers.

use super::answer::json;
use fanfare::{App, Handle, Response};
use http::StatusCode;
use serde::Serialize;

#[derive(Serialize)]
struct Health {
    success: bool,
    status: &'static str,
    connections: usize,
}

pub(super) fn mount(app: App) -> App {
    app.get("/ws/health", |_, handle| health(handle))
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
