//! A server without a runtime: shards are turned, and futures polled, when they
//! were woken and not otherwise, so that a lost wake-up leaves undone what
//! a test waits for.

use crate::peer::Peer;
use crate::socket::Socket;
use fanfare_driver::{Acceptor, App, BoxFuture, Handle, Launch, Reply, Shard, Spawn, Turn};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// More rounds than any test needs.
const ROUNDS_MAX: usize = 10_000;

/// Whether something was woken.
#[derive(Debug)]
struct Flag(AtomicBool);

impl Flag {
    fn raised() -> Arc<Flag> {
        Arc::new(Flag(AtomicBool::new(true)))
    }

    fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// The application's futures.
#[derive(Default)]
struct Tasks(Mutex<Vec<(Arc<Flag>, BoxFuture<()>)>>);

impl Spawn for Tasks {
    fn spawn(&self, future: BoxFuture<()>) {
        self.0.lock().unwrap().push((Flag::raised(), future));
    }
}

impl Tasks {
    /// Polls those that were woken; says whether there were any.
    fn poll(&self) -> bool {
        let tasks = std::mem::take(&mut *self.0.lock().unwrap());
        let mut polled = false;
        for (flag, mut future) in tasks {
            if flag.take() {
                polled = true;
                let waker = Waker::from(Arc::clone(&flag));
                if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                    continue;
                }
            }
            self.0.lock().unwrap().push((flag, future));
        }
        polled
    }
}

/// A server, and what drives it.
pub(crate) struct World {
    pub(crate) handle: Handle,
    pub(crate) acceptor: Acceptor,
    shards: Vec<(Arc<Flag>, Shard)>,
    tasks: Arc<Tasks>,
}

impl World {
    pub(crate) fn new(app: App) -> World {
        World::with_shards(app, 1)
    }

    pub(crate) fn with_shards(app: App, shards: usize) -> World {
        let tasks = Arc::new(Tasks::default());
        let Launch { handle, acceptor, shards } =
            Launch::new(app, shards, Arc::clone(&tasks) as Arc<dyn Spawn>).unwrap();
        let shards = shards.into_iter().map(|shard| (Flag::raised(), shard)).collect();
        World { handle, acceptor, shards, tasks }
    }

    /// Turns and polls whatever was woken, until nothing is.
    pub(crate) fn run(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let turned = (0..self.shards.len()).filter(|&place| self.turn(place)).count();
            if !self.tasks.poll() && turned == 0 {
                return;
            }
        }
        panic!("the server does not come to rest");
    }

    /// Turns one shard, if there is reason to; says whether there was.
    pub(crate) fn turn(&mut self, place: usize) -> bool {
        let (flag, shard) = &mut self.shards[place];
        if !flag.take() {
            return false;
        }
        let waker = Waker::from(Arc::clone(flag));
        match shard.turn(&mut Context::from_waker(&waker)) {
            Turn::Busy => waker.wake(),
            Turn::Idle { until } if until.is_some_and(|until| until <= self.handle.now()) => waker.wake(),
            Turn::Idle { .. } | Turn::Ended => {}
        }
        true
    }

    /// A peer that has said nothing, on the least loaded shard.
    pub(crate) fn arrive(&mut self) -> Peer {
        let (socket, server_end) = Socket::pair();
        self.acceptor.accept(Box::new(server_end), None, Vec::new()).unwrap();
        Peer::new(socket)
    }

    /// A peer whose request for a connection on `path` is sent.
    pub(crate) fn request(&mut self, path: &str) -> Peer {
        let peer = self.arrive();
        peer.request(path);
        self.run();
        peer
    }

    /// A peer with an open connection.
    #[track_caller]
    pub(crate) fn connect(&mut self, path: &str) -> Peer {
        let mut peer = self.request(path);
        assert_eq!(peer.status(), Some(101), "{path}");
        peer
    }

    /// Sends a text, and lets the server do what follows.
    pub(crate) fn say(&mut self, peer: &Peer, text: &str) {
        peer.text(text);
        self.run();
    }

    /// The answer to something asked, which is there once the server has come to rest.
    #[track_caller]
    pub(crate) fn answer<T>(&mut self, reply: Reply<T>) -> Result<T, fanfare_driver::HandleError> {
        self.run();
        match pin!(reply).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer,
            Poll::Pending => panic!("no answer"),
        }
    }

    /// How many of the application's futures have not ended.
    pub(crate) fn tasks_len(&self) -> usize {
        self.tasks.0.lock().unwrap().len()
    }
}
