//! The attempts after a loss, and when they end.

use super::{World, close, seconds};
use crate::client::{ConnectError, Notice, Reconnect, Status};
use crate::wire::CloseCode;
use std::time::Duration;

fn reconnecting(world: &mut World) -> Vec<(u32, Duration)> {
    let told = world.told().into_iter().filter_map(|notice| {
        if let Notice::Reconnecting { attempt, delay } = notice { Some((attempt, delay)) } else { None }
    });
    told.collect()
}

/// The attempt that is due is refused.
fn refuse(world: &mut World) {
    world.dial();
    world.client.connect_failed(world.now, ConnectError::Refused);
}

#[test]
fn a_lost_connection_comes_back_after_the_delay() {
    let mut world = World::open(|_| {});
    world.lose();
    assert_eq!(reconnecting(&mut world), [(1, seconds(5))]);
    assert_eq!(world.client.status(), Status::Connecting);
    world.wait(seconds(4));
    assert_eq!(world.client.poll_connect(world.now), None);
    world.wait(seconds(1));
    assert_eq!(world.dial().attempt, 1);
    world.client.connect_failed(world.now, ConnectError::Refused);
    assert_eq!(reconnecting(&mut world), [(2, seconds(5))]);
    world.wait_for_attempt();
    world.accept();
}

#[test]
fn an_attempt_that_nobody_wants_any_more_is_not_announced() {
    type Change = fn(&mut World);
    let changes: [(Change, Status); 3] = [
        (|world| world.client.close(world.now, CloseCode::Normal, ""), Status::Finished),
        (|world| world.client.disconnect(world.now), Status::Offline),
        (|world| world.connect(), Status::Connecting),
    ];
    for (change, status) in changes {
        let mut world = World::open(|_| {});
        world.client.failed(world.now, std::io::ErrorKind::ConnectionReset);
        assert!(matches!(world.client.next_notice(), Some(Notice::Disconnected(_))));
        // As a callback does that has just heard of it.
        change(&mut world);
        assert_eq!(world.told(), []);
        world.release();
        assert_eq!((world.client.status(), world.client.next_deadline()), (status, None));
    }
}

#[test]
fn attempts_count_until_a_connection_is_stable() {
    let mut world = World::open(|_| {});
    for (open_for, attempt) in [(seconds(0), 1), (seconds(9), 2), (seconds(10), 1), (seconds(1), 2)] {
        world.wait(open_for);
        world.lose();
        assert_eq!(reconnecting(&mut world), [(attempt, seconds(5))], "open for {open_for:?}");
        world.wait_for_attempt();
        world.accept();
    }
}

#[test]
fn as_many_attempts_as_allowed() {
    let mut world = World::open(|client| client.attempts_max = 2);
    world.lose();
    for _ in 0..2 {
        world.wait_for_attempt();
        world.told();
        refuse(&mut world);
    }
    let told = world.told();
    assert!(matches!(told[..], [Notice::ConnectFailed { attempt: 2, .. }, Notice::GaveUp { attempts: 2 }]));
    assert_eq!((world.client.status(), world.client.next_deadline()), (Status::Offline, None));
    world.connect();
    assert_eq!(world.dial().attempt, 0, "asked for anew");
    world.client.connect_failed(world.now, ConnectError::Refused);
    assert_eq!(reconnecting(&mut world), [], "and first again");
}

#[test]
fn the_first_attempt_is_repeated_where_it_is_to_be() {
    let mut world = World::new(|client| client.reconnect_first = true);
    world.connect();
    refuse(&mut world);
    assert_eq!(reconnecting(&mut world), [(1, seconds(5))]);
}

#[test]
fn without_reconnecting_a_loss_is_the_end() {
    let mut world = World::open(|client| client.reconnect = Reconnect::Off);
    world.lose();
    assert!(matches!(world.told()[..], [Notice::Disconnected(_)]));
    assert_eq!((world.client.status(), world.client.next_deadline()), (Status::Offline, None));
    world.connect();
    world.accept();
}

#[test]
fn close_and_disconnect_end_a_waiting_attempt_at_once() {
    for is_final in [false, true] {
        let mut world = World::open(|_| {});
        world.lose();
        world.told();
        if is_final {
            world.client.close(world.now, CloseCode::Normal, "");
        } else {
            world.client.disconnect(world.now);
        }
        assert_eq!((world.told(), world.client.next_deadline()), (Vec::new(), None));
        let status = if is_final { Status::Finished } else { Status::Offline };
        assert_eq!(world.client.status(), status);
    }
}

#[test]
fn connect_makes_a_waiting_attempt_at_once() {
    let mut world = World::open(|_| {});
    world.lose();
    world.connect();
    assert_eq!(world.dial().attempt, 0);
}

#[test]
fn an_attempt_does_not_wait_for_what_is_left_of_the_last() {
    let mut world = World::open(|client| {
        client.connection.linger_time_max = seconds(60);
    });
    world.feed_frame(&close(CloseCode::Away, ""));
    assert_eq!(reconnecting(&mut world), [(1, seconds(5))]);
    world.wait(seconds(5));
    assert_eq!(world.client.poll_connect(world.now), None, "one transport at a time");
    world.release();
    world.accept();
}

#[test]
fn a_server_says_when_to_come_back() {
    let mut world = World::open(|_| {});
    world.feed_frame(&close(CloseCode::Again, "full retry-after=20"));
    assert_eq!(reconnecting(&mut world), [(1, seconds(20))]);
    world.client.end_of_input(world.now);
    world.release();
    world.wait_for_attempt();

    world.dial();
    world.request();
    world.feed(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 999999\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(reconnecting(&mut world), [(2, seconds(300))], "no longer than we allow");
}

#[test]
fn the_same_seed_waits_the_same_and_others_do_not() {
    let first_delay = |edit: fn(&mut World)| {
        let mut world = World::open(|client| client.reconnect = Reconnect::EXPONENTIAL);
        edit(&mut world);
        world.lose();
        reconnecting(&mut world)
    };
    assert_eq!(first_delay(|_| {}), first_delay(|_| {}));
    assert_ne!(first_delay(|_| {}), first_delay(|world| world.send("takes a mask").unwrap()));
}
