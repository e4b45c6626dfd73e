//! A client as a task: turns, each of which does all that can be done.
//!
//! A turn: what others ask; then what the server says; then what is to be
//! written; then what is due. Budgets bound it; what is left of it is the first
//! of the next.

use super::callbacks::Callbacks;
use super::core::Core;
use super::dial::{Address, Dial, Dialing};
use super::error::ClientError;
use super::hearing::Hearing;
use super::line::{Line, Securing, Up};
use super::telling::{Listener, Panicked};
use super::trust::Trust;
use crate::shard::{Inside, Turn};
use crate::wall;
use bytes::{Buf, BytesMut};
use fanfare_core::client::{ConnectError, ConnectRequest, Status};
use fanfare_core::close::CloseCode;
use fanfare_core::time::Instant;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Steps of the transport in one turn, such as reads.
const STEPS_PER_TURN: usize = 16;
const READ_BUFFER_BYTES: usize = 64 * 1024;

thread_local! {
    /// Where the clients of a thread are read to, one after the other: they hold no
    /// buffer while they wait.
    static READ_BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// How a client gets its transports.
pub(super) struct Reach {
    pub(super) dial: Arc<dyn Dial>,
    /// Where to, whatever the URL says.
    pub(super) address: Option<Address>,
    pub(super) trust: Trust,
}

/// A client that runs, moved by its [turns](Self::turn): the work of one task or
/// thread. Dropped, it ends at once: its connection is cut, and its
/// `disconnected` callback runs.
pub struct ClientTask {
    pub(super) core: Core,
    pub(super) listener: Listener,
    pub(super) line: Line,
    pub(super) reach: Reach,
    has_ended: bool,
}

/// Why a client ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// It was closed, or nobody is left who could ask it for anything.
    Over,
    Panicked,
}

impl From<Panicked> for End {
    fn from(Panicked: Panicked) -> End {
        End::Panicked
    }
}

impl ClientTask {
    pub(super) fn new(
        core: Core,
        callbacks: Callbacks,
        hearing: Option<Arc<Hearing>>,
        reach: Reach,
    ) -> ClientTask {
        let listener = Listener::new(callbacks, hearing);
        ClientTask { core, listener, line: Line::Down, reach, has_ended: false }
    }

    /// Takes one turn. The context's waker is woken when there is reason for the
    /// next. To be called again at [`Turn::Idle`]'s deadline, too.
    ///
    /// Runs the application's callbacks; a panic of one ends the client.
    pub fn turn(&mut self, cx: &mut Context<'_>) -> Turn {
        if self.has_ended {
            return Turn::Ended;
        }
        let _inside = Inside::enter();
        self.take_turn(cx).unwrap_or_else(|end| {
            self.end(end);
            Turn::Ended
        })
    }

    /// Time on the client's clock, as a moment of the machine's: for the adapter's
    /// timer.
    pub fn deadline(&self, until: Instant) -> Option<std::time::Instant> {
        self.core.clock.to_std(until)
    }

    /// How long it is until then: for a thread that has nothing else to do.
    pub fn time_until(&self, until: Instant) -> Duration {
        until.since(self.core.now())
    }

    fn take_turn(&mut self, cx: &mut Context<'_>) -> Result<Turn, End> {
        let is_abandoned = self.run_jobs(cx)?;
        if is_abandoned && !self.core.is_closed() {
            return Err(End::Over);
        }
        self.attend(cx)?;
        let mut is_busy = false;
        for _ in 0..STEPS_PER_TURN {
            is_busy = self.step(cx)? | self.attend(cx)?;
            if !is_busy {
                break;
            }
        }
        let now = self.core.now();
        self.core.machine.expire(now);
        is_busy |= self.attend(cx)?;
        if self.core.machine.status() == Status::Finished {
            return Err(End::Over);
        }
        Ok(if is_busy { Turn::Busy } else { Turn::Idle { until: self.next_deadline() } })
    }

