//! Rooms and namespaces, as the application and its peers see them.

use crate::world::{Peer, World, config};
use fanfare::{App, GroupName, HandleError, RoomName, Route, Target};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// `join R`, `leave R`, `join-ns N`, `leave-ns N`; answers what came of it.
pub(crate) fn obedient() -> Route {
    fn answer<T: Debug, E: ToString>(result: Result<T, E>) -> String {
        result.map_or_else(|error| error.to_string(), |value| format!("{value:?}"))
    }
    Route::new().on_message(|ctx, message| {
        let text = message.as_text().unwrap_or_default().to_owned();
        let answered = match text.split_once(' ') {
            Some(("join", room)) => answer(ctx.join(room)),
            Some(("leave", room)) => answer(ctx.leave(room)),
            Some(("join-in", room)) => {
                let (namespace, room) = room.split_once(' ').unwrap_or_default();
                answer(ctx.join_in(namespace, room))
            }
            Some(("leave-ns", namespace)) => answer(ctx.leave_namespace(namespace)),
            Some(_) | None => text,
        };
        ctx.send_text(&answered)
    })
}

fn tell(peer: &mut Peer<'_>, order: &str, answer: &str) {
    peer.send(order);
    peer.expect(answer);
}

fn room(namespace: &str, name: &str) -> GroupName {
    GroupName::Room(RoomName::new(namespace, name))
}

pub(crate) fn rooms_are_made_counted_and_gone(world: &World) {
    let server = world.start(App::new().route("/", obedient()));
    let (mut a, mut b) = (server.connect("/"), server.connect("/"));
    tell(&mut a, "join red", "true");
    tell(&mut a, "join red", "false");
    tell(&mut a, "join blue", "true");
    tell(&mut b, "join red", "true");
    let rooms = |of: &[(&str, usize)]| -> BTreeMap<GroupName, usize> {
        of.iter().map(|(name, count)| (room("/", name), *count)).collect()
    };
    assert_eq!(server.handle().rooms().wait(), Ok(rooms(&[("red", 2), ("blue", 1)])));
    tell(&mut a, "leave blue", "true");
    tell(&mut a, "leave blue", "false");
    assert_eq!(server.handle().rooms().wait(), Ok(rooms(&[("red", 2)])));
    a.close(1000, "");
    a.expect_close(1000);
    assert_eq!(server.handle().rooms().wait(), Ok(rooms(&[("red", 1)])));
    assert_eq!(server.handle().members(room("/", "red")).wait().unwrap().len(), 1);
}

pub(crate) fn leaving_a_namespace_leaves_its_rooms(world: &World) {
    let server = world.start(App::new().route("/", obedient()));
    let mut peer = server.connect("/");
    tell(&mut peer, "join hall", "true");
    tell(&mut peer, "join-in /side desk", "true");
    tell(&mut peer, "join-in /side shelf", "true");
    let namespace = |name: &str| GroupName::Namespace(name.into());
    let count = |group| server.handle().members(group).wait().unwrap().len();
    assert_eq!((count(namespace("/")), count(namespace("/side")), count(room("/side", "desk"))), (1, 1, 1));
    tell(&mut peer, "leave-ns /side", "true");
    tell(&mut peer, "leave-ns /side", "false");
    assert_eq!((count(namespace("/")), count(namespace("/side")), count(room("/side", "desk"))), (1, 0, 0));
    assert_eq!(server.handle().rooms().wait().unwrap().len(), 1);

    let id = server.handle().connections().wait().unwrap()[0].id;
    server.handle().join_namespace(id, "/other").wait().unwrap();
    assert_eq!(count(namespace("/other")), 1);
    server.handle().leave_namespace(id, "/other").wait().unwrap();
    assert_eq!(count(namespace("/other")), 0);
}

pub(crate) fn joins_are_limited_and_names_checked(world: &World) {
    let limits = config(|settings| {
        settings.connection.rooms_max = 2;
        settings.connection.room_members_max = 1;
        settings.connection.name_bytes_max = 64;
    });
    let server = world.start(App::new().config(limits).route("/", obedient()));
    let (mut a, mut b) = (server.connect("/"), server.connect("/"));
    let id = server.handle().connections().wait().unwrap()[0].id;
    tell(&mut a, "join one", "true");
    tell(&mut a, "join two", "true");
    let long = "x".repeat(65);
    for refused in ["join three", &format!("join {long}"), "join a\u{7}b"] {
        a.send(refused);
        let said = a.hear();
        let crate::world::Said::Text(why) = said else {
            panic!("an answer to {refused} must come: {said:?}")
        };
        assert!(why != "true" && why != "false", "{refused}: {why}");
    }
    let refusal = server.handle().join(id, &long).wait();
    assert!(matches!(refusal, Err(HandleError::Membership(_))), "{refusal:?}");
    if world.has_one_shard() {
        b.send("join one");
        assert_ne!(b.hear(), crate::world::Said::Text(String::from("true")), "the room is full");
    }
    assert_eq!(server.handle().rooms().wait().unwrap().len(), 2);
}

pub(crate) fn nothing_is_delivered_after_a_confirmed_leave(world: &World) {
    let server = world.start(App::new().route("/", obedient()));
    let mut peers: Vec<_> = (0..3).map(|_| server.connect("/")).collect();
    let ids: Vec<_> = server.handle().connections().wait().unwrap().iter().map(|info| info.id).collect();
    for round in 0..50 {
        for id in &ids {
            server.handle().join(*id, "hall").wait().unwrap();
        }
        let hall = || Target::room("/", "hall");
        let inside = format!("inside {round}");
        assert_eq!(server.handle().broadcast(hall(), inside.as_str()).wait().unwrap().queued(), 3);
        for id in &ids {
            server.handle().leave(*id, "hall").wait().unwrap();
        }
        assert_eq!(server.handle().broadcast(hall(), "outside").wait().unwrap().matched(), 0);
        for peer in &mut peers {
            peer.expect(&inside);
            peer.expect_echo("marker");
        }
    }
}

pub(crate) fn a_confirmed_join_is_known_to_every_publisher(world: &World) {
    // Whoever publishes to the room it has just joined hears itself, by
    // whichever way it publishes.
    let route = Route::new().on_message(|ctx, message| {
        let name = message.as_text().unwrap_or_default().to_owned();
        ctx.join(&name)?;
        drop(ctx.handle().broadcast(Target::room("/", name.as_str()), "through the handle"));
        ctx.leave(&name)?;
        ctx.join(&name).map(drop)
    });
    let server = world.start(App::new().route("/", route));
    let mut peers: Vec<_> = (0..4).map(|_| server.connect("/")).collect();
    for round in 0..20 {
        for (number, peer) in peers.iter_mut().enumerate() {
            peer.send(&format!("{round} {number}"));
            peer.expect("through the handle");
        }
    }
}
