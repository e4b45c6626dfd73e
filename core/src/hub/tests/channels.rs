//! Primary channels: where connections start, how they move, and what takes a
//! channel away.

use super::events::world as world_of_envelopes;
use super::harness::HEAD;
use super::*;
use crate::close::CloseCode;
use crate::rooms::{GroupName, JoinError, RoomName};

fn room(name: &str) -> GroupName {
    GroupName::Room(RoomName::new("/", name))
}

/// A connection that the application accepts to a channel.
fn connect_to(world: &mut World, channel: &str) -> Peer {
    let (mut peer, request) = world.request(HEAD);
    let acceptance = Acceptance { channel: Some(channel), ..Acceptance::new(&request, "ann") };
    world.hub.decide(world.now, peer.id, Decision::Accept(acceptance)).unwrap();
    world.drain(&mut peer);
    peer
}

fn counts<const N: usize>(of: [(&str, usize); N]) -> std::collections::BTreeMap<Arc<str>, usize> {
    of.into_iter().map(|(name, count)| (name.into(), count)).collect()
}

#[test]
fn sessions_start_in_the_default_channel_and_others_where_the_application_says() {
    let (mut world, typed, session) = world_of_envelopes(|_| {});
    let in_session = world.connect_on(session, "ann");
    let others = [world.connect_on(typed, "ann"), world.connect("ann")];
    assert_eq!(world.hub.channel(in_session.id), Some(DEFAULT_CHANNEL));
    assert!(world.hub.is_in(in_session.id, "/", DEFAULT_CHANNEL));
    for other in &others {
        assert_eq!(world.hub.channel(other.id), None);
        assert_eq!(world.hub.groups_of(other.id).count(), 2, "its client id and `/`, and nothing more");
    }
    let accepted = connect_to(&mut world, "news");
    assert_eq!(world.hub.channel(accepted.id), Some("news"));
    assert_eq!(world.hub.channels(), counts([(DEFAULT_CHANNEL, 1), ("news", 1)]));
}

#[test]
fn a_move_leaves_the_room_of_the_channel_before() {
    let mut world = World::new(|_| {});
    let peer = connect_to(&mut world, "news");
    world.hub.join(peer.id, "/", "sport").unwrap();
    world.settle();
    world.groups_told();
    assert_eq!(world.hub.channel(peer.id), Some("news"), "to join is not to move");

    assert_eq!(world.hub.move_to_channel(peer.id, "sport"), Ok(true));
    world.settle();
    assert_eq!(world.groups_told(), [(false, room("news"))], "it was in the room before");
    assert_eq!(world.hub.move_to_channel(peer.id, "sport"), Ok(false));
    assert_eq!(world.hub.move_to_channel(peer.id, "arts"), Ok(true));
    world.settle();
    assert_eq!(world.groups_told(), [(true, room("arts")), (false, room("sport"))]);
    assert!(!world.hub.is_in(peer.id, "/", "sport") && world.hub.is_in(peer.id, "/", "arts"));
}

#[test]
fn a_move_that_is_refused_leaves_everything_as_it_was() {
    let mut world = World::new(|server| {
        (server.connection.rooms_max, server.connection.room_members_max) = (2, 1);
    });
    let (peer, other) = (connect_to(&mut world, "news"), connect_to(&mut world, "full"));
    world.hub.join(peer.id, "/", "side").unwrap();
    let bare = world.connect("bob");
    for name in ["a", "b"] {
        world.hub.join(bare.id, "/", name).unwrap();
    }
    world.settle();
    world.groups_told();
    let refusals = [
        (peer.id, "full", JoinError::RoomFull { room_members_max: 1 }),
        (peer.id, "", JoinError::NameEmpty),
        (bare.id, "c", JoinError::TooManyRooms { rooms_max: 2 }),
    ];
    for (id, name, error) in refusals {
        assert_eq!(world.hub.move_to_channel(id, name), Err(MembershipError::Refused(error)));
    }
    world.settle();
    assert_eq!(world.groups_told(), []);
    let channels = [&peer, &other, &bare].map(|peer| world.hub.channel(peer.id));
    assert_eq!(channels, [Some("news"), Some("full"), None]);
    assert_eq!(
        world.hub.move_to_channel(peer.id, "new"),
        Ok(true),
        "for one that it leaves, it may have one"
    );
    assert_eq!(world.hub.move_to_channel(bare.id, "a"), Ok(true), "it is there already");
}

#[test]
fn whoever_leaves_the_room_has_no_channel_until_it_moves() {
    let mut world = World::new(|_| {});
    let peer = connect_to(&mut world, "news");
    assert_eq!(world.hub.leave(peer.id, "/", "news"), Ok(true));
    assert_eq!(world.hub.channel(peer.id), None);
    world.hub.join(peer.id, "/", "news").unwrap();
    assert_eq!(world.hub.channel(peer.id), None, "to come back to the room is not to move");
    assert_eq!(world.hub.move_to_channel(peer.id, "news"), Ok(true));
    assert_eq!(world.hub.leave_namespace(peer.id, "/"), Ok(true));
    assert_eq!(world.hub.channel(peer.id), None);
    assert_eq!(world.hub.move_to_channel(peer.id, "news"), Ok(true), "and so into `/` again");
    world.hub.close(world.now, peer.id, CloseCode::Normal, "").unwrap();
    assert_eq!((world.hub.channel(peer.id), world.hub.channels().len()), (None, 0));
    let unknown = UnknownConnection(peer.id);
    assert_eq!(world.hub.move_to_channel(peer.id, "news"), Err(unknown.into()));
}

#[test]
fn a_channel_that_cannot_be_is_refused_before_anything_changes() {
    let mut world = World::new(|server| server.connection.room_members_max = 1);
    let first = connect_to(&mut world, "news");
    let (mut peer, request) = world.request(HEAD);
    world.groups_told();
    for (channel, error) in [
        ("", JoinError::NameEmpty),
        ("a\nb", JoinError::NameHasControl { character: '\n', at: 1 }),
        ("news", JoinError::RoomFull { room_members_max: 1 }),
    ] {
        let acceptance = Acceptance { channel: Some(channel), ..Acceptance::new(&request, "bob") };
        let refused = world.hub.decide(world.now, peer.id, Decision::Accept(acceptance));
        assert!(matches!(refused, Err(DecideError::Channel(refusal)) if refusal == error), "{refused:?}");
        world.settle();
        assert_eq!(world.groups_told(), []);
    }
    let acceptance = Acceptance { channel: Some("sport"), ..Acceptance::new(&request, "bob") };
    world.hub.decide(world.now, peer.id, Decision::Accept(acceptance)).unwrap();
    world.drain(&mut peer);
    assert_eq!(world.hub.channels(), counts([("news", 1), ("sport", 1)]));
    let clients: std::collections::BTreeMap<_, Vec<_>> =
        world.hub.clients().map(|(client, ids)| (client, ids.collect())).collect();
    assert_eq!(clients, [("ann".into(), vec![first.id]), ("bob".into(), vec![peer.id])].into());
}
