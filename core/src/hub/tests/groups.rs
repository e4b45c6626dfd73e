//! Rooms and namespaces as the application asks for them.

use super::*;
use crate::close::CloseCode;
use crate::rooms::{GroupName, JoinError, RoomName};

fn room(namespace: &str, name: &str) -> GroupName {
    GroupName::Room(RoomName::new(namespace, name))
}

fn namespace(name: &str) -> GroupName {
    GroupName::Namespace(name.into())
}

fn client(name: &str) -> GroupName {
    GroupName::Client(name.into())
}

#[test]
fn groups_open_with_their_first_member_and_close_with_their_last() {
    let mut world = World::new(|_| {});
    let ann = world.connect("ann");
    assert_eq!(world.groups_told(), [(true, client("ann")), (true, namespace("/"))]);
    let bob = world.connect("bob");
    assert_eq!(world.groups_told(), [(true, client("bob"))]);

    assert_eq!(world.hub.join(ann.id, "/chat", "lobby"), Ok(true));
    assert_eq!(world.hub.join(ann.id, "/chat", "lobby"), Ok(false));
    assert_eq!(world.hub.join(bob.id, "/chat", "lobby"), Ok(true));
    world.settle();
    assert_eq!(world.groups_told(), [(true, namespace("/chat")), (true, room("/chat", "lobby"))]);

    assert_eq!(world.hub.leave(ann.id, "/chat", "lobby"), Ok(true));
    assert_eq!(world.hub.leave(ann.id, "/chat", "lobby"), Ok(false));
    world.settle();
    assert_eq!(world.groups_told(), [], "bob is there");
    assert_eq!(world.hub.leave_namespace(bob.id, "/chat"), Ok(true));
    world.settle();
    assert_eq!(world.groups_told(), [(false, room("/chat", "lobby"))], "ann is in the namespace");
    world.hub.abort(world.now, ann.id).unwrap();
    world.settle();
    assert_eq!(world.groups_told(), [(false, namespace("/chat")), (false, client("ann"))]);
    world.hub.abort(world.now, bob.id).unwrap();
    world.settle();
    assert_eq!(world.groups_told(), [(false, namespace("/")), (false, client("bob"))]);
}

#[test]
fn who_is_where() {
    let mut world = World::new(|_| {});
    let (ann, bob) = (world.connect("ann"), world.connect("ann"));
    world.hub.join(ann.id, "/", "blue").unwrap();
    world.hub.join(bob.id, "/", "blue").unwrap();
    world.hub.join(bob.id, "/", "red").unwrap();
    world.hub.join_namespace(bob.id, "/chat").unwrap();
    let hub = &world.hub;
    assert!(hub.is_in(ann.id, "/", "blue") && !hub.is_in(ann.id, "/", "red"));
    let groups: std::collections::BTreeSet<_> = hub.groups_of(bob.id).collect();
    let expected = [client("ann"), namespace("/"), room("/", "blue"), room("/", "red"), namespace("/chat")];
    assert_eq!(groups, expected.into());
    assert_eq!(hub.group_members(&room("/", "blue")).collect::<Vec<_>>(), [ann.id, bob.id]);
    assert_eq!((hub.group_len(&client("ann")), hub.group_len(&namespace("/nowhere"))), (2, 0));
    let mut rooms: Vec<_> = hub.rooms().collect();
    rooms.sort_unstable();
    assert_eq!(rooms, [(room("/", "blue"), 2), (room("/", "red"), 1)]);
    assert_eq!(hub.rooms_len(), 2);
}

