//! What is kept of a crowd that has left.

use super::harness::HEAD;
use super::*;
use crate::broadcast::{Exclusion, Target};
use crate::thrift::KEPT_PLACES;
use crate::wire::Frame;

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
