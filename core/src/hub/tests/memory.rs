//! What is kept of a crowd that has left.

use super::harness::HEAD;
use super::*;
use crate::broadcast::{Exclusion, Target};
use crate::config::ConnectionSettings;
use crate::event::Envelope;
use crate::hub::Incoming;
use crate::thrift::KEPT_PLACES;
use crate::wire::{Frame, Message};

const CROWD: usize = 10_000;

/// A hub whose invariants are checked when there is time for it.
fn hub() -> Hub {
    World::new(|_| {}).hub
}

fn open(hub: &mut Hub, client_id: &str) -> ConnectionId {
    let id = hub.accept(Instant::ZERO).unwrap();
    let mut head = HEAD.to_vec();
    let Some(Event::Request(request)) = hub.receive(Instant::ZERO, id, &mut head).unwrap().event else {
        panic!("a whole head")
    };
    hub.decide(Instant::ZERO, id, Decision::Accept(Acceptance::new(&request, client_id))).unwrap();
    id
}

fn write_listed(hub: &mut Hub) {
    while let Some(id) = hub.next_listed() {
        while let Ok(Transmit::Write(pieces)) = hub.transmit(id, 16) {
            let bytes = pieces.map(|piece| piece.as_bytes().len()).sum();
            hub.sent(Instant::ZERO, id, bytes).unwrap();
        }
    }
}

/// The peer says it, and what it asks to join or leave is granted.
fn say(hub: &mut Hub, id: ConnectionId, said: &str) {
    let message = Message::from(said);
    let incoming = hub.interpret(Instant::ZERO, id, &message).unwrap();
    let Incoming::Membership { asked, .. } = incoming else { panic!("{said} is {incoming:?}") };
    assert!(hub.grant(Instant::ZERO, id, asked).unwrap());
}

/// They come, join a room of their own and one of all, and hear each other.
fn come(hub: &mut Hub) -> Vec<ConnectionId> {
    let ids: Vec<_> = (0..CROWD).map(|number| open(hub, &number.to_string())).collect();
    for (number, id) in ids.iter().enumerate() {
        assert!(hub.join(*id, "/", &format!("room {number}")).unwrap());
        assert!(hub.join(*id, "/", "hall").unwrap());
    }
    let all_but_one = Target::room("/", "hall").except(Exclusion::Connection(ids[0]));
    let report = hub.broadcast(Instant::ZERO, &Publication::new(all_but_one, Frame::text("hello")));
    assert_eq!(report.queued(), CROWD as u64 - 1);
    write_listed(hub);
    ids
}

fn leave(hub: &mut Hub, id: ConnectionId) {
    hub.abort(Instant::ZERO, id).unwrap();
    hub.released(id).unwrap();
    while hub.next_notice().is_some() {}
    write_listed(hub);
}

#[test]
fn a_crowd_that_has_left_leaves_little_behind() {
    let mut hub = hub();
    for _ in 0..2 {
        let ids = come(&mut hub);
        let capacities = hub.capacities();
        assert!(capacities.iter().all(|capacity| *capacity >= CROWD), "{capacities:?}");
        for id in ids {
            leave(&mut hub, id);
        }
        let capacities = hub.capacities();
        assert!(capacities.iter().all(|capacity| *capacity <= KEPT_PLACES), "{capacities:?}");
        hub.check_invariants();
    }
}

/// They keep their places, and the tables end behind them. That of groups ends
/// behind the hall, which was opened when there were many.
#[test]
fn those_who_stay_are_as_they_were() {
    let mut hub = hub();
    let mut ids = come(&mut hub);
    for id in ids.split_off(10).into_iter().rev() {
        leave(&mut hub, id);
    }
    let [links, members, _, _, memberships, listed, scratch] = hub.capacities();
    let capacities = [links, members, memberships, listed, scratch];
    assert!(capacities.iter().all(|capacity| *capacity <= KEPT_PLACES), "{capacities:?}");
    hub.check_invariants();
    for (number, id) in ids.iter().enumerate() {
        assert!(hub.is_in(*id, "/", &format!("room {number}")));
    }
    let still_here = Publication::new(Target::room("/", "hall"), Frame::text("still here?"));
    assert_eq!(hub.broadcast(Instant::ZERO, &still_here).queued(), 10);
    write_listed(&mut hub);
    hub.check_invariants();
}

/// Rooms and namespaces of their own, all at once; half of the clients leave with
/// them, the others leave them and stay.
#[test]
fn a_hundred_thousand_names_that_clients_made_leave_little_behind() {
    const CLIENTS: usize = 500;
    const ROOMS: usize = 185;
    const NAMESPACES: usize = 15;
    let mut profile = ProfileId::default();
    let mut world = World::with_profiles(
        |_| {},
        |config| {
            let typed = ConnectionSettings::default().with(|route| route.envelope = Envelope::Typed);
            profile = config.add_profile(typed.build().unwrap());
        },
    );
    let ids: Vec<_> = (0..CLIENTS).map(|n| world.connect_on(profile, &n.to_string()).id).collect();
    let hub = &mut world.hub;
    let each = |hub: &mut Hub, of: usize, verb: &str| {
        (0..ROOMS).for_each(|n| say(hub, ids[of], &format!(r#"{{"type":"{verb}","room":"{of}/{n}"}}"#)));
        let namespace = |n| format!(r#"{{"type":"{verb}","namespace":"/{of}/{n}"}}"#);
        (0..NAMESPACES).for_each(|n| say(hub, ids[of], &namespace(n)));
    };
    (0..CLIENTS).for_each(|of| each(hub, of, "join"));
    assert_eq!(hub.rooms_len() + CLIENTS * NAMESPACES, 100_000);
    assert!(hub.capacities().iter().any(|capacity| *capacity >= 100_000));
    ids[CLIENTS / 2..].iter().for_each(|id| leave(hub, *id));
    // From the end of the tables, which end behind what is still in use.
    (0..CLIENTS / 2).rev().for_each(|of| each(hub, of, "leave"));
    assert_eq!(hub.rooms_len(), 0);
    let capacities = hub.capacities();
    // The names keep as much room again as they take.
    assert!(capacities.iter().all(|capacity| *capacity <= 2 * KEPT_PLACES), "{capacities:?}");
    hub.check_invariants();
}
