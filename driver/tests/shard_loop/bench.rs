//! Shards without a runtime: turns are taken by hand, by those that were woken
//! and no others, so that a lost wake-up leaves undone what a test waits for.

use crate::line::Line;
use fanfare_driver::{Acceptor, App, BoxFuture, Handle, Launch, Shard, Spawn, Turn};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::thread;

/// More rounds than any test needs.
const ROUNDS_MAX: usize = 10_000;

/// The shards of a server, and what runs beside them.
pub(crate) struct Bench {
    shards: Vec<(Arc<Woken>, Shard)>,
    pub(crate) handle: Handle,
    pub(crate) acceptor: Acceptor,
    futures: Arc<Futures>,
}

#[derive(Default)]
struct Futures(Mutex<Vec<(Arc<Woken>, BoxFuture<()>)>>);

impl Spawn for Futures {
    fn spawn(&self, future: BoxFuture<()>) {
        self.0.lock().unwrap().push((Woken::at_first(), future));
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        thread::Builder::new().spawn(work).map(drop)
    }
}

struct Woken(AtomicBool);

impl Woken {
    fn at_first() -> Arc<Woken> {
        Arc::new(Woken(AtomicBool::new(true)))
    }

    fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

impl Bench {
    pub(crate) fn new(app: App) -> Bench {
        Bench::with_shards(app, 1)
    }

    pub(crate) fn with_shards(app: App, shards: usize) -> Bench {
        let futures = Arc::new(Futures::default());
        let spawner: Arc<dyn Spawn> = Arc::<Futures>::clone(&futures);
        let Launch { handle, acceptor, shards } = Launch::new(app, shards, spawner).unwrap();
        let shards = shards.into_iter().map(|shard| (Woken::at_first(), shard)).collect();
        Bench { shards, handle, acceptor, futures }
    }

    /// Hands a line's near end to the least loaded shard.
    pub(crate) fn accept(&self, line: &Line, unread: &[u8]) {
        self.acceptor.accept(line.transport(), None, unread.to_vec()).unwrap();
    }

    /// One turn of the first shard, woken or not.
    pub(crate) fn turn(&mut self) -> Turn {
        self.turn_of(0)
    }

    fn turn_of(&mut self, place: usize) -> Turn {
        let (woken, shard) = &mut self.shards[place];
        woken.take();
        let waker = Waker::from(Arc::clone(woken));
        let turn = shard.turn(&mut Context::from_waker(&waker));
        let is_due = |until| until <= self.handle.now();
        match turn {
            Turn::Busy => waker.wake(),
            Turn::Idle { until } if until.is_some_and(is_due) => waker.wake(),
            Turn::Idle { .. } | Turn::Ended => {}
        }
        turn
    }

    /// Takes turns, and polls what was spawned, until nothing is woken.
    pub(crate) fn run(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let mut is_idle = true;
            for place in 0..self.shards.len() {
                if self.shards[place].0.take() {
                    is_idle = false;
                    self.turn_of(place);
                }
            }
            if !self.poll_futures() && is_idle {
                return;
            }
        }
        panic!("shards without work must come to rest");
    }

    /// Says whether there was one to poll.
    fn poll_futures(&self) -> bool {
        let mut futures = std::mem::take(&mut *self.futures.0.lock().unwrap());
        let mut has_polled = false;
        futures.retain_mut(|(woken, future)| {
            let is_woken = woken.take();
            has_polled |= is_woken;
            let waker = Waker::from(Arc::clone(woken));
            !is_woken || future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending()
        });
        self.futures.0.lock().unwrap().append(&mut futures);
        has_polled
    }

    /// How many futures have been spawned and have not ended.
    pub(crate) fn futures_len(&self) -> usize {
        self.futures.0.lock().unwrap().len()
    }
}
