//! From the arrival of a transport to the answer of its request.

use super::harness::{HEAD, masked};
use super::*;
use crate::broadcast::Label;
use crate::close::CloseReason;
use crate::config::KeepHeaders;
use crate::handshake::Response;
use crate::rooms::JoinError;
use crate::wire::Frame;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

const GET: &[u8] = b"GET /health HTTP/1.1\r\nHost: example.com\r\n\r\n";

fn post(body_bytes: usize, more: &str) -> Vec<u8> {
    let head = "POST /api HTTP/1.1\r\nHost: example.com";
    format!("{head}\r\nContent-Length: {body_bytes}\r\n{more}\r\n").into_bytes()
}

fn read_body(world: &mut World, peer: &Peer, request: &crate::handshake::Request, bytes_max: usize) {
    let decision = Decision::ReadBody { request, bytes_max };
    world.hub.decide(world.now, peer.id, decision).unwrap();
    world.settle();
}

#[test]
fn an_upgrade_opens_and_both_sides_talk() {
    let mut world = World::new(|_| {});
    let mut peer = world.connect("ann");
    assert!(world.hub.is_open(peer.id));
    assert_eq!(world.hub.connections().collect::<Vec<_>>(), [peer.id]);
    assert_eq!(world.say(&mut peer, &Frame::text("hello")), [Said::Text("hello".into())]);
    assert_eq!(world.say(&mut peer, &Frame::binary(&[1, 2])), [Said::Binary(vec![1, 2])]);
    assert_eq!(world.say(&mut peer, &Frame::text("")), [Said::Text(String::new())], "empty ones too");
    world.send(&mut peer, "hello yourself");
    world.hub.send(world.now, peer.id, &Frame::binary(&[3])).unwrap();
    world.drain(&mut peer);
    assert_eq!(peer.take_heard(), [Heard::text("hello yourself"), Heard::Binary(vec![3])]);
    let stats = world.hub.stats();
    assert_eq!((stats.messages_received, stats.message_bytes_received), (3, 7));
    assert_eq!((stats.deliveries_sent, world.hub.queued_bytes()), (2, 0));
}

#[test]
fn an_upgrade_is_the_same_however_it_is_cut() {
    for split in 1..HEAD.len() {
        let mut world = World::new(|_| {});
        let mut peer = world.accept();
        assert_eq!(world.feed(&mut peer, &HEAD[..split]), []);
        let said = world.feed(&mut peer, &HEAD[split..]);
        assert!(matches!(said[..], [Said::Request(_)]), "{said:?}");
    }
}

#[test]
fn what_is_known_of_a_connection() {
    let mut world = World::new(|_| {});
    world.advance(Duration::from_secs(1));
    let (peer, request) = world.request(HEAD);
    let labels = vec![Label::new("plan", "gold")];
    let acceptance = Acceptance { labels, ..Acceptance::new(&request, "ann") };
    assert!(world.hub.metadata(peer.id).is_none());
    world.hub.decide(world.now, peer.id, Decision::Accept(acceptance)).unwrap();
    let metadata = world.hub.metadata(peer.id).unwrap();
    assert_eq!(
        (metadata.client_id(), metadata.path(), metadata.query()),
        ("ann", "/chat", Some("room=blue"))
    );
    assert_eq!((metadata.labels().len(), metadata.connected_at()), (1, world.now));
    assert_eq!(world.hub.last_heard(peer.id), Some(world.now));
    assert_eq!(world.hub.limits(peer.id).unwrap().rooms_max, 256);
    assert_eq!(world.hub.outbox_level(peer.id), Some((0, 0)));
}

#[test]
fn headers_are_kept_as_far_as_they_are_wanted() {
    let host = KeepHeaders::List(vec![HeaderName::from_static("host")]);
    for (keep, host, version) in [
        (KeepHeaders::None, None, None),
        (host, Some("example.com"), None),
        (KeepHeaders::All, Some("example.com"), Some("13")),
    ] {
        let mut world = World::new(|server| server.keep_headers = keep.clone());
        let peer = world.connect("ann");
        let metadata = world.hub.metadata(peer.id).unwrap();
        let kept = (metadata.header("Host"), metadata.header("Sec-WebSocket-Version"));
        assert_eq!(kept, (host, version), "{keep:?}");
    }
}

