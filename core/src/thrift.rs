//! When tables that grew with a crowd are to give their memory back.
//!
//! Apart because one rule serves them all: they shrink when three quarters of
//! the places are empty, and then whenever what is left has halved. So the work
//! of shrinking, which looks at every place once, is done a few times per crowd
//! and not again until the next one. A place in use is never moved: a table ends
//! behind the last of them, and one that is at the very end keeps it long.

use slab::Slab;

/// Tables of no more places than this are left alone.
pub(crate) const KEPT_PLACES: usize = 1_024;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Thrift {
    /// What the other holds for.
    capacity: usize,
    /// With so many left it is time to shrink.
    due_len: usize,
}

impl Thrift {
    /// One more was removed from a table that has `len` left; says whether it is
    /// to shrink now.
    pub(crate) fn removed(&mut self, len: usize, capacity: usize) -> bool {
        if self.capacity != capacity {
            *self = Thrift { capacity, due_len: capacity / 4 };
        }
        let is_due = capacity > KEPT_PLACES && len <= self.due_len;
        if is_due {
            self.due_len = len / 2;
        }
        is_due
    }
}

/// Gives back the places behind the last that is in use.
pub(crate) fn shrink<T>(table: &mut Slab<T>) {
    if table.is_empty() {
        *table = Slab::new();
    } else {
        table.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_shrinks_when_it_is_mostly_empty_and_seldom() {
        let (mut thrift, mut shrinks) = (Thrift::default(), Vec::new());
        for len in (0..10_000).rev() {
            // As if the last place were in use: nothing is won by it.
            if thrift.removed(len, 10_000) {
                shrinks.push(len);
            }
        }
        assert_eq!(shrinks, [2_500, 1_250, 625, 312, 156, 78, 39, 19, 9, 4, 2, 1, 0]);
        let again = (0..5).chain((0..5).rev()).any(|len| thrift.removed(len, 10_000) && len > 0);
        assert!(!again, "not for a few who come and go");
        assert!((0..KEPT_PLACES).rev().all(|len| !thrift.removed(len, KEPT_PLACES)));
    }

    #[test]
    fn a_table_ends_behind_its_last_place_in_use() {
        let mut table: Slab<u32> = (0..10_000).map(|place| (place as usize, place)).collect();
        table.retain(|_, place| *place == 70);
        shrink(&mut table);
        assert!(table.capacity() < 100 && table.contains(70));
        table.remove(70);
        shrink(&mut table);
        assert_eq!(table.capacity(), 0);
    }
}
