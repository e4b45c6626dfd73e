//! A set of shards: where a message has to go.
//!
//! Apart because it leaves the directory: a publisher takes one out under the
//! lock and walks it after. Small, without allocation for up to 128 shards, and
//! always walked in ascending order.

use crate::id::ShardId;
use smallvec::SmallVec;
use std::fmt;
use std::iter;

const WORD_BITS: u16 = 64;

/// A set of shards, walked in ascending order.
///
/// ```
/// use fanfare_core::directory::ShardSet;
/// use fanfare_core::id::ShardId;
///
/// let mut shards: ShardSet = [ShardId(7), ShardId(0)].into_iter().collect();
/// assert!(shards.insert(ShardId(3)) && !shards.insert(ShardId(3)));
/// assert!(shards.remove(ShardId(7)));
/// assert_eq!(shards.iter().collect::<Vec<_>>(), [ShardId(0), ShardId(3)]);
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ShardSet {
    /// One bit per shard; the last word is never zero, so that equal sets have
    /// equal words and the empty one has none.
    words: SmallVec<[u64; 2]>,
}

impl ShardSet {
    /// The empty set.
    pub fn new() -> ShardSet {
        ShardSet::default()
    }

    /// Adds a shard; whether it was not there.
    pub fn insert(&mut self, shard: ShardId) -> bool {
        let (index, bit) = position(shard);
        if self.words.len() <= index {
            self.words.resize(index + 1, 0);
        }
        let Some(word) = self.words.get_mut(index) else { return false };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Removes a shard; whether it was there.
    pub fn remove(&mut self, shard: ShardId) -> bool {
        let (index, bit) = position(shard);
        let Some(word) = self.words.get_mut(index) else { return false };
        let was_there = *word & bit != 0;
        *word &= !bit;
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
        was_there
    }

    /// Adds every shard of `other`: the target of a message to several rooms.
    pub fn extend_with(&mut self, other: &ShardSet) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
    }

    /// Whether the shard is in the set.
    pub fn contains(&self, shard: ShardId) -> bool {
        let (index, bit) = position(shard);
        self.words.get(index).is_some_and(|word| word & bit != 0)
    }

    /// The shards, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = ShardId> + '_ {
        let firsts = (0..=u16::MAX).step_by(WORD_BITS.into());
        self.words.iter().zip(firsts).flat_map(|(&word, first)| {
            let nonzero = |word: u64| (word != 0).then_some(word);
            iter::successors(nonzero(word), move |word| nonzero(word & (word - 1)))
                .map(move |word| ShardId(first + lowest_bit(word)))
        })
    }

    /// How many shards are in the set.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no shard is in the set.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// The word a shard's bit is in, and the bit.
fn position(shard: ShardId) -> (usize, u64) {
    ((shard.0 / WORD_BITS).into(), 1 << (shard.0 % WORD_BITS))
}

#[expect(clippy::cast_possible_truncation, reason = "of a word that is not zero, at most 63")]
fn lowest_bit(word: u64) -> u16 {
    word.trailing_zeros() as u16
}

impl FromIterator<ShardId> for ShardSet {
    fn from_iter<I: IntoIterator<Item = ShardId>>(shards: I) -> ShardSet {
        let mut set = ShardSet::new();
        for shard in shards {
            set.insert(shard);
        }
        set
    }
}

impl fmt::Debug for ShardSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|shard| shard.0)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn shard() -> impl Strategy<Value = ShardId> {
        prop_oneof![0..4u16, 60..70u16, 126..130u16, any::<u16>(), Just(u16::MAX)].prop_map(ShardId)
    }

    proptest! {
        #[test]
        fn behaves_like_an_ordered_set(steps in prop::collection::vec((shard(), any::<bool>()), 0..60)) {
            let (mut set, mut model) = (ShardSet::new(), BTreeSet::new());
            for (shard, insert) in steps {
                if insert {
                    prop_assert_eq!(set.insert(shard), model.insert(shard));
                } else {
                    prop_assert_eq!(set.remove(shard), model.remove(&shard));
                }
                prop_assert_eq!(set.contains(shard), insert);
                prop_assert!(set.iter().eq(model.iter().copied()));
                prop_assert_eq!((set.len(), set.is_empty()), (model.len(), model.is_empty()));
                prop_assert_eq!(&set, &model.iter().copied().collect());
            }
        }

        #[test]
        fn extending_is_the_union(
            a in prop::collection::btree_set(shard(), 0..8),
            b in prop::collection::btree_set(shard(), 0..8),
        ) {
            let mut set: ShardSet = a.iter().copied().collect();
            set.extend_with(&b.iter().copied().collect());
            prop_assert_eq!(set, a.union(&b).copied().collect());
        }
    }

    #[test]
    fn the_debug_form_lists_the_shards() {
        let set: ShardSet = [ShardId(130), ShardId(1)].into_iter().collect();
        assert_eq!(format!("{set:?}"), "{1, 130}");
    }
}
