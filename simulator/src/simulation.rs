//! Steps and time: who goes on next, and when nothing can but the clock.

use crate::faults::{Faults, Report};
use crate::host::Host;
use crate::network::Network;
use crate::server::Server;
use crate::task::{Bell, Owner, Spawned, Spawner, Task};
use crate::timers::Timer;
use crate::trace::Trace;
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use fanfare_driver::{
    Acceptor, App, AppError, Client, ClientHandle, ClientStartError, ClientStream, Handle, Launch, Spawn,
    Surroundings,
};
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Servers and clients on virtual connections and a virtual clock. See the crate.
pub struct Simulation {
    timer: Timer,
    random: Random,
    pub(crate) network: Network,
    pub(crate) hosts: Vec<Host>,
    pub(crate) tasks: Vec<Task>,
    spawned: Arc<Spawned>,
    bell: Arc<Bell>,
    servers: u64,
    trace: Trace,
}

impl Simulation {
    /// An empty simulation, whose every choice follows from `seed`.
    pub fn new(seed: u64) -> Simulation {
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().zip(seed.to_le_bytes()) {
            *place = byte;
        }
        let bell = Arc::<Bell>::default();
        let mut random = Random::from_seed(bytes);
        let timer = Timer::default();
        Simulation {
            network: Network::new(timer.clone(), random.fork()),
            timer,
            random,
            hosts: Vec::new(),
            tasks: Vec::new(),
            spawned: Arc::new(Spawned::new(&bell)),
            bell,
            servers: 0,
            trace: Trace::default(),
        }
    }

    /// Builds a server of `shards` shards, which runs from the next step until
    /// it is stopped through its handle. It is reached by its
    /// [wires](Server::connect) only; for clients there is [`serve`](Self::serve).
    ///
    /// # Errors
    /// As [`Launch::new`]: the application cannot be served.
    pub fn launch(&mut self, app: App, shards: usize) -> Result<Server, AppError> {
        let (_, handle, acceptor) = self.launch_owned(app, shards)?;
        Ok(Server::new(handle, acceptor, self.random.fork()))
    }

    /// Starts a client, for its callbacks, as the adapters of the runtimes do: it
    /// connects when it is asked to, and ends with the last handle. It dials through
    /// the [faulty](Self::set_faults) network, on which there are those that
    /// [serve](Self::serve), and comes from an address of its own.
    ///
    /// # Errors
    /// As of [`Client::launch`].
    pub fn start(&mut self, client: Client) -> Result<ClientHandle, ClientStartError> {
        let (task, handle) = client.launch_within(self.surroundings(), self.network.dialer())?;
        self.tasks.push(Task::client(task, &self.bell));
        Ok(handle)
    }

    /// The same for who pulls what the client hears, in a future that is
    /// [spawned](Self::spawn).
    ///
    /// # Errors
    /// As of [`Client::launch`].
    pub fn open(&mut self, client: Client) -> Result<ClientStream, ClientStartError> {
        let (task, stream) = client.launch_stream_within(self.surroundings(), self.network.dialer())?;
        self.tasks.push(Task::client(task, &self.bell));
        Ok(stream)
    }

