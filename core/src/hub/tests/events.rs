//! Conversations in envelopes, byte for byte: what a client says, what of it the
//! application gets, and what the client hears.

use super::harness::{Heard, Peer, World};
use crate::broadcast::{Exclusion, Target};
use crate::close::CloseReason;
use crate::config::ConnectionSettings;
use crate::event::{Emission, Envelope, Payload};
use crate::hub::{EmitError, Incoming};
use crate::id::{ConnectionId, ProfileId};
use crate::violation::Violation;
use crate::wire::Message;

/// A world with a profile for each envelope, and `/admin` declared.
pub(super) fn world(edit: impl Fn(&mut ConnectionSettings)) -> (World, ProfileId, ProfileId) {
    let mut profiles = Vec::new();
    let world = World::with_profiles(
        |_| {},
        |config| {
            for envelope in Envelope::WITH_EVENTS {
                let route = ConnectionSettings::default().with(|route| route.envelope = envelope);
                profiles.push(config.add_profile(route.with(&edit).build().unwrap()));
            }
            config.declare_namespace("/admin");
        },
    );
    (world, profiles[0], profiles[1])
}

/// The client says something; the application deals with it; what the client hears.
pub(super) fn say(
    world: &mut World,
    peer: &mut Peer,
    text: &str,
    application: impl FnOnce(&mut World, Incoming<'_>),
) -> Vec<String> {
    let message = Message::from(text);
    let incoming = world.hub.interpret(world.now, peer.id, &message).unwrap();
    application(world, incoming);
    world.drain(peer);
    texts(peer)
}

pub(super) fn texts(peer: &mut Peer) -> Vec<String> {
    let heard = peer.take_heard().into_iter();
    heard.filter_map(|heard| if let Heard::Text(text) = heard { Some(text) } else { None }).collect()
}

/// An application that is handed nothing.
#[expect(clippy::needless_pass_by_value, reason = "an application is handed what came, for good")]
pub(super) fn nothing(_: &mut World, incoming: Incoming<'_>) {
    assert_eq!(incoming, Incoming::Handled);
}

/// An application that grants what is asked where that is declared.
fn grant_declared(id: ConnectionId) -> impl Fn(&mut World, Incoming<'_>) {
    move |world, incoming| {
        let Incoming::Membership { asked, is_declared } = incoming else { panic!("{incoming:?}") };
        if is_declared {
            world.hub.grant(world.now, id, asked).unwrap();
        } else {
            world.hub.refuse(world.now, id, asked);
        }
    }
}

#[test]
fn a_raw_route_has_no_events() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    let heard =
        say(&mut world, &mut peer, r#"{"type":"ping"}"#, |_, incoming| assert_eq!(incoming, Incoming::Raw));
    assert_eq!(heard, [""; 0]);
    let refused = world.hub.emit(world.now, peer.id, &Emission::new("chat"));
    assert_eq!(refused, Err(EmitError::NoEnvelope(peer.id)));
}

#[test]
fn the_hub_answers_pings_and_nonsense_by_itself() {
    let (mut world, typed, _) = world(|_| {});
    let mut peer = world.connect_on(typed, "ann");
    for (said, heard) in [
        (r#"{"type":"ping"}"#, r#"{"type":"pong","namespace":"/"}"#),
        (r#"{"type":"hello"}"#, r#"{"type":"error","namespace":"/","error":"unknown message type"}"#),
        ("{", r#"{"type":"error","namespace":"/","error":"malformed message"}"#),
        (
            r#"{"type":"event","namespace":"/x","event":"chat"}"#,
            r#"{"type":"error","namespace":"/x","error":"namespace not joined"}"#,
        ),
        (
            r#"{"type":"event","namespace":"/x","event":"chat","ackId":"a#1"}"#,
            r#"{"type":"error","namespace":"/x","event":"chat","ackId":"a#1","error":"namespace not joined"}"#,
        ),
    ] {
        assert_eq!(say(&mut world, &mut peer, said, nothing), [heard], "{said}");
    }
    for said in [r#"{"type":"pong"}"#, r#"{"type":"error","error":"x"}"#, r#"{"type":"ack","ackId":"x"}"#] {
        assert_eq!(say(&mut world, &mut peer, said, nothing), [""; 0], "{said}");
    }
}

#[test]
fn an_event_reaches_the_application_and_its_answer_the_client() {
    let (mut world, typed, _) = world(|_| {});
    let mut peer = world.connect_on(typed, "ann");
    let id = peer.id;
    let said = r#"{"type":"event","event":"chat","data":{"user":"ann"},"ackId":"a#1"}"#;
    let heard = say(&mut world, &mut peer, said, |world, incoming| {
        let Incoming::Event(event) = incoming else { panic!("{incoming:?}") };
        assert_eq!((&*event.namespace, &*event.name, event.data.raw()), ("/", "chat", r#"{"user":"ann"}"#));
        let status = Payload::of(&std::collections::BTreeMap::from([("status", "ok")])).unwrap();
        world.hub.acknowledge(world.now, id, event.ack.unwrap(), status).unwrap();
    });
    assert_eq!(
        heard,
        [r#"{"type":"ack","namespace":"/","event":"chat","data":{"status":"ok"},"ackId":"a#1"}"#]
    );

    let heard =
        say(&mut world, &mut peer, r#"{"type":"event","event":"x","ackId":"a#2"}"#, |world, incoming| {
            let Incoming::Event(event) = incoming else { panic!("{incoming:?}") };
            world.hub.unhandled(world.now, id, event.ack.unwrap()).unwrap();
        });
    assert_eq!(
        heard,
        [r#"{"type":"error","namespace":"/","event":"x","ackId":"a#2","error":"unhandled event"}"#]
    );
    assert_eq!(world.hub.stats().events_received, 2);
}

#[test]
fn namespaces_are_declared_or_authorised_and_never_conjured() {
    let (mut world, typed, _) = world(|_| {});
    let mut peer = world.connect_on(typed, "ann");
    let id = peer.id;
    for n in 0..1_000 {
        let refused = format!(r#"{{"type":"error","namespace":"/{n}","error":"join refused"}}"#);
        for room in ["", r#","room":"r""#] {
            let said = format!(r#"{{"type":"join","namespace":"/{n}"{room}}}"#);
            assert_eq!(say(&mut world, &mut peer, &said, grant_declared(id)), [refused.as_str()]);
        }
    }
    assert_eq!(world.hub.groups_of(id).count(), 2, "its client id and `/`");
    assert_eq!(
        say(&mut world, &mut peer, r#"{"type":"join","namespace":"/admin"}"#, grant_declared(id)),
        [""; 0]
    );
    let heard =
        say(&mut world, &mut peer, r#"{"type":"event","namespace":"/admin","event":"a"}"#, |_, incoming| {
            assert!(matches!(incoming, Incoming::Event(_)), "{incoming:?}");
        });
    assert_eq!(heard, [""; 0]);
    // One that the application made is one that its members may join rooms in.
    world.hub.join_namespace(id, "/made").unwrap();
    say(&mut world, &mut peer, r#"{"type":"join","namespace":"/made","room":"r"}"#, grant_declared(id));
    assert!(world.hub.is_in(id, "/made", "r"));
}

#[test]
fn joins_and_leaves_act_on_the_room_or_else_on_the_namespace() {
    let (mut world, typed, _) = world(|_| {});
    let mut peer = world.connect_on(typed, "ann");
    let id = peer.id;
    let heard =
        say(&mut world, &mut peer, r#"{"type":"join","room":"lobby","ackId":"j#1"}"#, grant_declared(id));
    assert_eq!(heard, [r#"{"type":"ack","namespace":"/","ackId":"j#1"}"#]);
    assert!(world.hub.is_in(id, "/", "lobby"));
    say(&mut world, &mut peer, r#"{"type":"leave","room":"lobby"}"#, grant_declared(id));
    assert!(!world.hub.is_in(id, "/", "lobby"));

    say(&mut world, &mut peer, r#"{"type":"join","namespace":"/admin","room":"r"}"#, grant_declared(id));
    assert!(world.hub.is_in_namespace(id, "/admin") && world.hub.is_in(id, "/admin", "r"));
    say(&mut world, &mut peer, r#"{"type":"leave","namespace":"/admin"}"#, grant_declared(id));
    assert!(!world.hub.is_in_namespace(id, "/admin") && !world.hub.is_in(id, "/admin", "r"));

    let heard = say(&mut world, &mut peer, r#"{"type":"leave","room":"lobby"}"#, |world, incoming| {
        let Incoming::Membership { asked, .. } = incoming else { panic!("{incoming:?}") };
        world.hub.refuse(world.now, id, asked);
    });
    assert_eq!(heard, [r#"{"type":"error","namespace":"/","error":"leave refused"}"#]);
}

#[test]
fn a_limit_refuses_with_its_name() {
    let (mut world, typed, _) = world(|route| {
        (route.rooms_max, route.namespaces_max, route.room_members_max) = (1, 2, 1);
    });
    let mut other = world.connect_on(typed, "bob");
    let other_id = other.id;
    say(&mut world, &mut other, r#"{"type":"join","room":"full"}"#, grant_declared(other_id));
    let mut peer = world.connect_on(typed, "ann");
    let id = peer.id;
    let long = "x".repeat(129);
    let mut refused = |said: &str, namespace: &str, error: &str| {
        let heard = say(&mut world, &mut peer, said, |world, incoming| {
            if let Incoming::Membership { asked, .. } = incoming {
                assert!(world.hub.grant(world.now, id, asked).is_err());
            }
        });
        assert_eq!(
            heard,
            [format!(r#"{{"type":"error","namespace":"{namespace}","error":"{error}"}}"#)],
            "{said}"
        );
        let is_lasting = |world: &World| world.hub.groups_of(id).count() == 2;
        assert!(is_lasting(&world), "a trace of {said}");
    };
    refused(r#"{"type":"join","room":"full"}"#, "/", "room full");
    refused(&format!(r#"{{"type":"join","room":"{long}"}}"#), "/", "name too long");
    refused(&format!(r#"{{"type":"join","namespace":"{long}"}}"#), "/", "name too long");
    refused(r#"{"type":"join","room":"a\nb"}"#, "/", "invalid name");
    world.hub.join(id, "/", "one").unwrap();
    let refused = |world: &mut World, peer: &mut Peer, said: &str| {
        say(world, peer, said, |world, incoming| {
            let Incoming::Membership { asked, .. } = incoming else { panic!("{incoming:?}") };
            assert!(world.hub.grant(world.now, id, asked).is_err());
        })
    };
    let heard = refused(&mut world, &mut peer, r#"{"type":"join","room":"two"}"#);
    assert_eq!(heard, [r#"{"type":"error","namespace":"/","error":"too many rooms"}"#]);
    world.hub.join_namespace(id, "/admin").unwrap();
    let heard = refused(&mut world, &mut peer, r#"{"type":"join","namespace":"/x"}"#);
    assert_eq!(heard, [r#"{"type":"error","namespace":"/x","error":"too many namespaces"}"#]);
}

#[test]
fn what_cannot_be_understood_is_forgiven_ten_times() {
    let (mut world, typed, session) = world(|_| {});
    for profile in [typed, session] {
        let mut peer = world.connect_on(profile, "ann");
        for _ in 0..10 {
            let heard = say(&mut world, &mut peer, "{", nothing);
            assert!(heard.len() == 1 && heard[0].contains("malformed message"), "{heard:?}");
        }
        let heard = say(&mut world, &mut peer, "{", nothing);
        assert_eq!(heard.len(), 1, "the eleventh is answered, too: {heard:?}");
        let violation = Violation::MalformedEvents { malformed_events_max: 10 };
        let closed = world.closed(peer.id).unwrap();
        assert_eq!(closed.reason, CloseReason::Violation(violation));
        assert_eq!(u16::from(closed.reason.code()), 1007);
        world.end_of_input(&mut peer);
        world.release(peer);
    }
    assert_eq!(world.hub.stats().events_malformed, 22);
}

#[test]
fn a_session_has_pings_and_errors_of_its_own_shape() {
    let (mut world, _, session) = world(|_| {});
    world.hub.set_unix_time(1_700_000_000);
    let mut peer = world.connect_on(session, "ann");
    let mut without_message_id = |said: &str| {
        let heard = say(&mut world, &mut peer, said, nothing);
        let [text] = heard.as_slice() else { panic!("{heard:?}") };
        let (before, rest) = text.split_once(r#""message_id":""#).unwrap();
        let (message_id, behind) = rest.split_at(32);
        assert!(message_id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{message_id}");
        assert!(before.contains(&peer.id.to_string()), "an answer is in the session of who asked: {before}");
        behind.to_owned()
    };
    assert_eq!(
        without_message_id(r#"{"event":"ping","content":{"n":[1, 2]}}"#),
        r#"","event":"pong","content":{"n":[1, 2]},"timestamp":1700000000}"#
    );
    assert_eq!(
        without_message_id(r#"{"event":"ping"}"#),
        r#"","event":"pong","content":null,"timestamp":1700000000}"#
    );
    assert_eq!(
        without_message_id("[]"),
        r#"","event":"error","content":{"code":4400,"message":"malformed message","details":null},"timestamp":1700000000}"#
    );
    assert_eq!(
        peer_left_root(&mut world, session),
        r#"{"code":4404,"message":"namespace not joined","details":null}"#
    );
}

/// What a session hears of its event when the application has taken it out of `/`.
fn peer_left_root(world: &mut World, session: ProfileId) -> String {
    let mut peer = world.connect_on(session, "bob");
    assert_eq!(world.hub.leave_namespace(peer.id, "/"), Ok(true));
    let heard = say(world, &mut peer, r#"{"event":"x"}"#, nothing);
    let [text] = heard.as_slice() else { panic!("{heard:?}") };
    let (_, content) = text.split_once(r#""content":"#).unwrap();
    content.split_once(r#","timestamp""#).unwrap().0.to_owned()
}

#[test]
fn one_event_reaches_everybody_in_their_own_envelope_and_raw_routes_not_at_all() {
    let (mut world, typed, session) = world(|_| {});
    let mut peers =
        [typed, typed, session, session, ProfileId::default()].map(|profile| world.connect_on(profile, "x"));
    for peer in &peers {
        world.hub.join(peer.id, "/", "lobby").unwrap();
    }
    let sender = peers[0].id;
    let data = Payload::of("hi").unwrap();
    let emission = Emission { room: Some("lobby"), data, sender: Some(sender), ..Emission::new("chat") };
    let others = Target::room("/", "lobby").except(Exclusion::Connection(sender));
    let report = world.hub.broadcast_event(world.now, others, &emission);
    assert_eq!((report.matched(), report.queued()), (3, 3));
    let heard = peers.each_mut().map(|peer| {
        world.drain(peer);
        texts(peer)
    });
    assert_eq!(heard[0], [""; 0]);
    assert_eq!(heard[1], [r#"{"type":"event","namespace":"/","event":"chat","data":"hi","room":"lobby"}"#]);
    assert!(heard[2][0].starts_with(&format!(r#"{{"session_id":"{sender}","message_id":""#)), "{heard:?}");
    assert_eq!(heard[2], heard[3], "the same bytes for all");
    assert_eq!(heard[4], [""; 0]);
}

#[test]
fn an_event_for_many_is_encoded_once_for_each_envelope_that_is_in_use() {
    let (mut world, _, _) = world(|_| {});
    let envelopes: Vec<_> = world
        .hub
        .publications(Target::Everyone, &Emission::new("a"))
        .into_iter()
        .map(|publication| publication.envelope)
        .collect();
    assert_eq!(envelopes, [Some(Envelope::Typed), Some(Envelope::Session)]);
    let mut raw = World::new(|_| {});
    assert!(raw.hub.publications(Target::Everyone, &Emission::new("a")).is_empty());
}
