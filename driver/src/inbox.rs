//! What others ask of a shard: one bounded queue, first in, first out, so that
//! the order of one asker is kept.

use crate::error::HandleError;
use crate::ready::ReadyList;
use crate::shard::Job;
use crate::stop::StopOptions;
use crate::transport::Transport;
use fanfare_core::id::ShardId;
use fanfare_core::relay::Relay;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something asked of a shard.
pub(crate) enum Command {
    /// A transport is the shard's from now on.
    Arrive(Arrival),
    /// A publication of another shard; membership is judged when it is taken.
    Relay(Arc<Relay>),
    /// Anything else, on the shard and in its turn.
    Run(Job),
    /// Say farewell to everyone.
    Drain(StopOptions),
    /// Drop what is left, and end.
    Finish,
}

/// A transport and what came with it.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) peer: Option<SocketAddr>,
    /// Bytes that were read from it before.
    pub(crate) unread: Vec<u8>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Inbox {
    shard: ShardId,
    messages_max: usize,
    state: Mutex<State>,
    /// There is more in it than there is room for.
    is_overfull: AtomicBool,
    ready: Arc<ReadyList>,
}

#[derive(Debug, Default)]
struct State {
    commands: VecDeque<Command>,
    is_closed: bool,
    /// Shards that found the inbox full and wait for room.
    waiting: Vec<Arc<ReadyList>>,
}

impl Inbox {
    pub(crate) fn new(shard: ShardId, messages_max: usize, ready: Arc<ReadyList>) -> Inbox {
        Inbox { shard, messages_max, state: Mutex::default(), is_overfull: AtomicBool::new(false), ready }
    }

    /// Puts a command in the queue, when there is room.
    pub(crate) fn push(&self, command: Command) -> Result<(), HandleError> {
        self.put(self.room(self.messages_max)?, command);
        Ok(())
    }

    /// The same for closes, which have as much room again.
    pub(crate) fn push_reserved(&self, command: Command) -> Result<(), HandleError> {
        self.put(self.room(self.messages_max.saturating_mul(2))?, command);
        Ok(())
    }

    /// The same for what must never be lost, however full the queue is: the
    /// stop, and the next step of something that is under way. While those are
    /// more than there is room for, the shard reads nothing that would lead to
    /// others, see [`is_overfull`](Self::is_overfull).
    pub(crate) fn push_always(&self, command: Command) -> Result<(), HandleError> {
        self.put(self.room(usize::MAX)?, command);
        Ok(())
    }

    /// The same for relays. Says whether there is room for another; if not,
    /// `waiter` is to publish no more until it is woken, which bounds the queue.
    pub(crate) fn relay(&self, relay: Arc<Relay>, waiter: &Arc<ReadyList>) -> bool {
        let Ok(mut state) = self.room(usize::MAX) else {
            // A shard that has ended has no members.
            return true;
        };
        let has_room = state.commands.len() + 1 < self.messages_max;
        if !has_room {
            state.will_wake(waiter);
        }
        self.put(state, Command::Relay(relay));
        has_room
    }

    /// Whether there is room, or else `waiter` is woken once there is.
    pub(crate) fn has_room_or_wakes(&self, waiter: &Arc<ReadyList>) -> bool {
        let mut state = self.lock();
        let has_room = state.is_closed || state.commands.len() < self.messages_max;
        if !has_room {
            state.will_wake(waiter);
        }
        has_room
    }

    /// Whether more waits than there is room for: closes, and what must not be lost.
    pub(crate) fn is_overfull(&self) -> bool {
        self.is_overfull.load(Ordering::Relaxed)
    }

    /// Moves at most `max` commands to `into`; says whether more wait.
    pub(crate) fn take(&self, max: usize, into: &mut Vec<Command>) -> bool {
        let (more, waiting) = {
            let mut state = self.lock();
            let count = state.commands.len().min(max);
            into.extend(state.commands.drain(..count));
            self.is_overfull.store(state.commands.len() > self.messages_max, Ordering::Relaxed);
            if state.commands.is_empty() && state.commands.capacity() > 1_024 {
                state.commands = VecDeque::new();
            }
            let has_room = state.commands.len() < self.messages_max;
            let waiting = if has_room { std::mem::take(&mut state.waiting) } else { Vec::new() };
            (!state.commands.is_empty(), waiting)
        };
        for ready in waiting {
            ready.wake_shard();
        }
        more
    }

    /// Nothing is taken from here on; what waits is dropped, which answers it.
    pub(crate) fn close(&self) {
        let (dropped, waiting) = {
            let mut state = self.lock();
            state.is_closed = true;
            (std::mem::take(&mut state.commands), std::mem::take(&mut state.waiting))
        };
        drop(dropped);
        for ready in waiting {
            ready.wake_shard();
        }
    }

