//! Connections that are dead in one direction only; `coming_back` has one that is dead
//! in both. When exactly they are given up is asserted where time is imagined, in the
//! tests of the core.

use crate::world::{Log, Proxy, Server, World, done};
use fanfare::{App, Client, Reconnect, Route, StopOptions};
use std::time::Duration;

const BEAT: Duration = Duration::from_millis(50);
const LIVENESS: Duration = Duration::from_millis(300);

/// What a client is told whose line goes silent after it has connected, both sides
/// being as patient as given.
fn under_watch(
    world: &World,
    client_liveness: Duration,
    server_liveness: Duration,
    silence: fn(&Proxy),
) -> Vec<String> {
    let route = Route::new().on_message(|ctx, message| ctx.send(&message)).settings(move |route| {
        route.ping_interval = Some(BEAT);
        route.liveness_time_max = server_liveness;
    });
    let (log, server) = (Log::default(), Server::start(App::new().route("/", route)));
    let proxy = Proxy::to(server.address());
    let client = Client::new(&proxy.url()).unwrap().settings(|client| {
        client.connection.ping_interval = Some(BEAT);
        client.connection.liveness_time_max = client_liveness;
        client.reconnect = Reconnect::Fixed { delay: Duration::from_millis(20) };
        client.stable_time = Duration::from_millis(1);
    });
    let client = world.start(log.of_all(client));
    done(client.connect());
    silence(&proxy);
    log.wait_for(4);
    done(client.send("through"));
    let notes = log.wait_for(5);
    // The server may not know yet; there is no need to wait until it does.
    let at_once = StopOptions { time_max: Duration::from_millis(1), ..StopOptions::default() };
    server.handle().stop(&at_once).wait().unwrap();
    notes
}

/// It goes on sending into the void, which is acknowledged as far as the proxy.
pub(crate) fn a_server_that_is_heard_no_more_is_given_up(world: &World) {
    let notes = under_watch(world, LIVENESS, 100 * LIVENESS, Proxy::go_silent_downwards);
    let expected = [
        "connected",
        "disconnected: closed because the Liveness deadline passed",
        "reconnecting: 1",
        "connected",
        r#"Text("through")"#,
    ];
    assert_eq!(notes, expected);
}

/// Its pings arrive, so that for the client all is well until the server gives up.
pub(crate) fn a_server_that_hears_nothing_gives_up_and_is_connected_to_anew(world: &World) {
    let notes = under_watch(world, 100 * LIVENESS, LIVENESS, Proxy::go_silent_upwards);
    assert!(notes[1].starts_with("disconnected: "), "{notes:?}");
    assert_eq!(
        [&notes[0], &notes[2], &notes[3], &notes[4]],
        ["connected", "reconnecting: 1", "connected", r#"Text("through")"#]
    );
}