#[test]
fn early_bytes_wait_for_the_decision() {
    let mut world = World::new(|_| {});
    let early = [HEAD, &masked(&Frame::text("early"))].concat();
    let (mut peer, request) = world.request(&early);
    assert!(!world.hub.wants_read(peer.id));
    assert_eq!(peer.unread.len(), early.len() - HEAD.len(), "the hub has not taken them");
    assert_eq!(world.hub.receive(world.now, peer.id, &mut [0]).unwrap().consumed, 0);

    let decision = Decision::Accept(Acceptance::new(&request, "ann"));
    world.hub.decide(world.now, peer.id, decision).unwrap();
    assert_eq!(world.feed(&mut peer, b""), [Said::Text("early".into())]);
}

#[test]
fn a_plain_request_is_answered_and_the_transport_ends() {
    let mut world = World::new(|_| {});
    let (mut peer, request) = world.request(GET);
    assert_eq!(request.path(), "/health");
    world.answer(&peer, StatusCode::OK);
    let closed = world.closed(peer.id).unwrap();
    assert_eq!((&closed.reason, closed.was_open), (&CloseReason::Answered(StatusCode::OK), false));
    world.drain(&mut peer);
    assert!(peer.answer.as_deref().unwrap().starts_with("HTTP/1.1 200 "), "{peer:?}");
    assert_eq!((peer.body(), peer.is_shut, peer.over), (&b"body"[..], true, None));
    world.feed(&mut peer, b"a second request is not served");
    world.end_of_input(&mut peer);
    assert_eq!(peer.over, Some(false));
    assert_eq!(world.hub.stats().requests_answered, 1);
    world.release(peer);
}

#[test]
fn the_answer_to_head_has_no_body() {
    let mut world = World::new(|_| {});
    let (mut peer, _) = world.request(GET);
    let decision = Decision::Answer { response: &Response::text(StatusCode::OK, "body"), head_only: true };
    world.hub.decide(world.now, peer.id, decision).unwrap();
    world.drain(&mut peer);
    assert_eq!((peer.answer.is_some(), peer.body()), (true, &b""[..]));
}

#[test]
fn a_body_is_read_when_it_is_asked_for_and_then_the_request_is_decided() {
    let mut world = World::new(|_| {});
    let (mut peer, request) = world.request(&[&post(11, "")[..], b"hel"].concat());
    read_body(&mut world, &peer, &request, 1_024);
    assert_eq!(world.feed(&mut peer, b"lo wo"), []);
    assert_eq!(world.feed(&mut peer, b"rld, and more"), [Said::Body(b"hello world".to_vec())]);
    assert_eq!(peer.unread, b", and more", "not the body's");
    world.answer(&peer, StatusCode::CREATED);
    world.drain(&mut peer);
    assert!(peer.answer.as_deref().unwrap().starts_with("HTTP/1.1 201 "));
}

