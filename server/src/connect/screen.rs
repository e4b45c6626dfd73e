//! Where messages and all else that happens are shown.
//!
//! Apart because of what it promises: nothing but messages on a standard output
//! that is no terminal, and nothing that controls a terminal on one that is.

use super::dialect::Layout;
use super::escape::{harmless, harmless_line};
use rustyline::ExternalPrinter;
use std::io::{self, IsTerminal, Write};

/// Before what came; what is sent has the prompt before it.
const HEARD: &str = "< ";
/// Before what happened otherwise.
const HAPPENED: &str = "* ";

/// See the module.
pub(super) enum Screen {
    /// Somebody reads line by line.
    Pipe,
    /// Somebody looks, and enters nothing.
    Terminal,
    /// Somebody looks at the prompt.
    Prompt(Box<dyn ExternalPrinter + Send>),
}

impl Screen {
    /// For whoever has standard output.
    pub(super) fn without_prompt() -> Screen {
        if io::stdout().is_terminal() { Screen::Terminal } else { Screen::Pipe }
    }

    /// How much room there is.
    pub(super) fn layout(&self) -> Layout {
        match self {
            Screen::Pipe => Layout::Line,
            Screen::Terminal | Screen::Prompt(_) => Layout::Roomy,
        }
    }

    /// Shows a message.
    pub(super) fn message(&mut self, text: &str) -> io::Result<()> {
        match self {
            Screen::Pipe => write_line(text),
            Screen::Terminal => write_line(&harmless(text)),
            Screen::Prompt(printer) => {
                // No server begins a line: it could be taken for another's.
                let text = harmless(text).replace('\n', "\n  ");
                print(&mut **printer, &format!("{HEARD}{text}\n"))
            }
        }
    }

    /// Tells what happened.
    pub(super) fn state(&mut self, what: &str) {
        let line = format!("{HAPPENED}{}\n", harmless_line(what));
        // Nobody is left to tell when neither can be written.
        let _ = match self {
            Screen::Pipe | Screen::Terminal => io::stderr().write_all(line.as_bytes()),
            Screen::Prompt(printer) => print(&mut **printer, &line),
        };
    }
}

fn write_line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Above the prompt, or plainly where that is gone.
fn print(printer: &mut dyn ExternalPrinter, text: &str) -> io::Result<()> {
    match printer.print(text.to_owned()) {
        Ok(()) => Ok(()),
        Err(_) => io::stdout().write_all(text.as_bytes()),
    }
}
