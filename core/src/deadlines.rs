//! When each connection is to be looked at again: a lazy hierarchical timer wheel.
//!
//! Apart from the hub because it knows nothing but slots and moments. Nothing
//! here is ever cancelled or moved on behalf of its owner: an entry that comes
//! out is a hint, to be compared with what the connection really waits for. So
//! activity costs one store in the connection and nothing here.
//!
//! Time is cut into ticks of [`TICK`], and a deadline is rounded **up** to a
//! tick: it is never early and less than a tick late, and an owner of any number
//! of deadlines wakes at most once per tick.
//!
//! A tick number has seven digits to base 64, and each digit has a level of 64
//! buckets. An entry waits at the level of the highest digit in which its tick
//! differs from the present one, in the bucket of its own digit; when time
//! reaches that bucket, the entries move to lower levels or come out. Since the
//! digits cover all of time, no deadline is too far and no jump too long.
//!
//! Must never: hand out an entry early, lose one, or do unbounded work per call.

#[cfg(test)]
mod tests;

use crate::time::Instant;
use std::fmt;
use std::time::Duration;

/// The grain of the wheel: 2²⁴ ns, about 16.8 ms.
pub const TICK: Duration = Duration::from_nanos(TICK_NANOS);

const TICK_BITS: u32 = 24;
const TICK_NANOS: u64 = 1 << TICK_BITS;
/// The last tick that ever begins.
const TICK_LAST: u64 = u64::MAX >> TICK_BITS;
const DIGIT_BITS: u32 = 6;
const DIGIT_MASK: u64 = (1 << DIGIT_BITS) - 1;
const BUCKETS: usize = 1 << DIGIT_BITS;
const LEVELS: u32 = 7;
/// An emptied bucket keeps room for this many entries (1 KiB) and gives back the
/// rest, so that a burst does not stay in memory.
const KEPT_ENTRIES: usize = 64;

const _: () = assert!(TICK_LAST.ilog2() < LEVELS * DIGIT_BITS, "the levels must cover all of time");
const _: () = assert!(size_of::<Entry>() == 16);

/// Who is to be looked at, and when.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Entry {
    /// The connection's slot in its shard.
    pub slot: u32,
    /// The deadline as it was scheduled. One that is no longer what the
    /// connection waits for is to be ignored.
    pub at: Instant,
}

/// The deadlines of one hub.
///
/// ```
/// use fanfare_core::deadlines::{Deadlines, TICK};
/// use fanfare_core::time::Instant;
/// use std::time::Duration;
///
/// let mut deadlines = Deadlines::new(Instant::ZERO);
/// let at = Instant::ZERO + Duration::from_secs(30);
/// deadlines.schedule(7, at);
///
/// let mut due = Vec::new();
/// let mut now = Instant::ZERO;
/// while let Some(next) = deadlines.next() {
///     now = next;
///     deadlines.expire(now, &mut due, 100);
/// }
/// assert_eq!((due[0].slot, due[0].at), (7, at));
/// assert!(now >= at && now < at + TICK);
/// ```
pub struct Deadlines {
    /// How far time was followed. Every entry in a bucket is due later.
    tick: u64,
    /// The bucket that is being emptied, and what was due when it was scheduled.
    opened: Vec<Entry>,
    levels: Vec<Level>,
    len: usize,
}

impl Deadlines {
    /// An empty wheel at `now`.
    pub fn new(now: Instant) -> Deadlines {
        Deadlines {
            tick: tick_reached(now),
            opened: Vec::new(),
            levels: (0..LEVELS).map(|level| Level::new(level * DIGIT_BITS)).collect(),
            len: 0,
        }
    }

    /// Lets `slot` come out at `at`, beside whatever was scheduled for it before.
    ///
    /// What is already due comes out at the next [`Deadlines::expire`].
    /// [`Instant::FAR_FUTURE`] (with the tick that ends there) means never and
    /// is not kept.
    pub fn schedule(&mut self, slot: u32, at: Instant) {
        let entry = Entry { slot, at };
        if entry.due_tick() <= TICK_LAST {
            self.file(entry);
            self.len += 1;
        }
    }

    /// Appends to `due` what is due at `now`: the earliest ticks first, and
    /// within a tick in an order that only depends on the calls so far.
    ///
    /// Handles at most `work_max` entries, where one that only moves to a lower
    /// level counts too. When that did not suffice, [`Deadlines::next`] is not
    /// after `now`: do other work, then call again.
    ///
    /// A `now` before an earlier one counts as the earlier one.
    pub fn expire(&mut self, now: Instant, due: &mut Vec<Entry>, work_max: usize) {
        let reached = tick_reached(now);
        for _ in 0..work_max {
            let Some(entry) = self.take_opened(reached) else { return };
            if entry.due_tick() <= self.tick {
                due.push(entry);
                self.len -= 1;
            } else {
                self.file(entry);
            }
        }
    }

