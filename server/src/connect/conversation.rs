//! The conversation: what happens, in one order, and what becomes of it.
//!
//! Everything that can happen, of the server, the input or the user, arrives in one
//! bounded queue; this is the one place that decides whether it goes on, and with
//! which result it ends. It never reads the input and never sends.

use super::arguments::Linger;
use super::client::End;
use super::dialect::Dialect;
use super::failure::ConnectFailure;
use super::happening::{Connections, Farewell, Happening};
use super::screen::Screen;
use super::verdict;
use crate::failure::Failure;
use fanfare::core::time::Instant;
use fanfare::driver::Clock;
use fanfare::{ClientFault, ClientHandle, CloseReason, ConnectError, Connected, Heard};
use std::io;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Where a conversation is.
enum Stage {
    /// There was no connection yet.
    Connecting,
    Open,
    /// There will be another connection.
    Lost(CloseReason),
    /// There will be no other, and only the transport is still to go, which a server
    /// can drag out.
    Over(CloseReason),
    /// The client was told to end, and then this is the result.
    Leaving(Result<(), Failure>),
}

/// What a conversation is told to be.
pub(super) struct Terms {
    pub(super) dialect: Dialect,
    pub(super) count: Option<NonZeroU64>,
    pub(super) linger: Linger,
    pub(super) is_verbose: bool,
}

/// See the module.
pub(super) struct Conversation<'c> {
    handle: &'c ClientHandle,
    terms: Terms,
    screen: Screen,
    /// Why connections ended, as they did.
    ends: Receiver<End>,
    connections: Connections,
    /// Set when it is over but for the farewell.
    is_leaving: Arc<AtomicBool>,
    clock: Clock,
    stage: Stage,
    heard: u64,
    /// Since the end of the input: when it has been quiet for long enough.
    quiet_at: Option<Instant>,
}