#[test]
fn a_client_that_waits_to_continue_is_told_to() {
    let mut world = World::new(|_| {});
    let (mut peer, request) = world.request(&post(5, "Expect: 100-continue\r\n"));
    read_body(&mut world, &peer, &request, 5);
    world.drain(&mut peer);
    assert_eq!(peer.answer.take().as_deref(), Some("HTTP/1.1 100 Continue\r\n\r\n"));
    assert_eq!(world.feed(&mut peer, b"hello"), [Said::Body(b"hello".to_vec())]);
    world.answer(&peer, StatusCode::OK);
    world.drain(&mut peer);
    assert!(peer.answer.as_deref().unwrap().starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_body_over_the_limit_is_refused_unread() {
    let mut world = World::new(|_| {});
    let (mut peer, request) = world.request(&post(11, ""));
    read_body(&mut world, &peer, &request, 10);
    world.drain(&mut peer);
    assert!(peer.answer.as_deref().unwrap().starts_with("HTTP/1.1 413 "));
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::Answered(StatusCode::PAYLOAD_TOO_LARGE));
}

#[test]
fn a_body_that_nobody_declared_is_not_waited_for() {
    let mut world = World::new(|_| {});
    let (peer, request) = world.request(GET);
    let decision = Decision::ReadBody { request: &request, bytes_max: 10 };
    let refused = world.hub.decide(world.now, peer.id, decision);
    assert!(matches!(refused, Err(DecideError::NoBody)));
    world.answer(&peer, StatusCode::OK);
    assert!(world.closed(peer.id).is_some());
}

#[test]
fn a_malformed_head_is_answered_by_the_hub() {
    for (head, status) in [
        (&b"GET / HTTP/1.1\r\n folded: x\r\n\r\n"[..], StatusCode::BAD_REQUEST),
        (&[b'x'; 9_000][..], StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
    ] {
        let mut world = World::new(|_| {});
        let mut peer = world.accept();
        assert_eq!(world.feed(&mut peer, head), []);
        world.drain(&mut peer);
        let answer = peer.answer.as_deref().unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {} ", status.as_str())), "{answer}");
        assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::Answered(status));
        assert!(peer.is_shut);
    }
}

#[test]
fn a_refused_decision_changes_nothing() {
    let mut world = World::new(|_| {});
    let (mut peer, request) = world.request(HEAD);
    let mut reserved = HeaderMap::new();
    reserved.insert("upgrade", HeaderValue::from_static("h2c"));
    let refused = [
        Acceptance::new(&request, ""),
        Acceptance::new(&request, "an\nn"),
        Acceptance { headers: reserved, ..Acceptance::new(&request, "ann") },
        Acceptance { subprotocol: Some("mqtt"), ..Acceptance::new(&request, "ann") },
    ];
    for acceptance in refused {
        let refused = world.hub.decide(world.now, peer.id, Decision::Accept(acceptance));
        assert!(matches!(refused, Err(DecideError::ClientId(_) | DecideError::Answer(_))), "{refused:?}");
        world.drain(&mut peer);
        assert_eq!((peer.answer.as_ref(), world.notices.len()), (None, 0));
    }
    world.hub.decide(world.now, peer.id, Decision::Accept(Acceptance::new(&request, "ann"))).unwrap();
    assert!(world.hub.is_open(peer.id));
}

#[test]
fn a_client_id_is_held_to_the_rules_of_names() {
    let mut world = World::new(|server| server.connection.name_bytes_max = 64);
    let (peer, request) = world.request(HEAD);
    let name = "a".repeat(65);
    let decision = Decision::Accept(Acceptance::new(&request, &name));
    let refused = world.hub.decide(world.now, peer.id, decision);
    let too_long = JoinError::NameTooLong { bytes: 65, name_bytes_max: 64 };
    assert!(matches!(refused, Err(DecideError::ClientId(error)) if error == too_long));
}

#[test]
fn a_request_without_an_upgrade_cannot_be_accepted() {
    let mut world = World::new(|_| {});
    let (peer, request) = world.request(GET);
    let decision = Decision::Accept(Acceptance::new(&request, "ann"));
    assert!(matches!(world.hub.decide(world.now, peer.id, decision), Err(DecideError::NoUpgrade)));
}

#[test]
fn only_who_waits_for_a_decision_can_get_one() {
    let mut world = World::new(|_| {});
    let response = Response::empty(StatusCode::OK);
    let answer = || Decision::Answer { response: &response, head_only: false };
    let reading = world.accept();
    let open = world.connect("ann");
    let (answered, _) = world.request(GET);
    world.answer(&answered, StatusCode::OK);
    for id in [reading.id, open.id, answered.id] {
        let refused = world.hub.decide(world.now, id, answer());
        assert!(matches!(refused, Err(DecideError::Unknown(UnknownConnection(unknown))) if unknown == id));
    }
}

#[test]
fn the_handshake_has_one_deadline_for_head_body_and_decision() {
    let mut world = World::new(|_| {});
    let mut peer = world.accept();
    let start = world.now;
    world.advance(Duration::from_secs(4));
    let said = world.feed(&mut peer, &post(5, ""));
    let [Said::Request(request)] = &said[..] else { panic!("{said:?}") };
    world.advance(Duration::from_secs(4));
    read_body(&mut world, &peer, request, 100);
    world.feed(&mut peer, b"hell");
    world.advance(Duration::from_millis(1_900));
    assert!(world.closed(peer.id).is_none());
    world.advance(Duration::from_millis(200));
    assert_eq!(world.now.since(start), Duration::from_millis(10_100));
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::TimedOut(Deadline::Handshake));
    world.drain(&mut peer);
    assert_eq!(peer.over, Some(true));
    world.release(peer);
}

