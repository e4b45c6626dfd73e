//! Messages for many: who gets them, what is reported, and in which order.

use super::*;
use crate::broadcast::{Condition, Exclusion, Filter, Target};
use crate::close::CloseCode;
use crate::config::Overflow;
use crate::wire::Frame;

fn lobby() -> Target {
    Target::room("/", "lobby")
}

fn texts(peer: &mut Peer) -> Vec<String> {
    let heard = peer.take_heard().into_iter();
    heard.map(|heard| if let Heard::Text(text) = heard { text } else { panic!("{heard:?}") }).collect()
}

#[test]
fn every_target_reaches_whom_it_names() {
    let mut world = World::new(|_| {});
    let (mut ann, mut bob, mut cid) = (world.connect("ann"), world.connect("bob"), world.connect("ann"));
    world.hub.join(ann.id, "/", "lobby").unwrap();
    world.hub.join(bob.id, "/", "lobby").unwrap();
    world.hub.join(bob.id, "/chat", "cave").unwrap();
    let cave = crate::rooms::RoomName::new("/chat", "cave");
    let both = Target::Rooms(vec![crate::rooms::RoomName::new("/", "lobby"), cave]);
    let is_bob = Filter::new(Condition::ClientId("bob".into())).unwrap();
    let mut publish = |audience: crate::broadcast::Audience, text: &str| {
        let report = world.publish(&Publication::new(audience, Frame::text(text)));
        assert_eq!(report.matched(), report.queued());
        report.queued()
    };
    assert_eq!(publish(Target::Everyone.into(), "everyone"), 3);
    assert_eq!(publish(Target::namespace("/chat").into(), "namespace"), 1);
    assert_eq!(publish(lobby().into(), "room"), 2);
    assert_eq!(publish(both.into(), "rooms"), 2);
    assert_eq!(publish(Target::client("ann").into(), "client"), 2);
    assert_eq!(publish(Target::Connection(cid.id).into(), "connection"), 1);
    assert_eq!(publish(Target::Connections(vec![cid.id, cid.id, bob.id]).into(), "connections"), 2);
    assert_eq!(publish(Target::Filter(is_bob).into(), "filter"), 1);
    assert_eq!(publish(Target::Everyone.except(Exclusion::Connection(ann.id)), "others"), 2);
    assert_eq!(publish(Target::room("/", "nowhere").into(), "nobody"), 0);
    for peer in [&mut ann, &mut bob, &mut cid] {
        world.drain(peer);
    }
    assert_eq!(texts(&mut ann), ["everyone", "room", "rooms", "client"]);
    let expected = ["everyone", "namespace", "room", "rooms", "connections", "filter", "others"];
    assert_eq!(texts(&mut bob), expected);
    assert_eq!(texts(&mut cid), ["everyone", "client", "connection", "connections", "others"]);
}

#[test]
fn a_broadcast_reaches_nobody_who_left_or_is_closing_or_not_open_yet() {
    let mut world = World::new(|_| {});
    let (mut ann, mut bob, mut cid) = (world.connect("ann"), world.connect("bob"), world.connect("cid"));
    let handshaking = world.accept();
    for peer in [&ann, &bob, &cid] {
        world.hub.join(peer.id, "/", "lobby").unwrap();
    }
    world.hub.leave(ann.id, "/", "lobby").unwrap();
    world.hub.close(world.now, bob.id, CloseCode::Normal, "").unwrap();
    assert_eq!(world.broadcast(lobby(), "lobby").matched(), 1);
    assert_eq!(world.broadcast(Target::Everyone, "everyone").matched(), 2);
    assert_eq!(world.broadcast(Target::Connection(bob.id), "bob").matched(), 0);
    assert_eq!(world.broadcast(Target::Connection(handshaking.id), "early").matched(), 0);
    for peer in [&mut ann, &mut bob, &mut cid] {
        world.drain(peer);
    }
    assert_eq!(texts(&mut ann), ["everyone"]);
    assert_eq!(bob.take_heard(), [Heard::Close(Some(1000))]);
    assert_eq!(texts(&mut cid), ["lobby", "everyone"]);
}

#[test]
fn a_message_queued_before_the_leave_is_still_delivered() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.hub.join(peer.id, "/", "lobby").unwrap();
    world.broadcast(lobby(), "before");
    world.hub.leave(peer.id, "/", "lobby").unwrap();
    world.broadcast(lobby(), "after");
    world.drain(&mut peer);
    assert_eq!(texts(&mut peer), ["before"]);
}

