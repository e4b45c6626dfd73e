//! What a simulation moves: shards, clients, and futures beside them.

use fanfare_core::time::Instant;
use fanfare_driver::{BoxFuture, ClientTask, Shard, Spawn, Turn};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

/// Something that goes on when it was woken, or its time has come.
#[derive(Debug)]
pub(crate) struct Task {
    /// With whom it ends.
    pub(crate) owner: Owner,
    woken: Arc<Woken>,
    work: Work,
}

/// Whose work something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    /// It ends by itself.
    Nobody,
    /// This server's, of those that a simulation ever had.
    Server(u64),
}

enum Work {
    Shard { shard: Box<Shard>, until: Option<Instant> },
    Client { client: Box<ClientTask>, until: Option<Instant> },
    Future(BoxFuture<()>),
}

/// Whether a task is to go on.
#[derive(Debug)]
struct Woken {
    is_set: AtomicBool,
    bell: Arc<Bell>,
}

/// Rung whenever a task is woken: for who waits for work.
#[derive(Debug, Default)]
pub(crate) struct Bell(Mutex<Option<Waker>>);

/// The futures that were begun, until the simulation takes them over.
#[derive(Default)]
pub(crate) struct Spawned {
    futures: Mutex<Vec<(Owner, BoxFuture<()>)>>,
    bell: Arc<Bell>,
}

/// What the handlers of a server begin futures by.
#[derive(Debug)]
pub(crate) struct Spawner {
    pub(crate) owner: Owner,
    pub(crate) spawned: Arc<Spawned>,
}

impl Task {
    pub(crate) fn shard(owner: Owner, shard: Shard, bell: &Arc<Bell>) -> Task {
        Task::new(owner, Work::Shard { shard: Box::new(shard), until: None }, bell)
    }

    pub(crate) fn client(client: ClientTask, bell: &Arc<Bell>) -> Task {
        Task::new(Owner::Nobody, Work::Client { client: Box::new(client), until: None }, bell)
    }

    pub(crate) fn future(owner: Owner, future: BoxFuture<()>, bell: &Arc<Bell>) -> Task {
        Task::new(owner, Work::Future(future), bell)
    }

    fn new(owner: Owner, work: Work, bell: &Arc<Bell>) -> Task {
        let woken = Woken { is_set: AtomicBool::new(true), bell: Arc::clone(bell) };
        Task { owner, woken: Arc::new(woken), work }
    }

    pub(crate) fn is_ready(&self, now: Instant) -> bool {
        self.woken.is_set.load(Ordering::Acquire) || self.until().is_some_and(|until| until <= now)
    }

    /// When it goes on by itself.
    pub(crate) fn until(&self) -> Option<Instant> {
        match &self.work {
            Work::Shard { until, .. } | Work::Client { until, .. } => *until,
            Work::Future(_) => None,
        }
    }

    /// Goes on; says whether that was the last time.
    pub(crate) fn go_on(&mut self) -> Poll<()> {
        self.woken.is_set.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&self.woken));
        let mut cx = Context::from_waker(&waker);
        let (turn, until) = match &mut self.work {
            Work::Shard { shard, until } => (shard.turn(&mut cx), until),
            Work::Client { client, until } => (client.turn(&mut cx), until),
            Work::Future(future) => return future.as_mut().poll(&mut cx),
        };
        match turn {
            Turn::Busy => waker.wake_by_ref(),
            Turn::Idle { until: next } => *until = next,
            Turn::Ended => return Poll::Ready(()),
        }
        Poll::Pending
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_set.store(true, Ordering::Release);
        self.bell.ring();
    }
}

impl Bell {
    pub(crate) fn wakes(&self, waker: Waker) {
        *lock(&self.0) = Some(waker);
    }

    fn ring(&self) {
        let waker = lock(&self.0).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Spawned {
    pub(crate) fn new(bell: &Arc<Bell>) -> Spawned {
        Spawned { futures: Mutex::default(), bell: Arc::clone(bell) }
    }

    pub(crate) fn add(&self, owner: Owner, future: BoxFuture<()>) {
        lock(&self.futures).push((owner, future));
        self.bell.ring();
    }

    pub(crate) fn take(&self) -> Vec<(Owner, BoxFuture<()>)> {
        std::mem::take(&mut *lock(&self.futures))
    }
}

impl Spawn for Spawner {
    fn spawn(&self, future: BoxFuture<()>) {
        self.spawned.add(self.owner, future);
    }

    /// On a real thread: what blocks cannot be moved step by step.
    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        thread::Builder::new().spawn(work).map(drop)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Work::Shard { shard, until } => {
                f.debug_struct("Shard").field("shard", shard).field("until", until).finish()
            }
            Work::Client { client, until } => {
                f.debug_struct("Client").field("client", client).field("until", until).finish()
            }
            Work::Future(_) => f.write_str("Future"),
        }
    }
}

impl fmt::Debug for Spawned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawned").field("futures", &lock(&self.futures).len()).finish_non_exhaustive()
    }
}
