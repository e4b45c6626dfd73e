//! All connections of a run on one epoll set, in one thread.
//!
//! It knows nothing of what is measured: experiments dial, send and close
//! through it and are told what arrived.

use crate::client::{Client, Ending, Event, KEY};
use crate::error::LoadError;
use crate::socket::{Secrets, Socket};
use crate::target::Target;
use kit::poller::{Events, Poller};
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use slab::Slab;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

const EVENTS_PER_TURN_MAX: usize = 1_024;
const READ_BUFFER_BYTES: usize = 256 * 1_024;
/// Handshakes under way while the fleet opens.
const OPENING_MAX: usize = 128;
/// A source address has 28,000 ports at most; well below that the next is used.
const CONNECTIONS_PER_SOURCE: usize = 14_000;
const SOURCES: usize = 64;
/// Descriptors that are not connections.
const DESCRIPTORS_RESERVED: u64 = 32;
/// How long nothing may happen before a phase of the run is given up.
pub(crate) const STALL_TIME_MAX: Duration = Duration::from_secs(5);

pub(crate) struct Fleet {
    target: Target,
    request: Vec<u8>,
    poller: Poller,
    events: Events,
    clients: Slab<Client>,
    buffer: Vec<u8>,
    dialled: usize,
    /// What is needed to speak TLS, if that is spoken.
    secrets: Option<Secrets>,
}

/// Connections that did not come about or did not end properly.
#[derive(Clone, Default, Debug)]
pub(crate) struct Failures {
    pub(crate) count: usize,
    /// The first one says enough about the others.
    pub(crate) first: Option<Ending>,
}

impl Failures {
    pub(crate) fn add(&mut self, ending: Ending) {
        self.count += 1;
        self.first.get_or_insert(ending);
    }
}

impl Fleet {
    /// An empty fleet that may hold `connections_max` connections and receive
    /// messages of `message_bytes_max`.
    pub(crate) fn new(
        target: &Target,
        connections_max: usize,
        message_bytes_max: usize,
    ) -> Result<Fleet, LoadError> {
        raise_descriptor_limit(connections_max)?;
        let Target { address, is_secured, path } = target;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        Ok(Fleet {
            target: target.clone(),
            request: request.into_bytes(),
            poller: Poller::new()?,
            events: Events::with_capacity(EVENTS_PER_TURN_MAX),
            clients: Slab::with_capacity(connections_max),
            buffer: vec![0; READ_BUFFER_BYTES + message_bytes_max],
            dialled: 0,
            secrets: is_secured.then(Secrets::new).transpose()?,
        })
    }

