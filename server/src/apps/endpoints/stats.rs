//! `/ws/stats`: sums that anybody may know, and on request who is connected,
//! which is for operators.
//!
//! The sums ask no shard and cost the same however many connections there are:
//! the page polls them.

use super::answer::{Found, json, unavailable};
use super::operators::Operators;
use fanfare::{App, Handle, HandleError, Response};
use http::StatusCode;
use serde::Serialize;
use std::collections::BTreeMap;

pub(super) fn mount(app: App, operators: Operators) -> App {
    app.get_async("/ws/stats", move |request, handle| {
        let operators = operators.clone();
        async move {
            if request.query_param("detail").is_some_and(|detail| detail == "1") {
                operators.only(&request, detailed(&handle)).await
            } else {
                found(Stats::of(&handle))
            }
        }
    })
}

/// What begins with `total` and what is delivered, dropped or sent is cumulative;
/// messages are application messages received.
#[derive(Serialize)]
struct Stats {
    active_connections: usize,
    total_connections: u64,
    total_messages: u64,
    peak_connections: usize,
    rooms: usize,
    deliveries_queued: u64,
    deliveries_dropped: u64,
    deliveries_evicted: u64,
    deliveries_sent: u64,
    bytes_received: u64,
    bytes_sent: u64,
    shards: usize,
    uptime_seconds: u64,
}

#[derive(Serialize)]
struct Detailed {
    #[serde(flatten)]
    stats: Stats,
    /// Who has no primary channel is in none of them.
    channel_connections: BTreeMap<String, usize>,
    connections_by_client: BTreeMap<String, Vec<String>>,
}

/// The sums, how many connections each channel has, and each client's by their
/// ids; all in order.
async fn detailed(handle: &Handle) -> Response {
    match detail(handle).await {
        Ok(detailed) => found(detailed),
        Err(error) => unavailable(&error),
    }
}

async fn detail(handle: &Handle) -> Result<Detailed, HandleError> {
    // Both are asked before either has answered.
    let (channels, clients) = (handle.channels(), handle.clients());
    let channels = channels.await?.into_iter();
    let channel_connections = channels.map(|(channel, connections)| (channel.to_string(), connections));
    let clients = clients.await?.into_iter().map(|(client, connections)| {
        let mut ids: Vec<_> = connections.iter().map(ToString::to_string).collect();
        ids.sort_unstable();
        (client.to_string(), ids)
    });
    Ok(Detailed {
        stats: Stats::of(handle),
        channel_connections: channel_connections.collect(),
        connections_by_client: clients.collect(),
    })
}

impl Stats {
    fn of(handle: &Handle) -> Stats {
        let (totals, stats) = (handle.totals(), handle.stats());
        Stats {
            active_connections: totals.connections,
            total_connections: totals.admitted,
            total_messages: stats.messages_received,
            peak_connections: totals.connections_peak,
            rooms: totals.rooms,
            deliveries_queued: stats.deliveries_queued,
            deliveries_dropped: stats.deliveries_dropped(),
            deliveries_evicted: stats.evicted,
            deliveries_sent: stats.deliveries_sent,
            bytes_received: stats.message_bytes_received,
            bytes_sent: stats.bytes_sent,
            shards: handle.shards(),
            uptime_seconds: handle.now().as_nanos() / 1_000_000_000,
        }
    }
}

fn found(data: impl Serialize) -> Response {
    json(StatusCode::OK, &Found { success: true, data })
}
