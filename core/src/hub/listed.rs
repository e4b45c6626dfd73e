//! Which links are to be looked at, in the order they were named.
//!
//! Apart from the links because a broadcast names thousands of them: one byte
//! each, side by side, instead of a visit to every link. It never knows why a
//! link is on the list.

/// See the module. Slots stand for links.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// In front of `taken` they were taken already: a ring would do more on a path
    /// that every delivery takes twice.
    queue: Vec<u32>,
    taken: usize,
    /// By slot; an entry of the queue without its mark means nothing.
    marks: Vec<bool>,
}

impl Listed {
    /// Names a link, unless it is on the list.
    #[inline]
    pub(super) fn insert(&mut self, slot: usize) {
        if slot >= self.marks.len() {
            self.marks.resize(slot + 1, false);
        }
        if let Some(mark) = self.marks.get_mut(slot)
            && !*mark
        {
            *mark = true;
            self.queue.push(u32::try_from(slot).unwrap_or(u32::MAX));
        }
    }

    /// Takes the link that was named first.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<usize> {
        while let Some(slot) = self.queue.get(self.taken) {
            let slot = *slot as usize;
            self.taken += 1;
            // So that in all, no more entries are moved than were taken.
            if self.taken * 2 >= self.queue.len() {
                self.forget_taken();
            }
            if self.marks.get_mut(slot).is_some_and(std::mem::take) {
                return Some(slot);
            }
        }
        None
    }

    #[cold]
    fn forget_taken(&mut self) {
        self.queue.drain(..self.taken);
        self.taken = 0;
    }

    /// Takes a link off, so that its slot's next one starts unnamed.
    pub(super) fn remove(&mut self, slot: usize) {
        if let Some(mark) = self.marks.get_mut(slot) {
            *mark = false;
        }
    }

    /// Forgets slots from `slots` on, of which none is in use, and gives back
    /// what the queue does not need.
    pub(super) fn give_memory_back(&mut self, slots: usize) {
        self.marks.truncate(slots);
        self.marks.shrink_to_fit();
        self.forget_taken();
        self.queue.shrink_to(2 * self.queue.len());
    }

    /// How many places there is memory for.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.marks.capacity().max(self.queue.capacity())
    }

    /// How many entries wait, those included that were taken off.
    pub(super) fn len(&self) -> usize {
        self.queue.len() - self.taken
    }

    /// Whoever is marked comes.
    #[cfg(test)]
    pub(super) fn check(&self) {
        for (slot, _) in self.marks.iter().enumerate().filter(|(_, mark)| **mark) {
            assert!(
                self.queue.iter().skip(self.taken).any(|&listed| listed as usize == slot),
                "marked, and not in the queue"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comes_once_in_the_order_of_its_first_naming() {
        let mut listed = Listed::default();
        for slot in [7, 2, 7, 0, 2] {
            listed.insert(slot);
        }
        assert_eq!(std::iter::from_fn(|| listed.pop()).collect::<Vec<_>>(), [7, 2, 0]);
        listed.insert(7);
        assert_eq!(listed.pop(), Some(7));
    }

    #[test]
    fn a_slot_taken_off_is_unnamed_to_its_successor() {
        let mut listed = Listed::default();
        listed.insert(1);
        listed.insert(2);
        listed.remove(1);
        assert_eq!((listed.pop(), listed.pop()), (Some(2), None));

        listed.insert(1);
        listed.remove(1);
        listed.insert(1);
        assert_eq!((listed.pop(), listed.pop()), (Some(1), None), "named anew, once");
    }
}
