//! From a host and a port to a transport.
//!
//! Apart because it is where a runtime has to lend a hand: it finds addresses and
//! connects to one; which of them, in what order and for how long is decided here,
//! the same on all of them. It knows nothing of WebSocket, nor of TLS.

use crate::app::BoxFuture;
use crate::transport::Transport;
use fanfare_core::client::ConnectError;
use fanfare_core::time::Instant;
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
#[cfg(unix)]
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Where a transport leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// A TCP port of an IP address.
    Tcp(SocketAddr),
    /// A Unix socket.
    #[cfg(unix)]
    Unix(PathBuf),
}

/// How a runtime reaches others. Neither future may block the thread that polls
/// it; dropped, each gives up.
pub trait Dial: Send + Sync {
    /// The addresses of a host, the best first.
    fn resolve(&self, host: &str, port: u16) -> BoxFuture<io::Result<Vec<SocketAddr>>>;

    /// A connected transport, for TCP with `TCP_NODELAY`.
    fn connect(&self, address: &Address) -> BoxFuture<io::Result<Box<dyn Transport>>>;
}

/// A connection that is being made: the addresses in turn, not at once, each with
/// its share of the time that is left, so that one that drops everything does not
/// take all of it.
pub(super) struct Dialing {
    dial: Arc<dyn Dial>,
    host: String,
    deadline: Option<Instant>,
    stage: Stage,
}

enum Stage {
    Resolving(BoxFuture<io::Result<Vec<SocketAddr>>>),
    Connecting {
        address: Address,
        connecting: BoxFuture<io::Result<Box<dyn Transport>>>,
        until: Option<Instant>,
        others: VecDeque<Address>,
    },
}

impl Dialing {
    /// Begins, at `now`, to look for `host`, which is a name or an IP address
    /// without brackets.
    pub(super) fn host(
        dial: &Arc<dyn Dial>,
        host: &str,
        port: u16,
        now: Instant,
        deadline: Option<Instant>,
    ) -> Dialing {
        match host.parse::<IpAddr>() {
            Ok(ip) => Dialing::address(dial, Address::Tcp(SocketAddr::new(ip, port)), now, deadline),
            Err(_) => Dialing {
                stage: Stage::Resolving(dial.resolve(host, port)),
                dial: Arc::clone(dial),
                host: host.to_owned(),
                deadline,
            },
        }
    }

    /// Begins to connect to a known address.
    pub(super) fn address(
        dial: &Arc<dyn Dial>,
        address: Address,
        now: Instant,
        deadline: Option<Instant>,
    ) -> Dialing {
        Dialing {
            stage: Stage::connect(&**dial, address, VecDeque::new(), now, deadline),
            dial: Arc::clone(dial),
            host: String::new(),
            deadline,
        }
    }

    /// When to look again, even if nobody has woken; `None` when only the end of all
    /// of the time is awaited, which is not looked out for here.
    pub(super) fn until(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Connecting { until, others, .. } if !others.is_empty() => *until,
            Stage::Connecting { .. } | Stage::Resolving(_) => None,
        }
    }

    /// Goes on, at `now`.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
    ) -> Poll<Result<Box<dyn Transport>, ConnectError>> {
        loop {
            let has_passed = self.until().is_some_and(|until| until <= now);
            let next = match &mut self.stage {
                Stage::Resolving(resolving) => match resolving.as_mut().poll(cx) {
                    Poll::Ready(Ok(addresses)) => self.first(addresses, now)?,
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(self.unknown(&error))),
                    Poll::Pending => return Poll::Pending,
                },
                Stage::Connecting { address, connecting, others, .. } => {
                    let error = match connecting.as_mut().poll(cx) {
                        Poll::Ready(Ok(transport)) => return Poll::Ready(Ok(transport)),
                        Poll::Ready(Err(error)) => error,
                        // That all of the time is over, the machine says.
                        Poll::Pending if has_passed && !others.is_empty() => ErrorKind::TimedOut.into(),
                        Poll::Pending => return Poll::Pending,
                    };
                    let Some(next) = others.pop_front() else {
                        return Poll::Ready(Err(ConnectError::from(error.kind())));
                    };
                    tracing::debug!(%address, %error, "trying another address");
                    Stage::connect(&*self.dial, next, std::mem::take(others), now, self.deadline)
                }
            };
            self.stage = next;
        }
    }

    fn first(&self, addresses: Vec<SocketAddr>, now: Instant) -> Result<Stage, ConnectError> {
        let mut addresses: VecDeque<Address> = addresses.into_iter().map(Address::Tcp).collect();
        let first = addresses.pop_front().ok_or_else(|| self.unknown(&"it has no address"))?;
        Ok(Stage::connect(&*self.dial, first, addresses, now, self.deadline))
    }

    fn unknown(&self, why: &dyn fmt::Display) -> ConnectError {
        ConnectError::Dns(format!("{:?}: {why}", self.host))
    }
}

impl Stage {
    fn connect(
        dial: &dyn Dial,
        address: Address,
        others: VecDeque<Address>,
        now: Instant,
        deadline: Option<Instant>,
    ) -> Stage {
        let shares = u32::try_from(others.len()).unwrap_or(u32::MAX).saturating_add(1);
        let until = deadline.map(|deadline| now + deadline.since(now) / shares);
        Stage::Connecting { connecting: dial.connect(&address), address, until, others }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => address.fmt(f),
            #[cfg(unix)]
            Address::Unix(path) => path.display().fmt(f),
        }
    }
}

impl fmt::Debug for Dialing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialing").field("host", &self.host).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
