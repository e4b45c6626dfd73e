//! Same inputs, same seed, same outputs: byte for byte.
//!
//! `script.txt` is what happened to a hub, a line an input; `transcript.txt` is
//! all that the hub answered. The format is told at the top of the script. A
//! change in behaviour shows as a change of the transcript, to be read and
//! committed with its reason.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests, too")]

mod events;
mod stage;

use stage::Stage;
use std::fs;
use std::path::Path;

const SCRIPT: &str = include_str!("script.txt");
const TRANSCRIPT: &str = include_str!("transcript.txt");
const SEED: u8 = 7;

fn run(seed: u8) -> String {
    let mut stage = Stage::new(seed);
    for line in SCRIPT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        stage.play(line);
    }
    stage.into_transcript()
}

#[test]
fn the_script_gives_the_transcript() {
    let transcript = run(SEED);
    if let Some(at) = first_difference(&transcript, TRANSCRIPT) {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("transcript.txt");
        fs::write(&path, &transcript).unwrap();
        let [now, committed] =
            [&transcript, TRANSCRIPT].map(|text| text.lines().nth(at).unwrap_or("(nothing)").to_owned());
        panic!(
            "line {} of the transcript is\n{now}\nand was\n{committed}\n\
             if the change is meant, replace the committed file by {}",
            at + 1,
            path.display()
        );
    }
}

#[test]
fn a_second_run_gives_the_same() {
    assert_eq!(first_difference(&run(SEED), &run(SEED)), None);
    assert_eq!(first_difference(&run(SEED + 1), &run(SEED + 1)), None);
}

/// Ids, when first pings are due, and so in what order: nothing else is left to chance.
#[test]
fn another_seed_changes_ids_and_the_spread_of_pings_only() {
    let first = run(SEED);
    let others: Vec<String> = (SEED + 1..SEED + 20).map(run).collect();
    for other in &others {
        assert_eq!(without_chance(&first), without_chance(other));
        assert_ne!(lines_of(&first, "  id "), lines_of(other, "  id "));
    }
    // The hub may name a deadline early, so that two seeds can look alike.
    let deadlines = lines_of(&first, "  deadline ");
    assert!(others.iter().any(|other| lines_of(other, "  deadline ") != deadlines));
}

/// The number of the first line that differs.
fn first_difference(one: &str, other: &str) -> Option<usize> {
    let same = one.lines().zip(other.lines()).take_while(|(a, b)| a == b).count();
    (one != other).then_some(same)
}

fn lines_of<'t>(transcript: &'t str, start: &str) -> Vec<&'t str> {
    transcript.lines().filter(|line| line.starts_with(start)).collect()
}

fn without_chance(transcript: &str) -> Vec<String> {
    let lines =
        transcript.lines().filter(|line| !line.starts_with("  id ") && !line.starts_with("  deadline "));
    let sorted = |line: &str| match line.strip_prefix("  listed ") {
        Some(names) => {
            let mut names: Vec<&str> = names.split(' ').collect();
            names.sort_unstable();
            format!("  listed {}", names.join(" "))
        }
        None => line.to_owned(),
    };
    lines.map(sorted).collect()
}
