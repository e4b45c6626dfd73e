//! A shard without a runtime: turns are taken by hand.

use crate::line::Line;
use fanfare_driver::{Acceptor, App, BoxFuture, Handle, Launch, Shard, Spawn, Turn};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

/// More turns than any test needs.
const TURNS_MAX: usize = 10_000;

/// A shard of its own, and what runs beside it.
pub(crate) struct Bench {
    shard: Shard,
    pub(crate) handle: Handle,
    pub(crate) acceptor: Acceptor,
    futures: Arc<Futures>,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Futures(Mutex<Vec<BoxFuture<()>>>);

impl Spawn for Futures {
    fn spawn(&self, future: BoxFuture<()>) {
        self.0.lock().unwrap().push(future);
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Bench {
    pub(crate) fn new(app: App) -> Bench {
        let futures = Arc::new(Futures::default());
        let spawner: Arc<dyn Spawn> = Arc::<Futures>::clone(&futures);
        let Launch { handle, acceptor, mut shards } = Launch::new(app, 1, spawner).unwrap();
        let shard = shards.pop().unwrap();
        Bench { shard, handle, acceptor, futures, woken: Arc::default() }
    }

    /// Hands a line's near end to the shard.
    pub(crate) fn accept(&self, line: &Line, unread: &[u8]) {
        self.acceptor.accept(line.transport(), None, unread.to_vec()).unwrap();
    }

    /// One turn.
    pub(crate) fn turn(&mut self) -> Turn {
        self.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self.woken));
        self.shard.turn(&mut Context::from_waker(&waker))
    }

    /// Takes turns, and polls what was spawned, until there is nothing to do.
    pub(crate) fn run(&mut self) -> Turn {
        for _ in 0..TURNS_MAX {
            let turn = self.turn();
            let ran = self.run_futures();
            let is_woken = self.woken.0.load(Ordering::Relaxed);
            if turn == Turn::Ended || (turn != Turn::Busy && !is_woken && !ran) {
                return turn;
            }
        }
        panic!("a shard without work must come to rest");
    }

    /// Says whether one was finished.
    fn run_futures(&self) -> bool {
        let mut futures = std::mem::take(&mut *self.futures.0.lock().unwrap());
        let before = futures.len();
        futures
            .retain_mut(|future| future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let ran = futures.len() < before;
        self.futures.0.lock().unwrap().append(&mut futures);
        ran
    }
}
