//! Peers that are turned away right after the upgrade.

use super::harness::{HEAD, masked};
use super::*;
use crate::close::{CloseCode, CloseReason};
use crate::config::Compression;
use crate::event::{Envelope, Rejection};
use crate::wire::Frame;

fn reject(world: &mut World, peer: &mut Peer, request: &crate::handshake::Request, profile: ProfileId) {
    let acceptance = Acceptance { profile, ..Acceptance::new(request, "ann") };
    let rejection = &Rejection::default().because("no room");
    world.hub.decide(world.now, peer.id, Decision::Reject { acceptance, rejection }).unwrap();
    world.settle();
}

#[test]
fn what_is_said_follows_the_answer_and_no_member_comes_of_it() {
    let mut typed = ProfileId::default();
    let mut world = World::with_profiles(
        |settings| settings.connection.compression = Compression::On,
        |config| {
            let route = config.server().connection.clone().with(|route| route.envelope = Envelope::Typed);
            typed = config.add_profile(config.server().route(route).unwrap());
        },
    );
    let bare = r#"{"code":4000,"message":"Connection Error","details":"no room"}"#;
    let in_envelope =
        format!(r#"{{"type":"error","namespace":"/","data":{bare},"error":"Connection Error"}}"#);
    for (profile, said) in [(ProfileId::default(), bare), (typed, &*in_envelope)] {
        let (mut peer, request) = world.request(&super::harness::head_offering("permessage-deflate"));
        reject(&mut world, &mut peer, &request, profile);
        let closed = world.closed(peer.id).unwrap();
        assert_eq!(closed.reason, CloseReason::Rejected { code: CloseCode::from(4_000) });
        assert_eq!((closed.was_open, closed.reason.code()), (false, CloseCode::from(4_000)));
        peer.window = 40;
        while !peer.is_shut {
            world.drain(&mut peer);
            peer.window += 1;
        }
        let answer = peer.answer.clone().unwrap();
        assert!(answer.starts_with("HTTP/1.1 101 ") && !answer.contains("deflate"), "{answer}");
        assert_eq!(peer.take_heard(), [Heard::text(said), Heard::Close(Some(4_000))]);
        // Its own close frame is the answer that nobody waits for.
        assert_eq!(world.feed(&mut peer, &masked(&Frame::close(CloseCode::from(4_000), ""))), []);
        world.end_of_input(&mut peer);
        assert_eq!(peer.over, Some(false));
        world.release(peer);
    }
    assert_eq!(world.groups_told(), [], "nobody was in anything");
    let stats = world.hub.stats();
    assert_eq!((stats.connections_opened, stats.connections_closed, stats.requests_answered), (0, 0, 2));
}

#[test]
fn who_cannot_be_answered_is_still_to_be_decided_on() {
    let mut world = World::new(|_| {});
    let (mut peer, request) = world.request(HEAD);
    let acceptance = Acceptance { subprotocol: Some("unheard of"), ..Acceptance::new(&request, "ann") };
    let rejection = &Rejection::default();
    let decided = world.hub.decide(world.now, peer.id, Decision::Reject { acceptance, rejection });
    assert!(matches!(decided, Err(DecideError::Answer(_))), "{decided:?}");
    reject(&mut world, &mut peer, &request, ProfileId::default());
    assert!(world.closed(peer.id).is_some());
}
