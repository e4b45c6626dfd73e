//! Two machines and a bad network: clients and a hub, joined by byte pipes, in
//! imagined time.
//!
//! A seed decides what the network does to them (it splits, delays, stalls,
//! half-closes and resets; the server is restarted), and what the applications on
//! both sides do meanwhile. Then the network heals, and all has to be well. What
//! is checked on the way stands in `peer` and `server`, what in the end in
//! `simulation`.
//!
//! `foreign` is about a server that others have written, without a network.
//!
//! A seed that fails is replayed with
//!
//! ```sh
//! SEED=17 cargo test -p fanfare-core --test client one_seed
//! ```

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests, too")]

mod foreign;
mod network;
mod peer;
mod server;
mod simulation;

use network::Faults;
use simulation::{Outcome, run};
use std::panic;

/// How many seeds a run of the tests tries.
const SEEDS: u64 = 30;

/// Runs a seed, and says how to repeat it should it fail.
fn try_seed(seed: u64) -> Outcome {
    let result = panic::catch_unwind(|| run(seed));
    result.unwrap_or_else(|cause| {
        eprintln!("replay with: SEED={seed} cargo test -p fanfare-core --test client one_seed");
        panic::resume_unwind(cause)
    })
}

#[test]
fn clients_and_hub_survive_a_bad_network() {
    let mut total = Outcome::default();
    for seed in 0..SEEDS {
        total += try_seed(seed);
    }
    let Faults { splits, delays, stalls, half_closes, resets, restarts, refusals } = total.faults;
    // That each kind was met, and often, is part of what is shown.
    for (what, count, least) in [
        ("splits", splits, 10_000),
        ("delays", delays, 5_000),
        ("stalls", stalls, 300),
        ("half-closes", half_closes, 300),
        ("resets", resets, 300),
        ("restarts", restarts, 60),
        ("refused and unanswered dials", refusals, 500),
        ("connections", total.connections, 2_000),
        ("answered questions", total.answered, 2_000),
        ("unanswered questions", total.unanswered, 1_000),
        ("messages that arrived", total.arrived, 10_000),
        ("refused joins", total.refused_joins, 500),
    ] {
        assert!(count >= least, "only {count} {what}: the network was too good");
    }
}

#[test]
fn the_seed_decides_and_nothing_else() {
    let first = try_seed(3);
    assert_eq!(first.trace, try_seed(3).trace);
    assert_ne!(first.trace, try_seed(4).trace);
}

/// To look at one seed closely; which, the environment says when this is compiled.
#[test]
fn one_seed() {
    try_seed(option_env!("SEED").map_or(0, |seed| seed.parse().expect("SEED is a number")));
}
