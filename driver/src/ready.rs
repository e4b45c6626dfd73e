//! Which connections of a shard may make progress.
//!
//! Every connection has a waker that puts its slot on the shard's ready list
//! and wakes the shard: one task, or one thread, however many sockets.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

/// The ready list of one shard, and the waker of the shard itself.
#[derive(Debug, Default)]
pub(crate) struct ReadyList {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    slots: Vec<u32>,
    shard: Option<Waker>,
}

impl ReadyList {
    /// Registers the shard's waker and takes the list, in the order of its
    /// entries. `into` must be empty; its memory becomes the next list's.
    pub(crate) fn take(&self, shard: &Waker, into: &mut Vec<u32>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut state.shard {
            Some(waker) => waker.clone_from(shard),
            none => *none = Some(shard.clone()),
        }
        std::mem::swap(&mut state.slots, into);
    }

    /// Wakes the shard, for whatever reason.
    pub(crate) fn wake_shard(&self) {
        let waker = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.shard.clone()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn push(&self, slot: u32) {
        let waker = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.slots.push(slot);
            // The first entry woke the shard; it takes them all.
            if state.slots.len() == 1 { state.shard.clone() } else { None }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Wakes one connection.
#[derive(Debug)]
pub(crate) struct ConnectionWaker {
    slot: u32,
    is_listed: AtomicBool,
    list: Arc<ReadyList>,
}

impl ConnectionWaker {
    pub(crate) fn new(slot: u32, list: &Arc<ReadyList>) -> Arc<ConnectionWaker> {
        Arc::new(ConnectionWaker { slot, is_listed: AtomicBool::new(false), list: Arc::clone(list) })
    }

    /// The shard has taken the slot from the list: the next wake lists it anew.
    ///
    /// A swap, although the former value does not matter: it makes what a waker
    /// did before it found the slot listed visible to the look that follows.
    pub(crate) fn unlisted(&self) {
        self.is_listed.swap(false, Ordering::AcqRel);
    }
}

impl Wake for ConnectionWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_listed.swap(true, Ordering::AcqRel) {
            self.list.push(self.slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_connection_is_listed_once_and_the_shard_woken_once() {
        let list = Arc::new(ReadyList::default());
        let count = Arc::new(Count::default());
        let mut taken = Vec::new();
        list.take(&Waker::from(Arc::clone(&count)), &mut taken);

        let (a, b) = (ConnectionWaker::new(3, &list), ConnectionWaker::new(1, &list));
        Waker::from(Arc::clone(&a)).wake_by_ref();
        Waker::from(Arc::clone(&a)).wake_by_ref();
        Waker::from(Arc::clone(&b)).wake_by_ref();
        assert_eq!(count.0.load(Ordering::Relaxed), 1);

        list.take(Waker::noop(), &mut taken);
        assert_eq!(taken, [3, 1]);
        a.unlisted();
        taken.clear();
        Waker::from(a).wake();
        list.take(Waker::noop(), &mut taken);
        assert_eq!(taken, [3]);
    }
}
