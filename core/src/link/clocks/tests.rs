//! Each deadline by its name, and what moves it.

use super::*;
use crate::config::ConnectionSettings;
use crate::config::Settings;

fn seconds(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

fn limits() -> ConnectionConfig {
    limits_with(|_| {})
}

fn limits_with(edit: impl FnOnce(&mut ConnectionSettings)) -> ConnectionConfig {
    ConnectionSettings::default().with(edit).build().unwrap()
}

/// An open connection that is never pinged, so that the other deadlines show.
fn open_at(now: Instant) -> Clocks {
    let mut clocks = Clocks::new(now);
    clocks.open(now, None);
    clocks
}

fn next(clocks: &Clocks, phase: Phase, limits: &ConnectionConfig) -> (Instant, Deadline) {
    clocks.next(phase, false, limits, Settings::default().handshake_time_max)
}

fn next_open(clocks: &Clocks) -> (Instant, Deadline) {
    next(clocks, Phase::Open, &limits())
}

#[test]
fn handshake() {
    let clocks = Clocks::new(seconds(1));
    for phase in [Phase::Head, Phase::Deciding, Phase::Body] {
        assert_eq!(next(&clocks, phase, &limits()), (seconds(11), Deadline::Handshake));
    }
}

#[test]
fn ping() {
    let mut clocks = Clocks::new(seconds(1));
    clocks.open(seconds(2), Some(Duration::from_secs(20)));
    assert_eq!(next_open(&clocks), (seconds(22), Deadline::Ping));
    clocks.schedule_ping(seconds(22), Some(Duration::from_secs(30)));
    assert_eq!(next_open(&clocks), (seconds(52), Deadline::Ping));
    clocks.schedule_ping(seconds(52), None);
    assert_eq!(next_open(&clocks), (seconds(62), Deadline::Liveness));
}

#[test]
fn liveness() {
    let mut clocks = open_at(seconds(1));
    assert_eq!(next_open(&clocks), (seconds(61), Deadline::Liveness));
    clocks.heard(seconds(40));
    assert_eq!(next_open(&clocks), (seconds(100), Deadline::Liveness));
}

#[test]
fn idle() {
    let limits = limits_with(|route| route.idle_time_max = Some(Duration::from_secs(7)));
    let mut clocks = open_at(seconds(1));
    clocks.heard(seconds(5));
    assert_eq!(next(&clocks, Phase::Open, &limits), (seconds(8), Deadline::Idle));
    clocks.heard_message(seconds(6));
    assert_eq!(next(&clocks, Phase::Open, &limits), (seconds(13), Deadline::Idle));
}

#[test]
fn message() {
    let limits = limits_with(|route| route.message_time_max = Duration::from_secs(7));
    let mut clocks = open_at(seconds(1));
    assert!(!clocks.set_mid_message(seconds(2), false));
    assert!(clocks.set_mid_message(seconds(3), true), "it starts");
    assert!(!clocks.set_mid_message(seconds(4), true), "it runs");
    assert_eq!(next(&clocks, Phase::Open, &limits), (seconds(10), Deadline::Message));
    assert!(!clocks.set_mid_message(seconds(5), false));
    assert_eq!(next(&clocks, Phase::Open, &limits), (seconds(61), Deadline::Liveness));
    assert!(clocks.set_mid_message(seconds(6), true), "the next message has its own time");
    assert_eq!(next(&clocks, Phase::Open, &limits), (seconds(13), Deadline::Message));
}

#[test]
fn write() {
    let mut clocks = open_at(seconds(1));
    assert!(!clocks.wrote(seconds(2), true, false), "all was written");
    assert!(clocks.wrote(seconds(3), true, true), "it starts");
    assert_eq!(next_open(&clocks), (seconds(13), Deadline::Write));
    assert!(!clocks.wrote(seconds(4), false, true), "no progress");
    assert_eq!(next_open(&clocks), (seconds(13), Deadline::Write));
    assert!(!clocks.wrote(seconds(5), true, true), "progress");
    assert_eq!(next_open(&clocks), (seconds(15), Deadline::Write));
    assert!(!clocks.wrote(seconds(6), true, false));
    assert_eq!(next_open(&clocks), (seconds(61), Deadline::Liveness));
}

#[test]
fn close() {
    let mut clocks = open_at(seconds(1));
    clocks.enter_phase(seconds(4));
    let next = |clocks: &Clocks, is_close_sent| {
        clocks.next(Phase::CloseSent, is_close_sent, &limits(), Settings::default().handshake_time_max)
    };
    assert_eq!(next(&clocks, false).0, Instant::FAR_FUTURE, "the peer cannot answer what it has not got");
    assert_eq!(next(&clocks, true), (seconds(9), Deadline::Close));
    clocks.wrote(seconds(4), false, true);
    assert_eq!(next(&clocks, false), (seconds(14), Deadline::Write));
    assert_eq!(next(&clocks, true), (seconds(9), Deadline::Close));
}

#[test]
fn linger() {
    let clocks = Clocks::new(seconds(1));
    for input_ended in [false, true] {
        for phase in [Phase::Finishing { input_ended }, Phase::Shutting { input_ended }] {
            assert_eq!(next(&clocks, phase, &limits()), (seconds(1 + 5 + 10), Deadline::Linger));
        }
    }
    assert_eq!(next(&clocks, Phase::Lingering, &limits()), (seconds(3), Deadline::Linger));
}

#[test]
fn nothing_is_due_when_it_is_over() {
    let clocks = Clocks::new(seconds(1));
    for abort in [false, true] {
        assert_eq!(next(&clocks, Phase::Over { abort }, &limits()).0, Instant::FAR_FUTURE);
    }
}

#[test]
fn a_limit_without_end_never_passes() {
    let limits = limits_with(|route| {
        (route.close_time_max, route.write_time_max) = (Duration::MAX, Duration::MAX);
    });
    let clocks = Clocks::new(seconds(1));
    let phase = Phase::Finishing { input_ended: false };
    assert_eq!(next(&clocks, phase, &limits).0, Instant::FAR_FUTURE);
}

#[test]
fn handler() {
    let limits = limits_with(|route| {
        route.idle_time_max = Some(Duration::from_secs(7));
        route.message_time_max = Duration::from_secs(7);
    });
    let mut clocks = open_at(seconds(1));
    clocks.set_mid_message(seconds(2), true);
    clocks.set_paused(seconds(4), true);
    assert_eq!(next(&clocks, Phase::Open, &limits), (seconds(64), Deadline::Handler));
}

#[test]
fn a_pause_stops_every_clock_of_what_the_peer_sends() {
    let limits = limits_with(|route| {
        route.idle_time_max = Some(Duration::from_secs(9));
        route.message_time_max = Duration::from_secs(7);
    });
    let mut clocks = open_at(seconds(1));
    clocks.set_mid_message(seconds(2), true);
    clocks.set_paused(seconds(4), true);
    clocks.set_paused(seconds(44), false);
    assert!(!clocks.is_paused());
    assert_eq!(clocks.last_heard(), seconds(44));
    assert_eq!(next(&clocks, Phase::Open, &limits), (seconds(49), Deadline::Message), "2 s of 7 were used");
    clocks.set_mid_message(seconds(45), false);
    assert_eq!(next(&clocks, Phase::Open, &limits), (seconds(50), Deadline::Idle), "3 s of 9 were used");
}

#[test]
fn a_pause_does_not_excuse_a_peer_that_does_not_read() {
    let mut clocks = open_at(seconds(1));
    clocks.wrote(seconds(3), false, true);
    clocks.set_paused(seconds(4), true);
    assert_eq!(next_open(&clocks), (seconds(13), Deadline::Write));
}

#[test]
fn a_liveness_deadline_in_time_grants_nothing() {
    let mut clocks = open_at(seconds(1));
    let (at, _) = next_open(&clocks);
    assert!(!clocks.spare(at + Duration::from_millis(17), at, &limits()));
    assert_eq!(next_open(&clocks), (at, Deadline::Liveness));
}

#[test]
fn a_late_liveness_deadline_grants_the_time_to_answer_a_ping_once() {
    let mut clocks = open_at(seconds(1));
    assert!(clocks.spare(seconds(1_000), seconds(61), &limits()));
    assert_eq!(next_open(&clocks), (seconds(1_030), Deadline::Liveness));
    assert!(!clocks.spare(seconds(2_000), seconds(1_030), &limits()), "however late");
}

#[test]
fn who_was_heard_since_is_spared_again() {
    let mut clocks = open_at(seconds(1));
    assert!(clocks.spare(seconds(1_000), seconds(61), &limits()));
    clocks.heard(seconds(1_001));
    assert_eq!(next_open(&clocks), (seconds(1_061), Deadline::Liveness));
    assert!(clocks.spare(seconds(2_000), seconds(1_061), &limits()));
}

#[test]
fn without_pings_a_second_chance_is_short() {
    let limits = limits_with(|route| route.ping_interval = None);
    let mut clocks = open_at(seconds(1));
    assert!(clocks.spare(seconds(1_000), seconds(61), &limits));
    let until = seconds(1_000) + SECOND_CHANCE_MIN;
    assert_eq!(next(&clocks, Phase::Open, &limits), (until, Deadline::Liveness));
}
