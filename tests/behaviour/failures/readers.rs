//! Failures 6 and 7: who does not read, and what a broadcast costs.

use crate::world::{Log, Said, World, config, eventually};
use fanfare::{Accept, App, CloseReason, HandleError, Route, Target};
use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

fn hall() -> Target {
    Target::room("/", "hall")
}

/// Joins the hall, if the query says so, and is called as the path says.
fn member() -> Route {
    Route::new()
        .authorise(|request| Ok(Accept::new().client_id(request.param("name").unwrap_or_default())))
        .on_open(|ctx| {
            let is_member = ctx.metadata().is_some_and(|metadata| metadata.query() == Some("hall"));
            if is_member { ctx.join("hall").map(drop) } else { Ok(()) }
        })
}

/// It may stand for longer than anybody here waits.
pub(crate) fn a_reader_that_stops_stalls_nobody(world: &World) {
    let patient = config(|settings| {
        settings.connection.write_time_max = Duration::from_secs(600);
        settings.connection.liveness_time_max = Duration::from_secs(600);
    });
    let server = world.start(App::new().config(patient).route("/{name}", member()));
    let stopped = server.raw_open("/stopped?hall");
    let mut others: Vec<_> = (0..4).map(|_| server.connect("/other?hall")).collect();
    assert_eq!(server.handle().connections().wait().unwrap().len(), 5);
    let message = vec![7; 64 * KIB];
    let mut publish = || {
        let report = server.handle().broadcast(hall(), message.as_slice()).wait().unwrap();
        assert_eq!((report.matched(), report.queued() + report.dropped()), (5, 5), "{report:?}");
        for other in &mut others {
            assert_eq!(other.hear(), Said::Binary(message.clone()));
        }
        report.dropped()
    };
    // Until its socket and its outbox are full, and a while longer.
    while publish() == 0 {}
    for _ in 0..50 {
        assert_eq!(publish(), 1, "only it misses what it has no room for");
    }
    assert_eq!(server.handle().totals().connections, 5, "it still stands there");
    drop(stopped);
}

/// Whoever is not meant is not offered it, or counted.
pub(crate) fn a_broadcast_to_two_is_offered_to_two(world: &World) {
    let server = world.start(App::new().route("/{name}", member()));
    let crowd: Vec<_> = (0..60).map(|_| server.connect("/crowd")).collect();
    let mut members = [(); 2].map(|()| server.connect("/member?hall"));
    assert_eq!(server.handle().connections().wait().unwrap().len(), crowd.len() + members.len());
    for target in [hall(), Target::client("member")] {
        let before = server.handle().stats();
        let report = server.handle().broadcast(target, "to the two of you").wait().unwrap();
        assert_eq!((report.matched(), report.queued()), (2, 2));
        for member in &mut members {
            member.expect("to the two of you");
        }
        eventually("two deliveries were sent", || {
            let after = server.handle().stats();
            let offered = after.deliveries_offered - before.deliveries_offered;
            (offered, after.deliveries_sent - before.deliveries_sent) == (2, 2)
        });
    }
}

/// Twenty times the message would be more than the server may keep.
pub(crate) fn a_message_for_many_is_kept_once(world: &World) {
    let tight = config(|settings| settings.server_outbox_bytes_max = 4 * MIB);
    let server = world.start(App::new().config(tight).route("/{name}", member()));
    let mut peers: Vec<_> = (0..20).map(|_| server.connect("/peer?hall")).collect();
    assert_eq!(server.handle().connections().wait().unwrap().len(), peers.len());
    let message = vec![1; 512 * KIB];
    for _ in 0..2 {
        let report = server.handle().broadcast(hall(), message.as_slice()).wait().unwrap();
        assert_eq!((report.queued(), report.dropped()), (20, 0));
        for peer in &mut peers {
            assert_eq!(peer.hear(), Said::Binary(message.clone()));
        }
    }
    assert_eq!(server.handle().stats().dropped_budget, 0);
}

pub(crate) fn who_is_cut_for_not_reading_is_gone_from_everywhere(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let hasty = config(|settings| settings.connection.write_time_max = Duration::from_millis(200));
    let route = member().on_close(move |_, closed| {
        assert!(matches!(closed.reason, CloseReason::TimedOut(_)), "{}", closed.reason);
        noted.note("cut");
    });
    let server = world.start(App::new().config(hasty).route("/{name}", route));
    let mut stopped = server.raw_open("/stopped?hall");
    let handle = server.handle();
    eventually("it is cut", || {
        drop(handle.broadcast(hall(), &vec![7; 64 * KIB][..]).wait());
        !log.all().is_empty()
    });
    assert_eq!(handle.rooms().wait().unwrap().len(), 0);
    assert_eq!(handle.connections().wait().unwrap().len(), 0);
    assert_eq!(handle.broadcast(Target::Everyone, "anyone?").wait().unwrap().matched(), 0);
    let nobody = Err(HandleError::UnknownRecipient(String::from("stopped")));
    assert_eq!(handle.send("stopped", "still there?").wait(), nobody);
    eventually("its place is free", || handle.totals().connections == 0);
    // The socket, too: what has not been read of it ends.
    stopped.hear_end();
    assert_eq!(log.all(), ["cut"], "told once");
    let stats = handle.stats();
    assert_eq!(stats.deliveries_queued, stats.deliveries_sent + stats.discarded, "nothing waits for it");
}
