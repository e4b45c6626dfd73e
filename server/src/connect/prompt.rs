//! Lines from a person: a prompt with a history, and the commands.
//!
//! It runs on a thread of its own. What it prints is told between two lines, when
//! nothing else has the terminal; all that comes meanwhile goes through the
//! [`Screen`](super::screen::Screen).

use super::command::{self, Entered};
use super::dialect::Dialect;
use super::escape::harmless_line;
use super::happening::{Farewell, Happening};
use super::history;
use super::speaker::Speaker;
use fanfare::ClientError;
use fanfare::core::client::MembershipError;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor, ExternalPrinter};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;

pub(super) const SENT: &str = "> ";

/// See the module.
pub(super) struct Prompt {
    editor: Editor<(), FileHistory>,
    history: Option<PathBuf>,
}

impl Prompt {
    /// A prompt on this process's terminal, and what prints above it; `None` where
    /// the terminal cannot have one.
    pub(super) fn open(keeps_history: bool) -> Option<(Prompt, impl ExternalPrinter + Send + use<>)> {
        let config = Config::builder()
            .max_history_size(history::ENTRIES_MAX)
            .ok()?
            .history_ignore_space(true)
            .auto_add_history(true)
            // Each pasted line is a message, as it is when it is typed. And nothing
            // is switched on that would stay so when the server ends it all.
            .bracketed_paste(false)
            .build();
        let mut editor = Editor::with_config(config).ok()?;
        let printer = editor.create_external_printer().ok()?;
        let mut prompt = Prompt { editor, history: None };
        if keeps_history {
            prompt.load_history();
        }
        Some((prompt, printer))
    }

    /// A history that is not there is one that begins now.
    fn load_history(&mut self) {
        match history::file() {
            Ok(Some(file)) => {
                if let Err(error) = self.editor.load_history(&file)
                    && file.exists()
                {
                    say(&format!("the history in {} cannot be read: {error}", file.display()));
                } else {
                    self.history = Some(file);
                }
            }
            Ok(None) => {}
            Err(error) => {
                say(&format!("there is no folder for a history: {error}; --no-history does without"));
            }
        }
    }

    /// After each line: how it ends is not always for the prompt to say. What cannot
    /// be kept once is not tried again.
    fn keep_history(&mut self) {
        if let Some(file) = self.history.take() {
            match self.editor.append_history(&file) {
                Ok(()) => self.history = Some(file),
                Err(error) => say(&format!("the history cannot be kept in {}: {error}", file.display())),
            }
        }
    }

    /// Reads and does what is entered, until it is to leave. That it has the
    /// terminal no more when somebody is told so is what dropping the editor first
    /// is for.
    pub(super) fn run(
        mut self,
        speaker: &Speaker,
        dialect: &Dialect,
        namespace: &str,
        out: &SyncSender<Happening>,
    ) {
        say("* /help shows the commands, Ctrl-D leaves");
        let farewell = loop {
            match self.editor.readline(SENT) {
                Ok(line) => {
                    self.keep_history();
                    if let Some(farewell) = obey(&line, speaker, dialect, namespace) {
                        break farewell;
                    }
                }
                Err(ReadlineError::Eof | ReadlineError::Interrupted) => break Farewell::default(),
                Err(error) => {
                    say(&format!("the terminal fails: {error}"));
                    break Farewell::default();
                }
            }
        };
        drop(self);
        // Nobody listens where it has ended meanwhile.
        let _ = out.send(Happening::Leave(farewell));
    }
}

/// Does what a line says; returns how to leave, if it says so.
fn obey(line: &str, speaker: &Speaker, dialect: &Dialect, namespace: &str) -> Option<Farewell> {
    let entered = match command::read(line) {
        Ok(entered) => entered,
        Err(error) => {
            say(&error.to_string());
            return None;
        }
    };
    match entered {
        Entered::Nothing => {}
        Entered::Help => say(command::HELP),
        Entered::Quit => return Some(Farewell::default()),
        Entered::Close { code, reason } => return Some(Farewell { code, reason: reason.to_owned() }),
        Entered::Message(text) => match dialect.read(&text) {
            Ok(Some(message)) => tell_failure(speaker.send(message)),
            Ok(None) => {}
            Err(why) => say(&format!("not sent: {why}")),
        },
        Entered::Ping(payload) => match speaker.handle().ping(payload).wait() {
            Ok(true) => {}
            Ok(false) => say("not sent: there is no connection, or another ping is on its way"),
            Err(error) => tell_failure(Err(error)),
        },
        Entered::Join(room) => tell_failure(speaker.handle().join_in(namespace, room).wait().map(drop)),
        Entered::Leave(room) => tell_failure(speaker.handle().leave_in(namespace, room).wait().map(drop)),
    }
    None
}

fn tell_failure(outcome: Result<(), ClientError>) {
    if let Err(error) = outcome {
        if error == ClientError::Membership(MembershipError::NoRooms) {
            say("there are rooms only with --subscribe or --namespace");
        } else {
            say(&format!("not done: {}", harmless_line(&error.to_string())));
        }
    }
}

/// To the person, between two lines.
fn say(text: &str) {
    // A terminal that is gone is noticed by the next line.
    let _ = writeln!(io::stdout(), "{text}");
}
