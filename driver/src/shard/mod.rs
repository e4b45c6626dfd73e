//! One shard: a hub, the sockets it owns, and the loop that moves bytes, time
//! and readiness between them.
//!
//! A turn: what others ask (inbox), then ready sockets, each read into the one
//! buffer and its messages handled, then every listed connection written once
//! with all its frames, then deadlines. Budgets bound a turn; what is left of
//! it is the first of the next.

mod asking;
mod callbacks;
mod core;
mod draining;
mod events;
mod later;
mod readiness;
mod requests;
mod serve;
mod session;
mod socket;
mod sockets;
mod waiting;

pub(crate) use self::core::{Core, Job};
#[cfg(feature = "client")]
pub(crate) use self::socket::{PIECES_PER_WRITE, write_pieces};

use crate::handle::Handle;
use crate::inbox::{Arrival, Command};
use crate::server::Server;
use fanfare_core::id::{ConnectionId, ShardId};
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use serve::Serve;
use socket::Socket;
use sockets::Sockets;
use std::cell::Cell;
use std::fmt;
use std::io;
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};

/// Commands taken in one turn.
const COMMANDS_PER_TURN: usize = 1_024;
/// Sockets served in one turn.
const SOCKETS_PER_TURN: usize = 4_096;
/// Of these, in the middle of a transport's own handshake: each may cost as much
/// as reading a thousand messages.
const HANDSHAKES_PER_TURN: usize = 16;
/// Deadlines looked at in one turn.
const DEADLINES_PER_TURN: usize = 4_096;

thread_local! {
    /// Whether this thread is inside a turn of a shard, or of a client.
    static ON_SHARD: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a turn of a shard, or of a client, where nothing
/// may block.
pub(crate) fn is_on_shard() -> bool {
    ON_SHARD.get()
}

/// While it lives, this thread is inside a shard, or a client; a panic ends that,
/// too.
pub(crate) struct Inside {
    was_inside: bool,
}

impl Inside {
    pub(crate) fn enter() -> Inside {
        Inside { was_inside: ON_SHARD.replace(true) }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        ON_SHARD.set(self.was_inside);
    }
}

/// How a turn ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// There is more to do: take another turn, after letting others run.
    Busy,
    /// Nothing to do until the context's waker is woken, or `until` has come.
    Idle {
        /// The next deadline.
        until: Option<Instant>,
    },
    /// The shard has ended.
    Ended,
}

/// A hub and the sockets it owns, moved by its [turns](Self::turn): the work of
/// one task or thread. Dropped, it ends at once: its connections are cut, and
/// their close callbacks run.
pub struct Shard {
    server: Arc<Server>,
    core: Core,
    sockets: Sockets,
    read_buffer: Box<[u8]>,
    scratch: Vec<u8>,
    woken: Vec<u32>,
    commands: Vec<Command>,
    has_ended: bool,
}

impl Shard {
    pub(crate) fn new(id: ShardId, handle: Handle, random: Random) -> io::Result<Shard> {
        let read_buffer_bytes = handle.server().config.server().read_buffer_bytes;
        Ok(Shard {
            server: Arc::clone(handle.server()),
            core: Core::new(id, handle, random),
            sockets: Sockets::new()?,
            read_buffer: vec![0; read_buffer_bytes].into_boxed_slice(),
            woken: Vec::new(),
            scratch: Vec::new(),
            commands: Vec::new(),
            has_ended: false,
        })
    }

    /// Takes one turn. The context's waker is woken when there is reason for
    /// the next. To be called again at [`Turn::Idle`]'s deadline, too.
    ///
    /// Runs the application's callbacks; a panic of one ends its connection only.
    pub fn turn(&mut self, cx: &mut Context<'_>) -> Turn {
        if self.has_ended {
            return Turn::Ended;
        }
        let _inside = Inside::enter();
        self.take_turn(cx)
    }

    /// Asks the readiness set which sockets may make progress, for the next turn
    /// to serve them: one system call. To be called when the set's
    /// [descriptor](AsFd) is readable, and before each turn that follows a busy
    /// one. Says whether the set has told everything: only then may the
    /// descriptor be waited for.
    ///
    /// # Errors
    /// The system's, of which none is known to happen; the shard cannot go on.
    pub fn look(&mut self) -> io::Result<bool> {
        self.sockets.look()?;
        Ok(!self.sockets.readiness.may_have_more())
    }

    /// The same for a thread that has nothing else to do: sleeps until a socket
    /// may make progress, the [waker](Self::waker) is woken, or `until` has come.
    pub fn wait(&mut self, until: Option<Instant>) -> io::Result<()> {
        let time_max = until.map(|until| until.since(self.server.clock.now()));
        self.sockets.wait(time_max)
    }

    /// What ends [`wait`](Self::wait): for the turns of such a thread. Waking
    /// costs a system call only while the thread sleeps.
    pub fn waker(&mut self) -> io::Result<Waker> {
        self.sockets.readiness.waker()
    }

    /// Time on the server's clock, as a moment of the machine's: for the
    /// adapter's timer.
    pub fn deadline(&self, until: Instant) -> Option<std::time::Instant> {
        self.server.clock.to_std(until)
    }

