//! Who gets a message compressed, and how often that is done.

use super::harness::{HEAD, head_offering};
use super::*;
use crate::broadcast::Target;
use crate::config::{Compression, Overflow};
use crate::deflate::{Deflater, Window};
use crate::wire::Frame;

const WIDE: &str = "permessage-deflate; client_max_window_bits";
const NARROW: &str = "permessage-deflate; server_max_window_bits=12";
/// As said by a client that cannot know our name for it.
const DECLINED: &str = "permessage-deflate; server_max_window_bits=8";

/// A world whose second profile has no compression.
fn world() -> World {
    World::with_profiles(
        |server| server.connection.compression = Compression::On,
        |config| {
            let route = config.server().connection.clone().with(|route| route.compression = Compression::Off);
            config.add_profile(config.server().route(route).unwrap());
        },
    )
}

fn connect(world: &mut World, offer: &str) -> Peer {
    world.connect_offering(ProfileId::default(), offer)
}

fn long_text() -> String {
    "what everybody wants to hear, ".repeat(40)
}

/// What was heard, and how many of it compressed.
fn heard(world: &mut World, peer: &mut Peer) -> (Vec<Heard>, usize) {
    world.drain(peer);
    (peer.take_heard(), peer.heard_compressed)
}

fn compressions(world: &World) -> (u64, u64, u64) {
    let stats = world.hub.stats();
    (stats.messages_compressed, stats.compression_bytes_before, stats.compression_bytes_after)
}

/// An open connection without a harness around it, which for a thousand of them
/// would check too much.
fn open(hub: &mut Hub, profile: ProfileId, offer: &str) -> ConnectionId {
    let id = hub.accept(Instant::ZERO).unwrap();
    let mut head = head_offering(offer);
    let received = hub.receive(Instant::ZERO, id, &mut head).unwrap();
    let Some(Event::Request(request)) = received.event else { panic!("a whole head") };
    let acceptance = Acceptance { profile, ..Acceptance::new(&request, "ann") };
    hub.decide(Instant::ZERO, id, Decision::Accept(acceptance)).unwrap();
    assert!(written(hub, id).starts_with(b"HTTP/1.1 101 "));
    id
}

/// What goes over the wire.
fn written(hub: &mut Hub, id: ConnectionId) -> Vec<u8> {
    let Transmit::Write(pieces) = hub.transmit(id, 16).unwrap() else { return Vec::new() };
    let wire: Vec<u8> = pieces.flat_map(|piece| piece.as_bytes()).copied().collect();
    hub.sent(Instant::ZERO, id, wire.len()).unwrap();
    wire
}

#[test]
fn a_thousand_recipients_need_one_compression() {
    let mut world = world();
    let hub = &mut world.hub;
    let kinds = [
        ("x-other", ProfileId(0), false),
        (DECLINED, ProfileId(0), false),
        (WIDE, ProfileId(1), false),
        (WIDE, ProfileId(0), true),
    ];
    let members: Vec<(ConnectionId, bool)> = (kinds.into_iter().cycle().take(1_000))
        .map(|(offer, profile, is_compressed)| (open(hub, profile, offer), is_compressed))
        .collect();
    let plain = Frame::text(&long_text());
    let report = hub.broadcast(Instant::ZERO, &Publication::new(Target::Everyone, plain.clone()));
    assert_eq!((report.matched(), report.queued()), (1_000, 1_000));

    let compressed = Deflater::new(Window::Wide).deflate(&plain).unwrap();
    assert_eq!(hub.queued_bytes(), (plain.len() + compressed.len()) as u64, "each frame counts once");
    for (id, is_compressed) in members {
        let expected = if is_compressed { &compressed } else { &plain };
        assert_eq!(hub.outbox_level(id), Some((1, expected.len())));
        assert_eq!(written(hub, id), expected.as_bytes());
    }
    assert_eq!(hub.queued_bytes(), 0);
    assert_eq!(compressions(&world), (1, plain.len() as u64, compressed.len() as u64));
    world.settle();
}

#[test]
fn each_window_has_a_frame_of_its_own() {
    let mut world = world();
    let (mut wide, mut narrow) = (connect(&mut world, WIDE), connect(&mut world, NARROW));
    assert!(narrow.answer.as_deref().unwrap().contains("; server_max_window_bits=9\r\n"), "{narrow:?}");
    let text = (0..400).map(|number| number.to_string()).collect::<Vec<_>>().join(" ").repeat(2);
    for count in 1..=3 {
        world.broadcast(Target::Everyone, &text);
        assert_eq!(compressions(&world).0, 2 * count);
    }
    let (wide_bytes, narrow_bytes) = (world.hub.outbox_level(wide.id), world.hub.outbox_level(narrow.id));
    assert!(wide_bytes < narrow_bytes, "what repeats itself far away shrinks with the wide window only");
    for peer in [&mut wide, &mut narrow] {
        assert_eq!(heard(&mut world, peer), (vec![Heard::text(&text); 3], 3));
    }
}

