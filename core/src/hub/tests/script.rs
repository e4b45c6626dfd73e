//! Whole lives at random: several peers that say anything, cut anywhere, read
//! or stop reading, while the application joins, broadcasts, pauses and closes
//! and time passes or jumps. The hub's invariants hold after every step; what
//! each side hears is what the stage's simple books say; in the end nothing is
//! left; and the same script gives the same bytes twice.

mod stage;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stage::Stage;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// How many peers there are at a time.
const PEERS: usize = 4;
/// How many rooms there are.
const ROOMS: usize = 3;
/// How many of them are in `/`, where channels are; the others are in another namespace.
const CHANNELS: usize = 2;

/// One step. Counts and sizes are taken as they make sense.
#[derive(Clone, Debug)]
enum Op {
    /// The peer wants to say something.
    Say {
        peer: usize,
        words: Words,
    },
    /// So many bytes of what it wants to say arrive.
    Deliver {
        peer: usize,
        bytes: usize,
    },
    /// Does what the hub wants done with the transport; a write only begins.
    Begin {
        peer: usize,
        pieces_max: usize,
    },
    /// The write that was begun took this share, in 1/256.
    Report {
        peer: usize,
        share: usize,
    },
    /// Time passes, and deadlines are met.
    Wait {
        millis: u64,
    },
    /// Time passes unnoticed.
    Jump {
        seconds: u64,
    },
    Join {
        peer: usize,
        room: usize,
    },
    Leave {
        peer: usize,
        room: usize,
    },
    /// To a channel, which for rooms of another namespace is none that could be.
    Move {
        peer: usize,
        room: usize,
    },
    /// To everyone, or to a room; under the route's policy, or another.
    Broadcast {
        room: Option<usize>,
        bytes: usize,
        policy: Option<usize>,
        conflation: u64,
    },
    Send {
        peer: usize,
        bytes: usize,
    },
    Pause {
        peer: usize,
        paused: bool,
    },
    Close {
        peer: usize,
    },
    End {
        peer: usize,
        how: End,
    },
    /// The shard holds so much more than it uses.
    Budget {
        bytes: u64,
    },
}

/// What a peer can say.
#[derive(Clone, Copy, Debug)]
enum Words {
    Text { bytes: usize, fragments: usize },
    Binary,
    Ping,
    Pong,
    Close,
    Nonsense,
}

/// How a connection can end without the peer's doing.
#[derive(Clone, Copy, Debug)]
enum End {
    Abort,
    Fail,
    Input,
    TransportFailed,
}

fn op() -> impl Strategy<Value = Op> {
    let peer = || 0..PEERS;
    let room = || 0..ROOMS;
    let quiet = prop_oneof![
        3 => (peer(), words()).prop_map(|(peer, words)| Op::Say { peer, words }),
        12 => (peer(), prop_oneof![1..40_usize, Just(400)])
            .prop_map(|(peer, bytes)| Op::Deliver { peer, bytes }),
        10 => (peer(), 1..6_usize).prop_map(|(peer, pieces_max)| Op::Begin { peer, pieces_max }),
        10 => (peer(), prop_oneof![Just(0), Just(256), 0..=256_usize])
            .prop_map(|(peer, share)| Op::Report { peer, share }),
        4 => (1..16_000_u64).prop_map(|millis| Op::Wait { millis }),
        4 => (peer(), room()).prop_map(|(peer, room)| Op::Join { peer, room }),
        1 => (peer(), room()).prop_map(|(peer, room)| Op::Leave { peer, room }),
        2 => (peer(), room()).prop_map(|(peer, room)| Op::Move { peer, room }),
        10 => broadcast(),
        3 => (peer(), 1..60_usize).prop_map(|(peer, bytes)| Op::Send { peer, bytes }),
    ];
    let rude = prop_oneof![
        2 => (peer(), any::<bool>()).prop_map(|(peer, paused)| Op::Pause { peer, paused }),
        2 => peer().prop_map(|peer| Op::Close { peer }),
        2 => (peer(), end()).prop_map(|(peer, how)| Op::End { peer, how }),
        1 => (50..200_u64).prop_map(|seconds| Op::Jump { seconds }),
        1 => (0..400_u64).prop_map(|bytes| Op::Budget { bytes }),
    ];
    prop_oneof![12 => quiet, 1 => rude]
}

fn words() -> impl Strategy<Value = Words> {
    prop_oneof![
        6 => (1..120_usize, 1..5_usize).prop_map(|(bytes, fragments)| Words::Text { bytes, fragments }),
        2 => Just(Words::Binary),
        2 => Just(Words::Ping),
        1 => Just(Words::Pong),
        1 => Just(Words::Close),
        1 => Just(Words::Nonsense),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Abort), Just(End::Fail), Just(End::Input), Just(End::TransportFailed)]
}

fn broadcast() -> impl Strategy<Value = Op> {
    (prop::option::of(0..ROOMS), 1..60_usize, prop::option::weighted(0.2, 0..3_usize), 0..3_u64)
        .prop_map(|(room, bytes, policy, conflation)| Op::Broadcast { room, bytes, policy, conflation })
}

fn script() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), 50..300)
}

/// Plays a script to its end.
fn play(script: &[Op]) -> Stage {
    let mut stage = Stage::new();
    for op in script {
        stage.perform(op);
    }
    stage.finish();
    stage
}

proptest! {
    #![proptest_config(Config::with_cases(40))]

    #[test]
    fn every_life_is_sound_and_the_same_twice(script in script()) {
        let (first, second) = (play(&script), play(&script));
        prop_assert_eq!(first.transcript(), second.transcript());
    }
}

#[test]
fn rare_states_are_really_reached() {
    let config = Config { cases: 80, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let reached = RefCell::new(BTreeMap::new());
    let run = runner.run(&script(), |script| {
        for (state, times) in play(&script).reached() {
            *reached.borrow_mut().entry(state).or_insert(0) += times;
        }
        Ok(())
    });
    run.unwrap();
    let reached = reached.into_inner();
    let missed: Vec<_> = reached.iter().filter(|(_, times)| **times == 0).collect();
    assert!(missed.is_empty(), "never reached: {missed:?} of {reached:?}");
}