    fn take_turn(&mut self, cx: &mut Context<'_>) -> Turn {
        self.core.start_turn();
        self.take_woken(cx);
        let more_commands = self.take_commands();
        if self.has_ended {
            return Turn::Ended;
        }
        self.core.look_for_room();
        self.serve_ready();
        self.core.continue_draining(&self.server.app);
        self.write_listed();
        let more_deadlines = self.core.expire(&self.server.app, DEADLINES_PER_TURN);
        self.write_listed();
        self.core.report_drained();
        self.core.end_turn();
        self.sockets.give_memory_back(self.core.hub.slots_kept());

        let starved = self.sockets.ready_len() > 0 && !self.core.is_held_up();
        let untold = self.sockets.readiness.may_have_more();
        if more_commands || more_deadlines || starved || untold || self.core.hub.listed_len() > 0 {
            return Turn::Busy;
        }
        Turn::Idle { until: self.core.next_deadline() }
    }

    fn take_woken(&mut self, cx: &mut Context<'_>) {
        let mut woken = std::mem::take(&mut self.woken);
        self.core.link().ready.take(cx.waker(), &mut woken);
        for slot in woken.drain(..) {
            self.sockets.woken(slot);
        }
        self.woken = woken;
    }

    fn take_commands(&mut self) -> bool {
        let mut commands = std::mem::take(&mut self.commands);
        let more = self.core.link().inbox.take(COMMANDS_PER_TURN, &mut commands);
        for command in commands.drain(..) {
            match command {
                Command::Arrive(arrival) => self.arrive(arrival),
                Command::Relay(relay) => self.core.take_relay(&self.server.app, &relay),
                Command::Run(job) => self.core.run(&self.server.app, job),
                Command::Drain(options) => self.core.drain(options),
                Command::Finish => {
                    // What is behind it is dropped, which answers it.
                    self.end();
                    break;
                }
            }
            // Readers that keep up are not outrun by other shards, either.
            if self.core.hub.take_crowded() {
                self.write_listed();
            }
        }
        self.commands = commands;
        self.list_resumed();
        more
    }

    fn list_resumed(&mut self) {
        for id in self.core.take_resumed() {
            self.sockets.list(id);
        }
    }

    fn arrive(&mut self, arrival: Arrival) {
        self.hear_out_who_gives_way();
        let Arrival { transport, peer, unread } = arrival;
        let id = match self.core.accept(&self.server.app, peer) {
            Ok(id) => id,
            Err(error) => {
                tracing::debug!(%error, ?peer, "transport refused");
                self.core.link().load.fetch_sub(1, Ordering::Relaxed);
                return;
            }
        };
        let socket = Socket::new(id, transport, &self.core.link().ready, &unread);
        if let Err(error) = self.sockets.insert(socket) {
            tracing::warn!(%id, %error, "the system does not watch a socket");
            self.core.transport_failed(&self.server.app, id, error.kind());
        }
    }

    /// Reads those whom an arrival would push out of the handshake: among many
    /// that came in one turn may be some who have said all they have to. Each is
    /// read once, and gets no further chance.
    fn hear_out_who_gives_way(&mut self) {
        while let Some(id) = self.core.hub.next_evicted() {
            let is_unheard = self.sockets.get_mut(id).is_some_and(|socket| socket.may_read());
            if is_unheard {
                self.serve(id);
            }
            if self.core.hub.next_evicted() == Some(id) {
                return;
            }
        }
    }

    fn serve_ready(&mut self) {
        let budget = self.sockets.ready_len().min(SOCKETS_PER_TURN);
        let mut handshakes_left = HANDSHAKES_PER_TURN;
        for _ in 0..budget {
            let Some(id) = self.sockets.next_ready() else { break };
            if self.sockets.get_mut(id).is_some_and(|socket| socket.is_handshaking()) {
                if handshakes_left == 0 {
                    self.sockets.list(id);
                    continue;
                }
                handshakes_left -= 1;
            }
            self.serve(id);
        }
        self.list_resumed();
    }

    /// Reads a socket, which stays on the ready list if it has more to say.
    fn serve(&mut self, id: ConnectionId) {
        let (mut serve, read_buffer) = self.serving();
        if serve.socket(id, read_buffer) {
            self.sockets.list(id);
        }
    }

    fn write_listed(&mut self) {
        self.serving().0.write_listed();
    }

    fn serving(&mut self) -> (Serve<'_>, &mut [u8]) {
        let serve = Serve {
            app: &self.server.app,
            core: &mut self.core,
            scratch: &mut self.scratch,
            sockets: &mut self.sockets,
        };
        (serve, &mut self.read_buffer)
    }

    fn end(&mut self) {
        if self.has_ended {
            return;
        }
        self.has_ended = true;
        let _inside = Inside::enter();
        self.core.link().inbox.close();
        self.core.abort_all(&self.server.app);
        self.write_listed();
        self.sockets.clear();
        self.core.end_turn();
        self.server.shard_ended();
    }
}

/// The descriptor of the readiness set: readable when a [look](Shard::look)
/// would find something. For a runtime to wait for, as a duplicate, since the
/// shard keeps its own.
#[cfg(unix)]
impl AsFd for Shard {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.sockets.readiness.as_fd()
    }
}

impl Drop for Shard {
    /// An adapter that is dropped without a stop ends its shards all the same.
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shard").field("id", &self.core.hub.shard()).finish_non_exhaustive()
    }
}