    /// When to call [`Deadlines::expire`] next; `None` while nothing is
    /// scheduled. Ask again after every call that changes the wheel.
    ///
    /// Never later than the earliest deadline comes out, which is at most a tick
    /// after it is due. It may be earlier, when entries have to move to a lower
    /// level; every call then brings them nearer, and there are seven levels.
    pub fn next(&self) -> Option<Instant> {
        let tick = if self.opened.is_empty() { self.soonest()?.tick } else { self.tick };
        Some(Instant::from_nanos(tick << TICK_BITS))
    }

    /// How many entries wait.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts an entry where its tick, seen from the present one, says.
    fn file(&mut self, entry: Entry) {
        let due = entry.due_tick();
        if due <= self.tick {
            self.opened.push(entry);
            return;
        }
        // A tick has as many digits as there are levels, so there always is one.
        let level = (due ^ self.tick).ilog2() / DIGIT_BITS;
        if let Some(level) = self.levels.get_mut(level as usize) {
            level.put(due, entry);
        }
    }

    /// The next entry that time has reached, opening the next bucket if need be.
    fn take_opened(&mut self, reached: u64) -> Option<Entry> {
        if self.opened.is_empty() {
            self.open_next(reached);
        }
        self.opened.pop()
    }

    /// Follows time to the next occupied bucket and opens it, or to `reached`
    /// when there is none before.
    fn open_next(&mut self, reached: u64) {
        if self.opened.capacity() > KEPT_ENTRIES {
            self.opened = Vec::new();
        }
        match self.soonest() {
            Some(soonest) if soonest.tick <= reached => {
                self.tick = soonest.tick;
                if let Some(level) = self.levels.get_mut(soonest.level) {
                    level.open(soonest.digit, &mut self.opened);
                }
            }
            Some(_) | None => self.tick = self.tick.max(reached),
        }
    }

    /// The first occupied bucket. What a lower level holds agrees with the
    /// present tick in more digits, so it comes before all of a higher one; and
    /// within a level no bucket lies behind the present one.
    fn soonest(&self) -> Option<Soonest> {
        let (index, level) = self.levels.iter().enumerate().find(|(_, level)| level.occupied != 0)?;
        let digit = level.occupied.trailing_zeros();
        let digits_above = self.tick >> level.shift >> DIGIT_BITS << DIGIT_BITS;
        let tick = (digits_above | u64::from(digit)) << level.shift;
        Some(Soonest { level: index, digit, tick })
    }
}

impl fmt::Debug for Deadlines {
    /// Shows how many entries wait, not a million of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadlines")
            .field("len", &self.len)
            .field("next", &self.next())
            .finish_non_exhaustive()
    }
}

impl Entry {
    /// The first tick that begins at the deadline or after it.
    fn due_tick(self) -> u64 {
        self.at.as_nanos().div_ceil(TICK_NANOS)
    }
}

/// The last tick that has begun at `now`.
fn tick_reached(now: Instant) -> u64 {
    now.as_nanos() >> TICK_BITS
}

/// Where the first occupied bucket is, and the tick it begins at.
struct Soonest {
    level: usize,
    digit: u32,
    tick: u64,
}

/// The buckets of one digit.
struct Level {
    /// How many bits of a tick lie below the digit.
    shift: u32,
    /// One bit per bucket that holds anything.
    occupied: u64,
    buckets: [Vec<Entry>; BUCKETS],
}

impl Level {
    fn new(shift: u32) -> Level {
        Level { shift, occupied: 0, buckets: [const { Vec::new() }; BUCKETS] }
    }

    fn put(&mut self, due: u64, entry: Entry) {
        let digit = ((due >> self.shift) & DIGIT_MASK) as usize;
        self.occupied |= 1 << digit;
        if let Some(bucket) = self.buckets.get_mut(digit) {
            bucket.push(entry);
        }
    }

    /// Moves a bucket into `opened`, which is empty; its allocation stays here.
    fn open(&mut self, digit: u32, opened: &mut Vec<Entry>) {
        self.occupied &= !(1 << digit);
        if let Some(bucket) = self.buckets.get_mut(digit as usize) {
            std::mem::swap(bucket, opened);
        }
    }
}
