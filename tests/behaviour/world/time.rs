//! Waiting for what can be observed: in the time of the scenario's world.
//!
//! Whose time that is belongs to the thread, so that scenarios and their
//! callbacks can wait without carrying the world about. Nothing here waits for
//! time to pass.

use super::DEADLINE;
use super::simulated::Mover;
use std::cell::RefCell;
use std::thread;
use std::time::{Duration, Instant};

thread_local! {
    /// What moves the imagined time that this thread waits in.
    static IMAGINED: RefCell<Option<Mover>> = const { RefCell::new(None) };
}

/// From here on this thread waits in imagined time.
pub(super) fn enter(mover: Mover) {
    IMAGINED.set(Some(mover));
}

/// And from here on in real time again.
pub(super) fn leave() {
    IMAGINED.set(None);
}

/// Waits until something can be observed.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    assert!(wait(&mut is_so), "{what} must come true within the deadline");
}

/// Says whether it could be observed within the deadline.
pub(super) fn wait(is_so: &mut dyn FnMut() -> bool) -> bool {
    match IMAGINED.with_borrow(Clone::clone) {
        Some(mover) => mover.wait(is_so),
        None => wait_in_reality(is_so),
    }
}

/// The same in real time.
pub(super) fn wait_in_reality(is_so: &mut dyn FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !is_so() {
        if start.elapsed() > DEADLINE {
            return false;
        }
        thread::park_timeout(Duration::from_millis(1));
    }
    true
}
