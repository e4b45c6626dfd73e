//! Questions to peers: each ends exactly once, whatever happens.

mod model;

use super::events::{nothing, say, texts, world};
use super::harness::{Peer, World};
use crate::broadcast::Target;
use crate::close::CloseCode;
use crate::event::{AckId, Answer, Collected, Emission, Missing, Payload};
use crate::hub::{EmitError, Incoming, Notice, Transmit};
use crate::id::ShardId;
use crate::relay::Relay;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn ask(world: &mut World, peer: &mut Peer, time_max: Duration) -> AckId {
    let ask = world.hub.ask(world.now, peer.id, &Emission::new("move"), time_max).unwrap();
    world.drain(peer);
    let expected = format!(r#"{{"type":"event","namespace":"/","event":"move","ackId":"{ask}"}}"#);
    assert_eq!(texts(peer), [expected]);
    ask
}

fn answer_to(ask: AckId, data: &str) -> String {
    format!(r#"{{"type":"ack","ackId":"{ask}","data":{data}}}"#)
}

/// Every question and every collection whose end was told, in order, since last asked.
fn told(world: &mut World) -> Vec<Notice> {
    world.settle();
    world
        .notices
        .extract_if(.., |notice| matches!(notice, Notice::Unanswered { .. } | Notice::Collected(_)))
        .collect()
}

#[test]
fn an_answer_resolves_a_question_and_a_second_one_nothing() {
    let (mut world, typed, _) = world(|_| {});
    let mut peer = world.connect_on(typed, "ann");
    let id = ask(&mut world, &mut peer, SECOND);
    say(&mut world, &mut peer, &answer_to(id, "[1]"), |_, incoming| {
        let Incoming::Answer { ask, answer: Answer::Data(data) } = incoming else { panic!("{incoming:?}") };
        assert_eq!((ask, data.raw()), (id, "[1]"));
    });
    say(&mut world, &mut peer, &answer_to(id, "[1]"), nothing);
    world.advance(2 * SECOND);
    assert_eq!(told(&mut world), []);
    let stats = world.hub.stats();
    assert_eq!(
        (stats.acks_asked, stats.acks_answered, stats.acks_ignored, stats.acks_timed_out),
        (1, 1, 1, 0)
    );
}

#[test]
fn a_peer_may_answer_that_it_will_not() {
    let (mut world, typed, _) = world(|_| {});
    let mut peer = world.connect_on(typed, "ann");
    let id = ask(&mut world, &mut peer, SECOND);
    let text = format!(r#"{{"type":"error","event":"move","ackId":"{id}","error":"unhandled event"}}"#);
    say(&mut world, &mut peer, &text, |_, incoming| {
        assert_eq!(incoming, Incoming::Answer { ask: id, answer: Answer::Error("unhandled event".into()) });
    });
}

#[test]
fn no_answer_in_time_is_told_once_and_a_late_one_is_ignored() {
    let (mut world, typed, _) = world(|_| {});
    let mut peer = world.connect_on(typed, "ann");
    let (slow, slower) = (ask(&mut world, &mut peer, SECOND), ask(&mut world, &mut peer, 3 * SECOND));
    world.advance(Duration::from_millis(999));
    assert_eq!(told(&mut world), []);
    world.advance(Duration::from_millis(20));
    let unanswered = |ask| Notice::Unanswered { id: peer.id, ask, why: Missing::TimedOut };
    assert_eq!(told(&mut world), [unanswered(slow)]);
    // Longer than `ack_time_max` is not to be had.
    let longest = world.hub.ask(world.now, peer.id, &Emission::new("x"), Duration::MAX).unwrap();
    world.advance(5 * SECOND + Duration::from_millis(20));
    assert_eq!(told(&mut world), [unanswered(slower), unanswered(longest)]);
    assert_eq!(world.hub.acks_pending(peer.id), 0);
    say(&mut world, &mut peer, &answer_to(slow, "1"), nothing);
    assert_eq!(world.hub.stats().acks_ignored, 1);
}

#[test]
fn the_end_of_a_connection_ends_its_questions_before_it_is_told() {
    let (mut world, typed, _) = world(|_| {});
    let mut peers = [0; 3].map(|_| world.connect_on(typed, "ann"));
    let asks = peers.each_mut().map(|peer| ask(&mut world, peer, SECOND));
    world.hub.close(world.now, peers[0].id, CloseCode::Normal, "").unwrap();
    world.hub.abort(world.now, peers[1].id).unwrap();
    world.hub.end_of_input(world.now, peers[2].id).unwrap();
    let unanswered =
        |n: usize| Notice::Unanswered { id: peers[n].id, ask: asks[n], why: Missing::Disconnected };
    world.settle();
    for (n, peer) in peers.iter().enumerate() {
        let place = world.notices.iter().position(|notice| *notice == unanswered(n)).unwrap();
        let is_end = |notice: &Notice| matches!(notice, Notice::Closed(closed) if closed.id == peer.id);
        let end = world.notices.iter().position(is_end);
        assert!(end.is_none_or(|end| place < end));
    }
    assert_eq!(told(&mut world).len(), 3);
    world.advance(2 * SECOND);
    assert_eq!(told(&mut world), []);
    assert_eq!(world.hub.stats().acks_disconnected, 3);
}

#[test]
fn what_another_was_asked_cannot_be_answered() {
    let (mut world, typed, _) = world(|_| {});
    let (mut ann, mut eve) = (world.connect_on(typed, "ann"), world.connect_on(typed, "eve"));
    let id = ask(&mut world, &mut ann, SECOND);
    ask(&mut world, &mut eve, SECOND);
    for forged in [id.to_string(), "0".repeat(20), "x".to_owned(), String::new()] {
        say(&mut world, &mut eve, &format!(r#"{{"type":"ack","ackId":"{forged}","data":0}}"#), nothing);
    }
    assert_eq!(world.hub.stats().acks_ignored, 4);
    assert_eq!(world.hub.acks_pending(ann.id), 1);
}

#[test]
fn questions_over_the_limit_are_refused_and_leave_nothing() {
    let (mut world, typed, _) = world(|route| route.outbox_messages_max = 2_000);
    let peer = world.connect_on(typed, "ann");
    let emission = Emission::new("move");
    let (mut asked, mut refused) = (0, 0);
    for _ in 0..100_000 {
        match world.hub.ask(world.now, peer.id, &emission, SECOND) {
            Ok(_) => asked += 1,
            Err(error) => {
                assert_eq!(error, EmitError::TooManyAcks { acks_max: 1_024 });
                refused += 1;
            }
        }
    }
    assert_eq!((asked, refused), (1_024, 98_976));
    assert_eq!(world.hub.acks_pending(peer.id), 1_024);
    take_all(&mut world, &peer);
    world.advance(2 * SECOND);
    assert_eq!(told(&mut world).len(), 1_024);
}

/// Each is really asked, and told once to be unanswered.
#[test]
fn a_million_questions_that_nobody_answers_leave_nothing() {
    let (mut world, typed, _) = world(|route| {
        route.outbox_messages_max = 2_000;
        (route.ping_interval, route.liveness_time_max) = (None, 10_000 * SECOND);
    });
    let peer = world.connect_on(typed, "ann");
    let emission = Emission::new("move");
    let mut kept = None;
    for round in 1..=1_000 {
        for _ in 0..1_000 {
            world.hub.ask(world.now, peer.id, &emission, SECOND).unwrap();
        }
        take_all(&mut world, &peer);
        world.advance(2 * SECOND);
        let timed_out = |notice: &Notice| matches!(notice, Notice::Unanswered { why: Missing::TimedOut, .. });
        let told = told(&mut world);
        assert!(told.len() == 1_000 && told.iter().all(timed_out), "round {round}");
        assert_eq!(world.hub.deadlines.len(), 1, "for liveness");
        let keeps = (world.hub.capacities(), world.hub.notices.capacity());
        assert_eq!(
            *kept.get_or_insert(keeps),
            keeps,
            "more is kept after round {round} than after the first"
        );
    }
    assert_eq!(world.hub.stats().acks_asked, 1_000_000);
    assert_eq!(world.hub.stats().acks_timed_out, 1_000_000);
    assert_eq!(world.hub.acks_pending(peer.id), 0);
    let member = world.hub.member(peer.id).unwrap();
    assert!(member.cold.talk.events().is_none(), "no memory for what is over");
    assert_eq!(world.hub.queued_bytes(), 0);
}

/// The peer takes all that waits for it, and looks at none of it.
fn take_all(world: &mut World, peer: &Peer) {
    while let Transmit::Write(pieces) = world.hub.transmit(peer.id, 2_000).unwrap() {
        let bytes = pieces.map(|piece| piece.as_bytes().len()).sum();
        world.hub.sent(world.now, peer.id, bytes).unwrap();
    }
}

#[test]
fn a_question_to_many_collects_answers_and_tells_who_is_missing() {
    let (mut world, typed, session) = world(|route| route.acks_max = 1);
    let mut peers = [0; 5].map(|_| world.connect_on(typed, "x"));
    world.connect_on(session, "has no acknowledgements");
    ask(&mut world, &mut peers[4], SECOND); // busy
    let question = world.hub.question(Target::Everyone, &Emission::new("vote"), 2 * SECOND);
    let id = question.ask.unwrap().id;
    let report = world.publish(&question);
    assert_eq!((report.matched(), report.queued()), (4, 4));
    for (peer, data) in peers.iter_mut().zip(["1", "2"]) {
        say(&mut world, peer, &answer_to(id, data), nothing);
        say(&mut world, peer, &answer_to(id, data), nothing);
    }
    world.hub.abort(world.now, peers[2].id).unwrap();
    world.advance(SECOND + SECOND / 2);
    assert!(
        !told(&mut world).iter().any(|notice| matches!(notice, Notice::Collected(_))),
        "one may still answer"
    );
    world.advance(SECOND);
    let answer = |data: u8| Answer::Data(Payload::of(&data).unwrap());
    let collected = Collected {
        id,
        answers: vec![(peers[0].id, answer(1)), (peers[1].id, answer(2))],
        missing: vec![
            (peers[4].id, Missing::TooManyAcks),
            (peers[2].id, Missing::Disconnected),
            (peers[3].id, Missing::TimedOut),
        ],
    };
    assert_eq!(told(&mut world), [Notice::Collected(collected)]);
}

#[test]
fn a_shard_that_is_relayed_a_question_collects_by_itself() {
    let (mut here, typed, _) = world(|_| {});
    let (mut there, _, _) = world(|_| {});
    let mut peers = [here.connect_on(typed, "ann"), there.connect_on(typed, "bob")];
    let question = here.hub.question(Target::Everyone, &Emission::new("vote"), SECOND);
    let id = question.ask.unwrap().id;
    here.publish(&question);
    // The worlds are of one number; what comes from elsewhere has another.
    let report = there.hub.relayed(there.now, &Relay::new(ShardId(9), None, question));
    assert_eq!(report.queued(), 1);
    let mut all = Vec::new();
    for (world, peer) in [&mut here, &mut there].into_iter().zip(&mut peers) {
        say(world, peer, &answer_to(id, "true"), nothing);
        for notice in told(world) {
            let Notice::Collected(collected) = notice else { panic!("{notice:?}") };
            all.push(collected);
        }
    }
    let mut whole = all.remove(0);
    whole.merge(all.remove(0));
    let yes = Answer::Data(Payload::of(&true).unwrap());
    let answers = vec![(peers[0].id, yes.clone()), (peers[1].id, yes)];
    assert_eq!(whole, Collected { id, answers, missing: vec![] });
}

#[test]
fn a_question_to_nobody_is_settled_at_once() {
    let (mut world, _, _) = world(|_| {});
    let question = world.hub.question(Target::room("/", "nowhere"), &Emission::new("vote"), SECOND);
    let id = question.ask.unwrap().id;
    world.publish(&question);
    assert_eq!(told(&mut world), [Notice::Collected(Collected { id, answers: vec![], missing: vec![] })]);
}

#[test]
fn answers_there_is_no_room_for_are_missing() {
    let (mut world, typed, _) = world(|_| {});
    let mut peers = [0; 4].map(|_| world.connect_on(typed, "x"));
    let question = world.hub.question(Target::Everyone, &Emission::new("vote"), SECOND);
    let id = question.ask.unwrap().id;
    world.publish(&question);
    let large = format!("\"{}\"", "x".repeat(400 * 1024));
    for peer in &mut peers {
        say(&mut world, peer, &answer_to(id, &large), nothing);
    }
    let told = told(&mut world);
    let [Notice::Collected(collected)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(collected.answers.len(), 2, "of 400 KiB in 1 MiB");
    assert_eq!(collected.missing, [(peers[2].id, Missing::NoRoom), (peers[3].id, Missing::NoRoom)]);
}

#[test]
fn an_outbox_without_room_is_not_asked() {
    let (mut world, typed, session) = world(|route| route.outbox_messages_max = 1);
    let (mut peer, other) = (world.connect_on(typed, "ann"), world.connect_on(session, "bob"));
    world.hub.emit(world.now, peer.id, &Emission::new("first")).unwrap();
    let refused = world.hub.ask(world.now, peer.id, &Emission::new("move"), SECOND);
    assert!(matches!(refused, Err(EmitError::Send(_))), "{refused:?}");
    let question = world.hub.question(Target::Everyone, &Emission::new("vote"), SECOND);
    assert_eq!(world.publish(&question).dropped(), 1);
    let told = told(&mut world);
    let [Notice::Collected(collected)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(collected.missing, [(peer.id, Missing::NotQueued)]);
    assert_eq!(world.hub.stats().acks_asked, 0);
    let refused = world.hub.ask(world.now, other.id, &Emission::new("move"), SECOND);
    assert_eq!(refused, Err(EmitError::NoAcks(other.id)));
    world.drain(&mut peer);
}
