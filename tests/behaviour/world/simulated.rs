//! In imagination: real shards and the real core on virtual connections and a
//! virtual clock, moved by a thread of the world's own.
//!
//! The scenario's threads say and hear through virtual streams. Time goes only
//! while one of them waits in vain and the simulation is at rest, and then to
//! the next deadline at once. What a simulation decides follows from its seed;
//! when threads ask, only from the machine.

use super::blocking;
use super::runtime::{Runtime, Serving, Stream, Voice};
use super::{DEADLINE, World, time};
use fanfare::driver::Tls;
use fanfare::{App, Handle};
use fanfare_simulator::{Server, Simulation, Wire};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::task::{Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};
use tungstenite::Error;
use tungstenite::handshake::client::Request;

/// How long a simulation that does not come to rest is waited for before a look
/// whether it has brought what is waited for: a handler of it may be blocked,
/// until the scenario goes on.
const GLANCE: Duration = Duration::from_millis(1);

struct Simulated {
    mover: Mover,
    moving: Option<JoinHandle<()>>,
    shards: usize,
    ports: AtomicU16,
}

/// What moves the simulation. Clones are the same.
#[derive(Clone)]
pub(super) struct Mover {
    jobs: Sender<Job>,
    thread: Thread,
}

/// Done when the simulation has come to rest.
type Job = Box<dyn FnOnce(&mut Simulation) + Send>;

struct Running<'w> {
    world: &'w Simulated,
    address: SocketAddr,
    server: Server,
}

/// A virtual connection, made blocking.
struct Virtual {
    wire: Wire,
    mover: Mover,
}

impl World {
    pub(crate) fn simulated(shards: usize, seed: u64) -> World {
        let (jobs, asked) = mpsc::channel();
        let moving = thread::Builder::new()
            .name("simulation".into())
            .spawn(move || run(Simulation::new(seed), &asked))
            .unwrap();
        let mover = Mover { jobs, thread: moving.thread().clone() };
        time::enter(mover.clone());
        let runtime = Simulated { mover, moving: Some(moving), shards, ports: AtomicU16::new(10_000) };
        World::new(runtime, shards)
    }
}

/// Moves a simulation until nobody can ask for anything any more.
fn run(mut simulation: Simulation, jobs: &Receiver<Job>) {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    simulation.wakes(Waker::from(Arc::new(Unpark(thread::current()))));
    loop {
        simulation.run();
        match jobs.try_recv() {
            Ok(job) => {
                // What the asker did before it asked is to be seen to first.
                simulation.run();
                job(&mut simulation);
            }
            Err(TryRecvError::Empty) => thread::park(),
            Err(TryRecvError::Disconnected) => return,
        }
    }
}

impl Mover {
    /// Waits until something can be observed, for as long as the deadline.
    pub(super) fn wait(&self, is_so: &mut dyn FnMut() -> bool) -> bool {
        // Time that nobody needs is over at once, so this goes on in real time:
        // other threads of the scenario may still be about to do something.
        self.wait_for(DEADLINE, is_so) || time::wait_in_reality(is_so)
    }

    /// The same for a stretch of the simulation's time.
    fn wait_for(&self, patience: Duration, is_so: &mut dyn FnMut() -> bool) -> bool {
        if is_so() {
            return true;
        }
        let Some(until) = self.ask(is_so, move |simulation| simulation.now() + patience) else { return true };
        let advance = move |simulation: &mut Simulation| {
            let has_come = simulation.advance(until);
            simulation.run();
            has_come
        };
        loop {
            match self.ask(is_so, advance) {
                None => return true,
                Some(true) => {}
                Some(false) => return false,
            }
        }
    }

