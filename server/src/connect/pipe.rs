//! Lines from a standard input that is no terminal.

use super::dialect::Dialect;
use super::failure::ConnectFailure;
use super::speaker::Speaker;
use std::io::{self, BufRead};

/// Sends each line, until there are no more.
pub(super) fn run(speaker: &Speaker, dialect: &Dialect) -> Result<(), ConnectFailure> {
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if input.read_until(b'\n', &mut line).map_err(ConnectFailure::Input)? == 0 {
            break;
        }
        let text = str::from_utf8(&line).map_err(|_| ConnectFailure::NoText { number })?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let message = dialect.read(text).map_err(|why| ConnectFailure::Line { number, why })?;
        if let Some(message) = message {
            speaker.send_on_any(&message)?;
        }
    }
    Ok(())
}
