//! The readiness set of a shard: what the operating system tells of the sockets
//! that are in it, and how a thread sleeps until it does.
//!
//! One set per shard rather than one registration per socket with a runtime: a
//! single look finds all sockets that may make progress, with no waker, no lock
//! and no list in between. A runtime waits for the set as for any descriptor.

use mio::event::Event;
use mio::{Events, Poll, Registry, Token};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

/// Sockets that one look tells of; the others come with the next.
const EVENTS_PER_LOOK: usize = 1_024;
/// The token of the alarm, which is no slot.
const ALARM: Token = Token(usize::MAX);

/// See the module.
#[derive(Debug)]
pub(super) struct Readiness {
    poll: Poll,
    events: Events,
    may_have_more: bool,
    alarm: Option<Arc<Alarm>>,
}

impl Readiness {
    pub(super) fn new() -> io::Result<Readiness> {
        Readiness::with_room_for(EVENTS_PER_LOOK)
    }

    fn with_room_for(events: usize) -> io::Result<Readiness> {
        let (poll, events) = (Poll::new()?, Events::with_capacity(events));
        Ok(Readiness { poll, events, may_have_more: false, alarm: None })
    }

    pub(super) fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    /// Whether the last look found all that it has room for, or did not find out.
    pub(super) fn may_have_more(&self) -> bool {
        self.may_have_more
    }

    /// Tells what has changed since the last look, without waiting. One system call.
    pub(super) fn look(&mut self, tell: impl FnMut(usize, &Event)) -> io::Result<()> {
        self.poll(Some(Duration::ZERO), tell)
    }

    /// The same, and sleeps until there is something to tell, the
    /// [waker](Self::waker) is woken, or the time has passed. Does not sleep if
    /// the waker was woken since the last call.
    pub(super) fn wait(
        &mut self,
        time_max: Option<Duration>,
        tell: impl FnMut(usize, &Event),
    ) -> io::Result<()> {
        let alarm = self.alarm.clone();
        let may_sleep = alarm.as_ref().is_none_or(|alarm| alarm.fall_asleep());
        let result = self.poll(if may_sleep { time_max } else { Some(Duration::ZERO) }, tell);
        if let Some(alarm) = alarm {
            alarm.wake_up();
        }
        result
    }

    /// Wakes whoever sleeps in [`wait`](Self::wait).
    pub(super) fn waker(&mut self) -> io::Result<Waker> {
        if let Some(alarm) = &self.alarm {
            return Ok(Waker::from(Arc::clone(alarm)));
        }
        let bell = mio::Waker::new(self.poll.registry(), ALARM)?;
        let alarm = Arc::new(Alarm { state: AtomicU8::new(AWAKE), bell });
        self.alarm = Some(Arc::clone(&alarm));
        Ok(Waker::from(alarm))
    }

    fn poll(&mut self, time_max: Option<Duration>, mut tell: impl FnMut(usize, &Event)) -> io::Result<()> {
        match self.poll.poll(&mut self.events, time_max) {
            Ok(()) => {}
            // A signal: nothing was told, so there may be something.
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                self.may_have_more = true;
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        let mut count = 0;
        for event in &self.events {
            count += 1;
            if event.token() != ALARM {
                tell(event.token().0, event);
            }
        }
        self.may_have_more = count >= self.events.capacity();
        Ok(())
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Readiness {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.poll.registry().as_fd()
    }
}

/// The shard's thread is at work, and has heard everything.
const AWAKE: u8 = 0;
/// The thread is at work, and has to look once more before it sleeps.
const WOKEN: u8 = 1;
/// The thread sleeps, or is about to.
const ASLEEP: u8 = 2;

/// Wakes the thread of a shard, with a system call only if it sleeps.
#[derive(Debug)]
struct Alarm {
    state: AtomicU8,
    bell: mio::Waker,
}

impl Alarm {
    /// Says whether the thread may sleep.
    fn fall_asleep(&self) -> bool {
        self.state.compare_exchange(AWAKE, ASLEEP, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// A swap, although the former value does not matter: it makes what was
    /// done before a wake visible to the turn that follows.
    fn wake_up(&self) {
        self.state.swap(AWAKE, Ordering::AcqRel);
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(WOKEN, Ordering::AcqRel) == ASLEEP
            && let Err(error) = self.bell.wake()
        {
            tracing::error!(%error, "a shard could not be woken");
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use mio::Interest;
    use mio::net::UnixStream;
    use std::thread;

    /// A sleep that nothing ends is a wake-up that was lost.
    const DEADLINE: Duration = Duration::from_secs(20);

    #[test]
    fn each_change_is_told_once_however_little_room_there_is() {
        const SOCKETS: usize = 10;
        let mut readiness = Readiness::with_room_for(3).unwrap();
        let mut pairs: Vec<_> = (0..SOCKETS).map(|_| UnixStream::pair().unwrap()).collect();
        for (slot, (near, _)) in pairs.iter_mut().enumerate() {
            readiness.registry().register(near, Token(slot), Interest::WRITABLE).unwrap();
        }
        let mut told = Vec::new();
        let mut looks = 0;
        loop {
            readiness.look(|slot, _| told.push(slot)).unwrap();
            looks += 1;
            if !readiness.may_have_more() {
                break;
            }
        }
        told.sort_unstable();
        assert!(told.into_iter().eq(0..SOCKETS));
        assert_eq!(looks, 4);
        readiness.look(|slot, _| panic!("{slot} was told twice")).unwrap();
    }

    #[test]
    fn a_wake_before_the_sleep_and_one_during_it_both_end_it() {
        let mut readiness = Readiness::new().unwrap();
        let waker = readiness.waker().unwrap();
        waker.wake_by_ref();
        readiness.wait(None, |slot, _| panic!("{slot} is no slot")).unwrap();
        let sleeper = thread::spawn(move || readiness.wait(Some(DEADLINE), |_, _| {}).map(|()| readiness));
        waker.wake();
        sleeper.join().unwrap().unwrap();
    }

    #[test]
    fn who_is_awake_is_woken_without_a_system_call() {
        let mut readiness = Readiness::new().unwrap();
        let waker = readiness.waker().unwrap();
        waker.wake_by_ref();
        waker.wake_by_ref();
        readiness.poll.poll(&mut readiness.events, Some(Duration::ZERO)).unwrap();
        assert!(readiness.events.is_empty(), "the bell was not rung");
    }
}
