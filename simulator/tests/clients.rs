//! Clients and servers in a simulation, as somebody who tests an application of
//! one's own sees them: names, faults on demand, and servers that come again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fanfare_core::client::Reconnect;
use fanfare_core::close::CloseCode;
use fanfare_core::time::Instant;
use fanfare_driver::{App, Client, ClientError, ClientHandle, Handle, Heard, Route, StopOptions};
use fanfare_simulator::{Ending, Faults, Simulation};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn echo() -> App {
    App::new().route("/", Route::new().on_message(|ctx, message| ctx.send(&message)))
}

fn client(url: &str) -> Client {
    let reconnect = Reconnect::Exponential { base: Duration::from_millis(250), cap: SECOND };
    Client::new(url).unwrap().settings(|client| client.reconnect = reconnect)
}

/// A simulation of an echo, and a connected client that says what it hears.
fn echoing(seed: u64) -> (Simulation, ClientHandle, Receiver<String>) {
    let mut simulation = Simulation::new(seed);
    simulation.serve("echo.test", 2, echo).unwrap();
    let (told, hears) = mpsc::channel();
    let client = client("ws://echo.test/").on_message(move |_, message| {
        // The test may be over.
        let _ = told.send(message.as_text().unwrap_or_default().to_owned());
    });
    let client = simulation.start(client).unwrap();
    assert_eq!(simulation.finish(SECOND, client.connect()), Some(Ok(())));
    (simulation, client, hears)
}

/// Whether what is said comes back.
fn is_echoed(simulation: &mut Simulation, client: &ClientHandle, hears: &Receiver<String>) -> bool {
    drop(client.send("hi"));
    simulation.run_until(SECOND, |_| hears.try_recv().is_ok_and(|heard| heard == "hi"))
}

#[test]
fn a_client_comes_back_whichever_way_a_server_ends() {
    let (mut simulation, client, hears) = echoing(1);
    let graceful = Ending::Stopped(StopOptions::default());
    for (round, ending) in [(1, Ending::Killed), (2, graceful)] {
        assert!(is_echoed(&mut simulation, &client, &hears));
        let before = simulation.server("echo.test").unwrap().clone();
        assert!(simulation.restart("echo.test", &ending, SECOND));
        assert!(!simulation.restart("echo.test", &ending, SECOND), "it ends already");
        let is_gone = |simulation: &mut Simulation| simulation.server("echo.test").is_none();
        assert!(simulation.run_until(SECOND, is_gone) && before.is_stopped());
        assert!(simulation.run_until(MINUTE, |_| client.reconnects() == round));
        assert_eq!(before.totals().connections, 0);
        assert!(simulation.server("echo.test").is_some_and(Handle::is_running));
    }
    assert!(is_echoed(&mut simulation, &client, &hears));
    let report = simulation.report();
    assert_eq!((report.kills, report.stops, report.restarts), (1, 1, 2));
}

#[test]
fn silence_is_noticed_in_time_by_both_sides() {
    let (mut simulation, client, hears) = echoing(1);
    let liveness = fanfare_core::config::ConnectionSettings::default().liveness_time_max;
    let server = simulation.server("echo.test").unwrap().clone();
    simulation.set_faults(Faults::NONE.with(|faults| faults.silence_per_mille = 1_000));
    assert!(!is_echoed(&mut simulation, &client, &hears));
    simulation.set_faults(Faults::NONE);
    let silent_since = simulation.now();
    assert!(client.is_connected() && server.totals().connections == 1);
    assert!(simulation.run_until(liveness + 2 * SECOND, |_| !client.is_connected()));
    assert!(simulation.run_until(MINUTE, |_| client.reconnects() == 1));
    simulation.run_for((silent_since + liveness + 2 * SECOND).since(simulation.now()));
    assert_eq!(server.totals().connections, 1, "the one that fell silent is gone");
    assert!(is_echoed(&mut simulation, &client, &hears));
}

#[test]
fn a_dial_finds_nobody_is_refused_or_ignored() {
    let mut simulation = Simulation::new(1);
    simulation.serve("echo.test", 1, echo).unwrap();
    let dial = |simulation: &mut Simulation, url| {
        let client = simulation.start(client(url).settings(|client| client.connect_time_max = SECOND));
        let outcome = simulation.finish(MINUTE, client.unwrap().connect());
        outcome.unwrap().unwrap_err().to_string()
    };
    let unknown = dial(&mut simulation, "ws://elsewhere.test/");
    assert!(unknown.contains("nobody serves at that name"), "{unknown}");
    simulation.set_faults(Faults::NONE.with(|faults| faults.refuse_per_mille = 1_000));
    let refused = dial(&mut simulation, "ws://echo.test/");
    simulation.set_faults(Faults::NONE.with(|faults| faults.ignore_per_mille = 1_000));
    let ignored = dial(&mut simulation, "ws://echo.test:81/");
    assert_ne!(refused, ignored);
    simulation.set_faults(Faults::NONE);
    assert!(simulation.restart("echo.test", &Ending::Killed, MINUTE));
    assert_eq!(dial(&mut simulation, "ws://echo.test/"), refused);
    let report = simulation.report();
    assert_eq!((report.refusals, report.ignored, report.unserved, report.connections), (1, 1, 1, 0));
}

#[test]
fn whoever_serves_last_at_a_name_is_found_there() {
    let (mut simulation, client, hears) = echoing(1);
    let before = simulation.server("echo.test").unwrap().clone();
    let shout = || Route::new().on_message(|ctx, _| ctx.send_text("HI"));
    simulation.serve("echo.test", 1, move || App::new().route("/", shout())).unwrap();
    assert!(before.is_stopped());
    assert!(simulation.run_until(MINUTE, |_| client.reconnects() == 1));
    drop(client.send("hi"));
    assert!(simulation.run_until(SECOND, |_| hears.try_recv().is_ok_and(|heard| heard == "HI")));
    // One that its own application stops has no successor.
    let stopped = simulation.server("echo.test").unwrap().stop(&StopOptions::default());
    assert_eq!(simulation.finish(SECOND, stopped), Some(Ok(())));
    simulation.run_for(MINUTE);
    assert!(simulation.server("echo.test").is_none() && !client.is_connected());
    let closed = client.close(CloseCode::Normal, "");
    assert_eq!(simulation.finish(SECOND, closed), Some(Ok(())));
    assert_eq!(client.end(), Some(ClientError::Ended));
    assert_eq!((simulation.report().connections_open(), simulation.next_deadline()), (0, None));
}

#[test]
fn futures_pull_and_sleep_in_the_time_of_the_simulation() {
    let mut simulation = Simulation::new(1);
    simulation.serve("echo.test", 1, echo).unwrap();
    let mut stream = simulation.open(client("ws://echo.test/")).unwrap();
    let timer = simulation.timer().clone();
    let (told, tells) = mpsc::channel();
    simulation.spawn(async move {
        stream.handle().connect().await.unwrap();
        timer.sleep(MINUTE).await;
        stream.handle().send("hi").await.unwrap();
        while let Some(heard) = stream.hear().await {
            if let Heard::Message(message) = heard {
                told.send((timer.now(), message.as_text().unwrap().to_owned())).unwrap();
            }
        }
    });
    simulation.run_for(MINUTE + SECOND);
    let (when, heard) = tells.try_recv().unwrap();
    assert_eq!(heard, "hi");
    assert!((MINUTE..MINUTE + SECOND).contains(&when.since(Instant::ZERO)), "{when:?}");
}
