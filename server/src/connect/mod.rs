//! `fanfare connect`: a client for the terminal and for scripts.
//!
//! Threads, and a queue that all of them tell: the client has one, and one that
//! hears it; the input, from a [`pipe`] or a [`prompt`], has one, and signals have
//! one. The main thread has the [`conversation`]. No async runtime is needed for a
//! single connection, so there is none.

mod arguments;
mod client;
mod command;
mod conversation;
mod dialect;
mod escape;
mod failure;
mod happening;
mod history;
mod pipe;
mod prompt;
mod screen;
mod speaker;
mod terminal;
mod verdict;

pub(crate) use arguments::{AFTER_HELP, Arguments};
pub(crate) use failure::ConnectFailure;

use crate::failure::Failure;
use client::{client, join};
use conversation::{Conversation, Terms};
use dialect::Dialect;
use fanfare::core::client::SendError;
use fanfare::{ClientError, ClientStream, Message};
use happening::{Connections, Farewell, Happening};
use prompt::Prompt;
use screen::Screen;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use speaker::Speaker;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread;
use terminal::Restored;

/// What may happen before anybody has looked: then whoever tells has to wait. Few,
/// since each may be a large message.
const HAPPENINGS_MAX: usize = 8;
/// Of who was interrupted a second time, as a shell has it.
const INTERRUPTED: i32 = 130;

/// Talks with a server until one side has had enough.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let dialect = arguments.dialect();
    let sends = sends(&arguments.sends, &dialect)?;
    let (client, ends) = client(arguments)?;
    let stream = fanfare::std_threads::open(client).map_err(ConnectFailure::from)?;
    let handle = stream.handle().clone();
    join(arguments, &handle)?;

    let (teller, happenings) = mpsc::sync_channel(HAPPENINGS_MAX);
    let is_leaving = Arc::new(AtomicBool::new(false));
    leave_on_signals(&is_leaving, teller.clone())?;
    let is_attended = io::stdin().is_terminal() && io::stdout().is_terminal();
    // From here on, however it ends.
    let _restored = is_attended.then(Restored::now);
    let prompt = if is_attended { Prompt::open(!arguments.no_history) } else { None };
    let (prompt, screen) = match prompt {
        Some((prompt, printer)) => (Some(prompt), Screen::Prompt(Box::new(printer))),
        None => (None, Screen::without_prompt()),
    };

    let connections = Connections::default();
    let speaker = Speaker::new(handle.clone(), connections.clone());
    let terms = Terms {
        dialect: dialect.clone(),
        count: arguments.count,
        linger: arguments.linger(),
        is_verbose: arguments.verbose,
    };
    let conversation = Conversation::new(&handle, terms, screen, ends, connections, is_leaving);
    spawn("heard", {
        let teller = teller.clone();
        move || listen(stream, &teller)
    })?;
    drop(handle.connect());
    conversation.run(&happenings, || {
        let namespace = arguments.namespace().to_owned();
        spawn("input", move || input(&sends, prompt, &speaker, &dialect, &namespace, &teller))
    })
}

/// What `--send` says, read before there is a connection to say it on.
fn sends(texts: &[String], dialect: &Dialect) -> Result<Vec<Message<'static>>, ConnectFailure> {
    texts.iter().filter_map(|text| dialect.read(text).map_err(ConnectFailure::Send).transpose()).collect()
}

/// Tells what the client hears, until it has ended.
fn listen(mut stream: ClientStream, teller: &SyncSender<Happening>) {
    while let Some(heard) = stream.hear().wait() {
        if teller.send(Happening::Heard(heard)).is_err() {
            return;
        }
    }
    // Nobody listens where it has ended meanwhile.
    let _ = teller.send(Happening::Over);
}

/// Sends what there is to send.
fn input(
    sends: &[Message<'static>],
    prompt: Option<Prompt>,
    speaker: &Speaker,
    dialect: &Dialect,
    namespace: &str,
    teller: &SyncSender<Happening>,
) {
    let sent = sends.iter().try_for_each(|message| speaker.send_on_any(message));
    let over = match (sent, prompt) {
        (Ok(()), Some(prompt)) => return prompt.run(speaker, dialect, namespace, teller),
        (Ok(()), None) => pipe::run(speaker, dialect),
        (Err(failure), _) => Err(failure),
    };
    // Why the client has ended, it tells itself.
    if matches!(
        over,
        Err(ConnectFailure::Unsent(ClientError::Ended | ClientError::Send(SendError::Closed(_))))
    ) {
        return;
    }
    // Nobody listens where it has ended meanwhile.
    let _ = teller.send(Happening::InputOver(over));
}

/// The first signal says goodbye, the next ends it at once, as the first does after
/// any other goodbye.
fn leave_on_signals(is_leaving: &Arc<AtomicBool>, teller: SyncSender<Happening>) -> Result<(), Failure> {
    // Before the thread that says goodbye: a signal must not be taken for the second
    // because that was quick.
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(is_leaving))
            .map_err(Failure::Start)?;
    }
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(Failure::Start)?;
    let is_leaving = Arc::clone(is_leaving);
    spawn("signals", move || {
        for _ in signals.forever() {
            is_leaving.store(true, Ordering::Release);
            // Nobody listens where it has ended meanwhile.
            let _ = teller.send(Happening::Leave(Farewell::default()));
        }
    })
}

/// Runs something on a thread that ends with the process.
fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map(drop).map_err(Failure::Start)
}