    /// The queue, when it holds less than `max` commands.
    fn room(&self, max: usize) -> Result<MutexGuard<'_, State>, HandleError> {
        let state = self.lock();
        if state.is_closed {
            Err(HandleError::Stopped)
        } else if state.commands.len() >= max {
            Err(HandleError::QueueFull { shard: self.shard, messages_max: self.messages_max })
        } else {
            Ok(state)
        }
    }

    fn put(&self, mut state: MutexGuard<'_, State>, command: Command) {
        let was_empty = state.commands.is_empty();
        state.commands.push_back(command);
        if state.commands.len() > self.messages_max {
            self.is_overfull.store(true, Ordering::Relaxed);
        }
        drop(state);
        if was_empty {
            self.ready.wake_shard();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Under the lock that room was missed under, so that it cannot come unnoticed.
    fn will_wake(&mut self, waiter: &Arc<ReadyList>) {
        if !self.waiting.iter().any(|waiting| Arc::ptr_eq(waiting, waiter)) {
            self.waiting.push(Arc::clone(waiter));
        }
    }
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Command::Arrive(_) => "Arrive",
            Command::Relay(_) => "Relay",
            Command::Run(_) => "Run",
            Command::Drain(_) => "Drain",
            Command::Finish => "Finish",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanfare_core::broadcast::Target;
    use fanfare_core::hub::Publication;
    use fanfare_core::wire::Frame;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The ready list of a shard, and how often the shard was woken.
    fn shard() -> (Arc<ReadyList>, Arc<Wakes>) {
        let (ready, wakes) = (Arc::new(ReadyList::default()), Arc::new(Wakes::default()));
        ready.take(&Waker::from(Arc::clone(&wakes)), &mut Vec::new());
        (ready, wakes)
    }

    fn woken(wakes: &Wakes) -> usize {
        wakes.0.swap(0, Ordering::Relaxed)
    }

    fn relay() -> Arc<Relay> {
        let publication = Publication::new(Target::Everyone, Frame::text("x"));
        Arc::new(Relay::new(ShardId(1), None, publication))
    }

    fn take(inbox: &Inbox, max: usize) -> (usize, bool) {
        let mut taken = Vec::new();
        let more = inbox.take(max, &mut taken);
        (taken.len(), more)
    }

    #[test]
    fn the_first_command_wakes_the_shard_and_takes_are_bounded() {
        let (ready, wakes) = shard();
        let inbox = Inbox::new(ShardId(0), 10, ready);
        for _ in 0..3 {
            inbox.push(Command::Finish).unwrap();
        }
        assert_eq!(woken(&wakes), 1);
        assert_eq!(take(&inbox, 2), (2, true));
        assert_eq!(take(&inbox, 2), (1, false));
        inbox.push(Command::Finish).unwrap();
        assert_eq!(woken(&wakes), 1, "once more after it was emptied");
    }

    #[test]
    fn closes_find_room_where_commands_do_not_and_a_stop_always() {
        let inbox = Inbox::new(ShardId(7), 2, shard().0);
        let full = Err(HandleError::QueueFull { shard: ShardId(7), messages_max: 2 });
        for _ in 0..2 {
            inbox.push(Command::Finish).unwrap();
        }
        assert_eq!(inbox.push(Command::Finish), full);
        for _ in 0..2 {
            inbox.push_reserved(Command::Finish).unwrap();
        }
        assert_eq!(inbox.push_reserved(Command::Finish), full);
        for _ in 0..100 {
            inbox.push_always(Command::Finish).unwrap();
        }
        assert_eq!(take(&inbox, usize::MAX), (104, false));
    }

    #[test]
    fn a_relay_is_taken_without_room_and_room_wakes_its_sender_once() {
        let inbox = Inbox::new(ShardId(0), 3, shard().0);
        let (sender, wakes) = shard();
        assert_eq!([(); 5].map(|()| inbox.relay(relay(), &sender)), [true, true, false, false, false]);
        assert!(!inbox.has_room_or_wakes(&sender));
        take(&inbox, 2);
        assert_eq!(woken(&wakes), 0, "there is no room yet");
        take(&inbox, 1);
        assert_eq!(woken(&wakes), 1);
        assert!(inbox.has_room_or_wakes(&sender));
        take(&inbox, 2);
        assert_eq!(woken(&wakes), 0);
    }

    #[test]
    fn a_shard_that_ends_takes_nothing_answers_all_and_wakes_who_waits() {
        let inbox = Inbox::new(ShardId(0), 1, shard().0);
        let (sender, wakes) = shard();
        let (answer, waiting) = crate::reply::reply::<()>();
        inbox.push(Command::Run(Box::new(move |_, _| answer.give(())))).unwrap();
        assert!(!inbox.relay(relay(), &sender));
        inbox.close();
        assert_eq!(waiting.wait(), Err(HandleError::Stopped));
        assert_eq!(woken(&wakes), 1);
        assert_eq!(inbox.push_always(Command::Finish), Err(HandleError::Stopped));
        assert!(inbox.relay(relay(), &sender), "a shard that has ended has no members to miss it");
        assert!(inbox.has_room_or_wakes(&sender));
    }
}
