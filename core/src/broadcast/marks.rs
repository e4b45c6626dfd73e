//! A set of members that is emptied for nothing.
//!
//! One number per member key: it is in the set when its number is the current
//! epoch. Emptying the set starts the next epoch. No hashing, no clearing, and
//! memory for the highest key that was ever marked.

use crate::rooms::MemberKey;

#[derive(Debug)]
pub(super) struct Marks {
    /// By member key. Never above `epoch`; 0 has never been marked.
    epochs: Vec<u32>,
    epoch: u32,
}

impl Marks {
    pub(super) fn new() -> Marks {
        Marks { epochs: Vec::new(), epoch: 1 }
    }

    /// Takes everybody out of the set.
    pub(super) fn clear(&mut self) {
        if let Some(next) = self.epoch.checked_add(1) {
            self.epoch = next;
        } else {
            // Four thousand million broadcasts on: old marks must not come true
            // again.
            self.epochs.fill(0);
            self.epoch = 1;
        }
    }

    /// Takes everybody out of the set, and gives the memory back.
    pub(super) fn give_memory_back(&mut self) {
        self.clear();
        self.epochs = Vec::new();
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.epochs.capacity()
    }

    /// Puts a member into the set; returns whether it was not there before.
    pub(super) fn insert(&mut self, member: MemberKey) -> bool {
        let index = member.0 as usize;
        if index >= self.epochs.len() {
            self.epochs.resize(index + 1, 0);
        }
        match self.epochs.get_mut(index) {
            Some(mark) => std::mem::replace(mark, self.epoch) != self.epoch,
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_new_once_per_epoch() {
        let mut marks = Marks::new();
        assert!(marks.insert(MemberKey(3)));
        assert!(!marks.insert(MemberKey(3)));
        assert!(marks.insert(MemberKey(0)));
        marks.clear();
        assert!(marks.insert(MemberKey(3)));
        assert!(!marks.insert(MemberKey(3)));
    }

    #[test]
    fn no_mark_survives_the_wrap_of_the_epoch() {
        let mut marks = Marks::new();
        assert!(marks.insert(MemberKey(1))); // epoch 1
        marks.epoch = u32::MAX;
        assert!(marks.insert(MemberKey(2)));
        marks.clear(); // epoch 1 again
        assert!(marks.insert(MemberKey(1)));
        assert!(marks.insert(MemberKey(2)));
    }
}
