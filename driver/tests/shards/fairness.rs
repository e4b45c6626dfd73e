//! A turn is bounded, whatever one connection sends.

use crate::world::World;
use fanfare_driver::{App, Route};

#[test]
fn one_that_floods_does_not_keep_the_others_waiting() {
    let echo = Route::new().on_message(|ctx, message| ctx.send(&message));
    let mut world = World::new(App::new().route("/", echo));
    let (flooding, mut quiet) = (world.connect("/"), world.connect("/"));
    (0..100_000).for_each(|_| flooding.text("flood"));
    quiet.text("hello");
    assert!(world.turn(0));
    assert!(flooding.socket.unread_len() > 0, "its budget is spent");
    assert_eq!(quiet.texts(), ["hello"], "in the same turn");
}

#[test]
fn a_reader_that_stops_does_not_keep_the_others_waiting() {
    let echo = Route::new().on_open(|ctx| ctx.join("lobby").map(drop)).on_message(|ctx, message| {
        ctx.broadcast(fanfare_core::broadcast::Target::room("/", "lobby"), &message);
    });
    let mut world = World::new(App::new().route("/", echo));
    let (stopped, mut healthy) = (world.connect("/"), world.connect("/"));
    stopped.socket.set_window(0);
    for number in 0..1_000 {
        world.say(&healthy, &number.to_string());
        assert_eq!(healthy.texts(), [number.to_string()]);
    }
    let stats = world.handle.stats();
    assert_eq!(stats.dropped_outbox_full, 1_000 - 256, "the outbox is as full as it may be");
}
