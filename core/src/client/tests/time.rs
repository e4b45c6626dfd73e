//! Heartbeat, liveness and the other times of an open connection.

use super::{Got, World, seconds};
use crate::client::Notice;
use crate::close::CloseReason;
use crate::link::Deadline;
use crate::violation::Violation;
use crate::wire::{ControlPayload, Frame};
use std::time::Duration;

fn reason(world: &mut World) -> Option<CloseReason> {
    world
        .told()
        .into_iter()
        .find_map(|notice| if let Notice::Disconnected(lost) = notice { Some(lost.reason) } else { None })
}

/// Lives through `time`, a deadline after the other.
fn live(world: &mut World, time: Duration) {
    let end = world.now + time;
    while let Some(next) = world.client.next_deadline().filter(|next| *next <= end) {
        world.wait(next.since(world.now));
    }
    world.wait(end.since(world.now));
}

#[test]
fn the_first_ping_is_spread_and_the_others_are_regular() {
    let mut world = World::open(|_| {});
    let first = world.client.next_deadline().unwrap().since(world.now);
    assert!((seconds(15)..=seconds(30)).contains(&first), "{first:?}");
    world.wait(first);
    assert_eq!(world.got(), [Got::Ping]);
    world.feed_frame(&Frame::pong(&ControlPayload::EMPTY));
    assert_eq!(world.client.next_deadline().unwrap().since(world.now), seconds(30));
}

#[test]
fn silence_is_noticed_within_the_liveness_time() {
    let mut world = World::open(|_| {});
    let opened = world.now;
    while reason(&mut world).is_none() {
        let next = world.client.next_deadline().unwrap();
        world.wait(next.since(world.now));
    }
    assert_eq!(world.now.since(opened), seconds(60));
    assert!(world.release(), "nobody is there to be polite to");
}

#[test]
fn any_byte_is_a_sign_of_life() {
    let mut world = World::open(|_| {});
    for _ in 0..10 {
        live(&mut world, seconds(50));
        world.feed_frame(&Frame::text("x"));
    }
    assert_eq!(reason(&mut world), None);
}

#[test]
fn a_stall_of_ours_is_not_the_servers_silence() {
    let mut world = World::open(|_| {});
    world.wait(seconds(3600));
    assert_eq!(reason(&mut world), None, "it may have answered");
    live(&mut world, seconds(31));
    assert_eq!(reason(&mut world), Some(CloseReason::TimedOut(Deadline::Liveness)));
}

#[test]
fn a_server_that_takes_nothing_is_cut() {
    let mut world = World::open(|_| {});
    world.send("x").unwrap();
    world.client.transmit(16);
    assert!(world.client.sent(world.now, 0));
    world.now = world.now + seconds(10);
    world.client.expire(world.now);
    world.notices.extend(world.client.next_notice());
    assert_eq!(reason(&mut world), Some(CloseReason::TimedOut(Deadline::Write)));
}

#[test]
fn a_message_has_to_arrive_in_time() {
    let mut world = World::open(|_| {});
    world.feed(b"\x81\x05h");
    for _ in 0..3 {
        live(&mut world, seconds(20));
        world.feed(b"e");
    }
    assert_eq!(reason(&mut world), Some(CloseReason::Violation(Violation::MessageTooSlow)));
}

#[test]
fn while_we_do_not_read_the_server_is_not_silent() {
    let mut world = World::open(|_| {});
    world.client.set_paused(world.now, true);
    assert!(!world.client.wants_read());
    live(&mut world, seconds(59));
    world.client.set_paused(world.now, false);
    live(&mut world, seconds(59));
    assert_eq!(reason(&mut world), None);
    world.feed_frame(&Frame::text("x"));
    world.client.set_paused(world.now, true);
    live(&mut world, seconds(60));
    assert_eq!(reason(&mut world), Some(CloseReason::TimedOut(Deadline::Handler)));
}
