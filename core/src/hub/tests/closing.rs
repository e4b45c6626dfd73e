//! How connections end, and what is left of them.

use super::harness::{HEAD, masked, raw};
use super::*;
use crate::close::{CloseCode, CloseReason};
use crate::config::Overflow;
use crate::wire::Frame;
use http::StatusCode;
use std::io;

/// A world of one peer in each phase of a life, with the phase's name.
fn lives() -> Vec<(&'static str, World, Peer)> {
    let world = || World::new(|_| {});
    let open = |window| {
        let mut world = world();
        let mut peer = world.connect("ann");
        world.hub.join(peer.id, "/", "lobby").unwrap();
        peer.window = window;
        (world, peer)
    };
    let close = |(mut world, mut peer): (World, Peer)| {
        world.hub.close(world.now, peer.id, CloseCode::Away, "").unwrap();
        world.drain(&mut peer);
        (world, peer)
    };
    let answered = |window| {
        let mut world = world();
        let (mut peer, _) = world.request(HEAD);
        world.answer(&peer, StatusCode::FORBIDDEN);
        peer.window = window;
        world.drain(&mut peer);
        (world, peer)
    };
    let mut head = world();
    let reading = head.accept();
    let mut deciding = world();
    let (waiting, _) = deciding.request(HEAD);
    let (open_world, open_peer) = open(usize::MAX);
    let (closing_world, closing_peer) = close(open(3));
    let (sent_world, sent_peer) = close(open(usize::MAX));
    let (finishing_world, finishing_peer) = answered(7);
    let (lingering_world, lingering_peer) = answered(usize::MAX);
    vec![
        ("head", head, reading),
        ("deciding", deciding, waiting),
        ("open", open_world, open_peer),
        ("closing, frame unsent", closing_world, closing_peer),
        ("closing, frame sent", sent_world, sent_peer),
        ("finishing", finishing_world, finishing_peer),
        ("lingering", lingering_world, lingering_peer),
    ]
}

#[test]
fn the_application_closes_and_the_peer_answers() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.hub.join(peer.id, "/", "lobby").unwrap();
    world.hub.send(world.now, peer.id, &Frame::text("last words")).unwrap();
    world.hub.close(world.now, peer.id, CloseCode::Away, "restart").unwrap();
    world.hub.close(world.now, peer.id, CloseCode::Normal, "again").unwrap();
    assert!(!world.hub.is_open(peer.id));
    assert_eq!(world.hub.connections().count(), 0);
    assert!(world.hub.send(world.now, peer.id, &Frame::text("too late")).is_err());
    world.drain(&mut peer);
    assert_eq!(peer.take_heard(), [Heard::text("last words"), Heard::Close(Some(1001))]);
    assert_eq!(world.closed(peer.id), None, "the peer has not answered");

    let chatter = [masked(&Frame::text("unheard")), raw(0x89, b"unheard"), raw(0x8A, b"unheard")].concat();
    assert_eq!(world.feed(&mut peer, &chatter), []);
    world.drain(&mut peer);
    assert_eq!(peer.take_heard(), [], "no pong after a close frame");
    world.say(&mut peer, &Frame::close(CloseCode::Away, ""));
    let closed = world.closed(peer.id).unwrap();
    assert_eq!(closed.reason, CloseReason::ByUs { code: CloseCode::Away });
    assert!(closed.reason.is_clean() && closed.was_open);
    assert_eq!(closed.rooms.len(), 1, "{closed:?}");
    assert_eq!((peer.is_shut, peer.over), (true, None), "lingering");
    world.end_of_input(&mut peer);
    assert_eq!(peer.over, Some(false));
    world.release(peer);
}

#[test]
fn the_peer_closes_and_gets_its_code_back() {
    for (close, code) in [
        (Frame::close(CloseCode::Normal, "bye"), Some(1000)),
        (Frame::close(CloseCode::Library(4_321), ""), Some(4_321)),
        (Frame::close(CloseCode::Status, ""), None),
    ] {
        let mut world = World::new(|_| {});
        let mut peer = world.connect("ann");
        world.hub.send(world.now, peer.id, &Frame::text("asked for before")).unwrap();
        let after = masked(&Frame::text("ignored"));
        assert_eq!(world.feed(&mut peer, &[masked(&close), after].concat()), []);
        world.drain(&mut peer);
        assert_eq!(peer.take_heard(), [Heard::text("asked for before"), Heard::Close(code)]);
        let closed = world.closed(peer.id).unwrap();
        assert!(matches!(closed.reason, CloseReason::ByPeer(_)) && closed.reason.is_clean());
        assert_eq!((world.hub.queued_bytes(), world.hub.stats().discarded), (0, 0));
        assert!(peer.is_shut);
    }
}

