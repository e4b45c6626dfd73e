//! The network between clients and servers: names, dials, and connections with a
//! will of their own.
//!
//! Apart from the simulation because both ends of each connection hold on to it.
//! `weather` is what happens to whom, `link` a connection, `pipe` one of its
//! directions. It knows bytes and time, and nothing of what is said.

mod link;
mod pipe;
mod weather;

use crate::timers::Timer;
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use fanfare_driver::{Acceptor, Address, BoxFuture, Dial, Transport};
use std::collections::BTreeMap;
use std::fmt;
use std::future::{pending, ready};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use weather::Fate;
pub(crate) use weather::Weather;

/// Where the addresses of servers begin, and those of clients.
const FIRST_SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);
const FIRST_CLIENT: Ipv4Addr = Ipv4Addr::new(10, 128, 0, 0);
/// Where the ports that clients connect from begin.
const FIRST_PORT: u16 = 10_000;

/// See the module. Clones are the same network.
#[derive(Clone)]
pub(crate) struct Network {
    timer: Timer,
    weather: Arc<Mutex<Weather>>,
    map: Arc<Mutex<Map>>,
}

/// Who is where.
#[derive(Default)]
struct Map {
    addresses: BTreeMap<String, IpAddr>,
    /// Of the servers that there are at the moment.
    acceptors: BTreeMap<IpAddr, Acceptor>,
    clients: u32,
}

/// A client's way to servers.
struct Dialer {
    network: Network,
    address: IpAddr,
    dials: Mutex<u16>,
}

impl Network {
    pub(crate) fn new(timer: Timer, random: Random) -> Network {
        Network { timer, weather: Arc::new(Mutex::new(Weather::new(random))), map: Arc::default() }
    }

    /// A way to servers for a client, which has an address of its own.
    pub(crate) fn dialer(&self) -> Arc<dyn Dial> {
        let mut map = lock(&self.map);
        map.clients += 1;
        let address = nth(FIRST_CLIENT, map.clients);
        Arc::new(Dialer { network: self.clone(), address, dials: Mutex::new(FIRST_PORT) })
    }

    /// There is a server of that name now, or none any more.
    pub(crate) fn serve(&self, name: &str, acceptor: Option<Acceptor>) {
        let before = {
            let mut map = lock(&self.map);
            let next = nth(FIRST_SERVER, u32::try_from(map.addresses.len()).unwrap_or_default() + 1);
            let address = *map.addresses.entry(name.to_owned()).or_insert(next);
            match acceptor {
                Some(acceptor) => map.acceptors.insert(address, acceptor),
                None => map.acceptors.remove(&address),
            }
        };
        drop(before);
    }

    pub(crate) fn weather(&self) -> MutexGuard<'_, Weather> {
        lock(&self.weather)
    }

    fn now(&self) -> Instant {
        self.timer.now()
    }

    fn timer(&self) -> &Timer {
        &self.timer
    }

    /// A connection to whoever accepts it there.
    fn connect(&self, from: SocketAddr, to: SocketAddr) -> io::Result<Box<dyn Transport>> {
        let acceptor = lock(&self.map).acceptors.get(&to.ip()).cloned();
        let Some(acceptor) = acceptor else {
            self.weather().report.unserved += 1;
            return Err(ErrorKind::ConnectionRefused.into());
        };
        self.weather().report.connections += 1;
        let (near, far) = link::link(self);
        // Not taken, the far end is dropped, which ends the connection.
        let _ = acceptor.accept(Box::new(far), Some(from), Vec::new());
        Ok(Box::new(near))
    }
}

impl Dialer {
    /// Where the next connection comes from.
    fn source(&self) -> SocketAddr {
        let mut dials = lock(&self.dials);
        *dials = dials.checked_add(1).unwrap_or(FIRST_PORT);
        SocketAddr::new(self.address, *dials)
    }
}

impl Dial for Dialer {
    fn resolve(&self, host: &str, port: u16) -> BoxFuture<io::Result<Vec<SocketAddr>>> {
        let address = lock(&self.network.map).addresses.get(host).copied();
        Box::pin(ready(match address {
            Some(address) => Ok(vec![SocketAddr::new(address, port)]),
            None => Err(io::Error::new(ErrorKind::NotFound, "nobody serves at that name in this simulation")),
        }))
    }

    fn connect(&self, address: &Address) -> BoxFuture<io::Result<Box<dyn Transport>>> {
        let Address::Tcp(to) = *address else { return Box::pin(ready(Err(ErrorKind::Unsupported.into()))) };
        let (network, from) = (self.network.clone(), self.source());
        let (fate, latency) = {
            let mut weather = network.weather();
            (weather.fate(), weather.latency())
        };
        Box::pin(async move {
            network.timer.sleep(latency).await;
            match fate {
                Fate::Answered => network.connect(from, to),
                Fate::Refused => Err(ErrorKind::ConnectionRefused.into()),
                Fate::Ignored => pending().await,
            }
        })
    }
}

fn nth(first: Ipv4Addr, number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(first.to_bits().wrapping_add(number)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("report", &self.weather().report).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
