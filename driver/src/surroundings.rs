//! Where a server or a client has time and chance from: the machine, or a simulation.
//!
//! Apart because it is all that either takes from the world by itself;
//! everything else is brought to it.

use crate::clock::{Clock, ManualClock};
use crate::error::AppError;
use fanfare_core::random::Random;
use std::fmt;

/// A clock and a generator. A server or a client in the same surroundings, told the same in
/// the same order, does the same.
pub struct Surroundings {
    pub(crate) clock: Clock,
    pub(crate) random: Random,
}

impl Surroundings {
    /// The real clock, and a generator seeded by the operating system.
    ///
    /// # Errors
    /// [`AppError::Randomness`] where the system gives none.
    pub fn real() -> Result<Surroundings, AppError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| AppError::Randomness(error.to_string()))?;
        Ok(Surroundings { clock: Clock::start(), random: Random::from_seed(seed) })
    }

    /// Imagined time and known chance: ids, and the keys of hash tables, can be
    /// foretold from `seed`. Never for a server that real peers connect to.
    pub fn simulated(clock: &ManualClock, seed: [u8; 32]) -> Surroundings {
        Surroundings { clock: Clock::from(clock.clone()), random: Random::from_seed(seed) }
    }
}

impl fmt::Debug for Surroundings {
    /// Without the generator: what it holds is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("clock", &self.clock).finish_non_exhaustive()
    }
}