#[test]
fn both_close_at_once() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.hub.close(world.now, peer.id, CloseCode::Normal, "").unwrap();
    world.say(&mut peer, &Frame::close(CloseCode::Away, ""));
    assert_eq!(peer.take_heard(), [Heard::Close(Some(1000))], "one close frame, not two");
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::ByUs { code: CloseCode::Normal });
}

#[test]
fn a_close_reason_is_cut_to_what_a_frame_holds() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.hub.close(world.now, peer.id, CloseCode::Normal, &"x".repeat(1_000)).unwrap();
    world.drain(&mut peer);
    assert_eq!(peer.take_heard(), [Heard::Close(Some(1000))]);
}

#[test]
fn a_close_that_is_not_answered_is_given_up() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.hub.close(world.now, peer.id, CloseCode::Normal, "").unwrap();
    world.drain(&mut peer);
    world.advance(Duration::from_millis(4_900));
    world.say(&mut peer, &Frame::text("still talking"));
    assert_eq!(world.closed(peer.id), None);
    world.advance(Duration::from_millis(200));
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::TimedOut(Deadline::Close));
    world.drain(&mut peer);
    assert_eq!(peer.over, Some(true));
}

#[test]
fn the_close_timer_starts_when_the_frame_has_left() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    peer.window = 0;
    world.hub.close(world.now, peer.id, CloseCode::Normal, "").unwrap();
    world.drain(&mut peer);
    world.advance(Duration::from_secs(9));
    peer.window = usize::MAX;
    world.drain(&mut peer);
    world.advance(Duration::from_millis(4_900));
    world.say(&mut peer, &Frame::close(CloseCode::Normal, ""));
    assert!(world.closed(peer.id).unwrap().reason.is_clean());
}

#[test]
fn a_close_frame_that_cannot_leave_is_given_up() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    peer.window = 0;
    world.hub.close(world.now, peer.id, CloseCode::Normal, "").unwrap();
    world.drain(&mut peer);
    world.advance(Duration::from_millis(10_100));
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::TimedOut(Deadline::Write));
}

#[test]
fn the_end_of_input_ends_every_phase() {
    for (phase, mut world, mut peer) in lives() {
        let told = world.closed(peer.id).is_some();
        let was_open = phase == "open" || phase.starts_with("closing");
        world.hub.end_of_input(world.now, peer.id).unwrap();
        world.settle();
        let closed = world.closed(peer.id).unwrap_or_else(|| panic!("{phase}: nothing told"));
        assert_eq!(closed.reason == CloseReason::EndOfInput, !told, "{phase}");
        assert_eq!((closed.was_open, closed.rooms.len()), (was_open, usize::from(was_open)), "{phase}");
        peer.window = usize::MAX;
        world.drain(&mut peer);
        assert_eq!(peer.over, Some(false), "{phase}");
        world.release(peer);
    }
}

#[test]
fn who_ends_its_side_still_gets_what_was_queued() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    peer.window = 3;
    world.send(&mut peer, "asked for before");
    world.end_of_input(&mut peer);
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::EndOfInput);
    assert!(world.hub.send(world.now, peer.id, &Frame::text("too late")).is_err());
    assert_eq!((peer.is_shut, peer.over), (false, None), "the rest waits for the peer");
    peer.window = usize::MAX;
    world.drain(&mut peer);
    assert_eq!(peer.take_heard(), [Heard::text("asked for before")]);
    assert_eq!((peer.is_shut, peer.over), (true, Some(false)), "nothing is left to be said or heard");
    assert_eq!(world.hub.stats().discarded, 0);
    world.release(peer);
}

#[test]
fn who_ends_its_side_and_takes_nothing_is_given_up() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    peer.window = 0;
    world.send(&mut peer, "asked for before");
    world.end_of_input(&mut peer);
    // As long as one may close, and then write.
    world.advance(Duration::from_millis(14_900));
    assert_eq!(peer.over, None);
    world.advance(Duration::from_millis(200));
    assert_eq!(world.hub.stats().discarded, 1);
    world.release(peer);
}

