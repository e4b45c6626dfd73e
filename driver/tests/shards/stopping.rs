//! The graceful stop: everyone is told, nobody waits for ever.

use crate::peer::Heard;
use crate::world::World;
use fanfare_core::close::CloseCode;
use fanfare_core::wire::Message;
use fanfare_driver::{App, Route, StopOptions};
use std::time::Duration;

fn app() -> App {
    App::new().route("/", Route::new())
}

#[test]
fn everyone_hears_a_farewell_and_goes() {
    let mut world = World::with_shards(app(), 2);
    let mut peers: Vec<_> = (0..3).map(|_| world.connect("/")).collect();
    let farewell = Some(Message::from("good bye"));
    let stopped = world.handle.stop(&StopOptions { farewell, ..StopOptions::default() });
    world.run();
    let mut late = world.request("/");
    assert_eq!(late.status(), Some(503), "the listener closes last");
    late.socket.end();
    for peer in &mut peers {
        assert_eq!(peer.heard(), [Heard::text("good bye"), Heard::Close(1001)]);
        peer.close(CloseCode::Away);
    }
    world.run();
    for peer in &peers {
        peer.socket.end();
    }
    let drained = world.acceptor.drained();
    assert_eq!(world.answer(drained), Ok(()));
    world.acceptor.finish();
    assert_eq!(world.answer(stopped), Ok(()));
    assert!(world.handle.is_stopped());
}

#[test]
fn who_does_not_leave_is_cut_when_time_is_up() {
    let mut world = World::new(app());
    let peer = world.connect("/");
    let stopped = world.handle.stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() });
    let drained = world.acceptor.drained();
    assert_eq!(world.answer(drained), Ok(()));
    assert!(peer.socket.is_over());
    world.acceptor.finish();
    assert_eq!(world.answer(stopped), Ok(()));
}

#[test]
fn a_server_that_is_dropped_ends_and_says_so() {
    let mut world = World::new(app());
    let peer = world.connect("/");
    let handle = world.handle.clone();
    drop(world);
    assert!(peer.socket.is_over());
    assert!(handle.is_stopped());
}
