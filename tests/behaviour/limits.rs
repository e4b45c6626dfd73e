//! How many connections there may be, and whose.

use crate::world::{World, config, eventually};
use fanfare::core::config::ClientIdPolicy;
use fanfare::{Accept, App, Route};
use std::net::Ipv4Addr;
use std::thread;

fn echo() -> Route {
    Route::new().on_message(|ctx, message| ctx.send(&message))
}

/// The client id is the query.
fn by_name() -> Route {
    echo().authorise(|request| Ok(Accept::new().client_id(request.query().unwrap_or_default())))
}

pub(crate) fn connections_max_is_exact_in_a_crowd(world: &World) {
    let limit = config(|settings| settings.connections_max = 50);
    let server = world.start(App::new().config(limit).route("/", echo()));
    let results: Vec<_> = thread::scope(|scope| {
        let connect = |_| scope.spawn(|| (0..25).map(|_| server.try_connect("/", &[])).collect::<Vec<_>>());
        let threads: Vec<_> = (0..8).map(connect).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(peer) => accepted.push(peer),
            Err(answer) => refused.push(answer.status),
        }
    }
    assert_eq!((accepted.len(), refused), (50, vec![503; 150]));
    let totals = server.handle().totals();
    assert_eq!((totals.connections, totals.connections_peak), (50, 50));
    for peer in &mut accepted {
        peer.expect_echo("here");
    }

    // One leaves, one gets in.
    let mut leaver = accepted.remove(0);
    leaver.close(1000, "");
    leaver.expect_close(1000);
    eventually("one place is free", || server.handle().totals().connections == 49);
    accepted.push(server.connect("/"));
    assert_eq!(server.try_connect("/", &[]).err().map(|answer| answer.status), Some(503));
}

pub(crate) fn an_address_has_a_limit_of_its_own(world: &World) {
    let limit = config(|settings| settings.connections_per_address_max = 2);
    let server = world.start(App::new().config(limit).route("/", echo()));
    let [here, there] = [2, 3].map(|last| Ipv4Addr::new(127, 0, 0, last));
    let _kept: Vec<_> = (0..2).map(|_| server.try_connect_from(here, "/").unwrap()).collect();
    let refused = server.try_connect_from(here, "/").err();
    assert_eq!(refused.map(|answer| answer.status), Some(503));
    server.try_connect_from(there, "/").unwrap().expect_echo("another address");
}

fn with_policy(world: &World, policy: ClientIdPolicy) -> crate::world::Server<'_> {
    let config = config(|settings| settings.client_id_policy = policy);
    world.start(App::new().config(config).route("/", by_name()))
}

pub(crate) fn the_silent_keep_no_honest_client_out(world: &World) {
    const PENDING_MAX: usize = 5;
    let limit = config(|settings| settings.pending_handshakes_max = PENDING_MAX);
    let server = world.start(App::new().config(limit).route("/", echo()));
    let mut silent: Vec<_> = (0..60).map(|_| server.raw()).collect();
    for raw in silent.iter_mut().skip(1).step_by(2) {
        // It may have had to give way already.
        raw.try_write(b"GET / HTTP");
    }
    let mut honest: Vec<_> = (0..10).map(|_| server.connect("/")).collect();
    for peer in &mut honest {
        peer.expect_echo("here");
    }
    let given_way = silent.len() - server.handle().shards() * PENDING_MAX;
    eventually("the oldest of the silent give way", || {
        server.handle().stats().handshakes_evicted >= given_way as u64
    });
    silent[0].hear_end();
    assert_eq!(server.handle().stats().transports_refused, 0);
}

pub(crate) fn client_ids_may_be_shared(world: &World) {
    let server = with_policy(world, ClientIdPolicy::Allow);
    let mut peers: Vec<_> = (0..4).map(|_| server.connect("/?anna")).collect();
    server.handle().send("anna", "to all of you").wait().unwrap();
    for peer in &mut peers {
        peer.expect("to all of you");
    }
}

pub(crate) fn a_newer_connection_replaces_the_older(world: &World) {
    let server = with_policy(world, ClientIdPolicy::Replace);
    let mut bystander = server.connect("/?bo");
    let mut current = server.connect("/?anna");
    for _ in 0..6 {
        let mut newer = server.connect("/?anna");
        current.expect_close(4001);
        newer.expect_echo("mine now");
        server.handle().send("anna", "to the newest").wait().unwrap();
        newer.expect("to the newest");
        current = newer;
    }
    bystander.expect_echo("untouched");
    eventually("two are left", || server.handle().totals().connections == 2);
}

pub(crate) fn a_taken_client_id_is_refused(world: &World) {
    let server = with_policy(world, ClientIdPolicy::Reject);
    let mut first = server.connect("/?anna");
    for _ in 0..4 {
        assert_eq!(server.try_connect("/?anna", &[]).err().map(|answer| answer.status), Some(409));
    }
    first.expect_echo("still here");
    first.close(1000, "");
    first.expect_close(1000);
    eventually("the id is free", || server.handle().totals().connections == 0);
    server.connect("/?anna").expect_echo("next");
}