#[test]
fn limits_hold_and_a_refused_join_leaves_no_trace() {
    let mut world = World::new(|server| {
        let route = &mut server.connection;
        (route.rooms_max, route.namespaces_max, route.room_members_max) = (2, 2, 1);
    });
    let (ann, bob) = (world.connect("ann"), world.connect("bob"));
    world.hub.join(ann.id, "/", "one").unwrap();
    world.hub.join(ann.id, "/", "two").unwrap();
    world.hub.join_namespace(bob.id, "/chat").unwrap();
    world.settle();
    world.groups_told();
    let refusals = [
        (world.hub.join(ann.id, "/", "three"), JoinError::TooManyRooms { rooms_max: 2 }),
        (world.hub.join_namespace(bob.id, "/more"), JoinError::TooManyNamespaces { namespaces_max: 2 }),
        (world.hub.join(bob.id, "/more", "x"), JoinError::TooManyNamespaces { namespaces_max: 2 }),
        (world.hub.join(bob.id, "/", "one"), JoinError::RoomFull { room_members_max: 1 }),
        (world.hub.join(bob.id, "/", ""), JoinError::NameEmpty),
    ];
    for (refused, error) in refusals {
        assert_eq!(refused, Err(MembershipError::Refused(error)));
    }
    world.settle();
    assert_eq!(world.groups_told(), []);
}

#[test]
fn who_is_closing_is_in_no_group_and_its_rooms_are_told() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    world.hub.join(peer.id, "/", "blue").unwrap();
    world.hub.join(peer.id, "/chat", "red").unwrap();
    world.hub.close(world.now, peer.id, CloseCode::Normal, "").unwrap();
    assert_eq!(world.hub.groups_of(peer.id).count(), 0);
    assert_eq!(world.hub.leave(peer.id, "/", "blue"), Ok(false));
    let refused = world.hub.join(peer.id, "/", "green");
    assert_eq!(refused, Err(UnknownConnection(peer.id).into()));
    world.say(&mut peer, &crate::wire::Frame::close(CloseCode::Normal, ""));
    let mut rooms = world.closed(peer.id).unwrap().rooms.clone();
    rooms.sort_unstable();
    assert_eq!(rooms, [RoomName::new("/", "blue"), RoomName::new("/chat", "red")]);
}

#[test]
fn a_transport_that_is_not_open_joins_nothing() {
    let mut world = World::new(|_| {});
    let peer = world.accept();
    let unknown = UnknownConnection(peer.id);
    assert_eq!(world.hub.join(peer.id, "/", "blue"), Err(unknown.into()));
    assert_eq!(world.hub.leave(peer.id, "/", "blue"), Err(unknown));
    assert!(world.groups_told().is_empty());
}

/// Where it is asked for, and in the order of what happens.
#[test]
fn each_joining_and_leaving_of_a_room_is_told() {
    let mut world = World::new(|_| {});
    let told = |world: &mut World| {
        world.settle();
        let told = std::mem::take(&mut world.notices).into_iter().filter_map(|notice| match notice {
            Notice::Joined { id, room } => Some((id, '+', room.name.to_string())),
            Notice::Left { id, room } => Some((id, '-', room.name.to_string())),
            Notice::Closed(Closed { id, .. }) => Some((id, '.', String::new())),
            Notice::Pressure { .. }
            | Notice::Room(_)
            | Notice::Unanswered { .. }
            | Notice::Collected(_)
            | Notice::GroupOpened(_)
            | Notice::GroupClosed(_) => None,
        });
        told.collect::<Vec<_>>()
    };
    let ann = world.connect("ann").id;
    world.hub.join(ann, "/", "before").unwrap();
    assert_eq!(told(&mut world), [], "nobody has asked");
    world.hub.tell_memberships(true);
    let bob = world.connect("bob").id;
    assert_eq!(told(&mut world), [], "namespaces and clients are no rooms");
    for (id, room) in [(ann, "a"), (bob, "a"), (bob, "a"), (bob, "b")] {
        world.hub.join(id, "/chat", room).unwrap();
    }
    let joined = |id, room: &str| (id, '+', room.to_owned());
    assert_eq!(told(&mut world), [joined(ann, "a"), joined(bob, "a"), joined(bob, "b")]);
    let left = |id, room: &str| (id, '-', room.to_owned());
    world.hub.leave(ann, "/chat", "a").unwrap();
    world.hub.leave(ann, "/chat", "a").unwrap();
    world.hub.leave_namespace(bob, "/chat").unwrap();
    assert_eq!(told(&mut world), [left(ann, "a"), left(bob, "b"), left(bob, "a")]);
    world.hub.abort(world.now, ann).unwrap();
    assert_eq!(told(&mut world), [left(ann, "before"), (ann, '.', String::new())]);
}