#[test]
fn a_failed_transport_ends_every_phase() {
    for (phase, mut world, mut peer) in lives() {
        let told = world.closed(peer.id).is_some();
        world.hub.transport_failed(world.now, peer.id, io::ErrorKind::ConnectionReset).unwrap();
        world.settle();
        let closed = world.closed(peer.id).unwrap_or_else(|| panic!("{phase}: nothing told"));
        let expected = CloseReason::Transport(io::ErrorKind::ConnectionReset);
        assert_eq!(closed.reason == expected, !told, "{phase}");
        world.drain(&mut peer);
        assert_eq!(peer.over, Some(phase != "lingering"), "{phase}");
        world.hub.transport_failed(world.now, peer.id, io::ErrorKind::BrokenPipe).unwrap();
        world.release(peer);
    }
}

#[test]
fn an_abort_ends_every_phase_and_closing_harms_none() {
    for (phase, mut world, mut peer) in lives() {
        world.hub.close(world.now, peer.id, CloseCode::Normal, "").unwrap();
        world.hub.abort(world.now, peer.id).unwrap();
        world.settle();
        assert!(world.closed(peer.id).is_some(), "{phase}");
        world.drain(&mut peer);
        assert!(peer.over.is_some(), "{phase}");
        world.release(peer);
    }
}

#[test]
fn every_phase_ends_by_itself_when_nobody_does_anything() {
    for (phase, mut world, mut peer) in lives() {
        world.advance(Duration::from_secs(120));
        assert!(world.closed(peer.id).is_some(), "{phase}");
        assert!(matches!(world.hub.transmit(peer.id, 4), Ok(Transmit::Release { .. })), "{phase}");
        world.drain(&mut peer);
        world.release(peer);
        assert_eq!(world.hub.next_deadline(), None, "{phase}: a deadline of nobody's");
    }
}

#[test]
fn a_transport_is_released_only_when_the_hub_asks_and_once() {
    for (phase, mut world, peer) in lives() {
        assert_eq!(world.hub.released(peer.id), Err(UnknownConnection(peer.id)), "{phase}");
        world.hub.abort(world.now, peer.id).unwrap();
        assert_eq!(world.hub.released(peer.id), Ok(()), "{phase}");
        assert_eq!(world.hub.released(peer.id), Err(UnknownConnection(peer.id)), "{phase}");
    }
}

#[test]
fn a_failed_handler_closes_its_connection_with_the_given_code() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.hub.send(world.now, peer.id, &Frame::text("queued before")).unwrap();
    world.hub.fail(world.now, peer.id, CloseCode::Error, CloseReason::HandlerFailed).unwrap();
    world.drain(&mut peer);
    assert_eq!(peer.take_heard(), [Heard::text("queued before"), Heard::Close(Some(1011))]);
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::HandlerFailed);
}

#[test]
fn no_message_follows_the_close_frame_though_a_write_was_lent_it() {
    for taken in 0..=24 {
        let mut world = World::new(|_| {});
        let mut peer = world.connect("ann");
        for text in ["one", "two", "three"] {
            world.hub.send(world.now, peer.id, &Frame::text(text)).unwrap();
        }
        let Ok(Transmit::Write(outgoing)) = world.hub.transmit(peer.id, 2) else { panic!("a write") };
        let lent: Vec<u8> = outgoing.flat_map(|piece| piece.as_bytes().to_vec()).collect();
        let taken = taken.min(lent.len());
        world.hub.fail(world.now, peer.id, CloseCode::Again, CloseReason::OutboxFull).unwrap();
        peer.take(&lent[..taken]);
        world.hub.sent(world.now, peer.id, taken).unwrap();
        world.drain(&mut peer);
        // Whatever has begun is finished, and then the close frame comes.
        let begun = taken.div_ceil(lent.len() / 2);
        let mut expected: Vec<Heard> =
            ["one", "two"].iter().take(begun).map(|text| Heard::text(text)).collect();
        expected.push(Heard::Close(Some(1013)));
        assert_eq!(peer.take_heard(), expected, "{taken} bytes taken");
        assert!(peer.is_shut);
    }
}

#[test]
fn a_write_that_was_not_reported_is_taken_back() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.hub.send(world.now, peer.id, &Frame::text("lent")).unwrap();
    assert!(matches!(world.hub.transmit(peer.id, 4), Ok(Transmit::Write(_))));
    world.hub.fail(world.now, peer.id, CloseCode::Again, CloseReason::OutboxFull).unwrap();
    world.drain(&mut peer);
    assert_eq!(peer.take_heard(), [Heard::Close(Some(1013))]);
}

