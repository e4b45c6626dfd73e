//! The graceful stop.

use crate::world::{DEADLINE, Log, Said, World, config, eventually, frame};
use fanfare::{Accept, App, CloseCode, Envelope, Response, Route, StopOptions};
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

fn app() -> App {
    App::new()
        .config(config(|settings| settings.connection.close_time_max = DEADLINE))
        .route("/", Route::new().on_message(|ctx, message| ctx.send(&message)))
        .get("/health", |_, handle| {
            let is_running = handle.is_running();
            Response::text(StatusCode::OK, if is_running { "running" } else { "stopping" })
        })
}

fn patient() -> StopOptions {
    StopOptions { time_max: DEADLINE, ..StopOptions::default() }
}

pub(crate) fn everyone_hears_the_farewell_and_1001(world: &World) {
    let server = world.start(app());
    let mut peers: Vec<_> = (0..6).map(|_| server.connect("/")).collect();
    for peer in &mut peers {
        peer.expect_echo("here");
    }
    let stopped = server.handle().stop(&StopOptions { farewell: Some("good bye".into()), ..patient() });
    for mut peer in peers {
        peer.expect("good bye");
        peer.expect_close(1001);
    }
    stopped.wait().unwrap();
    assert!(server.handle().is_stopped());
}

pub(crate) fn newcomers_are_answered_503_while_others_leave(world: &World) {
    let server = world.start(app());
    let mut stays: Vec<_> = (0..2).map(|_| server.raw_open("/")).collect();
    let stopped = server.handle().stop(&patient());
    for raw in &mut stays {
        assert_eq!(raw.hear_close(), 1001);
    }
    for _ in 0..4 {
        let refused = server.try_connect("/", &[]).err().unwrap();
        assert_eq!(refused.status, 503);
        let health = server.ask("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!((health.status, health.body.as_str()), (200, "stopping"));
    }
    for raw in &mut stays {
        raw.write(&frame(8, &[3, 233]));
    }
    drop(stays);
    stopped.wait().unwrap();
}

pub(crate) fn the_deadline_cuts_whoever_stays(world: &World) {
    let mut server = world.start(app());
    let mut stays: Vec<_> = (0..4).map(|_| server.raw_open("/")).collect();
    // Batches that would take for ever are cut short, too.
    server.stop(&StopOptions {
        time_max: Duration::from_millis(200),
        batch: 1,
        interval: DEADLINE,
        ..StopOptions::default()
    });
    for raw in &mut stays {
        raw.hear_end();
    }
}

pub(crate) fn stopping_twice_is_stopping_once(world: &World) {
    let server = world.start(app());
    let mut stays = server.raw_open("/");
    let first = server.handle().stop(&patient());
    assert_eq!(stays.hear_close(), 1001);
    // The second shortens what is left, and says no second farewell.
    let second = server.handle().stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() });
    stays.hear_end();
    first.wait().unwrap();
    second.wait().unwrap();
    server.handle().stop(&patient()).wait().unwrap();
}

pub(crate) fn a_stopped_server_makes_room_for_the_next(world: &World) {
    let bystander = world.start(app());
    let mut other = bystander.connect("/");
    for _ in 0..3 {
        let mut server = world.start(app());
        let mut peer = server.connect("/");
        peer.expect_echo("here");
        server.stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() });
        other.expect_echo("another server's stop is not mine");
    }
}

pub(crate) fn the_silent_do_not_hold_up_a_stop(world: &World) {
    let mut server = world.start(app());
    let mut silent: Vec<_> = (0..4).map(|_| server.raw()).collect();
    silent[0].write(b"GET / HTTP/1.1\r\n");
    eventually("all have arrived", || server.handle().stats().transports_accepted == 4);
    let patient = StopOptions { time_max: Duration::from_secs(3_600), ..StopOptions::default() };
    server.stop(&patient);
    for raw in &mut silent {
        raw.hear_end();
    }
}

