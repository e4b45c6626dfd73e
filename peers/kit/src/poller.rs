//! An epoll set with one registration per socket.
//!
//! Sockets are registered once, edge-triggered and in both directions: a socket
//! that is written to again and again costs no `epoll_ctl`, and one that was read
//! empty costs no second look.

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// An epoll set.
#[derive(Debug)]
pub struct Poller {
    set: OwnedFd,
}

/// What one wait found.
pub struct Events(Vec<epoll::Event>);

/// One socket that something can be done with.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// The key it was registered under.
    pub key: usize,
    /// Bytes, the end of input, or an error wait to be read.
    pub readable: bool,
    /// There is room to write, or an error to be met in writing.
    pub writable: bool,
}

impl Poller {
    /// An empty set.
    pub fn new() -> io::Result<Poller> {
        Ok(Poller { set: epoll::create(epoll::CreateFlags::CLOEXEC)? })
    }

    /// Registers a stream: told once whenever it becomes readable or writable,
    /// so both must be used until they would block (or fall short).
    pub fn add_stream(&self, socket: impl AsFd, key: usize) -> io::Result<()> {
        let interest =
            epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::RDHUP | epoll::EventFlags::ET;
        Ok(epoll::add(&self.set, socket, epoll::EventData::new_u64(key as u64), interest)?)
    }

    /// Registers a listener: told as long as there is somebody to accept.
    pub fn add_listener(&self, socket: impl AsFd, key: usize) -> io::Result<()> {
        Ok(epoll::add(&self.set, socket, epoll::EventData::new_u64(key as u64), epoll::EventFlags::IN)?)
    }

    /// Waits for at least one event or the timeout; `None` waits for ever.
    /// A signal counts as a timeout.
    pub fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        events.0.clear();
        let timeout = timeout.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
        match epoll::wait(&self.set, spare_capacity(&mut events.0), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Events {
    /// Room for `count_max` events per wait.
    pub fn with_capacity(count_max: usize) -> Events {
        Events(Vec::with_capacity(count_max))
    }

    /// What the last wait found.
    pub fn iter(&self) -> impl Iterator<Item = Ready> {
        let failed = epoll::EventFlags::ERR | epoll::EventFlags::HUP;
        let readable = epoll::EventFlags::IN | epoll::EventFlags::RDHUP | failed;
        let writable = epoll::EventFlags::OUT | failed;
        self.0.iter().map(move |event| {
            let (flags, data) = (event.flags, event.data);
            Ready {
                // Keys were `usize` when they were registered.
                key: usize::try_from(data.u64()).unwrap_or(usize::MAX),
                readable: flags.intersects(readable),
                writable: flags.intersects(writable),
            }
        })
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
