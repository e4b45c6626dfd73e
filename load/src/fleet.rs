//! All connections of a run on one readiness set, in one thread.
//!
//! It knows nothing of what is measured: experiments dial, send and close
//! through it and are told what arrived.

use crate::arguments::Connection;
use crate::client::{Client, Event};
use crate::control::{Control, Progress, Stage};
use crate::dial::Dialer;
use crate::ending::Ending;
use crate::error::LoadError;
use crate::opening::Opening;
use crate::target::Target;
use fanfare_core::random::Random;
use fanfare_driver::{OsSocket, Transport};
use mio::{Events, Poll, Token};
use slab::Slab;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

const EVENTS_PER_TURN_MAX: usize = 1_024;
const READ_BUFFER_BYTES: usize = 256 * 1_024;
/// Handshakes under way while the fleet opens.
const OPENING_MAX: usize = 128;
/// Descriptors that are not connections.
const DESCRIPTORS_RESERVED: u64 = 32;
/// How long a turn may last when nothing happens.
pub(crate) const TURN_TIME_MAX: Duration = Duration::from_millis(100);

/// See the module.
#[derive(Debug)]
pub(crate) struct Fleet<'c> {
    target: Target,
    dialer: Dialer,
    poll: Poll,
    events: Events,
    clients: Slab<Client>,
    buffer: Vec<u8>,
    random: Random,
    control: Control<'c>,
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

impl<'c> Fleet<'c> {
    /// An empty fleet that may hold `connections_max` connections.
    pub(crate) fn new(
        connection: &Connection,
        connections_max: usize,
        control: Control<'c>,
    ) -> Result<Fleet<'c>, LoadError> {
        let wanted = connections_max as u64 + DESCRIPTORS_RESERVED;
        if let Some(allowed) = control.descriptors_max().filter(|&allowed| allowed < wanted) {
            return Err(LoadError::TooFewDescriptors { wanted, allowed });
        }
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(io::Error::from)?;
        let target = Target::find(connection)?;
        Ok(Fleet {
            dialer: Dialer::new(target.address),
            target,
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_PER_TURN_MAX),
            clients: Slab::with_capacity(connections_max),
            buffer: vec![0; READ_BUFFER_BYTES],
            random: Random::from_seed(seed),
            control,
        })
    }

    /// How long nothing may happen before it is given up.
    pub(crate) fn patience(&self) -> Duration {
        self.target.patience
    }

    /// Whether the run is to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.control.is_stopped()
    }

    /// Tells whoever watches how far the run is.
    pub(crate) fn tell(&mut self, progress: impl FnOnce() -> Progress) {
        self.control.tell(progress);
    }

    /// A fresh masking key (RFC 6455 §5.3).
    pub(crate) fn mask(&mut self) -> [u8; 4] {
        self.random.next_u32().to_be_bytes()
    }

    /// Begins one connection; [`Event::Opened`] or [`Event::Ended`] follows.
    pub(crate) fn dial(&mut self) -> Result<(), LoadError> {
        let mut socket = self.dialer.dial()?;
        let entry = self.clients.vacant_entry();
        OsSocket::watch(&mut socket, self.poll.registry(), Token(entry.key()))?;
        let host = self.target.url().host();
        let transport: Box<dyn Transport> = match &self.target.tls {
            None => Box::new(socket),
            Some(tls) => tls.wrap(host, Box::new(socket)).map_err(|failure| LoadError::NotReached {
                url: self.target.url().to_string(),
                ending: Ending::Tls(failure),
            })?,
        };
        let (opening, request) = Opening::begin(&self.target.config, &mut self.random);
        entry.insert(Client::new(transport, opening, request));
        Ok(())
    }

    /// Opens `count` connections, some at a time, and waits for all to be open
    /// or to have failed. What arrives meanwhile is ignored.
    pub(crate) fn open(&mut self, count: usize) -> Result<Failures, LoadError> {
        let mut failures = Failures::default();
        let (mut dialed, mut settled) = (0, 0);
        let mut progress_at = Instant::now();
        while settled < count && progress_at.elapsed() < self.patience() {
            if self.is_stopped() {
                return Err(LoadError::Interrupted);
            }
            while dialed < count && dialed - settled < OPENING_MAX {
                self.dial()?;
                dialed += 1;
            }
            let before = settled;
            self.turn(TURN_TIME_MAX, |_, event| match event {
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
            self.tell(|| Progress::connections(Stage::Opening, settled, count));
        }
        if settled < count {
            self.clients.retain(|_, client| !client.is_opening());
            (settled..count).for_each(|_| failures.add(Ending::Silent));
        }
        Ok(failures)
    }

    /// Opens one connection, or says why no others need be tried.
    pub(crate) fn open_first(&mut self) -> Result<(), LoadError> {
        match self.open(1)?.first {
            Some(ending) => Err(LoadError::NotReached { url: self.target.url().to_string(), ending }),
            None => Ok(()),
        }
    }

    /// Opens `count` connections, or fails: what needs all of them starts so.
    pub(crate) fn open_all(&mut self, count: usize) -> Result<(), LoadError> {
        self.open_first()?;
        match self.open(count.saturating_sub(1))? {
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
        while !self.clients.is_empty() && progress_at.elapsed() < self.patience() {
            let before = self.clients.len();
            self.turn(TURN_TIME_MAX, |_, event| match event {
                Event::Ended(Ending::Closed) | Event::Opened | Event::Message(..) => {}
                Event::Ended(ending) => failures.add(ending),
            })?;
            if self.clients.len() != before {
                progress_at = Instant::now();
            }
        }
        (0..self.clients.len()).for_each(|_| failures.add(Ending::Silent));
        self.cut_all();
        Ok(failures)
    }

    /// Drops every connection without a word.
    pub(crate) fn cut_all(&mut self) {
        self.clients.clear();
    }

    /// Sends encoded frames on one connection; an error has ended it.
    pub(crate) fn send(&mut self, key: usize, bytes: &[u8]) -> Result<(), Ending> {
        let Some(client) = self.clients.get_mut(key) else { return Ok(()) };
        client.send(bytes).inspect_err(|_| drop(self.clients.try_remove(key)))
    }

    /// Says goodbye on one connection; an error has ended it.
    pub(crate) fn close(&mut self, key: usize) -> Result<(), Ending> {
        let Some(client) = self.clients.get_mut(key) else { return Ok(()) };
        client.close(&mut self.random).inspect_err(|_| drop(self.clients.try_remove(key)))
    }

    /// Waits for something to happen, at most for `timeout`, and reports it by
    /// connection. A connection's key may be given to a new one after its end.
    pub(crate) fn turn(&mut self, timeout: Duration, mut on: impl FnMut(usize, Event<'_>)) -> io::Result<()> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            // A signal: whoever waits looks what it means.
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        for readiness in &self.events {
            let Token(key) = readiness.token();
            let Some(client) = self.clients.get_mut(key) else { continue };
            let told = client.told(readiness, &mut self.buffer, &mut self.random, |event| on(key, event));
            if let Err(ending) = told {
                self.clients.try_remove(key);
                on(key, Event::Ended(ending));
            }
        }
        Ok(())
    }
}
