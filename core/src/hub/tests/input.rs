//! What peers say: messages whole and in pieces, pings, pauses.

use super::harness::{masked, raw};
use super::*;
use crate::close::CloseReason;
use crate::violation::Violation;
use crate::wire::{CloseCode, Frame};

#[test]
fn a_message_comes_in_fragments_with_control_frames_between() {
    let bytes = [
        raw(0x01, b"hel"),
        raw(0x89, b"ping"),
        raw(0x00, b"lo "),
        raw(0x8A, b"pong"),
        raw(0x80, b"world"),
        raw(0x82, b"next"),
    ]
    .concat();
    let expected = [
        Said::Ping(b"ping".to_vec()),
        Said::Pong(b"pong".to_vec()),
        Said::Text("hello world".into()),
        Said::Binary(b"next".to_vec()),
    ];
    for step in 1..bytes.len() {
        let mut world = World::new(|_| {});
        let mut peer = world.connect("ann");
        let said: Vec<Said> = bytes.chunks(step).flat_map(|chunk| world.feed(&mut peer, chunk)).collect();
        assert_eq!(said, expected, "in pieces of {step}");
        world.drain(&mut peer);
        assert_eq!(peer.take_heard(), [Heard::Pong(b"ping".to_vec())]);
    }
}

#[test]
fn a_message_that_drips_is_too_slow() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    let message = masked(&Frame::text(&"x".repeat(100)));
    for byte in &message[..70] {
        assert!(world.hub.is_open(peer.id));
        world.feed(&mut peer, &[*byte]);
        world.advance(Duration::from_secs(1));
        world.drain(&mut peer);
        if world.closed(peer.id).is_some() {
            break;
        }
    }
    assert!(world.now.since(Instant::ZERO) <= Duration::from_secs(61));
    let closed = world.closed(peer.id).unwrap();
    assert_eq!(closed.reason, CloseReason::Violation(Violation::MessageTooSlow));
    assert_eq!(closed.reason.code(), CloseCode::Policy);
    assert_eq!(world.hub.stats().timeouts, 1);
}

#[test]
fn a_short_message_time_does_not_wait_for_other_deadlines() {
    let mut world = World::new(|server| server.connection.message_time_max = Duration::from_secs(1));
    let mut peer = world.connect("ann");
    world.feed(&mut peer, &raw(0x01, b"begun"));
    world.advance(Duration::from_secs(1) + crate::deadlines::TICK);
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::Violation(Violation::MessageTooSlow));
}

#[test]
fn messages_one_after_another_each_have_their_time() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    let message = masked(&Frame::text("message"));
    for _ in 0..5 {
        world.feed(&mut peer, &message[..5]);
        world.advance(Duration::from_secs(40));
        assert_eq!(world.feed(&mut peer, &message[5..]).len(), 1);
    }
    assert!(world.hub.is_open(peer.id));
}

#[test]
fn a_paused_connection_is_not_read_and_not_blamed() {
    let mut world = World::new(|server| server.connection.idle_time_max = Some(Duration::from_secs(20)));
    let mut peer = world.connect("ann");
    let message = masked(&Frame::text("message"));
    world.feed(&mut peer, &message[..5]);
    world.hub.set_paused(world.now, peer.id, true).unwrap();
    world.hub.set_paused(world.now, peer.id, true).unwrap();
    assert_eq!(world.feed(&mut peer, &message[5..]), []);
    assert_eq!(peer.unread, &message[5..], "not taken");
    world.advance(Duration::from_secs(59));
    assert!(world.hub.is_open(peer.id));
    world.hub.set_paused(world.now, peer.id, false).unwrap();
    world.advance(Duration::from_secs(15));
    assert_eq!(world.feed(&mut peer, b""), [Said::Text("message".into())]);
    world.advance(Duration::from_secs(21));
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::TimedOut(Deadline::Idle));
}

#[test]
fn a_handler_that_takes_too_long_closes_its_connection() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.hub.set_paused(world.now, peer.id, true).unwrap();
    world.advance(Duration::from_millis(60_100));
    world.drain(&mut peer);
    assert_eq!(peer.take_heard().last(), Some(&Heard::Close(Some(1011))));
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::TimedOut(Deadline::Handler));
}

#[test]
fn a_pause_outside_of_open_does_nothing() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.hub.close(world.now, peer.id, CloseCode::Normal, "").unwrap();
    world.drain(&mut peer);
    world.hub.set_paused(world.now, peer.id, true).unwrap();
    assert!(world.hub.wants_read(peer.id), "the peer's answer is awaited");
    world.advance(Duration::from_secs(3));
    world.hub.set_paused(world.now, peer.id, false).unwrap();
    world.advance(Duration::from_millis(2_100));
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::TimedOut(Deadline::Close));
}

#[test]
fn a_close_ends_a_pause() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.hub.set_paused(world.now, peer.id, true).unwrap();
    world.hub.close(world.now, peer.id, CloseCode::Normal, "").unwrap();
    world.drain(&mut peer);
    world.say(&mut peer, &Frame::close(CloseCode::Normal, ""));
    assert!(world.closed(peer.id).unwrap().reason.is_clean());
}

#[test]
fn rates_are_counted_by_the_second() {
    let mut world = World::new(|server| {
        server.connection.messages_per_second_max = 3;
        server.connection.control_frames_per_second_max = 2;
    });
    let mut peer = world.connect("ann");
    for _ in 0..5 {
        for _ in 0..3 {
            assert_eq!(world.say(&mut peer, &Frame::text("x")).len(), 1);
        }
        for _ in 0..2 {
            assert_eq!(world.feed(&mut peer, &raw(0x8A, b"")).len(), 1);
        }
        world.advance(Duration::from_secs(1));
    }
    assert!(world.hub.is_open(peer.id));
}

#[test]
fn a_flood_of_pings_from_a_peer_that_does_not_read_takes_no_memory() {
    let mut world = World::new(|server| server.connection.control_frames_per_second_max = 2_000_000);
    let mut peer = world.connect("ann");
    let mut ping = raw(0x89, &[b'x'; 125]);
    for _ in 0..100_000 {
        ping[2..6].fill(0);
        ping[6..].fill(b'x');
        world.hub.receive(world.now, peer.id, &mut ping).unwrap();
    }
    world.settle();
    world.drain(&mut peer);
    assert_eq!(peer.take_heard(), vec![Heard::Pong(vec![b'x'; 125]); 16]);
}