pub(crate) fn closes_may_be_staggered(world: &World) {
    let server = world.start(app());
    let mut peers: Vec<_> = (0..6).map(|_| server.connect("/")).collect();
    let stopped = server.handle().stop(&StopOptions {
        batch: 1,
        interval: Duration::from_millis(20),
        code: CloseCode::Restart,
        ..patient()
    });
    for peer in &mut peers {
        peer.expect_close(1012);
    }
    drop(peers);
    stopped.wait().unwrap();
}

pub(crate) fn an_authorisation_that_ends_during_the_stop_is_refused(world: &World) {
    let (gate, log) = (Arc::new(Semaphore::new(0)), Log::default());
    let (entrance, noted) = (Arc::clone(&gate), log.clone());
    let route = Route::new().authorise_async(move |_| {
        let gate = Arc::clone(&entrance);
        noted.note("thinking");
        async move {
            drop(gate.acquire().await);
            Ok(Accept::new())
        }
    });
    let server = world.start(App::new().route("/", route));
    let mut raw = server.raw();
    raw.write(crate::world::Raw::request("/").as_bytes());
    log.wait_for(1);
    let stopped = server.handle().stop(&patient());
    gate.add_permits(1);
    assert_eq!(raw.answer().status, 503);
    drop(raw);
    stopped.wait().unwrap();
}

/// In its own envelope, to its own connections, and one that panics spoils
/// nobody else's.
pub(crate) fn each_route_says_farewell_in_its_own_words(world: &World) {
    let plain = Route::new().on_stop(|ctx| ctx.send_json(&("server_shutdown", "soon back")));
    let typed = Route::new()
        .envelope(Envelope::Typed)
        .on_stop(|ctx| ctx.emit("server_shutdown", &"soon back"))
        .on_open(|ctx| ctx.emit("welcome", &()));
    let broken = Route::new().on_stop(|_| -> () { panic!("as part of the test") });
    let final_words = Route::new().on_stop(|ctx| ctx.close(CloseCode::Restart, "in a minute"));
    let app = App::new().route("/plain", plain).route("/typed", typed).route("/broken", broken);
    let server = world.start(app.route("/final", final_words).route("/silent", Route::new()));
    let mut peers = ["/plain", "/typed", "/broken", "/final", "/silent"].map(|path| server.connect(path));
    peers[1].expect(r#"{"type":"event","namespace":"/","event":"welcome"}"#);
    let stopped = server.handle().stop(&StopOptions { farewell: Some("good bye".into()), ..patient() });
    let [mut plain, mut typed, mut broken, mut final_words, mut silent] = peers;
    plain.expect(r#"["server_shutdown","soon back"]"#);
    typed.expect(r#"{"type":"event","namespace":"/","event":"server_shutdown","data":"soon back"}"#);
    for peer in [&mut plain, &mut typed, &mut silent] {
        peer.expect("good bye");
        peer.expect_close(1001);
    }
    broken.expect_close(1011);
    assert_eq!(final_words.hear(), Said::Close(1012, "in a minute".into()));
    drop((plain, typed, broken, final_words, silent));
    stopped.wait().unwrap();
}

pub(crate) fn whoever_is_not_yet_told_to_go_is_served(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let route = Route::new().on_message(|ctx, message| ctx.send(&message)).on_stop(move |ctx| {
        noted.note("going");
        ctx.send_text("good bye")
    });
    let mut server = world.start(App::new().route("/", route));
    let mut peers: Vec<_> = (0..4).map(|_| server.connect("/")).collect();
    for peer in &mut peers {
        peer.expect_echo("here");
    }
    let an_hour = Duration::from_secs(3_600);
    let stopping = StopOptions { time_max: 2 * an_hour, batch: 1, interval: an_hour, ..patient() };
    let stopped = server.handle().stop(&stopping);
    let going = if world.has_one_shard() { 1 } else { 2 };
    log.wait_for(going);
    let mut gone = 0;
    for peer in &mut peers {
        peer.send("still here");
        let said = peer.hear();
        if said == Said::Text("good bye".into()) {
            peer.expect_close(1001);
            gone += 1;
        } else {
            assert_eq!(said, Said::Text("still here".into()));
        }
    }
    assert_eq!((gone, log.all().len()), (going, going));
    server.stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() });
    stopped.wait().unwrap();
    assert_eq!(log.all().len(), going, "who is cut hears no farewell");
}
