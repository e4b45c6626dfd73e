//! The server's one byte budget for queued frames, leased to shards in blocks.
//!
//! Apart from the directory because it is asked at other times: when a shard
//! runs out of leased bytes, and when it has had some to spare. A grant is an
//! input to a hub, so hubs stay deterministic. Must never lease, to all shards
//! together, a byte more than the limit.

use crate::id::ShardId;

/// Bytes that shards lease before they queue them.
///
/// ```
/// use fanfare_core::directory::Budget;
/// use fanfare_core::id::ShardId;
///
/// const MIB: usize = 1 << 20;
/// let (first, second) = (ShardId(0), ShardId(1));
/// let mut budget = Budget::new(3 * MIB);
///
/// assert_eq!(budget.lease(first, 100), MIB, "whole blocks");
/// assert_eq!(budget.lease(second, 3 * MIB), 0, "all of what is wanted, or nothing");
/// assert_eq!(budget.give_back(first, MIB), MIB);
/// assert_eq!(budget.lease(second, 3 * MIB), 3 * MIB);
/// ```
#[derive(Clone, Debug)]
pub struct Budget {
    limit_bytes: usize,
    free_bytes: usize,
    /// What each shard holds, in bytes; the index is the shard's number.
    held: Vec<usize>,
}

impl Budget {
    /// What a lease is rounded up to, in bytes.
    pub const BLOCK_BYTES: usize = 1 << 20;

    /// A budget of `limit_bytes` (`server_outbox_bytes_max`), all of it free.
    pub fn new(limit_bytes: usize) -> Budget {
        Budget { limit_bytes, free_bytes: limit_bytes, held: Vec::new() }
    }

    /// Leases at least `wanted_bytes` to `shard` and says how many.
    ///
    /// The grant is `wanted_bytes` in whole blocks, or all that is left when
    /// that is less. When not even `wanted_bytes` are left it is 0: a part of
    /// what a message needs would be of no use here and missed elsewhere.
    pub fn lease(&mut self, shard: ShardId, wanted_bytes: usize) -> usize {
        if wanted_bytes > self.free_bytes {
            return 0;
        }
        let blocks = wanted_bytes.div_ceil(Self::BLOCK_BYTES);
        let granted = blocks.saturating_mul(Self::BLOCK_BYTES).min(self.free_bytes);
        let index = usize::from(shard.0);
        if self.held.len() <= index {
            self.held.resize(index + 1, 0);
        }
        if let Some(held) = self.held.get_mut(index) {
            *held += granted;
            self.free_bytes -= granted;
        }
        granted
    }

    /// Takes back `bytes` that `shard` leased and does not need, whole blocks or
    /// not, and says how many were taken: never more than the shard holds.
    pub fn give_back(&mut self, shard: ShardId, bytes: usize) -> usize {
        let Some(held) = self.held.get_mut(usize::from(shard.0)) else { return 0 };
        let taken = bytes.min(*held);
        *held -= taken;
        self.free_bytes += taken;
        taken
    }

    /// What `shard` holds, in bytes.
    pub fn leased_bytes(&self, shard: ShardId) -> usize {
        self.held.get(usize::from(shard.0)).copied().unwrap_or(0)
    }

    /// What no shard holds, in bytes.
    pub fn free_bytes(&self) -> usize {
        self.free_bytes
    }

    /// The whole, in bytes.
    pub fn limit_bytes(&self) -> usize {
        self.limit_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn bytes() -> impl Strategy<Value = usize> {
        prop_oneof![
            0..3usize,
            0..8 * Budget::BLOCK_BYTES,
            (0..8usize).prop_map(|blocks| blocks * Budget::BLOCK_BYTES),
            Just(usize::MAX)
        ]
    }

    proptest! {
        #[test]
        fn leases_never_exceed_the_limit(
            limit in prop_oneof![4 => 0..20 * Budget::BLOCK_BYTES, 1 => Just(usize::MAX)],
            steps in prop::collection::vec((0..4u16, bytes(), any::<bool>()), 0..60),
        ) {
            let (mut budget, mut held) = (Budget::new(limit), BTreeMap::<ShardId, usize>::new());
            for (shard, bytes, lease) in steps {
                let shard = ShardId(shard);
                let free = limit - held.values().sum::<usize>();
                let mine = held.entry(shard).or_default();
                if lease {
                    let granted = budget.lease(shard, bytes);
                    if bytes > free {
                        prop_assert_eq!(granted, 0);
                    } else {
                        prop_assert!(granted >= bytes && granted - bytes < Budget::BLOCK_BYTES);
                        prop_assert!(granted % Budget::BLOCK_BYTES == 0 || granted == free);
                    }
                    *mine += granted;
                } else {
                    let taken = budget.give_back(shard, bytes);
                    prop_assert_eq!(taken, bytes.min(*mine));
                    *mine -= taken;
                }
                prop_assert_eq!(budget.leased_bytes(shard), *mine);
                let leased: usize = held.values().sum();
                prop_assert!(leased <= limit);
                prop_assert_eq!(budget.free_bytes(), limit - leased);
                prop_assert_eq!(budget.limit_bytes(), limit);
            }
        }
    }

    #[test]
    fn a_shard_cannot_give_back_what_another_holds() {
        let mut budget = Budget::new(2 * Budget::BLOCK_BYTES);
        assert_eq!(budget.lease(ShardId(1), 1), Budget::BLOCK_BYTES);
        assert_eq!(budget.give_back(ShardId(0), 1), 0);
        assert_eq!(budget.give_back(ShardId(9), 1), 0);
        assert_eq!(budget.leased_bytes(ShardId(1)), Budget::BLOCK_BYTES);
    }
}
