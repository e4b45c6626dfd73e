//! The one source of randomness a hub has, handed in by its owner.
//!
//! Ids, hash keys and timer spreading come from here, so the same seed gives
//! the same hub; real adapters seed it from the operating system.

use chacha20::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};
use std::fmt;
use std::time::Duration;

/// A cryptographically strong generator, deterministic in its seed.
///
/// ```
/// use fanfare_core::random::Random;
///
/// let (mut a, mut b) = (Random::from_seed([7; 32]), Random::from_seed([7; 32]));
/// assert_eq!(a.next_u64(), b.next_u64());
/// ```
pub struct Random(ChaCha12Rng);

impl Random {
    /// A generator for `seed`, which must be secret and from the operating
    /// system wherever real peers connect.
    pub fn from_seed(seed: [u8; 32]) -> Random {
        Random(ChaCha12Rng::from_seed(seed))
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A time from zero to `longest`, any of them as likely.
    pub fn up_to(&mut self, longest: Duration) -> Duration {
        let fraction = f64::from(self.next_u32()) / f64::from(u32::MAX);
        // The longest time there is may be rounded up to more than that.
        Duration::try_from_secs_f64(fraction * longest.as_secs_f64()).unwrap_or(longest)
    }

    /// A generator of its own for somebody else, seeded by this one: what one
    /// takes does not change what the other gets.
    #[must_use]
    pub fn fork(&mut self) -> Random {
        let mut seed = [0; 32];
        for bytes in seed.chunks_exact_mut(8) {
            bytes.copy_from_slice(&self.next_u64().to_le_bytes());
        }
        Random::from_seed(seed)
    }
}

impl fmt::Debug for Random {
    /// Shows nothing of the state: it predicts ids and hash keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random(..)")
    }
}