#[test]
fn reports_add_up_whatever_becomes_of_each_copy() {
    let mut world = World::with_profiles(
        |server| server.connection.outbox_messages_max = 2,
        |config| {
            for policy in [Overflow::DropOldest, Overflow::Disconnect] {
                let route = config.server().connection.clone().with(|route| route.outbox_policy = policy);
                config.add_profile(config.server().route(route).unwrap());
            }
        },
    );
    let mut peers: Vec<Peer> = (0..3).map(|profile| world.connect_on(ProfileId(profile), "ann")).collect();
    let reports: Vec<_> =
        (0..3).map(|number| world.broadcast(Target::Everyone, &number.to_string())).collect();
    let counts = |report: &crate::broadcast::BroadcastReport| {
        (report.matched(), report.queued(), report.dropped(), report.closed())
    };
    assert_eq!(reports.iter().map(counts).collect::<Vec<_>>(), [(3, 3, 0, 0), (3, 3, 0, 0), (3, 1, 1, 1)]);
    for peer in &mut peers {
        world.drain(peer);
    }
    assert_eq!(texts(&mut peers[0]), ["0", "1"], "DropNewest");
    assert_eq!(texts(&mut peers[1]), ["1", "2"], "DropOldest");
    assert_eq!(peers[2].take_heard(), [Heard::Close(Some(1013))], "Disconnect");
    let stats = world.hub.stats();
    assert_eq!((stats.deliveries_offered, stats.deliveries_queued, stats.deliveries_sent), (9, 7, 4));
    assert_eq!((stats.dropped_outbox_full, stats.dropped_disconnected), (1, 1));
    assert_eq!((stats.evicted, stats.discarded), (1, 2));
}

#[test]
fn a_publication_brings_its_own_policy() {
    let mut world = World::new(|server| server.connection.outbox_messages_max = 1);
    let mut peer = world.connect("ann");
    let mut publication = Publication::new(Target::Everyone, Frame::text("old"));
    world.publish(&publication);
    publication.frame = Frame::text("new");
    publication.overflow = Some(Overflow::DropOldest);
    assert_eq!(world.publish(&publication).queued(), 1);
    world.drain(&mut peer);
    assert_eq!(texts(&mut peer), ["new"]);
}

#[test]
fn a_conflated_message_takes_the_place_of_the_one_before() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    peer.window = 3;
    let mut publication = Publication::new(Target::Everyone, Frame::text("price 0"));
    publication.conflation = std::num::NonZeroU64::new(7).map(ConflationKey);
    world.publish(&publication);
    world.drain(&mut peer);
    for number in 1..10 {
        publication.frame = Frame::text(&format!("price {number}"));
        world.publish(&publication);
    }
    peer.window = usize::MAX;
    world.drain(&mut peer);
    assert_eq!(texts(&mut peer), ["price 0", "price 9"], "the first was in flight");
}

#[test]
fn one_publisher_is_heard_in_order_by_everyone() {
    let mut world = World::new(|_| {});
    let mut peers: Vec<Peer> = (0..5).map(|_| world.connect("ann")).collect();
    for number in 0..100 {
        let target = if number % 3 == 0 { Target::client("ann") } else { Target::Everyone };
        world.broadcast(target, &number.to_string());
        for (place, peer) in peers.iter_mut().enumerate() {
            peer.window = (number + place) % 7;
            world.drain(peer);
        }
    }
    let expected: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    for peer in &mut peers {
        peer.window = usize::MAX;
        world.drain(peer);
        assert_eq!(texts(peer), expected);
    }
    assert_eq!(world.hub.queued_bytes(), 0);
}

#[test]
fn an_oversized_broadcast_is_dropped_and_harms_nobody() {
    for policy in [Overflow::DropNewest, Overflow::DropOldest, Overflow::Disconnect] {
        let mut world = World::new(|server| {
            let route = &mut server.connection;
            (route.message_bytes_max, route.outbox_bytes_max, route.outbox_pressure_bytes) = (100, 200, 200);
            route.outbox_policy = policy;
        });
        let mut peer = world.connect("ann");
        world.broadcast(Target::Everyone, "waiting");
        let report = world.broadcast(Target::Everyone, &"x".repeat(300));
        assert_eq!((report.dropped(), report.matched()), (1, 1), "{policy:?}");
        world.drain(&mut peer);
        assert_eq!(texts(&mut peer), ["waiting"], "{policy:?}");
    }
}
