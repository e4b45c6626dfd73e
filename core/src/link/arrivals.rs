//! The links whose head has not arrived, in the order they came: whoever has
//! been longest about it is the first to give way when there are too many.
//!
//! Apart from the links so that one that is open pays nothing for it, and a list
//! of its own so that any may leave it at any time. It never knows what a head is.

use slab::Slab;

/// Names a place in the line. Good until it is given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ArrivalKey(u32);

impl ArrivalKey {
    const NONE: ArrivalKey = ArrivalKey(u32::MAX);
}

#[derive(Debug)]
struct Arrival {
    slot: u32,
    older: ArrivalKey,
    newer: ArrivalKey,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Arrivals {
    places: Slab<Arrival>,
    oldest: ArrivalKey,
    newest: ArrivalKey,
}

impl Arrivals {
    pub(crate) fn new() -> Arrivals {
        Arrivals { places: Slab::new(), oldest: ArrivalKey::NONE, newest: ArrivalKey::NONE }
    }

    /// The link at `slot` has come.
    pub(crate) fn push(&mut self, slot: usize) -> ArrivalKey {
        let slot = u32::try_from(slot).unwrap_or(u32::MAX);
        let older = self.newest;
        let key = self.places.insert(Arrival { slot, older, newer: ArrivalKey::NONE });
        let key = u32::try_from(key).map_or(ArrivalKey::NONE, ArrivalKey);
        match self.get_mut(older) {
            Some(older) => older.newer = key,
            None => self.oldest = key,
        }
        self.newest = key;
        key
    }

    /// Whoever has waited longest.
    pub(crate) fn oldest(&self) -> Option<usize> {
        self.places.get(self.oldest.0 as usize).map(|arrival| arrival.slot as usize)
    }

    /// Gives a place up.
    pub(crate) fn remove(&mut self, key: ArrivalKey) {
        let Some(Arrival { older, newer, .. }) = self.places.try_remove(key.0 as usize) else {
            debug_assert!(false, "nobody waits there");
            return;
        };
        match self.get_mut(older) {
            Some(older) => older.newer = newer,
            None => self.oldest = newer,
        }
        match self.get_mut(newer) {
            Some(newer) => newer.older = older,
            None => self.newest = older,
        }
    }

    fn get_mut(&mut self, key: ArrivalKey) -> Option<&mut Arrival> {
        self.places.get_mut(key.0 as usize)
    }

    /// The slots of all that wait, the oldest first.
    #[cfg(test)]
    pub(crate) fn slots(&self) -> Vec<usize> {
        let first = self.places.get(self.oldest.0 as usize);
        let next = |arrival: &&Arrival| self.places.get(arrival.newer.0 as usize);
        std::iter::successors(first, next).map(|arrival| arrival.slot as usize).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn any_may_leave_and_the_others_stay_in_order() {
        let mut random = Random::from_seed([3; 32]);
        let (mut arrivals, mut model) = (Arrivals::new(), Vec::new());
        for step in 0..10_000 {
            if model.is_empty() || random.next_u32() % 5 < 3 && model.len() < 40 {
                model.push((step, arrivals.push(step)));
            } else {
                let (_, key) = model.remove(random.next_u32() as usize % model.len());
                arrivals.remove(key);
            }
            let slots: Vec<_> = model.iter().map(|(slot, _)| *slot).collect();
            assert_eq!((arrivals.oldest(), arrivals.slots()), (slots.first().copied(), slots));
        }
    }
}
