//! The whole table, as a table, and what must hold for any such table.

use super::*;

const PHASES: [Phase; 12] = [
    Phase::Head,
    Phase::Deciding,
    Phase::Body,
    Phase::Open,
    Phase::CloseSent,
    Phase::Finishing { input_ended: false },
    Phase::Finishing { input_ended: true },
    Phase::Shutting { input_ended: false },
    Phase::Shutting { input_ended: true },
    Phase::Lingering,
    Phase::Over { abort: false },
    Phase::Over { abort: true },
];

const SIGNALS: [Signal; 12] = [
    Signal::HeadComplete,
    Signal::BodyWanted,
    Signal::BodyComplete,
    Signal::Accepted,
    Signal::Answered,
    Signal::CloseRequested,
    Signal::PeerClosed,
    Signal::Failed,
    Signal::Flushed,
    Signal::WriteShut,
    Signal::InputEnded,
    Signal::GiveUp,
];

/// `*`: the input has ended. `!`: abort.
fn short(phase: Phase) -> &'static str {
    match phase {
        Phase::Head => "head",
        Phase::Deciding => "deciding",
        Phase::Body => "body",
        Phase::Open => "open",
        Phase::CloseSent => "closing",
        Phase::Finishing { input_ended: false } => "finish",
        Phase::Finishing { input_ended: true } => "finish*",
        Phase::Shutting { input_ended: false } => "shut",
        Phase::Shutting { input_ended: true } => "shut*",
        Phase::Lingering => "linger",
        Phase::Over { abort: false } => "over",
        Phase::Over { abort: true } => "over!",
    }
}

fn row(title: &str, cells: impl Iterator<Item = &'static str>) -> String {
    let row = cells.fold(format!("{title:<14}|"), |row, cell| row + &format!(" {cell:<8}"));
    row.trim_end().to_owned()
}

fn table() -> String {
    let head = row("", PHASES.iter().map(|&phase| short(phase)));
    let rows = SIGNALS.iter().map(|&signal| {
        let next = |&phase: &Phase| if phase.on(signal) == phase { "." } else { short(phase.on(signal)) };
        row(&format!("{signal:?}"), PHASES.iter().map(next))
    });
    [head].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_whole_table() {
    let expected = "
              | head     deciding body     open     closing  finish   finish*  shut     shut*    linger   over     over!
HeadComplete  | deciding .        .        .        .        .        .        .        .        .        .        .
BodyWanted    | .        body     .        .        .        .        .        .        .        .        .        .
BodyComplete  | .        .        deciding .        .        .        .        .        .        .        .        .
Accepted      | .        open     .        .        .        .        .        .        .        .        .        .
Answered      | finish   finish   finish   .        .        .        .        .        .        .        .        .
CloseRequested| over!    over!    over!    closing  .        .        .        .        .        .        .        .
PeerClosed    | .        .        .        finish   finish   .        .        .        .        .        .        .
Failed        | over!    over!    over!    finish   finish   .        .        .        .        .        .        .
Flushed       | .        .        .        .        .        shut     shut*    .        .        .        .        .
WriteShut     | .        .        .        .        .        .        .        linger   over     .        .        .
InputEnded    | over     over     over     finish*  finish*  finish*  .        shut*    .        over     .        .
GiveUp        | over!    over!    over!    over!    over!    over!    over!    over!    over!    over     .        .
";
    assert_eq!(table(), expected.trim_matches('\n'));
}

#[test]
fn giving_up_ends_every_phase_and_nothing_leaves_the_end() {
    for phase in PHASES {
        assert!(matches!(phase.on(Signal::GiveUp), Phase::Over { .. }), "{phase:?}");
        let is_over = matches!(phase, Phase::Over { .. });
        let leaves = SIGNALS.iter().any(|&signal| phase.on(signal) != phase);
        assert_eq!(leaves, !is_over, "{phase:?}");
    }
}

#[test]
fn a_conversation_that_ended_does_not_begin_again() {
    for phase in PHASES {
        for signal in SIGNALS {
            let next = phase.on(signal);
            assert!(phase.is_talking() || !next.is_talking(), "{phase:?} on {signal:?}");
            assert!(phase.is_before_open() || !next.is_before_open(), "{phase:?} on {signal:?}");
        }
    }
}

#[test]
fn the_end_of_input_is_never_forgotten() {
    let ended = |phase| {
        matches!(
            phase,
            Phase::Finishing { input_ended: true }
                | Phase::Shutting { input_ended: true }
                | Phase::Over { .. }
        )
    };
    for phase in PHASES {
        assert!(ended(phase.on(Signal::InputEnded)), "{phase:?}");
        if ended(phase) {
            assert!(SIGNALS.iter().all(|&signal| ended(phase.on(signal))), "{phase:?}");
        }
    }
}