#[test]
fn a_head_that_drips_is_cut_at_the_deadline() {
    let mut world = World::new(|_| {});
    let mut peer = world.accept();
    for byte in HEAD.iter().take(20) {
        world.feed(&mut peer, &[*byte]);
        world.advance(Duration::from_millis(502));
    }
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::TimedOut(Deadline::Handshake));
}

#[test]
fn of_too_many_handshakes_the_longest_without_a_head_gives_way() {
    let mut world = World::new(|server| server.pending_handshakes_max = 3);
    let silent = world.accept();
    let (decided, _) = world.request(HEAD);
    let mut dripping = world.accept();
    assert_eq!(world.hub.next_evicted(), Some(silent.id));
    world.feed(&mut dripping, b"GET / HT");
    let honest = world.accept();
    assert_eq!(world.closed(silent.id).unwrap().reason, CloseReason::Evicted);
    assert_eq!(world.hub.next_evicted(), Some(dripping.id), "whatever it has said: it is not a head");
    world.accept();
    assert_eq!(world.closed(dripping.id).unwrap().reason, CloseReason::Evicted);
    assert_eq!(world.closed(decided.id), None);
    assert_eq!(world.closed(honest.id), None);
    let stats = world.hub.stats();
    assert_eq!((stats.handshakes_evicted, stats.transports_refused, stats.timeouts), (2, 0, 0));
}

#[test]
fn those_who_wait_for_a_decision_give_way_to_nobody() {
    let mut world = World::new(|server| server.pending_handshakes_max = 2);
    let (first, _) = world.request(HEAD);
    let (second, _) = world.request(HEAD);
    assert_eq!(world.hub.next_evicted(), None);
    assert_eq!(world.hub.accept(world.now), Err(TooManyHandshakes { pending: 2 }));
    world.answer(&second, StatusCode::FORBIDDEN);
    world.connect("ann");
    world.connect("bob");
    assert_eq!(world.closed(first.id), None);
    let stats = world.hub.stats();
    assert_eq!((stats.transports_refused, stats.handshakes_evicted, stats.connections_opened), (1, 0, 2));
}

#[test]
fn a_peer_that_leaves_before_the_decision_is_noticed() {
    let mut world = World::new(|_| {});
    let (mut peer, _) = world.request(HEAD);
    let head_bytes_max = world.hub.config().server().head_bytes_max;
    assert!(!world.hub.wants_read(peer.id), "what it says waits for the decision");
    assert_eq!(world.hub.reads_ahead_bytes_max(peer.id), head_bytes_max);
    world.end_of_input(&mut peer);
    assert_eq!(world.closed(peer.id).unwrap().reason, CloseReason::EndOfInput);
}

/// It may have ended its side, and still wait for the answer.
#[test]
fn the_end_of_a_plain_requests_peer_is_not_looked_out_for() {
    let mut world = World::new(|_| {});
    let (peer, _) = world.request(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(world.hub.reads_ahead_bytes_max(peer.id), 0);
    world.answer(&peer, StatusCode::NO_CONTENT);
    assert_eq!(world.hub.reads_ahead_bytes_max(peer.id), 0);
    let open = world.connect("ann");
    assert_eq!(world.hub.reads_ahead_bytes_max(open.id), 0);
}
