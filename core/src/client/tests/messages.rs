//! Messages and pings, in both directions, and what waits.

use super::{Got, World, seconds};
use crate::client::{Notice, Offline, SendError, Transmit};
use crate::config::Overflow;
use crate::wire::{ControlPayload, Frame, Message};

#[test]
fn messages_go_both_ways_in_order() {
    let mut world = World::open(|_| {});
    world.send("a").unwrap();
    world.client.send(world.now, &Message::from(&[1, 2][..])).unwrap();
    world.send("").unwrap();
    assert_eq!(world.got(), [Got::text("a"), Got::Binary(vec![1, 2]), Got::text("")]);
    for frame in [Frame::text("b"), Frame::binary(&[3]), Frame::text("")] {
        world.feed_frame(&frame);
    }
    assert_eq!(world.heard, ["b", "[3]", ""]);
    let stats = world.client.stats();
    assert_eq!((stats.messages_received, stats.deliveries_sent, stats.message_bytes_received), (3, 3, 2));
}

#[test]
fn every_frame_has_a_mask_of_its_own() {
    let mut world = World::open(|_| {});
    world.send("same").unwrap();
    world.send("same").unwrap();
    world.settle();
    let frames: Vec<&[u8]> = world.written.chunks(6 + 4).collect();
    assert!(frames.len() == 2 && frames[0] != frames[1], "{frames:?}");
}

#[test]
fn a_ping_is_answered_and_told() {
    let mut world = World::open(|_| {});
    world.feed_frame(&Frame::ping(&ControlPayload::try_from(&b"are you?"[..]).unwrap()));
    assert_eq!(world.got(), [Got::Pong(b"are you?".to_vec())]);
    world.feed_frame(&Frame::pong(&ControlPayload::EMPTY));
    assert_eq!(world.heard, ["ping 8", "pong 0"]);
}

#[test]
fn pings_of_the_applications_do_not_pile_up() {
    let mut world = World::open(|_| {});
    assert!(world.client.ping(&ControlPayload::EMPTY) && !world.client.ping(&ControlPayload::EMPTY));
    assert_eq!(world.got(), [Got::Ping]);
    assert!(world.client.ping(&ControlPayload::EMPTY));
    world.client.disconnect(world.now);
    assert!(!world.client.ping(&ControlPayload::EMPTY));
}

#[test]
fn the_outbox_is_bounded_and_its_room_comes_back() {
    let mut world = World::open(|client| client.connection.outbox_messages_max = 2);
    world.send("a").unwrap();
    world.send("b").unwrap();
    let message = Message::from("c");
    let full = SendError::QueueFull { messages: 2, bytes: 14 };
    assert_eq!(world.client.send(world.now, &message), Err(full));
    assert_eq!(world.client.send_if_room(world.now, &message), Ok(false));
    assert_eq!(world.client.outbox_level(), Some((2, 14)));
    assert_eq!(world.got(), [Got::text("a"), Got::text("b")]);
    assert_eq!(world.told(), [Notice::Room]);
    assert_eq!(world.client.send_if_room(world.now, &message), Ok(true));
    let huge = "x".repeat(2 * 1024 * 1024);
    assert!(matches!(world.send(&huge), Err(SendError::TooLarge { bytes_max: 1_048_576, .. })));
    let waits = world.client.send_if_room(world.now, &Message::from(huge));
    assert!(matches!(waits, Err(SendError::TooLarge { .. })), "not to be waited for");
}

#[test]
fn an_outbox_may_be_worth_the_connection() {
    let mut world = World::open(|client| {
        client.connection.outbox_messages_max = 1;
        client.connection.outbox_policy = Overflow::Disconnect;
    });
    world.send("a").unwrap();
    assert_eq!(world.send("b"), Err(SendError::Disconnected { messages: 1, bytes: 7 }));
    assert_eq!(world.got(), [Got::Close(Some(1013))]);
    assert!(matches!(world.told()[..], [Notice::Disconnected(_), Notice::Reconnecting { .. }]));
}

#[test]
fn a_short_write_goes_on_where_it_stopped() {
    let mut world = World::open(|_| {});
    world.send("hello").unwrap();
    world.send("world").unwrap();
    loop {
        let Transmit::Write(mut pieces) = world.client.transmit(16) else { panic!("more is to be written") };
        let byte = pieces.next().unwrap().as_bytes()[0];
        world.written.push(byte);
        if !world.client.sent(world.now, 1) {
            break;
        }
    }
    assert_eq!(world.got(), [Got::text("hello"), Got::text("world")]);
}

#[test]
fn offline_messages_wait_where_they_may() {
    let mut world = World::new(|client| {
        client.offline = Offline::Queue { messages_max: 2, bytes_max: 100 };
    });
    world.send("early").unwrap();
    world.connect();
    world.send("while connecting").unwrap();
    assert_eq!(world.send("c"), Err(SendError::OfflineFull { messages: 2, bytes: 21 }));
    assert_eq!((world.client.outbox_level(), world.client.offline_level()), (None, (2, 21)));
    world.accept();
    world.send("late").unwrap();
    assert_eq!(world.got(), ["early", "while connecting", "late"].map(Got::text));
    assert_eq!(world.client.offline_level(), (0, 0));
}

#[test]
fn what_was_queued_on_a_lost_connection_is_lost() {
    let mut world = World::open(|client| {
        client.offline = Offline::Queue { messages_max: 2, bytes_max: 100 };
    });
    world.send("lost").unwrap();
    world.client.failed(world.now, std::io::ErrorKind::ConnectionReset);
    world.send("kept").unwrap();
    world.release();
    assert_eq!(world.client.stats().discarded, 1);
    assert_eq!(world.wait_for_attempt(), seconds(5));
    world.accept();
    assert_eq!(world.got(), [Got::text("kept")]);
}