impl<'c> Conversation<'c> {
    pub(super) fn new(
        handle: &'c ClientHandle,
        terms: Terms,
        screen: Screen,
        ends: Receiver<End>,
        connections: Connections,
        is_leaving: Arc<AtomicBool>,
    ) -> Conversation<'c> {
        Conversation {
            handle,
            terms,
            screen,
            ends,
            connections,
            is_leaving,
            clock: Clock::start(),
            stage: Stage::Connecting,
            heard: 0,
            quiet_at: None,
        }
    }

    /// Goes on until it is over. `begin` is called when there is a connection for
    /// the first time.
    pub(super) fn run(
        mut self,
        happenings: &Receiver<Happening>,
        begin: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut begin = Some(begin);
        loop {
            match self.next(happenings) {
                Some(Happening::Heard(Heard::Connected(connected))) => {
                    self.connected(&connected);
                    if let Some(begin) = begin.take_if(|_| matches!(self.stage, Stage::Open)) {
                        begin()?;
                    }
                }
                Some(Happening::Heard(heard)) => self.heard(heard),
                Some(Happening::InputOver(Ok(()))) => self.restart_quiet_time(),
                Some(Happening::InputOver(Err(failure))) => self.leave(Err(failure.into())),
                Some(Happening::Leave(farewell)) => self.farewell(&farewell),
                Some(Happening::Over) => return self.result(),
                None => self.quiet(),
            }
        }
    }

    /// What happens next; `None` when it has been quiet for long enough.
    fn next(&self, happenings: &Receiver<Happening>) -> Option<Happening> {
        // That nobody is left to tell is how it is over, too.
        let Some(quiet_at) = self.quiet_at else { return Some(happenings.recv().unwrap_or(Happening::Over)) };
        match happenings.recv_timeout(quiet_at.since(self.clock.now())) {
            Ok(happening) => Some(happening),
            Err(RecvTimeoutError::Disconnected) => Some(Happening::Over),
            Err(RecvTimeoutError::Timeout) => None,
        }
    }

    fn connected(&mut self, connected: &Connected) {
        let subprotocol = connected.subprotocol.iter().map(|name| format!(", speaking {name}"));
        self.screen.state(&format!("connected to {}{}", self.handle.url(), subprotocol.collect::<String>()));
        if self.terms.is_verbose {
            for (name, value) in &connected.headers {
                self.screen.state(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
            }
        }
        if !matches!(self.stage, Stage::Leaving(_)) {
            self.stage = Stage::Open;
        }
        self.connections.add();
    }

    fn heard(&mut self, heard: Heard) {
        match heard {
            Heard::Message(message) => {
                let text = self.terms.dialect.show(&message, self.screen.layout());
                self.show(&text);
            }
            Heard::Event(event) => {
                let text = self.terms.dialect.show_event(&event, self.screen.layout());
                self.show(&text);
            }
            Heard::Reconnecting { attempt, delay } => self.reconnecting(attempt, delay),
            Heard::Fault(ClientFault::Connect { attempt, error }) => self.attempt_failed(attempt, error),
            Heard::Fault(fault) => self.screen.state(&fault.to_string()),
            Heard::Ping(payload) => self.control("ping", &payload),
            Heard::Pong(payload) => self.control("pong", &payload),
            // The first is told elsewhere, the second by a callback.
            Heard::Connected(_) | Heard::Disconnected(_) | _ => {}
        }
    }

    /// A ping, which has been answered, or a pong.
    fn control(&mut self, what: &str, payload: &[u8]) {
        let said = String::from_utf8_lossy(payload);
        self.screen.state(format!("{what} {said}").trim_end());
    }

    fn show(&mut self, text: &str) {
        if self.has_all() {
            return;
        }
        match self.screen.message(text) {
            Ok(()) => {}
            // Whoever reads has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.leave(Ok(())),
            Err(error) => self.leave(Err(Failure::Output(error))),
        }
        self.heard += 1;
        if self.quiet_at.is_some() {
            self.restart_quiet_time();
        }
        if self.has_all() {
            self.leave(Ok(()));
        }
    }

    /// Whether as much has come as was to be waited for.
    fn has_all(&self) -> bool {
        self.terms.count.is_some_and(|count| self.heard >= count.get())
    }

    fn reconnecting(&mut self, attempt: u32, delay: Duration) {
        self.look_for_end();
        self.screen.state(&format!("reconnecting in {:.1} s (attempt {attempt})", delay.as_secs_f64()));
    }

    /// Whether the connection has ended: that is told before all that follows from it
    /// is heard.
    fn look_for_end(&mut self) {
        if matches!(self.stage, Stage::Open)
            && let Ok(End { reason, is_final }) = self.ends.try_recv()
        {
            self.screen.state(&format!("disconnected: {reason}"));
            self.stage = if is_final { Stage::Over(reason) } else { Stage::Lost(reason) };
        }
    }

    fn attempt_failed(&mut self, attempt: u32, error: ConnectError) {
        if self.terms.is_verbose
            && let ConnectError::Status(refused) | ConnectError::Redirected(refused) = &error
        {
            self.screen.state(&format!("HTTP {}", refused.status));
            for (name, value) in &refused.headers {
                self.screen.state(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
            }
            String::from_utf8_lossy(&refused.body).lines().for_each(|line| self.screen.state(line));
        }
        match self.stage {
            Stage::Connecting => {
                let url = self.handle.url().clone();
                self.leave(Err(ConnectFailure::Unreachable { url, error }.into()));
            }
            Stage::Open | Stage::Lost(_) => self.screen.state(&format!("attempt {attempt} failed: {error}")),
            Stage::Over(_) | Stage::Leaving(_) => {}
        }
    }

    /// The input is over, and nothing has come for long enough.
    fn quiet(&mut self) {
        self.look_for_end();
        let result = match (&self.stage, self.terms.count, self.terms.linger) {
            (Stage::Over(reason), _, _) => self.verdict(reason.clone()),
            (Stage::Lost(reason), _, _) => Err(ConnectFailure::Lost(reason.clone()).into()),
            (_, Some(count), Linger::Quiet(quiet)) => {
                Err(ConnectFailure::TooFew { heard: self.heard, count: count.get(), quiet }.into())
            }
            (_, None, _) | (_, _, Linger::Forever) => Ok(()),
        };
        self.leave(result);
    }

    fn restart_quiet_time(&mut self) {
        let is_leaving = matches!(self.stage, Stage::Leaving(_));
        self.quiet_at = match self.terms.linger {
            Linger::Quiet(quiet) if !is_leaving => Some(self.clock.now() + quiet),
            Linger::Quiet(_) | Linger::Forever => None,
        };
    }

    fn farewell(&mut self, farewell: &Farewell) {
        self.look_for_end();
        let result = match &self.stage {
            Stage::Over(reason) => self.verdict(reason.clone()),
            Stage::Connecting => Err(ConnectFailure::Interrupted.into()),
            Stage::Open | Stage::Lost(_) | Stage::Leaving(_) => Ok(()),
        };
        self.leave_with(farewell, result);
    }

    fn leave(&mut self, result: Result<(), Failure>) {
        self.leave_with(&Farewell::default(), result);
    }

    /// Closes; the first result stands.
    fn leave_with(&mut self, farewell: &Farewell, result: Result<(), Failure>) {
        if matches!(self.stage, Stage::Leaving(_)) {
            return;
        }
        self.stage = Stage::Leaving(result);
        self.quiet_at = None;
        self.is_leaving.store(true, Ordering::Release);
        // That it is over is heard like all else.
        drop(self.handle.close(farewell.code, &farewell.reason));
    }

    /// What it means that the connection ended so, and there is no other.
    fn verdict(&self, reason: CloseReason) -> Result<(), Failure> {
        verdict::of(reason)?;
        match self.terms.count {
            Some(count) if !self.has_all() => {
                Err(ConnectFailure::Early { heard: self.heard, count: count.get() }.into())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// How it all ended.
    fn result(mut self) -> Result<(), Failure> {
        self.look_for_end();
        if self.terms.is_verbose
            && let Ok(end) = self.ends.try_recv()
        {
            self.screen.state(&format!("disconnected: {}", end.reason));
        }
        match std::mem::replace(&mut self.stage, Stage::Connecting) {
            Stage::Leaving(result) => result,
            Stage::Lost(reason) | Stage::Over(reason) => self.verdict(reason),
            Stage::Open => self.verdict(CloseReason::Aborted),
            Stage::Connecting => Err(ConnectFailure::Interrupted.into()),
        }
    }
}
