//! One reader stops. The others hear everything, what waits for it is bounded,
//! and after `write_time_max` it is gone, whatever the policy.

use crate::world::{Log, Said, World, config, eventually};
use fanfare::{App, BroadcastReport, Overflow, Route, Target};
use std::time::Duration;

const MESSAGE_BYTES: usize = 16 * 1024;
const OUTBOX_MESSAGES_MAX: usize = 16;

/// Publishes until the reader that has stopped is gone; yields the sum of the
/// reports and how it ended.
fn with_a_reader_that_stops(world: &World, policy: Overflow) -> (BroadcastReport, String) {
    let log = Log::default();
    let noted = log.clone();
    let config = config(|settings| {
        settings.connection.outbox_policy = policy;
        settings.connection.outbox_messages_max = OUTBOX_MESSAGES_MAX;
        settings.connection.write_time_max = Duration::from_millis(500);
    });
    let route = Route::new()
        .on_open(|ctx| ctx.join("hall").map(drop))
        .on_close(move |_, closed| noted.note(closed.reason.to_string()));
    let server = world.start(App::new().config(config).route("/", route));
    let stopped = server.raw_open("/");
    let mut healthy: Vec<_> = (0..4).map(|_| server.connect("/")).collect();
    assert_eq!(server.handle().connections().wait().unwrap().len(), 5);

    let mut number: u64 = 0;
    let mut publish = || {
        let mut bytes = vec![0; MESSAGE_BYTES];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        let hall = Target::room("/", "hall");
        let report = server.handle().broadcast(hall, bytes.as_slice()).wait().unwrap();
        assert_eq!(report.matched(), report.queued() + report.dropped() + report.closed());
        assert!(report.queued() >= 4, "the healthy four get message {number}: {report:?}");
        for peer in &mut healthy {
            assert_eq!(peer.hear(), Said::Binary(bytes.clone()));
        }
        let stats = server.handle().stats();
        let gone = stats.deliveries_sent + stats.evicted + stats.discarded;
        let waiting = stats.deliveries_queued.saturating_sub(gone);
        assert!(waiting <= (5 * OUTBOX_MESSAGES_MAX) as u64, "{waiting} messages wait after {number}");
        number += 1;
        report
    };
    let mut total = BroadcastReport::default();
    while total.dropped() + total.closed() + server.handle().stats().evicted == 0 {
        total += publish();
    }
    eventually("the reader that has stopped is gone", || {
        total += publish();
        !log.all().is_empty()
    });
    drop(stopped);
    (total, log.wait_for(1).remove(0))
}

pub(crate) fn drop_newest_spares_the_others(world: &World) {
    let (total, end) = with_a_reader_that_stops(world, Overflow::DropNewest);
    assert_eq!(end, "closed because the Write deadline passed");
    assert!(total.dropped() > 0 && total.closed() == 0, "{total:?}");
}

pub(crate) fn drop_oldest_spares_the_others(world: &World) {
    let (total, end) = with_a_reader_that_stops(world, Overflow::DropOldest);
    assert_eq!(end, "closed because the Write deadline passed");
    assert_eq!((total.dropped(), total.closed()), (0, 0), "what is evicted is counted elsewhere");
}

pub(crate) fn disconnect_spares_the_others(world: &World) {
    let (total, end) = with_a_reader_that_stops(world, Overflow::Disconnect);
    assert_eq!(end, "closed because the outbox was full");
    assert_eq!((total.dropped(), total.closed()), (0, 1));
}
