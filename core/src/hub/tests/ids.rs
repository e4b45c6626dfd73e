//! Ids that outlived their connection, and slots that are used again.

use super::*;
use crate::close::{CloseCode, CloseReason};
use crate::wire::Frame;
use std::io;

#[test]
fn a_stale_id_finds_nobody_and_never_the_successor() {
    let mut world = World::new(|_| {});
    let old = world.connect("ann");
    let stale = old.id;
    world.hub.abort(world.now, stale).unwrap();
    world.release(old);
    let successor = world.connect("bob");
    assert_eq!(successor.id.slot(), stale.slot(), "the slot is reused");
    assert_ne!(successor.id, stale);

    let unknown = UnknownConnection(stale);
    let (now, hub) = (world.now, &mut world.hub);
    assert_eq!(hub.receive(now, stale, &mut [0]).err(), Some(unknown));
    assert_eq!(hub.end_of_input(now, stale), Err(unknown));
    assert_eq!(hub.transport_failed(now, stale, io::ErrorKind::Other), Err(unknown));
    assert_eq!(hub.set_paused(now, stale, true), Err(unknown));
    assert_eq!(hub.transmit(stale, 4).err(), Some(unknown));
    assert_eq!(hub.sent(now, stale, 1), Err(unknown));
    assert_eq!(hub.write_shut(now, stale), Err(unknown));
    assert_eq!(hub.released(stale), Err(unknown));
    assert_eq!(hub.close(now, stale, CloseCode::Normal, ""), Err(unknown));
    assert_eq!(hub.abort(now, stale), Err(unknown));
    assert_eq!(hub.fail(now, stale, CloseCode::Error, CloseReason::HandlerFailed), Err(unknown));
    assert_eq!(hub.send(now, stale, &Frame::text("x")), Err(unknown.into()));
    assert_eq!(hub.join(stale, "/", "lobby"), Err(unknown.into()));
    assert_eq!(hub.leave(stale, "/", "lobby"), Err(unknown));
    assert!(!hub.is_open(stale) && !hub.wants_read(stale) && !hub.is_in(stale, "/", "lobby"));
    assert!(hub.metadata(stale).is_none() && hub.limits(stale).is_none() && hub.last_heard(stale).is_none());
    assert_eq!(hub.groups_of(stale).count(), 0);
    let foreign = ConnectionId { shard: ShardId(9), ..successor.id };
    assert_eq!(hub.abort(now, foreign), Err(UnknownConnection(foreign)));
    assert!(hub.is_open(successor.id));
}

#[test]
fn a_successor_is_listed_for_itself_only() {
    let mut world = World::new(|_| {});
    let old = world.accept();
    world.hub.abort(world.now, old.id).unwrap();
    world.hub.released(old.id).unwrap();
    let successor = world.connect("ann");
    assert_eq!(world.hub.next_listed(), Some(successor.id));
    assert_eq!(world.hub.next_listed(), None, "once, though the predecessor was listed too");
}
