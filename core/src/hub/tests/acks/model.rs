//! Any sequence of questions, answers, forgeries, ends and time, against a list of
//! what was asked and what must become of it.

use super::{SECOND, answer_to};
use crate::broadcast::Target;
use crate::close::CloseCode;
use crate::event::{AckId, Answer, Emission, Missing, Payload};
use crate::hub::tests::events::world;
use crate::hub::tests::harness::{Peer, World};
use crate::hub::{EmitError, Incoming, Notice};
use crate::id::ProfileId;
use crate::time::Instant;
use crate::wire::Message;
use proptest::prelude::*;
use std::time::Duration;

const PEERS: usize = 3;
const ACKS_MAX: usize = 3;
/// No end is ever within a tick of the time at which it is looked for.
const STEP: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug)]
enum Step {
    Ask {
        peer: usize,
        steps: u32,
    },
    AskAll {
        steps: u32,
    },
    /// To any question there has been, whoever was asked it.
    Answer {
        peer: usize,
        question: usize,
        error: bool,
    },
    Pass {
        steps: u32,
    },
    /// Closes, or cuts; another takes the place.
    End {
        peer: usize,
        abort: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let peer = 0..PEERS;
    prop_oneof![
        4 => (peer.clone(), 1..20_u32).prop_map(|(peer, steps)| Step::Ask { peer, steps }),
        2 => (1..20_u32).prop_map(|steps| Step::AskAll { steps }),
        8 => (peer.clone(), 0..8_usize, any::<bool>())
            .prop_map(|(peer, question, error)| Step::Answer { peer, question, error }),
        3 => (1..12_u32).prop_map(|steps| Step::Pass { steps }),
        1 => (peer, any::<bool>()).prop_map(|(peer, abort)| Step::End { peer, abort }),
    ]
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Outcome {
    Waiting,
    Answered(Answer<'static>),
    Missing(Missing),
}

/// One question to one peer.
#[derive(Debug)]
struct Line {
    ask: AckId,
    peer: crate::id::ConnectionId,
    until: Instant,
    is_for_many: bool,
    outcome: Outcome,
    is_told: bool,
}

struct Model {
    world: World,
    profile: ProfileId,
    peers: Vec<Peer>,
    lines: Vec<Line>,
    /// The ids of all questions, in order.
    questions: Vec<AckId>,
    ignored: u64,
}

impl Model {
    fn new() -> Model {
        let (mut world, profile, _) = world(|route| {
            (route.acks_max, route.malformed_events_max) = (ACKS_MAX, 1_000);
            (route.ping_interval, route.liveness_time_max) = (None, 1_000 * SECOND);
        });
        let peers = (0..PEERS).map(|_| world.connect_on(profile, "x")).collect();
        Model { world, profile, peers, lines: Vec::new(), questions: Vec::new(), ignored: 0 }
    }

    fn waiting_at(&self, peer: usize) -> usize {
        let id = self.peers[peer].id;
        self.lines.iter().filter(|line| line.peer == id && line.outcome == Outcome::Waiting).count()
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Ask { peer, steps } => self.ask(peer, steps * STEP + STEP / 2),
            Step::AskAll { steps } => self.ask_all(steps * STEP + STEP / 2),
            Step::Answer { peer, question, error } => self.answer(peer, question, error),
            Step::Pass { steps } => {
                self.world.advance(steps * STEP);
                let now = self.world.now;
                self.resolve(|line| line.until <= now, Missing::TimedOut);
            }
            Step::End { peer, abort } => self.end(peer, abort),
        }
        self.world.settle();
        self.check_told();
        self.peers.iter_mut().for_each(|peer| self.world.drain(peer));
    }

    fn ask(&mut self, peer: usize, time_max: Duration) {
        let id = self.peers[peer].id;
        let asked = self.world.hub.ask(self.world.now, id, &Emission::new("q"), time_max);
        if self.waiting_at(peer) == ACKS_MAX {
            assert_eq!(asked, Err(EmitError::TooManyAcks { acks_max: ACKS_MAX }));
            return;
        }
        let ask = asked.unwrap();
        assert!(!self.questions.contains(&ask));
        self.questions.push(ask);
        self.line(ask, peer, self.world.now + time_max, false, Outcome::Waiting);
    }

    fn ask_all(&mut self, time_max: Duration) {
        let question = self.world.hub.question(Target::Everyone, &Emission::new("q"), time_max);
        let ask = question.ask.unwrap().id;
        self.questions.push(ask);
        for peer in 0..PEERS {
            let is_busy = self.waiting_at(peer) == ACKS_MAX;
            let outcome = if is_busy { Outcome::Missing(Missing::TooManyAcks) } else { Outcome::Waiting };
            self.line(ask, peer, self.world.now + time_max, true, outcome);
        }
        self.world.publish(&question);
    }

    fn line(&mut self, ask: AckId, peer: usize, until: Instant, is_for_many: bool, outcome: Outcome) {
        let peer = self.peers[peer].id;
        self.lines.push(Line { ask, peer, until, is_for_many, outcome, is_told: false });
    }

    fn answer(&mut self, peer: usize, question: usize, error: bool) {
        let id = self.peers[peer].id;
        let Some(&ask) = self.questions.iter().rev().nth(question) else { return };
        let (text, answer) = if error {
            (format!(r#"{{"type":"error","ackId":"{ask}","error":"no"}}"#), Answer::Error("no".into()))
        } else {
            (answer_to(ask, "7"), Answer::Data(Payload::of(&7).unwrap()))
        };
        let message = Message::from(text.as_str());
        let incoming = self.world.hub.interpret(self.world.now, id, &message).unwrap();
        let line = self.lines.iter_mut().find(|line| line.ask == ask && line.peer == id);
        match line.filter(|line| line.outcome == Outcome::Waiting) {
            Some(line) if line.is_for_many => {
                assert_eq!(incoming, Incoming::Handled);
                line.outcome = Outcome::Answered(answer);
            }
            Some(line) => {
                assert_eq!(incoming, Incoming::Answer { ask, answer: answer.clone() });
                line.outcome = Outcome::Answered(answer);
                line.is_told = true;
            }
            None => {
                assert_eq!(incoming, Incoming::Handled);
                self.ignored += 1;
            }
        }
        assert_eq!(self.world.hub.stats().acks_ignored, self.ignored);
    }

    fn end(&mut self, peer: usize, abort: bool) {
        let id = self.peers[peer].id;
        if abort {
            self.world.hub.abort(self.world.now, id).unwrap();
        } else {
            self.world.hub.close(self.world.now, id, CloseCode::Normal, "").unwrap();
        }
        self.resolve(|line| line.peer == id, Missing::Disconnected);
        self.peers[peer] = self.world.connect_on(self.profile, "x");
    }

    fn resolve(&mut self, which: impl Fn(&Line) -> bool, why: Missing) {
        for line in self.lines.iter_mut().filter(|line| line.outcome == Outcome::Waiting && which(line)) {
            line.outcome = Outcome::Missing(why);
        }
    }

    /// What the hub has told is what is resolved and was not told before.
    fn check_told(&mut self) {
        for notice in std::mem::take(&mut self.world.notices) {
            match notice {
                Notice::Unanswered { id, ask, why } => {
                    let line = self.lines.iter_mut().find(|line| line.ask == ask && line.peer == id).unwrap();
                    assert!(!line.is_told && !line.is_for_many, "{line:?}");
                    assert_eq!(line.outcome, Outcome::Missing(why));
                    line.is_told = true;
                }
                Notice::Collected(collected) => {
                    let answered =
                        collected.answers.into_iter().map(|(id, answer)| (id, Outcome::Answered(answer)));
                    let missing = collected.missing.into_iter().map(|(id, why)| (id, Outcome::Missing(why)));
                    for (id, outcome) in answered.chain(missing) {
                        let mut lines = self.lines.iter_mut();
                        let line = lines.find(|line| line.ask == collected.id && line.peer == id).unwrap();
                        assert!(!line.is_told && line.is_for_many, "{line:?}");
                        assert_eq!(line.outcome, outcome);
                        line.is_told = true;
                    }
                }
                Notice::Closed(_)
                | Notice::Pressure { .. }
                | Notice::GroupOpened(_)
                | Notice::Room(_)
                | Notice::GroupClosed(_)
                | Notice::Joined { .. }
                | Notice::Left { .. } => {}
            }
        }
        for line in &self.lines {
            let many_wait =
                self.lines.iter().any(|other| other.ask == line.ask && other.outcome == Outcome::Waiting);
            let is_due = if line.is_for_many { !many_wait } else { line.outcome != Outcome::Waiting };
            assert_eq!(line.is_told, is_due, "{line:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn each_question_ends_exactly_once(steps in proptest::collection::vec(step(), 1..60)) {
        let mut model = Model::new();
        for step in steps {
            model.step(step);
        }
        model.step(Step::Pass { steps: 60 });
        assert!(model.lines.iter().all(|line| line.is_told), "something is still to be told");
        let stats = model.world.hub.stats();
        assert_eq!(stats.acks_asked, stats.acks_answered + stats.acks_timed_out + stats.acks_disconnected);
    }
}