    fn next_deadline(&self) -> Option<Instant> {
        let dialing = match &self.line {
            Line::Dialing { dialing, .. } => dialing.until(),
            Line::Down | Line::Up(_) => None,
        };
        [dialing, self.core.machine.next_deadline()].into_iter().flatten().min()
    }

    /// Does what others have asked for; says whether nobody is left to ask.
    fn run_jobs(&mut self, cx: &mut Context<'_>) -> Result<bool, End> {
        let shared = Arc::clone(&self.core.shared);
        let (jobs, is_abandoned) = shared.inbox.take(cx.waker());
        for mut job in jobs {
            if let Some(job) = job.take() {
                // It may go on with a callback of the application's.
                wall::call(|| job(&mut self.core)).ok_or(End::Panicked)?;
                self.listener.notices(&mut self.core)?;
                self.write_if_crowded(cx);
            }
        }
        Ok(is_abandoned)
    }

    /// What is to be done after anything: tells what has happened, and lets the
    /// machine have its way with the transport. Says whether there is a new one to
    /// be looked at, since nobody wakes for what was never polled.
    fn attend(&mut self, cx: &mut Context<'_>) -> Result<bool, End> {
        let mut has_begun = false;
        loop {
            self.listener.notices(&mut self.core)?;
            let now = self.core.now();
            if let Some(request) = self.core.machine.poll_connect(now) {
                self.line = self.dial(&request, now);
                has_begun = true;
            }
            if !self.write(cx) {
                return Ok(has_begun);
            }
        }
    }

    fn dial(&self, request: &ConnectRequest, now: Instant) -> Line {
        let Reach { dial, address, .. } = &self.reach;
        let deadline = Some(now + self.core.machine.config().connect_time_max);
        let dialing = match address {
            Some(address) => Dialing::address(dial, address.clone(), now, deadline),
            None => Dialing::host(dial, &request.host, request.port, now, deadline),
        };
        Line::Dialing { dialing, tls: request.tls.clone() }
    }

    fn write_if_crowded(&mut self, cx: &mut Context<'_>) {
        if self.core.is_crowded() {
            self.write(cx);
        }
    }

    /// Moves the transport on; says whether it is to be tried again.
    fn step(&mut self, cx: &mut Context<'_>) -> Result<bool, End> {
        match &self.line {
            Line::Down => Ok(false),
            Line::Dialing { .. } => Ok(self.step_dialing(cx)),
            Line::Up(Up { securing: Securing::Handshake(_), .. }) => Ok(self.step_handshake(cx)),
            Line::Up(_) => self.read(cx),
        }
    }

    fn step_dialing(&mut self, cx: &mut Context<'_>) -> bool {
        let now = self.core.now();
        let Line::Dialing { dialing, tls } = &mut self.line else { return false };
        match dialing.poll(cx, now) {
            Poll::Pending => return false,
            Poll::Ready(Ok(transport)) => {
                self.line = Line::Up(Up::new(transport, tls.take()));
                self.core.machine.connected();
            }
            Poll::Ready(Err(error)) => self.connect_failed(error),
        }
        true
    }

    /// What is read in the handshake of TLS leads to nothing but its end.
    fn step_handshake(&mut self, cx: &mut Context<'_>) -> bool {
        let Line::Up(up) = &mut self.line else { return false };
        let Securing::Handshake(host) = &up.securing else { return false };
        let host = host.clone();
        let mut buffer = read_buffer();
        let read = up.read(cx, &mut buffer);
        match read {
            Poll::Pending if up.transport.is_handshaking() => return give_back(buffer),
            Poll::Pending => {}
            Poll::Ready(Ok(0)) => {
                self.connect_failed(ConnectError::Tls(format!("{host} left in the middle of it")));
                return give_back(buffer);
            }
            Poll::Ready(Ok(count)) => up.unread.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Poll::Ready(Err(error)) => {
                self.connect_failed(Trust::failure(&error, &host));
                return give_back(buffer);
            }
        }
        up.securing = Securing::No;
        self.core.machine.secured();
        give_back(buffer);
        true
    }

