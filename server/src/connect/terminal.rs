//! The terminal as it was: a prompt that is interrupted by the end of everything
//! cannot put it back.

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{self, Write};

/// Puts the terminal back when dropped.
pub(super) struct Restored(Option<Termios>);

impl Restored {
    /// To how it is now.
    pub(super) fn now() -> Restored {
        Restored(tcgetattr(io::stdin()).ok())
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        let Some(termios) = &self.0 else { return };
        // Nothing is left to be done where it is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, termios);
        // Without the prompt, what is said last begins a line.
        let _ = io::stdout().write_all(b"\r\x1b[K").and_then(|()| io::stdout().flush());
    }
}