    /// Runs a future beside the others.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + Send + 'static) {
        self.spawned.add(Owner::Nobody, Box::pin(future));
    }

    /// What futures can sleep by.
    pub fn timer(&self) -> &Timer {
        &self.timer
    }

    /// What the network is like from now on. It is [`Faults::NONE`] at first. What
    /// has stalled goes on when its time has come, and what has fallen silent stays
    /// so; servers have their time to stay drawn anew.
    pub fn set_faults(&mut self, faults: Faults) {
        self.network.weather().faults = faults;
        self.replan_hosts();
    }

    /// How often what has happened on the network.
    pub fn report(&self) -> Report {
        self.network.weather().report
    }

    /// All that has happened, in one number: who went on when, and which bytes
    /// arrived when at which client or [served](Self::serve) application. The same
    /// on every machine, in every build.
    pub fn trace(&self) -> u64 {
        let mut trace = self.trace;
        trace.add(self.network.weather().trace.get());
        trace.get()
    }

    /// Lets one shard or client take a turn, or one future go on: any of those that
    /// have something to do. Says whether there was one.
    pub fn step(&mut self) -> bool {
        self.timer.ring();
        self.attend_hosts();
        self.take_spawned();
        let now = self.now();
        let ready = || self.tasks.iter().enumerate().filter(|(_, task)| task.is_ready(now));
        let Some(choice) = self.random.next_u32().checked_rem(count(ready())) else { return false };
        let chosen = ready().nth(choice as usize).map(|(place, _)| place);
        self.trace.add(now.as_nanos());
        self.trace.add(u64::from(choice));
        if let Some(place) = chosen
            && let Some(task) = self.tasks.get_mut(place)
            && task.go_on().is_ready()
        {
            drop(self.tasks.remove(place));
        }
        true
    }

    /// Steps until nobody has anything to do but wait.
    ///
    /// Does not return where handlers keep each other busy without end.
    pub fn run(&mut self) {
        while self.step() {}
    }

    /// Runs until `duration` has passed.
    pub fn run_for(&mut self, duration: Duration) {
        let end = self.now() + duration;
        self.run();
        while self.advance(end) {
            self.run();
        }
    }

    /// Runs until something is so, but for `patience` at most; says whether it is.
    ///
    /// It is looked at whenever nobody has anything to do but wait.
    pub fn run_until(&mut self, patience: Duration, mut is_so: impl FnMut(&mut Simulation) -> bool) -> bool {
        let end = self.now() + patience;
        self.run();
        while !is_so(self) {
            if !self.advance(end) {
                return false;
            }
            self.run();
        }
        true
    }

    /// Runs until a future is ready, such as the reply of a handle, but for
    /// `patience` at most.
    pub fn finish<T>(&mut self, patience: Duration, future: impl Future<Output = T>) -> Option<T> {
        let (mut future, mut output) = (pin!(future), None);
        self.run_until(patience, |_| {
            match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(value) => output = Some(value),
                Poll::Pending => {}
            }
            output.is_some()
        });
        output
    }

    /// Sets the clock forward to the next deadline, but to `max` at most. Says
    /// whether a deadline has come.
    pub fn advance(&mut self, max: Instant) -> bool {
        let next = self.next_deadline().filter(|deadline| *deadline <= max);
        self.timer.clock().advance_to(next.unwrap_or(max));
        next.is_some()
    }

    /// When something will happen by itself: as of the last step.
    pub fn next_deadline(&self) -> Option<Instant> {
        let tasks = self.tasks.iter().filter_map(Task::until);
        tasks.chain(self.timer.next()).chain(self.next_at_hosts()).min()
    }

    /// The time in the simulation.
    pub fn now(&self) -> Instant {
        self.timer.now()
    }

    /// Wakes `waker` from now on when there is something to do: for a thread
    /// that moves a simulation and waits for what other threads ask of it.
    pub fn wakes(&mut self, waker: Waker) {
        self.bell.wakes(waker);
    }

    /// A server with all that belongs to it.
    pub(crate) fn launch_owned(
        &mut self,
        app: App,
        shards: usize,
    ) -> Result<(Owner, Handle, Acceptor), AppError> {
        self.servers += 1;
        let owner = Owner::Server(self.servers);
        let spawner: Arc<dyn Spawn> = Arc::new(Spawner { owner, spawned: Arc::clone(&self.spawned) });
        let surroundings = self.surroundings();
        let Launch { handle, acceptor, shards } = Launch::within(surroundings, app, shards, spawner)?;
        self.tasks.extend(shards.into_iter().map(|shard| Task::shard(owner, shard, &self.bell)));
        let ending = acceptor.clone();
        let finish = async move {
            // Told, or told that there is nobody left to tell: it is over.
            let _ = ending.drained().await;
            ending.finish();
        };
        self.spawned.add(owner, Box::pin(finish));
        Ok((owner, handle, acceptor))
    }

    pub(crate) fn take_spawned(&mut self) {
        let futures = self.spawned.take();
        self.tasks.extend(futures.into_iter().map(|(owner, future)| Task::future(owner, future, &self.bell)));
    }

    /// The simulation's time, and chance from its seed.
    fn surroundings(&mut self) -> Surroundings {
        let mut seed = [0; 32];
        for bytes in seed.chunks_exact_mut(8) {
            bytes.copy_from_slice(&self.random.next_u64().to_le_bytes());
        }
        Surroundings::simulated(self.timer.clock(), seed)
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    items.fold(0, |count, _| count + 1)
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("now", &self.now())
            .field("tasks", &self.tasks)
            .field("hosts", &self.hosts)
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}