    /// Begins one connection; [`Event::Opened`] or [`Event::Ended`] follows.
    pub(crate) fn dial(&mut self) -> io::Result<usize> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
        sockopt::set_tcp_nodelay(&socket, true)?;
        if let Some(source) = self.next_source() {
            net::bind(&socket, &SocketAddrV4::new(source, 0))?;
        }
        match net::connect(&socket, &self.target.address) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(errno) => return Err(errno.into()),
        }
        let entry = self.clients.vacant_entry();
        let key = entry.key();
        self.poller.add_stream(&socket, key)?;
        let socket = match &self.secrets {
            Some(secrets) => Socket::secured(socket, secrets)?,
            None => Socket::plain(socket),
        };
        entry.insert(Client::new(socket, self.request.clone()));
        Ok(key)
    }

    /// `None` leaves the choice to the kernel, which is cheaper than a bind.
    fn next_source(&mut self) -> Option<Ipv4Addr> {
        let index = self.dialled / CONNECTIONS_PER_SOURCE % SOURCES;
        self.dialled += 1;
        let last = u8::try_from(index).ok().filter(|&index| index > 0)?;
        Some(Ipv4Addr::new(127, 0, 0, 1 + last))
    }

    /// Opens `count` connections, some at a time, and waits for all to be open
    /// or to have failed. What arrives meanwhile is ignored.
    pub(crate) fn open(&mut self, count: usize) -> io::Result<Failures> {
        let mut failures = Failures::default();
        let (mut dialled, mut settled) = (0, 0);
        let mut progress_at = Instant::now();
        while settled < count && progress_at.elapsed() < STALL_TIME_MAX {
            while dialled < count && dialled - settled < OPENING_MAX {
                self.dial()?;
                dialled += 1;
            }
            let before = settled;
            self.turn(Duration::from_millis(100), |_, event| match event {
                Event::Opened => settled += 1,
                Event::Ended(ending) => {
                    settled += 1;
                    failures.add(ending);
                }
                Event::Message(..) => {}
            })?;
            if settled != before {
                progress_at = Instant::now();
            }
        }
        (settled..count).for_each(|_| failures.add(Ending::Failed(Errno::TIMEDOUT)));
        Ok(failures)
    }

    /// Opens `count` connections, or fails: what needs all of them starts so.
    pub(crate) fn open_all(&mut self, count: usize) -> Result<(), LoadError> {
        match self.open(count)? {
            Failures { first: Some(first), count: failed } => {
                Err(LoadError::NotAllOpened { failed, count, first })
            }
            Failures { first: None, .. } => Ok(()),
        }
    }

    /// Says goodbye on every connection and waits for the answers; counts those
    /// that ended otherwise.
    pub(crate) fn close_all(&mut self) -> io::Result<Failures> {
        let mut failures = Failures::default();
        let keys: Vec<usize> = self.clients.iter().map(|(key, _)| key).collect();
        for key in keys {
            if let Err(ending) = self.close(key) {
                failures.add(ending);
            }
        }
        let mut progress_at = Instant::now();
        while !self.clients.is_empty() && progress_at.elapsed() < STALL_TIME_MAX {
            let before = self.clients.len();
            self.turn(Duration::from_millis(100), |_, event| match event {
                Event::Ended(Ending::Closed) | Event::Opened | Event::Message(..) => {}
                Event::Ended(ending) => failures.add(ending),
            })?;
            if self.clients.len() != before {
                progress_at = Instant::now();
            }
        }
        self.clients.drain().for_each(|_| failures.add(Ending::Failed(Errno::TIMEDOUT)));
        Ok(failures)
    }

    /// Sends encoded frames on one connection; an error has ended it.
    pub(crate) fn send(&mut self, key: usize, bytes: &[u8]) -> Result<(), Ending> {
        self.with_client(key, |client| client.send(bytes))
    }

    /// Says goodbye on one connection; an error has ended it.
    pub(crate) fn close(&mut self, key: usize) -> Result<(), Ending> {
        self.with_client(key, Client::close)
    }

    fn with_client(
        &mut self,
        key: usize,
        act: impl FnOnce(&mut Client) -> Result<(), Ending>,
    ) -> Result<(), Ending> {
        let Some(client) = self.clients.get_mut(key) else { return Ok(()) };
        act(client).inspect_err(|_| drop(self.clients.try_remove(key)))
    }

    /// Waits for something to happen, at most for `timeout`, and reports it by
    /// connection. A connection's key may be given to a new one after its end.
    pub(crate) fn turn(&mut self, timeout: Duration, mut on: impl FnMut(usize, Event<'_>)) -> io::Result<()> {
        self.poller.wait(&mut self.events, Some(timeout))?;
        for ready in self.events.iter() {
            let Some(client) = self.clients.get_mut(ready.key) else { continue };
            let mut outcome = if ready.writable { client.flush() } else { Ok(()) };
            if ready.readable && outcome.is_ok() {
                outcome = client.receive(&mut self.buffer, |event| on(ready.key, event));
            }
            if let Err(ending) = outcome {
                self.clients.try_remove(ready.key);
                on(ready.key, Event::Ended(ending));
            }
        }
        Ok(())
    }
}

fn raise_descriptor_limit(connections: usize) -> Result<(), LoadError> {
    let wanted = connections as u64 + DESCRIPTORS_RESERVED;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    if let Some(maximum) = limit.maximum.filter(|&maximum| maximum < wanted) {
        return Err(LoadError::TooFewDescriptors { wanted, maximum });
    }
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).map_err(io::Error::from)?;
    Ok(())
}