#[test]
fn what_is_short_or_does_not_shrink_goes_plain() {
    let mut world = world();
    let mut peer = connect(&mut world, WIDE);
    let mut send = |payload: &[u8]| {
        world.hub.send(world.now, peer.id, &Frame::binary(payload)).unwrap();
        world.broadcast(Target::Everyone, &"a".repeat(payload.len().min(255)));
    };
    send(&[0; 255]);
    let mut state = 7_u64;
    let noise = (0..1_000).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    });
    send(&noise.collect::<Vec<u8>>());
    let frame_bytes = 4 + 1_000;
    assert_eq!(compressions(&world), (1, frame_bytes, frame_bytes), "tried once, in vain");
    assert_eq!(heard(&mut world, &mut peer).1, 0);
}

#[test]
fn a_message_for_one_is_compressed_as_well() {
    let mut world = world();
    let mut peer = connect(&mut world, WIDE);
    world.hub.send(world.now, peer.id, &Frame::binary(&[0; 256])).unwrap();
    assert!(world.hub.outbox_level(peer.id).is_some_and(|(messages, bytes)| messages == 1 && bytes < 20));
    assert_eq!(heard(&mut world, &mut peer), (vec![Heard::Binary(vec![0; 256])], 1));
}

#[test]
fn an_outbox_has_room_for_what_is_queued() {
    let limit = |server: &mut crate::config::Settings| {
        let route = &mut server.connection;
        route.compression = Compression::On;
        (route.message_bytes_max, route.outbox_bytes_max, route.outbox_pressure_bytes) =
            (1_000, 1_500, 1_500);
    };
    let mut world = World::new(limit);
    let (mut plain, mut small) = (world.connect("bob"), connect(&mut world, WIDE));
    let text = "x".repeat(900);
    let reports: Vec<_> = (0..5).map(|_| world.broadcast(Target::Everyone, &text)).collect();
    let counts: Vec<_> = reports.iter().map(|report| (report.queued(), report.dropped())).collect();
    assert_eq!(counts, [(2, 0), (1, 1), (1, 1), (1, 1), (1, 1)], "nothing but the plain ones is too much");
    assert_eq!(heard(&mut world, &mut plain).0.len(), 1);
    assert_eq!(heard(&mut world, &mut small), (vec![Heard::text(&text); 5], 5));
}

#[test]
fn policies_and_conflation_know_no_difference() {
    let mut world = world();
    let mut peers = [connect(&mut world, WIDE), connect(&mut world, NARROW), world.connect("bob")];
    for number in 0..10 {
        // Of two kinds, one of which is too short to be compressed.
        let text = if number % 3 == 0 { number.to_string() } else { number.to_string().repeat(500) };
        let mut publication = Publication::new(Target::Everyone, Frame::text(&text));
        publication.conflation = std::num::NonZeroU64::new(7).map(ConflationKey);
        publication.overflow = Some(Overflow::DropOldest);
        assert_eq!(world.publish(&publication).queued(), 3);
    }
    for peer in &mut peers {
        assert_eq!(heard(&mut world, peer).0, [Heard::text("9")]);
    }
    assert_eq!((world.hub.stats().evicted, world.hub.queued_bytes()), (27, 0));
}

#[test]
fn where_the_budget_has_no_room_for_two_the_plain_one_goes() {
    let mut world = world();
    let (mut wide, mut plain) = (connect(&mut world, WIDE), world.connect("bob"));
    let text = long_text();
    let frame_bytes = Frame::text(&text).len() as u64;
    world.hub.reclaim_budget(world.hub.budget_bytes() - frame_bytes);
    assert_eq!(world.broadcast(Target::Everyone, &text).queued(), 2);
    assert_eq!(world.hub.queued_bytes(), frame_bytes);
    for peer in [&mut wide, &mut plain] {
        assert_eq!(heard(&mut world, peer), (vec![Heard::text(&text)], 0));
    }
}

#[test]
fn compressed_messages_are_heard_as_what_they_say() {
    let mut world = world();
    let mut peer = connect(&mut world, WIDE);
    let text = long_text();
    let compressed = Deflater::new(Window::Wide).deflate(&Frame::text(&text)).unwrap();
    assert_eq!(world.say(&mut peer, &compressed), [Said::Text(text.clone())]);
    assert_eq!(world.say(&mut peer, &Frame::text("plain")), [Said::Text("plain".to_owned())]);
    let stats = world.hub.stats();
    assert_eq!((stats.messages_inflated, stats.messages_received), (1, 2));
    assert_eq!(stats.message_bytes_received, (text.len() + 5) as u64, "as it was inflated");
}

#[test]
fn the_answer_cannot_be_given_by_hand() {
    let mut world = world();
    let (peer, request) = world.request(HEAD);
    let mut acceptance = Acceptance::new(&request, "ann");
    let granted = http::HeaderValue::from_static("permessage-deflate");
    acceptance.headers.insert("sec-websocket-extensions", granted);
    let refused = world.hub.decide(world.now, peer.id, Decision::Accept(acceptance));
    assert!(matches!(refused, Err(DecideError::Answer(_))), "{refused:?}");
}
