//! Ends that are not in the book: each is told once, with its reason.

use crate::world::{Log, World, config, eventually, frame};
use fanfare::core::config::Config;
use fanfare::{App, CloseCode, Route};
use std::time::Duration;

/// Closes its connection when it hears a message, and notes how it ended.
fn closer(log: &Log) -> Route {
    let log = log.clone();
    Route::new()
        .on_message(|ctx, _| ctx.close(CloseCode::Normal, ""))
        .on_close(move |_, closed| log.note(closed.reason.to_string()))
}

fn impatient() -> Config {
    config(|settings| {
        settings.connection.close_time_max = Duration::from_millis(100);
        settings.connection.linger_time_max = Duration::from_millis(100);
    })
}

pub(crate) fn a_close_that_is_never_answered_ends(world: &World) {
    let log = Log::default();
    let server = world.start(App::new().config(impatient()).route("/", closer(&log)));
    let mut raw = server.raw_open("/");
    raw.write(&frame(1, b"go"));
    assert_eq!(raw.hear_close(), 1000);
    // The close frame is not answered.
    assert_eq!(log.wait_for(1), ["closed because the Close deadline passed"]);
    raw.hear_end();
}

pub(crate) fn an_end_that_never_comes_is_not_awaited_for_ever(world: &World) {
    let log = Log::default();
    let server = world.start(App::new().config(impatient()).route("/", closer(&log)));
    let mut raw = server.raw_open("/");
    raw.write(&frame(8, &[3, 232]));
    assert_eq!(raw.hear_close(), 1000);
    raw.hear_end();
    assert_eq!(log.wait_for(1), ["closed by the peer with 1000 \"\""]);
    // We never end our side; the server lets go of the socket all the same,
    // which a write is told by a reset.
    eventually("the socket is given up", || raw.is_refused());
}

pub(crate) fn a_reset_in_the_middle_of_a_message_ends_one_connection(world: &World) {
    let log = Log::default();
    let server = world.start(App::new().route("/", closer(&log)));
    let mut other = server.connect("/");
    let mut raw = server.raw_open("/");
    // The pong shows that the server has read that far: the message has begun.
    let mut fragment = frame(1, &[b'x'; 100]);
    fragment[0] = 0x01;
    raw.write(&[fragment, frame(9, b"?"), frame(0, &[b'x'; 1000])[..500].to_vec()].concat());
    assert_eq!(raw.hear(), (10, b"?".to_vec()));
    raw.reset();
    let reason = log.wait_for(1).remove(0);
    assert!(reason.starts_with("the transport failed: connection reset"), "{reason}");
    eventually("one of two is left", || server.handle().totals().connections == 1);
    other.close(1000, "");
    other.expect_close(1000);
    assert_eq!(log.wait_for(2).len(), 2);
}

pub(crate) fn a_peer_that_ends_its_side_has_left(world: &World) {
    let log = Log::default();
    let server = world.start(App::new().route("/", closer(&log)));
    let mut raw = server.raw_open("/");
    raw.finish();
    raw.hear_end();
    assert_eq!(log.wait_for(1), ["the peer ended the stream without closing"]);
    eventually("nobody is left", || server.handle().totals().connections == 0);

    // Before the request is complete, too.
    let mut raw = server.raw();
    raw.write(b"GET / HT");
    raw.finish();
    raw.hear_end();
}

pub(crate) fn who_ends_its_side_still_gets_what_it_asked_for(world: &World) {
    let log = Log::default();
    let told = log.clone();
    let route = Route::new()
        .on_message(|ctx, message| ctx.send(&message))
        .on_close(move |_, closed| told.note(closed.reason.to_string()));
    let server = world.start(App::new().route("/", route));
    let mut raw = server.raw_open("/");
    // More than a socket takes at once, and its end right behind it.
    let much = vec![b'x'; 500_000];
    raw.write(&[frame(1, b"short"), frame(2, &much)].concat());
    raw.finish();
    assert_eq!(raw.hear(), (1, b"short".to_vec()));
    let (opcode, payload) = raw.hear();
    assert!(opcode == 2 && payload == much, "{} bytes came back", payload.len());
    assert_eq!(raw.hear_rest(), [], "and nothing more");
    assert_eq!(log.wait_for(1), ["the peer ended the stream without closing"]);
    eventually("nobody is left", || server.handle().totals().connections == 0);
}

pub(crate) fn a_crowd_that_leaves_at_once_leaves_nothing(world: &World) {
    let log = Log::default();
    let closed = log.clone();
    let route = Route::new()
        .on_open(|ctx| ctx.join("hall").map(drop))
        .on_connection(|connection| async move {
            while let Some(message) = connection.recv().await {
                drop(connection.handle().broadcast(fanfare::Target::Everyone, message).await);
            }
        })
        .on_close(move |_, _| closed.note("closed"));
    let server = world.start(App::new().route("/", route));
    let crowd: Vec<_> = (0..50).map(|_| server.raw_open("/")).collect();
    for (number, mut raw) in crowd.into_iter().enumerate() {
        raw.write(&frame(1, b"farewell"));
        if number % 2 == 0 { raw.reset() } else { drop(raw) }
    }
    log.wait_for(50);
    eventually("nobody is left", || server.handle().totals().connections == 0);
    assert!(server.handle().rooms().wait().unwrap().is_empty());
    // The next broadcast does not hang.
    let report = server.handle().broadcast(fanfare::Target::Everyone, "anyone?").wait().unwrap();
    assert_eq!(report.matched(), 0);
}
