//! What waits for slow peers, and what it may cost.

use super::*;
use crate::broadcast::Target;
use crate::close::CloseReason;
use crate::config::Overflow;
use crate::wire::Frame;

const POLICIES: [Overflow; 3] = [Overflow::DropNewest, Overflow::DropOldest, Overflow::Disconnect];

#[test]
fn a_stopped_reader_is_cut_and_the_others_get_everything() {
    for policy in POLICIES {
        let mut world = World::new(|server| {
            server.connection.ping_interval = None;
            server.connection.outbox_messages_max = 50;
            server.connection.outbox_policy = policy;
        });
        let mut stopped = world.connect("stopped");
        let mut healthy: Vec<Peer> = (0..3).map(|_| world.connect("healthy")).collect();
        stopped.window = 2;
        for number in 0..200 {
            world.broadcast(Target::Everyone, &number.to_string());
            world.drain(&mut stopped);
            for peer in &mut healthy {
                world.drain(peer);
            }
            world.advance(Duration::from_millis(100));
        }
        let expected: Vec<Heard> = (0..200).map(|number| Heard::Text(number.to_string())).collect();
        assert!(healthy.iter_mut().all(|peer| peer.take_heard() == expected), "{policy:?}");
        let reason = &world.closed(stopped.id).unwrap().reason;
        match policy {
            Overflow::Disconnect => assert_eq!(*reason, CloseReason::OutboxFull),
            Overflow::DropNewest | Overflow::DropOldest => {
                assert_eq!(*reason, CloseReason::TimedOut(Deadline::Write), "{policy:?}");
            }
        }
        world.advance(Duration::from_secs(16));
        world.drain(&mut stopped);
        assert_eq!(stopped.over, Some(true), "{policy:?}");
        assert_eq!(world.hub.queued_bytes(), 0, "{policy:?}");
    }
}

#[test]
fn a_slow_reader_that_makes_progress_is_not_cut() {
    let mut world = World::new(|server| server.connection.liveness_time_max = Duration::from_secs(9_999));
    let mut peer = world.connect("slow");
    world.broadcast(Target::Everyone, &"x".repeat(100));
    for _ in 0..90 {
        peer.window = 1;
        world.drain(&mut peer);
        world.advance(Duration::from_secs(9));
    }
    assert!(world.hub.is_open(peer.id));
}

#[test]
fn a_full_outbox_says_what_waits() {
    let mut world = World::new(|server| server.connection.outbox_messages_max = 2);
    let peer = world.connect("ann");
    let send = |world: &mut World, text: &str| world.hub.send(world.now, peer.id, &Frame::text(text));
    assert_eq!(send(&mut world, "1"), Ok(()));
    assert_eq!(send(&mut world, "2"), Ok(()));
    assert_eq!(send(&mut world, "3"), Err(SendError::QueueFull { messages: 2, bytes: 6 }));
    assert_eq!(world.hub.outbox_level(peer.id), Some((2, 6)));
}

#[test]
fn a_message_that_no_outbox_holds_is_refused() {
    let mut world = World::new(|server| {
        let route = &mut server.connection;
        (route.message_bytes_max, route.outbox_bytes_max, route.outbox_pressure_bytes) = (100, 110, 110);
    });
    let peer = world.connect("ann");
    let frame = Frame::text(&"x".repeat(109));
    let refused = world.hub.send(world.now, peer.id, &frame);
    assert_eq!(refused, Err(SendError::TooLarge { bytes: 111, bytes_max: 110 }));
    assert_eq!(world.hub.stats().deliveries_offered, 0);
}

#[test]
fn pressure_is_told_with_the_level() {
    let mut world = World::new(|server| server.connection.outbox_pressure_bytes = 10);
    let mut peer = world.connect("ann");
    for _ in 0..5 {
        world.hub.send(world.now, peer.id, &Frame::text("1234")).unwrap();
    }
    world.settle();
    let pressure = Notice::Pressure { id: peer.id, queued_bytes: 12 };
    let told = |world: &World| world.notices.iter().filter(|&notice| *notice == pressure).count();
    assert_eq!(told(&world), 1);
    world.drain(&mut peer);
    world.hub.send(world.now, peer.id, &Frame::text("1234")).unwrap();
    world.hub.send(world.now, peer.id, &Frame::text("1234")).unwrap();
    world.settle();
    assert_eq!(told(&world), 2, "again, after it was gone");
}

