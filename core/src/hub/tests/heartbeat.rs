//! Pings, liveness, and time that jumps.

use super::harness::raw;
use super::*;
use crate::close::{CloseCode, CloseReason};
use crate::wire::ControlPayload;

fn pings(peer: &mut Peer) -> usize {
    peer.take_heard().iter().filter(|heard| **heard == Heard::Ping).count()
}

#[test]
fn a_quiet_peer_is_pinged_and_lives_as_long_as_it_answers() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    let mut pinged = 0;
    for _ in 0..600 {
        world.advance(Duration::from_secs(1));
        world.drain(&mut peer);
        let now = pings(&mut peer);
        pinged += now;
        if now > 0 {
            world.feed(&mut peer, &raw(0x8A, b""));
        }
    }
    assert!(world.hub.is_open(peer.id));
    assert!((19..=21).contains(&pinged), "{pinged} in ten minutes, one every 30 s");
    assert_eq!(world.hub.stats().pings_queued, pinged as u64);
}

#[test]
fn a_silent_peer_is_cut_at_its_deadline() {
    let mut world = World::new(|_| {});
    let peer = world.connect("ann");
    world.advance(Duration::from_millis(59_900));
    assert!(world.hub.is_open(peer.id));
    world.advance(Duration::from_millis(100) + crate::deadlines::TICK);
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::TimedOut(Deadline::Liveness));
    assert_eq!((world.hub.stats().timeouts, world.hub.stats().deadlines_spared), (1, 0));
}

#[test]
fn any_byte_is_a_sign_of_life() {
    let mut world = World::new(|server| server.connection.message_time_max = Duration::from_secs(9_999));
    let mut peer = world.connect("ann");
    for byte in &raw(0x81, &[b'x'; 100])[..50] {
        world.advance(Duration::from_secs(50));
        world.feed(&mut peer, &[*byte]);
        world.drain(&mut peer);
    }
    assert!(world.hub.is_open(peer.id));
}

#[test]
fn one_ping_waits_at_a_time() {
    let mut world = World::new(|server| server.connection.write_time_max = Duration::from_secs(9_999));
    let mut peer = world.connect("ann");
    peer.window = 1;
    for _ in 0..20 {
        world.advance(Duration::from_secs(31));
        world.feed(&mut peer, &raw(0x8A, b""));
        world.drain(&mut peer);
    }
    assert_eq!(world.hub.stats().pings_queued, 1, "its first byte is gone, its second is not");
    peer.window = usize::MAX;
    world.drain(&mut peer);
    assert_eq!(pings(&mut peer), 1);
    world.advance(Duration::from_secs(31));
    world.drain(&mut peer);
    assert_eq!(pings(&mut peer), 1, "the next one when it has left");
}

#[test]
fn who_is_not_to_be_pinged_is_not() {
    let mut world = World::new(|server| server.connection.ping_interval = None);
    let mut peer = world.connect("ann");
    world.advance(Duration::from_secs(59));
    world.drain(&mut peer);
    assert_eq!(pings(&mut peer), 0);
}

#[test]
fn connections_that_came_together_are_not_pinged_together() {
    let mut world = World::new(|_| {});
    let mut peers: Vec<Peer> = (0..200).map(|_| world.connect("ann")).collect();
    let mut by_second = Vec::new();
    for _ in 0..31 {
        world.advance(Duration::from_secs(1));
        let before = by_second.iter().sum::<u64>();
        by_second.push(world.hub.stats().pings_queued - before);
    }
    for peer in &mut peers {
        world.drain(peer);
    }
    assert_eq!(by_second.iter().sum::<u64>(), 200);
    assert_eq!(by_second[..14].iter().sum::<u64>(), 0, "not before half of the interval");
    assert!(by_second.iter().all(|&pings| pings <= 40), "{by_second:?}");
}

#[test]
fn a_time_jump_kills_nobody_who_answers() {
    let mut world = World::new(|_| {});
    let mut peers: Vec<Peer> = (0..50).map(|_| world.connect("ann")).collect();
    world.advance(Duration::from_secs(10));
    world.jump(Duration::from_secs(3_600));
    world.expire();
    assert!(peers.iter().all(|peer| world.hub.is_open(peer.id)), "{:?}", world.notices);
    assert_eq!(world.hub.stats().deadlines_spared, 50);
    // A pong from the other side of the world.
    world.advance(Duration::from_millis(400));
    for peer in &mut peers[..40] {
        world.drain(peer);
        assert_eq!(pings(peer), 1);
        world.feed(peer, &raw(0x8A, b""));
    }
    world.advance(Duration::from_secs(31));
    let open = peers.iter().filter(|peer| world.hub.is_open(peer.id)).count();
    assert_eq!(open, 40, "who does not answer is gone");
}

#[test]
fn an_early_call_is_harmless() {
    let mut world = World::new(|_| {});
    let peer = world.connect("ann");
    for _ in 0..100 {
        world.jump(Duration::from_millis(3));
        world.expire();
    }
    assert!(world.hub.is_open(peer.id));
    assert_eq!(world.hub.stats().pings_queued, 0);
}

#[test]
fn expiring_tells_whether_there_is_more() {
    let mut world = World::new(|_| {});
    let peers: Vec<Peer> = (0..10).map(|_| world.accept()).collect();
    world.jump(Duration::from_secs(11));
    let mut calls = 1;
    while world.hub.expire(world.now, 3) {
        calls += 1;
    }
    world.settle();
    assert!(calls >= 4, "{calls} calls of at most three");
    assert!(peers.iter().all(|peer| world.closed(peer.id).is_some()));
}

#[test]
fn the_application_may_ping_too_one_at_a_time() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    let payload = ControlPayload::try_from(&b"are you there"[..]).unwrap();
    assert_eq!(world.hub.ping(peer.id, &payload), Ok(true));
    assert_eq!(world.hub.ping(peer.id, &payload), Ok(false), "the first one is not written yet");
    world.drain(&mut peer);
    assert_eq!(pings(&mut peer), 1);
    assert_eq!(world.hub.ping(peer.id, &payload), Ok(true));
    world.hub.close(world.now, peer.id, CloseCode::Normal, "").unwrap();
    assert_eq!(world.hub.ping(peer.id, &payload), Err(UnknownConnection(peer.id)));
}
