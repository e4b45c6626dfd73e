//! What a hub has done, in numbers. Plain counts of one shard; the driver sums.

use std::ops::AddAssign;

/// Cumulative counts, and a few levels, of one hub or of several added up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Transports that arrived.
    pub transports_accepted: u64,
    /// Transports refused because too many requests waited for a decision.
    pub transports_refused: u64,
    /// Transports that were longest about their handshake, and gave way to others.
    pub handshakes_evicted: u64,
    /// Transports that failed before their connection opened: cut off, or not
    /// speaking TLS where that is spoken.
    pub handshakes_failed: u64,
    /// Connections that opened.
    pub connections_opened: u64,
    /// Connections that opened and are closed.
    pub connections_closed: u64,
    /// Handshakes and plain requests that were answered over HTTP, or turned away
    /// right after the upgrade.
    pub requests_answered: u64,
    /// Application messages received.
    pub messages_received: u64,
    /// Their payload bytes.
    pub message_bytes_received: u64,
    /// Of the messages received: compressed, and inflated to see what they say.
    pub messages_inflated: u64,
    /// How often a message was compressed: once per window and shard, however
    /// many recipients share the result, and whether it shrank or not.
    pub messages_compressed: u64,
    /// The bytes of their frames before that.
    pub compression_bytes_before: u64,
    /// The bytes of the frames that were sent instead, or nevertheless.
    pub compression_bytes_after: u64,
    /// Events received in an envelope.
    pub events_received: u64,
    /// Messages that did not fit their envelope.
    pub events_malformed: u64,
    /// Questions to peers: answered, timed out, ended with the connection, or waiting.
    pub acks_asked: u64,
    /// Of these: answered.
    pub acks_answered: u64,
    /// Of these: not answered in time.
    pub acks_timed_out: u64,
    /// Of these: the connection ended before.
    pub acks_disconnected: u64,
    /// Answers to nothing that was asked: forged, late, or the second.
    pub acks_ignored: u64,
    /// Messages offered to outboxes: queued or dropped.
    pub deliveries_offered: u64,
    /// Of these: put in an outbox.
    pub deliveries_queued: u64,
    /// Of these: refused because the outbox was full.
    pub dropped_outbox_full: u64,
    /// Of these: refused because the server's byte budget was used up.
    pub dropped_budget: u64,
    /// Of these: refused, and the connection closed for it.
    pub dropped_disconnected: u64,
    /// Queued, later evicted for a newer message.
    pub evicted: u64,
    /// Queued, later discarded because the connection ended.
    pub discarded: u64,
    /// Queued, later handed to the transport whole.
    pub deliveries_sent: u64,
    /// Bytes handed to transports, everything included.
    pub bytes_sent: u64,
    /// Pings queued, by the heartbeat or the application.
    pub pings_queued: u64,
    /// Violations by peers.
    pub violations: u64,
    /// Deadlines that ended a connection.
    pub timeouts: u64,
    /// Connections closed because there was no thread for their blocking handler.
    pub handlers_refused: u64,
    /// Liveness deadlines that fired late and were given a second chance.
    pub deadlines_spared: u64,
}

impl Stats {
    /// Messages offered and not queued, for whichever reason:
    /// offered = queued + dropped.
    pub fn deliveries_dropped(&self) -> u64 {
        self.dropped_outbox_full + self.dropped_budget + self.dropped_disconnected
    }
}

impl Stats {
    fn add_acks(&mut self, [asked, answered, timed_out, disconnected, ignored]: [u64; 5]) {
        self.acks_asked += asked;
        self.acks_answered += answered;
        self.acks_timed_out += timed_out;
        self.acks_disconnected += disconnected;
        self.acks_ignored += ignored;
    }
}

impl AddAssign for Stats {
    fn add_assign(&mut self, other: Stats) {
        let Stats {
            transports_accepted,
            transports_refused,
            handshakes_evicted,
            handshakes_failed,
            connections_opened,
            connections_closed,
            requests_answered,
            messages_received,
            message_bytes_received,
            messages_inflated,
            messages_compressed,
            compression_bytes_before,
            compression_bytes_after,
            events_received,
            events_malformed,
            acks_asked,
            acks_answered,
            acks_timed_out,
            acks_disconnected,
            acks_ignored,
            deliveries_offered,
            deliveries_queued,
            dropped_outbox_full,
            dropped_budget,
            dropped_disconnected,
            evicted,
            discarded,
            deliveries_sent,
            bytes_sent,
            pings_queued,
            violations,
            timeouts,
            handlers_refused,
            deadlines_spared,
        } = other;
        self.transports_accepted += transports_accepted;
        self.transports_refused += transports_refused;
        self.handshakes_evicted += handshakes_evicted;
        self.handshakes_failed += handshakes_failed;
        self.connections_opened += connections_opened;
        self.connections_closed += connections_closed;
        self.requests_answered += requests_answered;
        self.messages_received += messages_received;
        self.message_bytes_received += message_bytes_received;
        self.messages_inflated += messages_inflated;
        self.messages_compressed += messages_compressed;
        self.compression_bytes_before += compression_bytes_before;
        self.compression_bytes_after += compression_bytes_after;
        self.events_received += events_received;
        self.events_malformed += events_malformed;
        self.add_acks([acks_asked, acks_answered, acks_timed_out, acks_disconnected, acks_ignored]);
        self.deliveries_offered += deliveries_offered;
        self.deliveries_queued += deliveries_queued;
        self.dropped_outbox_full += dropped_outbox_full;
        self.dropped_budget += dropped_budget;
        self.dropped_disconnected += dropped_disconnected;
        self.evicted += evicted;
        self.discarded += discarded;
        self.deliveries_sent += deliveries_sent;
        self.bytes_sent += bytes_sent;
        self.pings_queued += pings_queued;
        self.violations += violations;
        self.timeouts += timeouts;
        self.handlers_refused += handlers_refused;
        self.deadlines_spared += deadlines_spared;
    }
}