#[test]
fn a_write_may_be_reported_after_the_connection_was_cut() {
    let mut world = World::new(|_| {});
    let peer = world.connect("ann");
    world.hub.send(world.now, peer.id, &Frame::text("lent")).unwrap();
    assert!(matches!(world.hub.transmit(peer.id, 4), Ok(Transmit::Write(_))));
    world.hub.abort(world.now, peer.id).unwrap();
    assert_eq!(world.hub.sent(world.now, peer.id, 6), Ok(false));
    world.settle();
    assert_eq!((world.hub.queued_bytes(), world.hub.stats().discarded), (0, 1));
    world.release(peer);
}

#[test]
fn a_discarded_close_frame_is_no_message() {
    let mut world = World::new(|_| {});
    let peer = world.connect("ann");
    world.hub.send(world.now, peer.id, &Frame::text("unsent")).unwrap();
    world.hub.close(world.now, peer.id, CloseCode::Normal, "").unwrap();
    world.hub.abort(world.now, peer.id).unwrap();
    world.settle();
    assert_eq!(world.hub.stats().discarded, 1);
}

#[test]
fn a_flood_keeps_no_last_word_from_being_written() {
    let mut world = World::new(|server| server.connection.linger_bytes_max = 1_000);
    let mut peer = world.connect("ann");
    peer.window = 0;
    world.feed(&mut peer, &raw(0xFF, b""));
    world.drain(&mut peer);
    for _ in 0..10 {
        world.feed(&mut peer, &[0; 600]);
    }
    assert!(!world.hub.wants_read(peer.id), "enough is enough");
    assert_eq!(peer.unread.len(), 8 * 600);
    peer.window = usize::MAX;
    world.drain(&mut peer);
    assert_eq!(peer.take_heard(), [Heard::Close(Some(1002))]);
    assert_eq!(peer.over, Some(false), "and there is no point in lingering");
}

#[test]
fn lingering_is_bounded_in_bytes_and_in_time() {
    let flooding = |world: &mut World| {
        let mut peer = world.connect("ann");
        world.say(&mut peer, &Frame::close(CloseCode::Normal, ""));
        assert_eq!((peer.is_shut, peer.over), (true, None));
        peer
    };
    let mut world = World::new(|server| server.connection.linger_bytes_max = 1_000);
    let mut peer = flooding(&mut world);
    world.feed(&mut peer, &[0; 1_000]);
    world.drain(&mut peer);
    assert_eq!(peer.over, None);
    world.feed(&mut peer, &[0]);
    world.drain(&mut peer);
    assert_eq!(peer.over, Some(false));

    let mut quiet = flooding(&mut world);
    world.advance(Duration::from_millis(1_900));
    world.drain(&mut quiet);
    assert_eq!(quiet.over, None);
    world.advance(Duration::from_millis(200));
    world.drain(&mut quiet);
    assert_eq!(quiet.over, Some(false));
}

#[test]
fn the_disconnect_policy_closes_with_1013_and_the_others_go_on() {
    let mut world = World::new(|server| {
        server.connection.outbox_messages_max = 2;
        server.connection.outbox_policy = Overflow::Disconnect;
    });
    let (mut slow, mut quick) = (world.connect("slow"), world.connect("quick"));
    slow.window = 0;
    for text in ["one", "two", "three", "four"] {
        world.broadcast(crate::broadcast::Target::Everyone, text);
        world.drain(&mut slow);
        world.drain(&mut quick);
    }
    assert_eq!(world.closed(slow.id).unwrap().reason, CloseReason::OutboxFull);
    slow.window = usize::MAX;
    world.drain(&mut slow);
    assert_eq!(slow.take_heard(), [Heard::Close(Some(1013))]);
    assert_eq!(quick.take_heard(), ["one", "two", "three", "four"].map(Heard::text));
    assert!(world.hub.is_open(quick.id));
}

#[test]
fn a_send_that_disconnects_says_so() {
    let mut world = World::new(|server| {
        server.connection.outbox_messages_max = 1;
        server.connection.outbox_policy = Overflow::Disconnect;
    });
    let peer = world.connect("ann");
    world.hub.send(world.now, peer.id, &Frame::text("1234")).unwrap();
    let refused = world.hub.send(world.now, peer.id, &Frame::text("x"));
    assert_eq!(refused, Err(SendError::Disconnected { messages: 1, bytes: 6 }));
    world.settle();
    assert_eq!(world.closed(peer.id).unwrap().reason.code(), CloseCode::Again);
}
