//! What the tests share: the program as a process, a WebSocket client, and a
//! client for single HTTP requests.

mod client;
mod http;
mod program;
mod scratch;

pub(crate) use client::{Client, refused, refused_with};
pub(crate) use http::{Answer, ask, get, get_as, get_with, post};
pub(crate) use program::{Program, fanfare};
pub(crate) use scratch::Scratch;

use std::time::{Duration, Instant};

/// How long anything that is to happen may take. Generous: it is spent only by
/// a test that fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Asks until there is an answer. Each question is a round trip, so that this
/// neither sleeps nor spins.
#[track_caller]
pub(crate) fn eventually<T>(mut question: impl FnMut() -> Option<T>) -> T {
    let asked_at = Instant::now();
    loop {
        if let Some(answer) = question() {
            return answer;
        }
        assert!(asked_at.elapsed() < PATIENCE, "what was waited for has not happened");
    }
}
