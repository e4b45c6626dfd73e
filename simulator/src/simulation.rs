//! Steps and time: who goes on next, and when nothing can but the clock.

use crate::server::Server;
use crate::task::{Bell, Spawned, Task};
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use fanfare_driver::{App, AppError, Launch, ManualClock, Spawn, Surroundings};
use std::fmt;
use std::sync::Arc;
use std::task::Waker;

/// Servers on virtual connections and a virtual clock. See the crate.
pub struct Simulation {
    clock: ManualClock,
    random: Random,
    tasks: Vec<Task>,
    spawned: Arc<Spawned>,
    bell: Arc<Bell>,
}

impl Simulation {
    /// An empty simulation, whose every choice follows from `seed`.
    pub fn new(seed: u64) -> Simulation {
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().zip(seed.to_le_bytes()) {
            *place = byte;
        }
        let bell = Arc::<Bell>::default();
        Simulation {
            clock: ManualClock::default(),
            random: Random::from_seed(bytes),
            tasks: Vec::new(),
            spawned: Arc::new(Spawned::new(&bell)),
            bell,
        }
    }

    /// Builds a server of `shards` shards, which runs from the next step until
    /// it is stopped through its handle.
    ///
    /// # Errors
    /// As [`Launch::new`]: the application cannot be served.
    pub fn launch(&mut self, app: App, shards: usize) -> Result<Server, AppError> {
        let mut seed = [0; 32];
        for bytes in seed.chunks_exact_mut(8) {
            bytes.copy_from_slice(&self.random.next_u64().to_le_bytes());
        }
        let surroundings = Surroundings::simulated(&self.clock, seed);
        let spawner: Arc<dyn Spawn> = Arc::<Spawned>::clone(&self.spawned);
        let Launch { handle, acceptor, shards } = Launch::within(surroundings, app, shards, spawner)?;
        self.tasks.extend(shards.into_iter().map(|shard| Task::shard(shard, &self.bell)));
        let ending = acceptor.clone();
        self.spawned.spawn(Box::pin(async move {
            // Told, or told that there is nobody left to tell: it is over.
            let _ = ending.drained().await;
            ending.finish();
        }));
        Ok(Server::new(handle, acceptor, self.random.fork()))
    }

    /// Lets one shard take a turn, or one future go on: any of those that have
    /// something to do. Says whether there was one.
    pub fn step(&mut self) -> bool {
        self.take_spawned();
        let now = self.clock.now();
        let ready = || self.tasks.iter().enumerate().filter(|(_, task)| task.is_ready(now));
        let Some(choice) = self.random.next_u32().checked_rem(count(ready())) else { return false };
        let chosen = ready().nth(choice as usize).map(|(place, _)| place);
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

    /// Sets the clock forward to the next deadline, but to `max` at most. Says
    /// whether a deadline has come.
    pub fn advance(&mut self, max: Instant) -> bool {
        let next = self.next_deadline().filter(|deadline| *deadline <= max);
        self.clock.advance_to(next.unwrap_or(max));
        next.is_some()
    }

    /// When something will happen by itself: as of the last step.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.tasks.iter().filter_map(Task::until).min()
    }

    /// The time in the simulation.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Wakes `waker` from now on when there is something to do: for a thread
    /// that moves a simulation and waits for what other threads ask of it.
    pub fn wakes(&mut self, waker: Waker) {
        self.bell.wakes(waker);
    }

    fn take_spawned(&mut self) {
        let futures = self.spawned.take();
        self.tasks.extend(futures.into_iter().map(|future| Task::future(future, &self.bell)));
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
            .finish_non_exhaustive()
    }
}
