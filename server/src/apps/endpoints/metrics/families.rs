//! What is told: a row for each family, with the counts that it reads.
//!
//! Apart from the rest because it is a table. What the hub counts and the table
//! lacks, a test finds.

use fanfare::Handle;
use fanfare_core::directory::Totals;
use fanfare_core::stats::Stats;

/// The numbers of one moment.
pub(super) struct Snapshot {
    stats: Stats,
    totals: Totals,
    shards: usize,
    is_draining: bool,
    uptime_seconds: u64,
}

impl Snapshot {
    pub(super) fn of(handle: &Handle) -> Snapshot {
        Snapshot {
            stats: handle.stats(),
            totals: handle.totals(),
            shards: handle.shards(),
            is_draining: !handle.is_running(),
            uptime_seconds: handle.now().as_nanos() / 1_000_000_000,
        }
    }
}

/// A metric, and what tells its samples apart.
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) samples: &'static [Sample],
}

/// A number of a family.
pub(super) struct Sample {
    /// Name and value of its label; a family of one sample needs none.
    pub(super) label: Option<(&'static str, &'static str)>,
    pub(super) read: fn(&Snapshot) -> u64,
}

impl Family {
    /// What only grows is a counter, and is called so by Prometheus's own rule.
    pub(super) fn kind(&self) -> &'static str {
        if self.name.ends_with("_total") { "counter" } else { "gauge" }
    }
}

const fn family(name: &'static str, help: &'static str, samples: &'static [Sample]) -> Family {
    Family { name, help, samples }
}

const fn one(read: fn(&Snapshot) -> u64) -> Sample {
    Sample { label: None, read }
}

const fn reason(reason: &'static str, read: fn(&Snapshot) -> u64) -> Sample {
    Sample { label: Some(("reason", reason)), read }
}

const fn outcome(outcome: &'static str, read: fn(&Snapshot) -> u64) -> Sample {
    Sample { label: Some(("outcome", outcome)), read }
}