    /// Asks the simulation, at rest. `None` when meanwhile it has come true.
    fn ask<T: Send + 'static>(
        &self,
        is_so: &mut dyn FnMut() -> bool,
        question: impl FnOnce(&mut Simulation) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.post(Box::new(move |simulation| drop(answer.send(question(simulation)))));
        let start = Instant::now();
        loop {
            match answered.recv_timeout(GLANCE) {
                _ if is_so() => return None,
                Ok(answer) => return Some(answer),
                Err(RecvTimeoutError::Timeout) => {
                    assert!(start.elapsed() < DEADLINE, "the simulation must come to rest");
                }
                Err(RecvTimeoutError::Disconnected) => panic!("the simulation has panicked"),
            }
        }
    }

    fn post(&self, job: Job) {
        self.jobs.send(job).expect("the simulation must not panic");
        self.thread.unpark();
    }
}

impl Simulated {
    /// The address of somebody new.
    fn address(&self, host: Ipv4Addr) -> SocketAddr {
        SocketAddr::from((host, self.ports.fetch_add(1, Ordering::Relaxed)))
    }
}

impl Runtime for Simulated {
    fn serve(&self, app: App, tls: Option<Tls>) -> Box<dyn Serving + '_> {
        let shards = self.shards;
        let launch = move |simulation: &mut Simulation| simulation.launch(app, shards);
        let mut server = self.mover.ask(&mut || false, launch).unwrap().unwrap();
        if let Some(tls) = tls {
            server = server.tls(tls);
        }
        Box::new(Running { world: self, address: self.address(Ipv4Addr::LOCALHOST), server })
    }
}

impl Serving for Running<'_> {
    fn handle(&self) -> &Handle {
        self.server.handle()
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn dial(&self, source: Ipv4Addr) -> Box<dyn Stream> {
        Box::new(self.connect(source))
    }

    fn attach(&self, unread: &[u8]) -> Box<dyn Stream> {
        Box::new(
            self.blocking(self.server.attach(Some(self.world.address(Ipv4Addr::LOCALHOST)), unread.to_vec())),
        )
    }

    fn open(&self, source: Ipv4Addr, request: Request) -> Result<Box<dyn Voice>, Error> {
        blocking::upgrade(self.connect(source), request)
    }

    fn join(&mut self) {
        let handle = self.handle();
        assert!(self.world.mover.wait(&mut || handle.is_stopped()), "the server must stop");
    }
}

impl Running<'_> {
    fn connect(&self, source: Ipv4Addr) -> Virtual {
        self.blocking(self.server.connect(Some(self.world.address(source))))
    }

    fn blocking(&self, wire: Wire) -> Virtual {
        Virtual { wire, mover: self.world.mover.clone() }
    }
}

impl Read for Virtual {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        blocking_of(|| self.wire.try_read(buffer), |is_so| self.mover.wait(is_so))
    }
}

impl Write for Virtual {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        blocking_of(|| self.wire.try_write(bytes), |is_so| self.mover.wait(is_so))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Virtual {
    fn write_for(&mut self, bytes: &[u8], patience: Duration) -> io::Result<usize> {
        let written =
            blocking_of(|| self.wire.try_write(bytes), |is_so| self.mover.wait_for(patience, is_so));
        match written {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            written => written,
        }
    }

    fn finish(&mut self) {
        self.wire.finish();
    }

    fn reset(self: Box<Self>) {
        self.wire.reset();
    }
}

/// Tries until it does not block, or the waiting is over.
fn blocking_of(
    mut attempt: impl FnMut() -> io::Result<usize>,
    wait: impl FnOnce(&mut dyn FnMut() -> bool) -> bool,
) -> io::Result<usize> {
    let mut outcome = Err(ErrorKind::WouldBlock.into());
    wait(&mut || {
        outcome = attempt();
        !matches!(&outcome, Err(error) if error.kind() == ErrorKind::WouldBlock)
    });
    outcome
}

impl Drop for Simulated {
    /// Ends the thread, and hears whether it has panicked.
    fn drop(&mut self) {
        time::leave();
        let (nobody, _) = mpsc::channel();
        self.mover.jobs = nobody;
        self.mover.thread.unpark();
        if let Some(moving) = self.moving.take()
            && !thread::panicking()
        {
            moving.join().unwrap();
        }
    }
}
