//! Who is admitted: a seat per connection, found by shard and slot.
//!
//! Apart from admission because it decides nothing. Slots are small and dense
//! ([`ConnectionId::slot`]), so a place in a list is all that a seat takes; a
//! hash table would double it. Must only be given ids that a hub has made: its
//! memory follows the highest slot.

use super::clients::Listing;
use crate::id::ConnectionId;
use std::net::IpAddr;

/// Everyone who is admitted and not released.
#[derive(Default)]
pub(super) struct Seats {
    /// By shard, then by slot. The last place of a list is taken.
    shards: Vec<Vec<Option<Taken>>>,
}

/// What is to be undone when a connection is released.
pub(super) struct Seat {
    pub(super) address: Option<IpAddr>,
    pub(super) standing: Standing,
}

/// Whether a connection still is who answers to its client id.
pub(super) enum Standing {
    Current(Listing),
    Leaving,
}

struct Taken {
    serial: u64,
    seat: Seat,
}

// There is one per connection: they count when connections idle.
const _: () = assert!(size_of::<Option<Taken>>() <= 40);

impl Seats {
    /// Whether a connection has the place of `id`: itself, or one that was not released.
    pub(super) fn is_taken(&self, id: ConnectionId) -> bool {
        self.shards
            .get(usize::from(id.shard.0))
            .and_then(|slots| slots.get(id.slot as usize)?.as_ref())
            .is_some()
    }

    pub(super) fn get(&self, id: ConnectionId) -> Option<&Seat> {
        let taken = self.shards.get(usize::from(id.shard.0))?.get(id.slot as usize)?.as_ref()?;
        (taken.serial == id.serial).then_some(&taken.seat)
    }

    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Seat> {
        let taken = self.shards.get_mut(usize::from(id.shard.0))?.get_mut(id.slot as usize)?.as_mut()?;
        (taken.serial == id.serial).then_some(&mut taken.seat)
    }

    /// Seats a connection, whose place is free.
    pub(super) fn insert(&mut self, id: ConnectionId, seat: Seat) {
        let (shard, slot) = (usize::from(id.shard.0), id.slot as usize);
        if self.shards.len() <= shard {
            self.shards.resize_with(shard + 1, Vec::new);
        }
        let Some(slots) = self.shards.get_mut(shard) else { return };
        if slots.len() <= slot {
            slots.resize_with(slot + 1, || None);
        }
        if let Some(place) = slots.get_mut(slot) {
            *place = Some(Taken { serial: id.serial, seat });
        }
    }

    pub(super) fn remove(&mut self, id: ConnectionId) -> Option<Seat> {
        let slots = self.shards.get_mut(usize::from(id.shard.0))?;
        let taken = slots.get_mut(id.slot as usize)?.take_if(|taken| taken.serial == id.serial)?;
        while slots.pop_if(|last| last.is_none()).is_some() {}
        if slots.len() < slots.capacity() / 8 {
            slots.shrink_to(slots.len() * 2);
        }
        Some(taken.seat)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.shards.iter().all(Vec::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ShardId;

    fn id(slot: u32, serial: u64) -> ConnectionId {
        ConnectionId { serial, slot, shard: ShardId(1) }
    }

    fn seat() -> Seat {
        Seat { address: None, standing: Standing::Leaving }
    }

    #[test]
    fn a_place_is_not_the_successors() {
        let mut seats = Seats::default();
        seats.insert(id(3, 7), seat());
        assert!(seats.is_taken(id(3, 7)) && seats.is_taken(id(3, 8)) && !seats.is_taken(id(2, 7)));
        assert!(seats.get(id(3, 8)).is_none() && seats.get_mut(id(3, 8)).is_none());
        assert!(seats.remove(id(3, 8)).is_none());
        assert!(seats.get(id(3, 7)).is_some());
        assert!(seats.remove(id(3, 7)).is_some() && seats.remove(id(3, 7)).is_none());
        assert!(seats.is_empty());
    }

    #[test]
    fn places_are_given_back_from_the_end() {
        let mut seats = Seats::default();
        (0..1_000).for_each(|slot| seats.insert(id(slot, 1), seat()));
        (1..999).for_each(|slot| assert!(seats.remove(id(slot, 1)).is_some()));
        assert_eq!(seats.shards[1].len(), 1_000);
        assert!(seats.remove(id(999, 1)).is_some());
        assert_eq!(seats.shards[1].len(), 1);
        assert!(seats.shards[1].capacity() < 10, "{}", seats.shards[1].capacity());
    }
}
