//! How connections end, from either side.

use super::{Got, World, close, seconds};
use crate::client::{ClientClosed, Disconnected, Notice, SendError, Status, Transmit};
use crate::close::{CloseFrame, CloseReason};
use crate::link::Deadline;
use crate::violation::Violation;
use crate::wire::{CloseCode, Frame};
use std::io::ErrorKind;

fn disconnected(reason: CloseReason) -> Notice {
    Notice::Disconnected(Disconnected { reason })
}

/// That it is over, and why; what follows is ignored.
fn reason(world: &mut World) -> CloseReason {
    match world.told().into_iter().next() {
        Some(Notice::Disconnected(lost)) => lost.reason,
        other => panic!("an end, not {other:?}"),
    }
}

#[test]
fn close_is_a_handshake_and_final() {
    let mut world = World::open(|_| {});
    world.send("last").unwrap();
    world.client.close(world.now, CloseCode::Away, "bye");
    assert_eq!(world.client.status(), Status::Closing);
    assert_eq!(world.send("more"), Err(SendError::Closed(ClientClosed)));
    assert_eq!(world.got(), [Got::text("last"), Got::Close(Some(1001))], "what was queued goes first");
    assert_eq!(world.told(), []);

    world.feed_frame(&Frame::text("ignored"));
    world.feed_frame(&close(CloseCode::Away, ""));
    assert_eq!(world.told(), [disconnected(CloseReason::ByUs { code: CloseCode::Away })]);
    assert!(world.heard.is_empty());

    // RFC 6455 §7.1.1: the server ends its side first.
    assert!(matches!(world.client.transmit(16), Transmit::Nothing) && world.client.wants_read());
    world.client.end_of_input(world.now);
    assert!(!world.release(), "politely");
    assert_eq!(world.client.status(), Status::Finished);
    assert_eq!(world.client.connect(world.now), Err(ClientClosed));
    assert_eq!((world.told(), world.client.next_deadline()), (Vec::new(), None));
}

#[test]
fn a_server_that_does_not_answer_the_close_is_cut() {
    let mut world = World::open(|_| {});
    world.client.close(world.now, CloseCode::Normal, "");
    world.settle();
    world.wait(seconds(5));
    assert_eq!(world.told(), [disconnected(CloseReason::TimedOut(Deadline::Close))]);
    assert!(world.release());
}

#[test]
fn a_server_that_does_not_end_its_side_is_left() {
    let mut world = World::open(|_| {});
    world.client.close(world.now, CloseCode::Normal, "");
    world.settle();
    world.feed_frame(&close(CloseCode::Normal, ""));
    world.told();
    world.wait(seconds(2));
    assert!(!world.release());
    assert_eq!(world.client.status(), Status::Finished);
}

#[test]
fn a_server_that_does_not_stop_talking_is_left() {
    let mut world = World::open(|_| {});
    world.feed_frame(&close(CloseCode::Normal, ""));
    for _ in 0..257 {
        world.feed(&[0; 1024]);
    }
    assert!(!world.release());
}

#[test]
fn the_servers_close_is_answered_behind_what_waits() {
    let mut world = World::open(|_| {});
    world.send("asked for").unwrap();
    world.feed_frame(&close(CloseCode::Restart, "deploying"));
    assert_eq!(world.got(), [Got::text("asked for"), Got::Close(Some(1012))]);
    let frame = CloseFrame { code: CloseCode::Restart, reason: "deploying".into() };
    let told = world.told();
    assert_eq!(told[0], disconnected(CloseReason::ByPeer(Some(frame))));
    assert!(matches!(told[1..], [Notice::Reconnecting { attempt: 1, .. }]));
}

#[test]
fn every_violation_is_answered_and_ends_the_connection() {
    for (bytes, violation, code) in [
        (&b"\x81\x80\0\0\0\0"[..], Violation::MaskedServerFrame, 1002),
        (b"\xc1\x00", Violation::ReservedBits { bits: 0b100 }, 1002),
        (b"\x81\x01\xff", Violation::InvalidUtf8, 1007),
        (
            b"\x82\x7f\0\0\0\0\0\x08\0\x01",
            Violation::MessageTooBig { bytes: 524_289, bytes_max: 524_288 },
            1009,
        ),
    ] {
        let mut world = World::open(|_| {});
        world.feed(bytes);
        assert_eq!(world.got(), [Got::Close(Some(code))]);
        assert_eq!(reason(&mut world), CloseReason::Violation(violation));
        world.client.end_of_input(world.now);
        assert!(!world.release());
    }
}

#[test]
fn the_end_of_the_stream_and_failures_are_told_once() {
    let mut world = World::open(|_| {});
    world.client.end_of_input(world.now);
    world.client.end_of_input(world.now);
    assert_eq!(reason(&mut world), CloseReason::EndOfInput);
    world.release();

    let mut world = World::open(|_| {});
    world.client.failed(world.now, ErrorKind::BrokenPipe);
    world.client.failed(world.now, ErrorKind::BrokenPipe);
    world.client.end_of_input(world.now);
    assert_eq!(reason(&mut world), CloseReason::Transport(ErrorKind::BrokenPipe));
    assert_eq!(world.told(), []);
    assert!(world.release());
}

#[test]
fn disconnect_makes_no_attempt_and_connect_works_again() {
    let mut world = World::open(|_| {});
    world.client.disconnect(world.now);
    assert_eq!(world.send("x"), Err(SendError::Offline));
    world.connect();
    assert_eq!(world.client.poll_connect(world.now), None, "the last one ends first");
    world.settle();
    world.feed_frame(&close(CloseCode::Normal, ""));
    assert_eq!(world.told(), [disconnected(CloseReason::ByUs { code: CloseCode::Normal })]);
    world.release();
    assert_eq!(world.dial().attempt, 0, "at once, and not as a reconnect");
}

#[test]
fn connect_does_not_wait_for_what_is_left_of_a_connection() {
    let mut world = World::open(|_| {});
    world.client.disconnect(world.now);
    world.settle();
    world.feed_frame(&close(CloseCode::Normal, ""));
    world.told();
    assert!(matches!(world.client.transmit(1), Transmit::Nothing), "lingers");
    world.connect();
    world.release();
    world.accept();
}

#[test]
fn close_ends_what_disconnect_has_begun() {
    let mut world = World::open(|_| {});
    world.client.disconnect(world.now);
    world.client.close(world.now, CloseCode::Away, "");
    assert_eq!(world.got(), [Got::Close(Some(1000))], "one close frame");
    world.feed_frame(&close(CloseCode::Normal, ""));
    assert_eq!(reason(&mut world), CloseReason::ByUs { code: CloseCode::Normal });
}

#[test]
fn an_aborted_connection_comes_back() {
    let mut world = World::open(|_| {});
    world.client.abort(world.now);
    assert_eq!(reason(&mut world), CloseReason::Aborted);
    assert!(world.release());
    assert_eq!(world.wait_for_attempt(), seconds(5));
    assert_eq!(world.dial().attempt, 1);
}