    /// Nothing is left of the transport.
    pub(super) fn connect_failed(&mut self, error: ConnectError) {
        self.line = Line::Down;
        let now = self.core.now();
        self.core.machine.connect_failed(now, error);
    }

    /// One read and what it leads to; says whether to read again.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<bool, End> {
        if !self.may_read() {
            return Ok(false);
        }
        let Line::Up(up) = &mut self.line else { return Ok(false) };
        if !up.unread.is_empty() {
            let mut unread = std::mem::take(&mut up.unread);
            let taken = self.feed(cx, &mut unread)?;
            unread.advance(taken);
            let is_stuck = taken == 0;
            self.keep(unread);
            return Ok(!is_stuck);
        }
        let mut buffer = read_buffer();
        let outcome = match up.read(cx, &mut buffer) {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(0)) => {
                let now = self.core.now();
                self.core.machine.end_of_input(now);
                Ok(false)
            }
            Poll::Ready(Ok(count)) => {
                let bytes = buffer.get_mut(..count).unwrap_or_default();
                self.feed(cx, bytes).map(|taken| {
                    self.keep(BytesMut::from(bytes.get(taken..).unwrap_or_default()));
                    true
                })
            }
            Poll::Ready(Err(error)) => {
                let now = self.core.now();
                self.core.machine.failed(now, error.kind());
                Ok(false)
            }
        };
        give_back(buffer);
        outcome
    }

    /// Whether anybody wants to know what the server says.
    fn may_read(&mut self) -> bool {
        let now = self.core.now();
        // An answer to the handshake is read in any case, as is the end of a connection.
        let is_full = self.core.machine.is_connected() && self.listener.is_full();
        self.core.machine.set_paused(now, is_full);
        !is_full && self.core.machine.wants_read()
    }

    /// Gives bytes to the machine, event by event; says how many it took.
    fn feed(&mut self, cx: &mut Context<'_>, bytes: &mut [u8]) -> Result<usize, End> {
        let mut start = 0;
        while let Some(rest @ [_, ..]) = bytes.get_mut(start..)
            && self.may_read()
        {
            let now = self.core.now();
            let received = self.core.machine.receive(now, rest);
            start += received.consumed;
            let is_stuck = received.consumed == 0 && received.event.is_none();
            if let Some(event) = received.event {
                self.listener.event(&mut self.core, event)?;
            }
            self.listener.notices(&mut self.core)?;
            self.write_if_crowded(cx);
            if is_stuck {
                break;
            }
        }
        Ok(start)
    }

    /// Keeps the bytes that the machine did not take.
    fn keep(&mut self, bytes: BytesMut) {
        if let Line::Up(up) = &mut self.line {
            up.unread = bytes;
        }
    }

    fn end(&mut self, end: End) {
        if self.has_ended {
            return;
        }
        self.has_ended = true;
        let _inside = Inside::enter();
        let (why, may_call) = match end {
            End::Over => (ClientError::Ended, true),
            End::Panicked => (ClientError::Panicked, false),
        };
        let now = self.core.now();
        self.core.machine.close(now, CloseCode::Away, "");
        self.core.machine.abort(now);
        let why = match self.listener.notices_if(may_call, &mut self.core) {
            Ok(()) => why,
            Err(Panicked) => ClientError::Panicked,
        };
        self.line = Line::Down;
        self.core.shared.inbox.close(why.clone());
        self.core.end(&why);
        self.listener.close();
    }
}

fn read_buffer() -> Vec<u8> {
    let mut buffer = READ_BUFFER.take();
    buffer.resize(READ_BUFFER_BYTES, 0);
    buffer
}

/// Says that there is nothing more to do.
fn give_back(buffer: Vec<u8>) -> bool {
    READ_BUFFER.set(buffer);
    false
}

impl Drop for ClientTask {
    /// An adapter that is dropped without a close ends its clients all the same.
    fn drop(&mut self) {
        self.end(End::Over);
    }
}

impl fmt::Debug for ClientTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTask").field("line", &self.line).finish_non_exhaustive()
    }
}
