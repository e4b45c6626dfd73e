//! Clients and servers in a storm: real clients, real shards and an application,
//! on a network that splits, delays, stalls, falls silent, half-closes, resets and
//! refuses, while servers are stopped or killed and come again.
//!
//! A seed decides all of it. Then the network heals, and all has to be well. What is
//! checked on the way stands in `application` and `visitor`, what at the end in
//! `story`.
//!
//! `SEEDS=1000` tries as many; a seed that fails is replayed with
//!
//! ```sh
//! SEED=17 cargo test -p fanfare-simulator --test storm one_seed
//! ```

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod application;
mod notes;
mod story;
mod visitor;

use fanfare_simulator::{Faults, Report};
use std::collections::BTreeMap;
use std::panic;
use std::time::Duration;
use story::{Outcome, play};

/// How many seeds a run of the tests tries.
const SEEDS: u64 = 8;

/// More than is usual, for stories of a minute.
fn storm() -> Faults {
    Faults::STORM.with(|faults| {
        faults.window_bytes = 2 * 1024;
        faults.up_time_max = Some(Duration::from_secs(40));
    })
}

/// What the environment says about this number.
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
}

/// Plays a seed, and says how to repeat it should it fail.
fn try_seed(seed: u64, faults: &Faults) -> Outcome {
    panic::catch_unwind(|| play(seed, faults)).unwrap_or_else(|cause| {
        eprintln!("replay with: SEED={seed} cargo test -p fanfare-simulator --test storm one_seed");
        panic::resume_unwind(cause)
    })
}

#[test]
fn all_is_well_after_a_storm() {
    let (mut report, mut counts) = (Report::default(), BTreeMap::<String, u64>::new());
    let (mut answered, mut unanswered, mut evicted) = (0, 0, 0);
    for seed in 0..number("SEEDS").unwrap_or(SEEDS) {
        let outcome = try_seed(seed, &storm());
        report += outcome.report;
        for (what, count) in outcome.counts {
            *counts.entry(what).or_default() += count;
        }
        answered += outcome.questions.iter().map(|[answered, ..]| answered).sum::<u64>();
        unanswered += outcome.questions.iter().map(|[_, unanswered, _]| unanswered).sum::<u64>();
        evicted += outcome.evicted;
    }
    eprintln!("{report:#?} {counts:#?} {answered} {unanswered} {evicted}");
}

/// To look at one seed closely.
#[test]
fn one_seed() {
    let outcome = try_seed(number("SEED").unwrap_or_default(), &storm());
    eprintln!("{outcome:#?}");
}