pub(super) static FAMILIES: [Family; 39] = [
    family(
        "fanfare_connections",
        "Connections that are open, those that are being closed for a successor included.",
        &[one(|s| s.totals.connections as u64)],
    ),
    family(
        "fanfare_connections_leaving",
        "Of these: replaced by a newer one of the same client, and being closed.",
        &[one(|s| s.totals.leaving as u64)],
    ),
    family(
        "fanfare_connections_peak",
        "The most connections there were at once.",
        &[one(|s| s.totals.connections_peak as u64)],
    ),
    family("fanfare_rooms", "Rooms that have a member.", &[one(|s| s.totals.rooms as u64)]),
    family("fanfare_shards", "Shards that serve.", &[one(|s| s.shards as u64)]),
    family("fanfare_draining", "1 while the server stops, 0 before.", &[one(|s| s.is_draining.into())]),
    family("fanfare_uptime_seconds", "Time since the server started.", &[one(|s| s.uptime_seconds)]),
    family(
        "fanfare_connections_admitted_total",
        "Connections that the limits let in.",
        &[one(|s| s.totals.admitted)],
    ),
    family(
        "fanfare_connections_refused_total",
        "Connections that the limits kept out.",
        &[
            reason("server_full", |s| s.totals.refused.server_full),
            reason("address_full", |s| s.totals.refused.address_full),
            reason("client_id_in_use", |s| s.totals.refused.client_id_in_use),
        ],
    ),
    family(
        "fanfare_connections_opened_total",
        "Connections that opened.",
        &[one(|s| s.stats.connections_opened)],
    ),
    family(
        "fanfare_connections_closed_total",
        "Connections that opened and are closed.",
        &[one(|s| s.stats.connections_closed)],
    ),
    family(
        "fanfare_transports_accepted_total",
        "Transports that arrived.",
        &[one(|s| s.stats.transports_accepted)],
    ),
    family(
        "fanfare_transports_refused_total",
        "Transports refused because too many requests waited for a decision.",
        &[one(|s| s.stats.transports_refused)],
    ),
    family(
        "fanfare_handshakes_failed_total",
        "Transports that failed before their connection opened.",
        &[one(|s| s.stats.handshakes_failed)],
    ),
    family(
        "fanfare_handshakes_evicted_total",
        "Transports that were longest about their handshake, and gave way to others.",
        &[one(|s| s.stats.handshakes_evicted)],
    ),
    family(
        "fanfare_requests_answered_total",
        "Handshakes and plain requests that were answered over HTTP.",
        &[one(|s| s.stats.requests_answered)],
    ),
    family(
        "fanfare_messages_received_total",
        "Application messages received.",
        &[one(|s| s.stats.messages_received)],
    ),
    family(
        "fanfare_messages_received_bytes_total",
        "Their payload.",
        &[one(|s| s.stats.message_bytes_received)],
    ),
    family(
        "fanfare_messages_inflated_total",
        "Of the messages received: those that were compressed.",
        &[one(|s| s.stats.messages_inflated)],
    ),
    family(
        "fanfare_messages_compressed_total",
        "How often a message was compressed to be sent, once for all who share the result.",
        &[one(|s| s.stats.messages_compressed)],
    ),
    family(
        "fanfare_compression_input_bytes_total",
        "What was compressed.",
        &[one(|s| s.stats.compression_bytes_before)],
    ),
    family(
        "fanfare_compression_output_bytes_total",
        "What became of it.",
        &[one(|s| s.stats.compression_bytes_after)],
    ),
    family(
        "fanfare_events_received_total",
        "Events received in an envelope.",
        &[one(|s| s.stats.events_received)],
    ),
    family(
        "fanfare_events_malformed_total",
        "Messages that did not fit their envelope.",
        &[one(|s| s.stats.events_malformed)],
    ),
    family("fanfare_acks_asked_total", "Questions to peers.", &[one(|s| s.stats.acks_asked)]),
    family(
        "fanfare_acks_resolved_total",
        "Questions to peers that wait no longer.",
        &[
            outcome("answered", |s| s.stats.acks_answered),
            outcome("timed_out", |s| s.stats.acks_timed_out),
            outcome("disconnected", |s| s.stats.acks_disconnected),
        ],
    ),
    family(
        "fanfare_acks_ignored_total",
        "Answers of peers to nothing that was asked.",
        &[one(|s| s.stats.acks_ignored)],
    ),
    family(
        "fanfare_deliveries_offered_total",
        "Messages offered to outboxes, one for each recipient.",
        &[one(|s| s.stats.deliveries_offered)],
    ),
    family(
        "fanfare_deliveries_queued_total",
        "Of the deliveries offered: those put in an outbox.",
        &[one(|s| s.stats.deliveries_queued)],
    ),
    family(
        "fanfare_deliveries_dropped_total",
        "Of the deliveries offered: those not put in an outbox.",
        &[
            reason("outbox_full", |s| s.stats.dropped_outbox_full),
            reason("budget", |s| s.stats.dropped_budget),
            reason("disconnected", |s| s.stats.dropped_disconnected),
        ],
    ),
    family(
        "fanfare_deliveries_sent_total",
        "Of the deliveries queued: those handed to the transport whole.",
        &[one(|s| s.stats.deliveries_sent)],
    ),
    family(
        "fanfare_deliveries_evicted_total",
        "Of the deliveries queued: those that gave way to newer ones.",
        &[one(|s| s.stats.evicted)],
    ),
    family(
        "fanfare_deliveries_discarded_total",
        "Of the deliveries queued: those whose connection ended before.",
        &[one(|s| s.stats.discarded)],
    ),
    family(
        "fanfare_sent_bytes_total",
        "Bytes handed to transports, everything included.",
        &[one(|s| s.stats.bytes_sent)],
    ),
    family("fanfare_pings_queued_total", "Pings queued.", &[one(|s| s.stats.pings_queued)]),
    family(
        "fanfare_violations_total",
        "Violations of the protocol or of limits by peers.",
        &[one(|s| s.stats.violations)],
    ),
    family("fanfare_timeouts_total", "Deadlines that ended a connection.", &[one(|s| s.stats.timeouts)]),
    family(
        "fanfare_deadlines_spared_total",
        "Deadlines that fired late and were given a second chance.",
        &[one(|s| s.stats.deadlines_spared)],
    ),
    family(
        "fanfare_handlers_refused_total",
        "Connections closed because there was no thread for their blocking handler.",
        &[one(|s| s.stats.handlers_refused)],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn whatever_is_counted_is_told() {
        let is_end = |c: char| c != '_' && !c.is_alphanumeric();
        let read = include_str!("families.rs").split('.').filter_map(|rest| rest.split(is_end).next());
        let read: BTreeSet<_> = read.collect();
        let shown = format!("{:#?}{:#?}", Stats::default(), Totals::default());
        let counted: Vec<_> = shown.lines().filter_map(|line| line.trim_start().split_once(": ")).collect();
        assert!(counted.len() > 30, "hardly any count was found: the search is broken");
        for (count, _) in counted {
            assert!(read.contains(count), "`{count}` is in no family");
        }
    }

    #[test]
    fn no_name_comes_twice() {
        let mut names: Vec<_> = FAMILIES.iter().map(|family| family.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FAMILIES.len());
    }
}
