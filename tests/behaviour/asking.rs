//! Questions to peers: each ends exactly once, wherever it was asked.

use crate::events::{LONG, expect_pong, lobby, typed};
use crate::world::{Log, Peer, Said, World, eventually};
use fanfare::{App, Envelope, EventName, HandleError, HandlerError, Missing, Replies, Reply, Route, Target};
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Waits for an answer that may only come with time.
#[track_caller]
fn settled<T>(reply: Reply<T>) -> Result<T, HandleError> {
    let (mut reply, mut outcome) = (pin!(reply), None);
    eventually("the question settled", || {
        if let Poll::Ready(ready) = reply.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            outcome = Some(ready);
        }
        outcome.is_some()
    });
    outcome.unwrap()
}

/// The next thing must be a text with these ends; returns what is between.
#[track_caller]
fn expect_between(peer: &mut Peer<'_>, before: &str, after: &str) -> String {
    let said = peer.hear();
    let Said::Text(text) = &said else { panic!("a text must come: {said:?}") };
    let id = text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    id.unwrap_or_else(|| panic!("{before}…{after}, not {text}")).to_owned()
}

pub(crate) fn an_answer_resolves_a_question_once(world: &World) {
    let route = typed().on("who", |ctx, event| ctx.ack(event, &ctx.id().to_string()));
    let server = world.start(App::new().route("/", route));
    let (mut asked, mut bystander) = (server.connect("/"), server.connect("/"));
    asked.send(r#"{"type":"event","event":"who","ackId":"w"}"#);
    let who = r#"{"type":"ack","namespace":"/","event":"who","data":""#;
    let id = expect_between(&mut asked, who, r#"","ackId":"w"}"#).parse().unwrap();
    for is_refused in [false, true] {
        let question = EventName::new("move").namespace("/game").room("board");
        let reply = server.handle().emit_with_ack(id, question, &[1], LONG);
        let before = r#"{"type":"event","namespace":"/game","event":"move","data":[1],"ackId":""#;
        let ask = expect_between(&mut asked, before, r#"","room":"board"}"#);
        // Forged by somebody else, then given, then given again.
        bystander.send(&format!(r#"{{"type":"ack","ackId":"{ask}","data":"forged"}}"#));
        expect_pong(&mut bystander);
        let answer =
            if is_refused { r#""type":"error","error":"no""# } else { r#""type":"ack","data":{"x":1}"# };
        asked.send(&format!(r#"{{{answer},"ackId":"{ask}"}}"#));
        asked.send(&format!(r#"{{"type":"ack","ackId":"{ask}","data":"again"}}"#));
        expect_pong(&mut asked);
        let answer = settled(reply).unwrap();
        if is_refused {
            let why = answer.data::<u8>().unwrap_err().to_string();
            assert_eq!(why, "the peer answered with an error: no");
        } else {
            assert_eq!(answer.data::<BTreeMap<&str, u8>>().unwrap(), BTreeMap::from([("x", 1)]));
        }
    }
    eventually("each answer counted", || {
        let stats = server.handle().stats();
        (stats.acks_asked, stats.acks_answered, stats.acks_ignored) == (2, 2, 4)
    });
}

pub(crate) fn a_question_ends_with_its_time_or_with_its_connection(world: &World) {
    let server = world.start(App::new().route("/", typed()));
    let mut peer = server.connect("/");
    let id = server.handle().connections().wait().unwrap()[0].id;
    let question = r#"{"type":"event","namespace":"/","event":"q","ackId":""#;

    let soon = Duration::from_millis(20);
    let late = server.handle().emit_with_ack(id, "q", &(), soon);
    let ask = expect_between(&mut peer, question, r#""}"#);
    assert_eq!(settled(late), Err(HandleError::Unanswered(Missing::TimedOut)));
    peer.send(&format!(r#"{{"type":"ack","ackId":"{ask}"}}"#));
    expect_pong(&mut peer);

    let cut = server.handle().emit_with_ack(id, "q", &(), LONG);
    expect_between(&mut peer, question, r#""}"#);
    drop(peer);
    assert_eq!(settled(cut), Err(HandleError::Unanswered(Missing::Disconnected)));
    let nobody = server.handle().emit_with_ack(id, "q", &(), LONG).wait();
    assert!(matches!(nobody, Err(HandleError::Send(_))), "{nobody:?}");
    eventually("each end counted", || {
        let stats = server.handle().stats();
        (stats.acks_timed_out, stats.acks_disconnected, stats.acks_ignored) == (1, 1, 1)
    });
}

pub(crate) fn a_question_may_be_asked_inside_a_handler(world: &World) {
    let asks = typed()
        .on("sync", |ctx, _| {
            let answer = ctx.emit_with_ack("q", "sync", LONG);
            ctx.then(answer, |ctx, answer| {
                let answer: u8 = answer.unwrap().data().unwrap();
                drop(ctx.emit("result", &answer));
            });
        })
        .on("blocking", |ctx, _| {
            let refused = ctx.emit_with_ack("q", "blocking", LONG).wait();
            ctx.emit("result", &(refused == Err(HandleError::OnShard)))
        })
        .on_async("async", |peer, event| async move {
            let answer = peer.emit_with_ack("q", "async", LONG).await?;
            peer.ack(&event, &answer.data::<u8>()?).await?;
            Ok::<_, HandlerError>(())
        });
    let server = world.start(App::new().route("/", asks));
    let mut peer = server.connect("/");
    for way in ["sync", "async", "blocking"] {
        peer.send(&format!(r#"{{"type":"event","event":"{way}","ackId":"w"}}"#));
        let before = format!(r#"{{"type":"event","namespace":"/","event":"q","data":"{way}","ackId":""#);
        let ask = expect_between(&mut peer, &before, r#""}"#);
        let result =
            |result| format!(r#"{{"type":"event","namespace":"/","event":"result","data":{result}}}"#);
        if way == "blocking" {
            peer.expect(&result("true"));
        }
        peer.send(&format!(r#"{{"type":"ack","ackId":"{ask}","data":7}}"#));
        match way {
            "sync" => peer.expect(&result("7")),
            "async" => peer.expect(r#"{"type":"ack","namespace":"/","event":"async","data":7,"ackId":"w"}"#),
            _ => expect_pong(&mut peer),
        }
    }
}

pub(crate) fn a_vote_has_the_answers_and_who_is_missing(world: &World) {
    let route = typed().on_open(|ctx| ctx.join("lobby").map(drop)).on("call", |ctx, _| {
        let votes = ctx.broadcast_with_ack(lobby(), "vote", "tea?", Duration::from_millis(200));
        ctx.then(votes, |ctx, votes| {
            let votes = votes.unwrap();
            drop(ctx.emit("result", &(votes.answers.len(), votes.missing.len())));
        });
    });
    let server = world.start(App::new().route("/", route));
    // Over two shards: the least loaded gets the next.
    let mut peers: Vec<_> = (0..4).map(|_| server.connect("/")).collect();
    let question = r#"{"type":"event","namespace":"/","event":"vote","data":"tea?","ackId":""#;
    let answer = |peers: &mut [Peer<'_>]| {
        for (vote, peer) in peers.iter_mut().enumerate() {
            let ask = expect_between(peer, question, r#""}"#);
            if vote > 0 {
                peer.send(&format!(r#"{{"type":"ack","ackId":"{ask}","data":{vote}}}"#));
            }
        }
    };
    let votes = server.handle().broadcast_with_ack(lobby(), "vote", "tea?", Duration::from_millis(200));
    answer(&mut peers);
    let votes = settled(votes).unwrap();
    let mut values: Vec<u8> = votes.answers.iter().map(|(_, answer)| answer.data().unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, [1, 2, 3]);
    assert_eq!(votes.missing.iter().map(|(_, why)| *why).collect::<Vec<_>>(), [Missing::TimedOut]);

    peers[3].send(r#"{"type":"event","event":"call"}"#);
    answer(&mut peers);
    peers[3].expect(r#"{"type":"event","namespace":"/","event":"result","data":[3,1]}"#);

    let nobody = server.handle().broadcast_with_ack(Target::room("/", "empty"), "vote", &(), LONG);
    assert_eq!(settled(nobody).unwrap(), Replies::default());
}

pub(crate) fn questions_that_are_never_answered_are_bounded(world: &World) {
    let route = Route::new().envelope(Envelope::Typed).settings(|settings| {
        settings.acks_max = 8;
        settings.ack_time_max = LONG;
    });
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    let id = server.handle().connections().wait().unwrap()[0].id;
    let mut asked: Vec<_> = (0..20).map(|_| server.handle().emit_with_ack(id, "q", &(), LONG)).collect();
    for refused in asked.split_off(8) {
        let Err(HandleError::Emit(error)) = settled(refused) else { panic!("over the limit") };
        let why = "8 questions wait for the peer to answer, as many as allowed (acks_max)";
        assert_eq!(error.to_string(), why);
    }
    peer.close(1000, "");
    for reply in asked {
        assert_eq!(settled(reply), Err(HandleError::Unanswered(Missing::Disconnected)));
    }
}

/// Wherever it is waited for: on the shard, in a future, and by the future of one
/// whose peer is gone.
pub(crate) fn a_question_inside_a_handler_ends_like_any_other(world: &World) {
    const SOON: Duration = Duration::from_millis(20);
    let log = Log::default();
    let (in_sync, in_future) = (log.clone(), log.clone());
    let time_of = |name: Option<&str>| if name == Some("soon") { SOON } else { LONG };
    let route = typed()
        .on("sync", move |ctx, event| {
            let noted = in_sync.clone();
            let answer = ctx.emit_with_ack("q", &(), time_of(event.room()));
            ctx.then(answer, move |_, answer| noted.note(format!("sync: {}", answer.unwrap_err())));
        })
        .on_async("async", move |peer, event| {
            let noted = in_future.clone();
            async move {
                let answer = peer.emit_with_ack("q", &(), time_of(event.room())).await;
                noted.note(format!("async: {}", answer.unwrap_err()));
            }
        });
    let server = world.start(App::new().route("/", route));
    let mut peer = server.connect("/");
    let question = r#"{"type":"event","namespace":"/","event":"q","ackId":""#;
    for (number, way) in ["sync", "async"].into_iter().enumerate() {
        peer.send(&format!(r#"{{"type":"event","event":"{way}","room":"soon"}}"#));
        let ask = expect_between(&mut peer, question, r#""}"#);
        assert_eq!(log.wait_for(number + 1)[number], format!("{way}: no answer came in time"));
        // Too late, and for nobody.
        peer.send(&format!(r#"{{"type":"ack","ackId":"{ask}"}}"#));
        expect_pong(&mut peer);
    }
    for way in ["sync", "async"] {
        peer.send(&format!(r#"{{"type":"event","event":"{way}"}}"#));
        expect_between(&mut peer, question, r#""}"#);
    }
    drop(peer);
    // A continuation is the connection's and goes with it; a future is told.
    let gone = log.wait_for(3);
    assert_eq!(gone[2..], ["async: the connection ended before it answered"]);
    eventually("each end counted", || {
        let stats = server.handle().stats();
        (stats.acks_asked, stats.acks_timed_out, stats.acks_disconnected, stats.acks_ignored) == (4, 2, 2, 2)
    });
    assert_eq!(log.all().len(), 3, "each told once");
}

/// Of four one answers, one answers twice, one leaves and one says nothing.
pub(crate) fn a_vote_tells_who_left_and_who_said_nothing(world: &World) {
    let route = typed().on_open(|ctx| ctx.join("lobby").map(drop));
    let server = world.start(App::new().route("/", route));
    let mut peers: Vec<_> = (0..4).map(|_| server.connect("/")).collect();
    let votes = server.handle().broadcast_with_ack(lobby(), "vote", &(), Duration::from_millis(300));
    let question = r#"{"type":"event","namespace":"/","event":"vote","ackId":""#;
    let asks: Vec<_> = peers.iter_mut().map(|peer| expect_between(peer, question, r#""}"#)).collect();
    for (peer, answers) in [(0, 1), (1, 2)] {
        for answer in 0..answers {
            peers[peer].send(&format!(r#"{{"type":"ack","ackId":"{}","data":{answer}}}"#, asks[peer]));
        }
        expect_pong(&mut peers[peer]);
    }
    drop(peers.remove(2));
    let votes = settled(votes).unwrap();
    let answers: Vec<u8> = votes.answers.iter().map(|(_, answer)| answer.data().unwrap()).collect();
    assert_eq!(answers, [0, 0], "the first of each");
    let mut missing: Vec<_> = votes.missing.iter().map(|(_, why)| why.to_string()).collect();
    missing.sort_unstable();
    assert_eq!(missing, ["no answer came in time", "the connection ended before it answered"]);
    let mut named: Vec<_> = votes.answers.iter().map(|(id, _)| *id).collect();
    named.extend(votes.missing.iter().map(|(id, _)| *id));
    named.sort_unstable();
    named.dedup();
    assert_eq!(named.len(), 4, "each of the four once");
}

/// Wave upon wave, each as large as may wait at all: what is over leaves nothing
/// that the next could stumble over.
pub(crate) fn thousands_of_unanswered_questions_end_one_by_one(world: &World) {
    const WAVES: u64 = 4;
    const EACH: u64 = 1_024;
    let route = Route::new().envelope(Envelope::Typed).settings(|settings| {
        (settings.ping_interval, settings.liveness_time_max) = (None, Duration::from_secs(3_600));
        settings.outbox_messages_max = 2_000;
    });
    let server = world.start(App::new().route("/", route));
    let mut raw = server.raw_open("/");
    let id = server.handle().connections().wait().unwrap()[0].id;
    for wave in 1..=WAVES {
        let soon = Duration::from_millis(50);
        let asked: Vec<_> = (0..EACH).map(|_| server.handle().emit_with_ack(id, "q", &(), soon)).collect();
        for reply in asked {
            assert_eq!(settled(reply), Err(HandleError::Unanswered(Missing::TimedOut)));
        }
        (0..EACH).for_each(|_| assert_eq!(raw.hear().0, 1));
        let stats = server.handle().stats();
        assert_eq!((stats.acks_asked, stats.acks_timed_out), (wave * EACH, wave * EACH));
    }
    let last = server.handle().emit_with_ack(id, "q", &(), LONG);
    raw.reset();
    assert_eq!(settled(last), Err(HandleError::Unanswered(Missing::Disconnected)));
}
