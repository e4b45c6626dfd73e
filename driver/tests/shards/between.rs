//! Several shards: who publishes reaches all of them, in order, and is held
//! back when one of them is behind.

use crate::peer::Peer;
use crate::world::World;
use fanfare_core::broadcast::Target;
use fanfare_core::config::{Config, Settings};
use fanfare_driver::{App, Route};

const INBOX_MESSAGES_MAX: usize = 1_024;

fn config() -> Config {
    let small = Settings::default().with(|server| {
        server.shard_inbox_messages_max = INBOX_MESSAGES_MAX;
        server.connection.outbox_messages_max = 8_192;
    });
    small.build().unwrap()
}

/// Everyone is in one room, and whatever they say goes to the others.
fn app() -> App {
    let route = Route::new().on_open(|ctx| ctx.join("lobby").map(drop)).on_message(|ctx, message| {
        let others = ctx.others(Target::room("/", "lobby"));
        ctx.broadcast(others, &message);
    });
    App::new().route("/", route).config(config())
}

fn numbers(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|number| number.to_string()).collect()
}

fn send(peer: &Peer, texts: &[String]) {
    for text in texts {
        peer.text(text);
    }
}

#[test]
fn each_hears_a_publisher_in_order_on_every_shard() {
    let mut world = World::with_shards(app(), 4);
    let mut peers: Vec<_> = (0..8).map(|_| world.connect("/")).collect();
    let sent = numbers(0, 500);
    send(&peers[0], &sent);
    world.run();
    assert!(peers[1..].iter_mut().all(|peer| peer.texts() == sent));
    assert_eq!(peers[0].heard(), []);
}

/// The other shard does not turn: its inbox fills, and this one stops reading.
#[test]
fn a_shard_that_is_behind_holds_back_publishers_and_loses_nothing() {
    let mut world = World::with_shards(app(), 2);
    let (publisher, mut reader) = (world.connect("/"), world.connect("/"));
    let sent = numbers(0, 3 * INBOX_MESSAGES_MAX);
    for part in sent.chunks(64) {
        send(&publisher, part);
        for _ in 0..8 {
            world.turn(0);
        }
    }
    assert!(publisher.socket.unread_len() > 0, "the publisher feels it");
    world.run();
    assert_eq!(publisher.socket.unread_len(), 0);
    assert_eq!(reader.texts(), sent);
}

/// Continuations of an own shard have no limit in its inbox: reading has.
#[test]
fn a_shard_that_is_behind_with_its_own_answers_reads_no_further() {
    let route = Route::new().on_message(|ctx, _| {
        let reply = ctx.handle().send("nobody", "hello");
        ctx.then(reply, |ctx, _| ctx.send_text("answered").unwrap());
    });
    let mut world = World::new(App::new().route("/", route).config(config()));
    let mut peers: Vec<_> = (0..8).map(|_| world.connect("/")).collect();
    for peer in &peers {
        send(peer, &vec![String::new(); 2 * INBOX_MESSAGES_MAX]);
    }
    world.turn(0);
    let unread = peers.iter().filter(|peer| peer.socket.unread_len() > 0).count();
    assert!(unread >= 4, "only {unread} of 8 wait");
    world.run();
    for peer in &mut peers {
        assert_eq!(peer.texts().len(), 2 * INBOX_MESSAGES_MAX);
    }
}