#[test]
fn the_budget_runs_out_and_comes_back() {
    let mut world = World::new(|_| {});
    let mut peers: Vec<Peer> = (0..3).map(|_| world.connect("ann")).collect();
    assert_eq!(world.hub.reclaim_budget(u64::MAX), 1 << 30);
    assert_eq!(world.hub.budget_bytes(), 0);
    let text = Frame::text("12345678");
    assert_eq!(world.hub.send(world.now, peers[0].id, &text), Err(SendError::BudgetExhausted));
    assert_eq!(world.broadcast(Target::Everyone, "12345678").dropped(), 3);

    world.hub.grant_budget(25);
    assert_eq!(world.broadcast(Target::Everyone, "12345678").queued(), 3);
    assert_eq!(world.hub.queued_bytes(), 10, "a frame for three counts once");
    assert_eq!(world.hub.send(world.now, peers[0].id, &text), Ok(()));
    assert_eq!(world.hub.send(world.now, peers[1].id, &text), Err(SendError::BudgetExhausted));
    assert_eq!(world.hub.reclaim_budget(100), 5, "what is used is not given back");

    peers[1].window = 3;
    for peer in &mut peers {
        world.drain(peer);
    }
    assert_eq!(world.hub.queued_bytes(), 10, "one recipient has not got all of it");
    world.hub.abort(world.now, peers[1].id).unwrap();
    assert_eq!(world.hub.queued_bytes(), 0);
    assert_eq!(world.hub.send(world.now, peers[0].id, &text), Ok(()));
    let stats = world.hub.stats();
    assert_eq!((stats.dropped_budget, stats.discarded), (5, 1));
}

#[test]
fn control_frames_and_answers_need_no_budget() {
    let mut world = World::new(|_| {});
    world.hub.reclaim_budget(u64::MAX);
    let mut peer = world.connect("ann");
    world.say(&mut peer, &Frame::ping(&crate::wire::ControlPayload::EMPTY));
    world.hub.close(world.now, peer.id, crate::close::CloseCode::Normal, "").unwrap();
    world.drain(&mut peer);
    assert_eq!(peer.take_heard(), [Heard::Pong(Vec::new()), Heard::Close(Some(1000))]);
}

#[test]
fn each_dirty_transport_is_listed_once_in_the_order_they_became_dirty() {
    let mut world = World::new(|_| {});
    let peers: Vec<Peer> = (0..3).map(|_| world.connect("ann")).collect();
    while world.hub.next_listed().is_some() {}
    for place in [2, 0, 2, 1, 0] {
        world.hub.send(world.now, peers[place].id, &Frame::text("x")).unwrap();
    }
    assert_eq!(world.hub.listed_len(), 3);
    let listed: Vec<_> = std::iter::from_fn(|| world.hub.next_listed()).collect();
    assert_eq!(listed, [peers[2].id, peers[0].id, peers[1].id]);
}

#[test]
fn a_send_that_finds_no_room_hears_when_half_of_it_is_free() {
    for policy in POLICIES {
        let mut world = World::new(|server| {
            server.connection.outbox_messages_max = 4;
            server.connection.outbox_policy = policy;
        });
        let mut peer = world.connect("ann");
        let frame = Frame::text("message");
        let sends = |world: &mut World, peer: &Peer| {
            let sent = world.hub.send_if_room(world.now, peer.id, &frame).unwrap();
            world.settle();
            sent
        };
        assert_eq!([(); 6].map(|()| sends(&mut world, &peer)), [true, true, true, true, false, false]);
        assert_eq!(world.hub.stats().deliveries_offered, 4, "nothing was dropped, whatever the policy");
        let room = Notice::Room(peer.id);
        for (messages, is_told) in [(1, false), (1, false), (1, true), (1, false)] {
            peer.window = messages * frame.len();
            world.drain(&mut peer);
            assert_eq!(world.notices.contains(&room), is_told, "{policy:?}");
            world.notices.clear();
        }
        assert!(sends(&mut world, &peer));
        peer.window = usize::MAX;
        world.drain(&mut peer);
        assert!(world.notices.is_empty(), "nobody waits any more");
    }
}

/// What was queued still leaves, but nothing may follow the end that was told.
#[test]
fn no_room_is_told_of_after_the_end() {
    let mut world = World::new(|server| server.connection.outbox_messages_max = 2);
    let mut peer = world.connect("ann");
    let frame = Frame::text("message");
    let sent = [(); 3].map(|()| world.hub.send_if_room(world.now, peer.id, &frame).unwrap());
    assert_eq!(sent, [true, true, false]);
    world.hub.fail(world.now, peer.id, crate::close::CloseCode::Error, CloseReason::HandlerFailed).unwrap();
    world.drain(&mut peer);
    assert_eq!(peer.take_heard().len(), 3, "both messages, and the close");
    assert!(world.closed(peer.id).is_some() && !world.notices.contains(&Notice::Room(peer.id)));
}

#[test]
fn what_can_never_be_queued_is_not_to_be_waited_for() {
    let mut world = World::new(|server| server.connection.message_bytes_max = 100);
    let peer = world.connect("ann");
    let bytes_max = world.hub.limits(peer.id).unwrap().outbox_bytes_max;
    let huge = Frame::binary(&vec![0; bytes_max]);
    let refused = world.hub.send_if_room(world.now, peer.id, &huge);
    assert_eq!(refused, Err(SendError::TooLarge { bytes: huge.len(), bytes_max }));
    world.hub.reclaim_budget(u64::MAX);
    let frame = Frame::text("message");
    assert_eq!(world.hub.send_if_room(world.now, peer.id, &frame), Err(SendError::BudgetExhausted));
    world.hub.close(world.now, peer.id, crate::close::CloseCode::Normal, "").unwrap();
    let closed = SendError::Closed(UnknownConnection(peer.id));
    assert_eq!(world.hub.send_if_room(world.now, peer.id, &frame), Err(closed));
}
