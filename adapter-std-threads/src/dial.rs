//! How a client reaches others: names by a thread, connections by the set of the
//! client's own.

use crate::transport::Stream;
use fanfare_driver::{Address, BoxFuture, Dial, Transport};
use mio::event::Source;
use mio::net::TcpStream;
#[cfg(unix)]
use mio::net::UnixStream;
use mio::{Interest, Registry, Token};
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

/// Dials for one client, whose thread sleeps in the set that this is.
#[derive(Debug)]
pub(crate) struct Dialer {
    registry: Registry,
    token: Token,
}

impl Dialer {
    /// Puts connections into a set. Whatever the set tells of `token`, the futures
    /// and transports of this dialer are to be polled.
    pub(crate) fn new(registry: Registry, token: Token) -> Dialer {
        Dialer { registry, token }
    }

    /// Waits, in the set, for a connection that has been begun.
    fn establish<S>(&self, stream: io::Result<S>) -> BoxFuture<io::Result<Box<dyn Transport>>>
    where
        S: Source + Connecting + Send + Unpin + 'static,
        Stream<S>: Transport,
    {
        let registered = stream.and_then(|mut stream| {
            self.registry.register(&mut stream, self.token, Interest::READABLE | Interest::WRITABLE)?;
            Ok(stream)
        });
        Box::pin(async move {
            let stream = registered?;
            let established = Established(Some(stream));
            Ok(Box::new(Stream::new(established.await?)) as Box<dyn Transport>)
        })
    }
}

impl Dial for Dialer {
    /// On a thread of its own: the system's resolver blocks, and cannot be told to
    /// stop. Given up, the thread ends when the resolver does.
    fn resolve(&self, host: &str, port: u16) -> BoxFuture<io::Result<Vec<SocketAddr>>> {
        let (host, found) = (host.to_owned(), Arc::<Found>::default());
        let finds = Arc::clone(&found);
        let resolve = move || finds.put((host, port).to_socket_addrs().map(Iterator::collect));
        match thread::Builder::new().name("fanfare-resolver".into()).spawn(resolve) {
            Ok(_) => Box::pin(Finding(found)),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }

    fn connect(&self, address: &Address) -> BoxFuture<io::Result<Box<dyn Transport>>> {
        match address {
            Address::Tcp(address) => self.establish(TcpStream::connect(*address)),
            #[cfg(unix)]
            Address::Unix(path) => self.establish(UnixStream::connect(path)),
        }
    }
}

/// A connection that may not be established yet.
trait Connecting {
    fn is_established(&self) -> io::Result<bool>;
}

/// Ready once it is; each time the set has told something is a time to look.
struct Established<S>(Option<S>);

impl<S: Connecting + Unpin> Future for Established<S> {
    type Output = io::Result<S>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<S>> {
        let Some(stream) = self.0.take() else { return Poll::Pending };
        if stream.is_established()? {
            return Poll::Ready(Ok(stream));
        }
        self.0 = Some(stream);
        Poll::Pending
    }
}

impl Connecting for TcpStream {
    fn is_established(&self) -> io::Result<bool> {
        if let Some(error) = self.take_error()? {
            return Err(error);
        }
        match self.peer_addr() {
            Ok(_) => self.set_nodelay(true).map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[cfg(unix)]
impl Connecting for UnixStream {
    /// It is, or has failed before.
    fn is_established(&self) -> io::Result<bool> {
        Ok(true)
    }
}

/// What the resolver's thread leaves for the client's.
#[derive(Debug, Default)]
struct Found(Mutex<Answer>);

#[derive(Debug, Default)]
struct Answer {
    addresses: Option<io::Result<Vec<SocketAddr>>>,
    waiting: Option<Waker>,
}

impl Found {
    fn put(&self, addresses: io::Result<Vec<SocketAddr>>) {
        let waker = {
            let mut answer = self.lock();
            answer.addresses = Some(addresses);
            answer.waiting.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ready once it is there.
struct Finding(Arc<Found>);

impl Future for Finding {
    type Output = io::Result<Vec<SocketAddr>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut answer = self.0.lock();
        if let Some(addresses) = answer.addresses.take() {
            return Poll::Ready(addresses);
        }
        answer.waiting = Some(cx.waker().clone());
        Poll::Pending
    }
}
