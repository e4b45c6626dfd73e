//! Where scenarios take place: clients on some runtime, and servers to connect to.
//!
//! A scenario says what happens and never on what. All calls block, and give up
//! with a panic after [`DEADLINE`].

mod log;
mod peer;
mod proxy;
mod server;
mod tunnel;

pub(crate) use log::Log;
pub(crate) use peer::{Peer, plain_answer};
pub(crate) use proxy::Proxy;
pub(crate) use server::{Identity, Server};
pub(crate) use tunnel::Tunnel;

use fanfare::{Client, ClientError, ClientHandle, ClientStream, Heard, driver::Reply};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// What has not happened by then will not.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A runtime that clients run on.
pub(crate) enum World {
    Smol,
    StdThreads,
    Tokio(tokio::runtime::Runtime),
}

impl World {
    pub(crate) fn tokio() -> World {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        World::Tokio(runtime.unwrap())
    }

    /// A client with callbacks.
    pub(crate) fn start(&self, client: Client) -> ClientHandle {
        match self {
            World::Smol => fanfare::smol::start(client).unwrap(),
            World::StdThreads => fanfare::std_threads::start(client).unwrap(),
            World::Tokio(runtime) => {
                let _inside = runtime.enter();
                fanfare::tokio::start(client).unwrap()
            }
        }
    }

    /// A client with a stream.
    pub(crate) fn open(&self, client: Client) -> ClientStream {
        match self {
            World::Smol => fanfare::smol::open(client).unwrap(),
            World::StdThreads => fanfare::std_threads::open(client).unwrap(),
            World::Tokio(runtime) => {
                let _inside = runtime.enter();
                fanfare::tokio::open(client).unwrap()
            }
        }
    }
}

/// Waits for an answer, within the deadline.
#[track_caller]
pub(crate) fn outcome<T: Send + 'static>(reply: Reply<T, ClientError>) -> Result<T, ClientError> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(reply.wait()));
    receiver.recv_timeout(DEADLINE).expect("an answer must come within the deadline")
}

/// The same for an answer that must be good.
#[track_caller]
pub(crate) fn done<T: Send + 'static>(reply: Reply<T, ClientError>) -> T {
    outcome(reply).unwrap()
}

/// What a stream has next, within the deadline, and the stream.
#[track_caller]
pub(crate) fn next(mut stream: ClientStream) -> (Option<Heard>, ClientStream) {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let heard = stream.hear().wait();
        sender.send((heard, stream))
    });
    receiver.recv_timeout(DEADLINE).expect("something must be heard within the deadline")
}

/// Waits until something can be observed.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < DEADLINE, "{what} must come true within the deadline");
        thread::park_timeout(Duration::from_millis(1));
    }
}
