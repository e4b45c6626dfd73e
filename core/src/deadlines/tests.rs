//! The wheel beside a plain list of the same entries.

use super::*;
use proptest::prelude::*;

const PLENTY: usize = usize::MAX;

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

fn tick(number: u64) -> Instant {
    at(number << TICK_BITS)
}

/// What a wheel must do, without a wheel.
#[derive(Default)]
struct Model {
    entries: Vec<Entry>,
}

impl Model {
    fn rounded_up(entry: &Entry) -> Instant {
        at(entry.at.as_nanos().div_ceil(TICK_NANOS) * TICK_NANOS)
    }

    fn expire(&mut self, now: Instant) -> Vec<Entry> {
        let mut due: Vec<Entry> =
            self.entries.extract_if(.., |entry| Model::rounded_up(entry) <= now).collect();
        due.sort_unstable();
        due
    }

    fn next(&self) -> Option<Instant> {
        self.entries.iter().map(Model::rounded_up).min()
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Schedules relative to the present, backwards when `past`.
    Schedule { distance: u64, past: bool },
    /// Jumps and expires, a few entries per call.
    Jump { distance: u64, work_max: usize },
    /// Goes to where the wheel wants to be woken and expires there.
    Follow { work_max: usize },
}

/// Distances of every magnitude, so that every level and its borders are met.
fn distance(bits_max: u32) -> impl Strategy<Value = u64> {
    (0..bits_max, any::<u64>(), prop_oneof![Just(0), Just(TICK_NANOS - 1), Just(u64::MAX)])
        .prop_map(|(bits, random, mask)| (1 << bits) | (random & !mask & ((1 << bits) - 1)))
}

fn step() -> impl Strategy<Value = Step> {
    let work_max = prop_oneof![1..4usize, Just(PLENTY)];
    prop_oneof![
        4 => (distance(62), prop::bool::weighted(0.1))
            .prop_map(|(distance, past)| Step::Schedule { distance, past }),
        1 => (distance(56), work_max.clone()).prop_map(|(distance, work_max)| Step::Jump { distance, work_max }),
        2 => work_max.prop_map(|work_max| Step::Follow { work_max }),
    ]
}

/// Expires until the wheel wants nothing more at `now`; checks every call.
fn expire_all(deadlines: &mut Deadlines, now: Instant, work_max: usize) -> Vec<Entry> {
    let mut due = Vec::new();
    let calls_max = (deadlines.len() + 1) * (LEVELS as usize + 1);
    for _ in 0..calls_max {
        let before = due.len();
        deadlines.expire(now, &mut due, work_max);
        assert!(due.len() - before <= work_max);
        if deadlines.next().is_none_or(|next| next > now) {
            assert!(due.iter().all(|entry| entry.at <= now), "never early");
            due.sort_unstable();
            return due;
        }
    }
    panic!("no progress at {now:?} in {calls_max} calls: {deadlines:?}");
}

proptest! {
    #[test]
    fn behaves_like_a_list(start in distance(60), steps in prop::collection::vec(step(), 0..80)) {
        let mut now = at(start);
        let mut deadlines = Deadlines::new(now);
        let mut model = Model::default();
        for (slot, step) in (0..).zip(steps) {
            let (moment, work_max) = match step {
                Step::Schedule { distance, past } => {
                    let nanos = now.as_nanos();
                    let entry = Entry {
                        slot,
                        at: at(if past { nanos.saturating_sub(distance) } else { nanos.saturating_add(distance) }),
                    };
                    deadlines.schedule(entry.slot, entry.at);
                    if entry.due_tick() <= TICK_LAST {
                        model.entries.push(entry);
                    }
                    (now, None)
                }
                Step::Jump { distance, work_max } => (at(now.as_nanos().saturating_add(distance)), Some(work_max)),
                Step::Follow { work_max } => {
                    (deadlines.next().map_or(now, |next| next.max(now)), Some(work_max))
                }
            };
            now = moment;
            if let Some(work_max) = work_max {
                prop_assert_eq!(expire_all(&mut deadlines, now, work_max), model.expire(now));
            }
            prop_assert_eq!(deadlines.len(), model.entries.len());
            let latest = model.next().map(|next| next.max(now));
            prop_assert_eq!(deadlines.next().is_some(), latest.is_some());
            prop_assert!(deadlines.next() <= latest, "{:?} > {latest:?}", deadlines.next());
        }
    }

    #[test]
    fn whoever_follows_next_is_in_time(distances in prop::collection::vec(distance(62), 1..60)) {
        let mut deadlines = Deadlines::new(Instant::ZERO);
        for (slot, distance) in (0..).zip(&distances) {
            deadlines.schedule(slot, at(*distance));
        }
        let (mut due, mut out) = (Vec::new(), 0);
        for wakes in 0.. {
            let Some(now) = deadlines.next() else { break };
            prop_assert!(wakes <= distances.len() * LEVELS as usize);
            deadlines.expire(now, &mut due, PLENTY);
            out += due.len();
            for entry in due.drain(..) {
                prop_assert!(entry.at <= now && now.since(entry.at) < TICK, "{entry:?} at {now:?}");
            }
        }
        prop_assert_eq!(out, distances.len());
    }
}

#[test]
fn each_level_border_comes_out_exactly_then() {
    for bits in TICK_BITS + 1..u64::BITS {
        for moment in [(1 << bits) - TICK_NANOS, 1 << bits, (1 << bits) + TICK_NANOS] {
            let mut deadlines = Deadlines::new(Instant::ZERO);
            deadlines.schedule(1, at(moment));
            let before = at(moment - 1);
            assert_eq!(expire_all(&mut deadlines, before, PLENTY), []);
            assert_eq!(expire_all(&mut deadlines, at(moment), PLENTY), [Entry { slot: 1, at: at(moment) }]);
        }
    }
}

#[test]
fn a_deadline_inside_a_tick_waits_for_the_next_one() {
    let mut deadlines = Deadlines::new(Instant::ZERO);
    deadlines.schedule(1, at(1));
    assert_eq!(deadlines.next(), Some(tick(1)));
    assert_eq!(expire_all(&mut deadlines, at(TICK_NANOS - 1), PLENTY), []);
    assert_eq!(expire_all(&mut deadlines, tick(1), PLENTY).len(), 1);
}

#[test]
fn what_is_already_due_comes_out_at_the_next_expire() {
    let mut deadlines = Deadlines::new(tick(1_000));
    deadlines.schedule(1, tick(3));
    deadlines.schedule(2, tick(1_000));
    assert_eq!(deadlines.next(), Some(tick(1_000)));
    let slots: Vec<u32> =
        expire_all(&mut deadlines, tick(1_000), PLENTY).iter().map(|entry| entry.slot).collect();
    assert_eq!(slots, [1, 2]);
    assert!(deadlines.is_empty());
}

#[test]
fn time_that_goes_back_is_taken_as_the_latest() {
    let mut deadlines = Deadlines::new(tick(10));
    deadlines.schedule(1, tick(20));
    assert_eq!(expire_all(&mut deadlines, tick(15), PLENTY), []);
    let mut due = Vec::new();
    deadlines.expire(tick(2), &mut due, PLENTY);
    assert_eq!((due.len(), deadlines.next()), (0, Some(tick(20))));
    assert_eq!(expire_all(&mut deadlines, tick(20), PLENTY).len(), 1);
}

#[test]
fn never_is_not_kept() {
    let mut deadlines = Deadlines::new(Instant::ZERO);
    deadlines.schedule(1, Instant::FAR_FUTURE);
    assert_eq!((deadlines.len(), deadlines.next()), (0, None));
    deadlines.schedule(2, tick(TICK_LAST));
    assert_eq!((deadlines.len(), expire_all(&mut deadlines, Instant::FAR_FUTURE, 1).len()), (1, 1));
}

#[test]
fn a_burst_comes_out_in_bounded_calls_and_gives_its_memory_back() {
    const BURST: u32 = 100_000;
    let mut deadlines = Deadlines::new(Instant::ZERO);
    let moment = Instant::ZERO + Duration::from_secs(60);
    for slot in 0..BURST {
        deadlines.schedule(slot, moment);
    }
    let (mut due, mut seen) = (Vec::new(), 0);
    while let Some(next) = deadlines.next() {
        deadlines.expire(next, &mut due, 500);
        assert!(due.len() <= 500);
        seen += due.len();
        due.clear();
    }
    assert_eq!(seen, 100_000);
    deadlines.expire(moment + TICK, &mut due, 1);
    let buckets = deadlines.levels.iter().flat_map(|level| &level.buckets);
    let kept: usize = buckets.map(Vec::capacity).sum::<usize>() + deadlines.opened.capacity();
    assert!(kept <= 4 * KEPT_ENTRIES, "{kept} entries' worth of memory kept");
}

#[test]
fn the_debug_form_is_short() {
    let mut deadlines = Deadlines::new(Instant::ZERO);
    (0..1_000).for_each(|slot| deadlines.schedule(slot, tick(1)));
    assert_eq!(format!("{deadlines:?}"), "Deadlines { len: 1000, next: Some(+16.777216ms), .. }");
}
