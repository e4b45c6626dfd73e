//! A connection in the hands of a thread: the pull style for code that blocks,
//! and the count of such threads, which is bounded.

use crate::connection::Connection;
use crate::error::HandleError;
use crate::handle::Handle;
use fanfare_core::close::CloseCode;
use fanfare_core::id::ConnectionId;
use fanfare_core::wire::Message;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// One open connection, in the hands of a thread of its own: its calls block.
///
/// It stays on its thread, so that nothing can wait for a shard on that shard.
/// What other threads are to do with the connection, they do by its
/// [`id`](Self::id) through the [`handle`](Self::handle).
pub struct BlockingConnection {
    connection: Connection,
    waker: Waker,
    stays_here: PhantomData<*const ()>,
}

impl BlockingConnection {
    /// Gives a connection to the current thread.
    pub(crate) fn new(connection: Connection) -> BlockingConnection {
        let waker = unparks_this_thread();
        BlockingConnection { connection, waker, stays_here: PhantomData }
    }

    /// The connection's id.
    pub fn id(&self) -> ConnectionId {
        self.connection.id()
    }

    /// The server's handle.
    pub fn handle(&self) -> &Handle {
        self.connection.handle()
    }

    /// A parameter of the route's path.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.connection.param(name)
    }

    /// The next message; blocks until there is one. `None` once the connection
    /// is closed and all that arrived before has been received.
    pub fn recv(&self) -> Option<Message<'static>> {
        let (mut received, mut cx) = (pin!(self.connection.recv()), Context::from_waker(&self.waker));
        loop {
            match received.as_mut().poll(&mut cx) {
                Poll::Ready(message) => return message,
                // Woken since the look, it returns at once.
                Poll::Pending => thread::park(),
            }
        }
    }

    /// Queues a message for the peer; blocks until that is done.
    ///
    /// # Errors
    /// As of [`Handle::send`].
    pub fn send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), HandleError> {
        self.connection.send(message).wait()
    }

    /// Starts the closing handshake.
    ///
    /// # Errors
    /// As of [`Handle::close`].
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<(), HandleError> {
        self.connection.close(code, reason).wait()
    }

    /// Whether the connection is open, as far as this side knows.
    pub fn is_open(&self) -> bool {
        self.connection.is_open()
    }
}

impl fmt::Debug for BlockingConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingConnection").field(&self.id()).finish()
    }
}

/// Ends the next park of the current thread.
pub(crate) fn unparks_this_thread() -> Waker {
    Waker::from(Arc::new(Unpark(thread::current())))
}

/// Wakes a thread that is parked.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// How many blocking handlers there may be at once, and are.
#[derive(Debug)]
pub(crate) struct BlockingHandlers {
    count_max: usize,
    count: Arc<AtomicUsize>,
}

/// One of them. Dropped, it makes room for another.
#[derive(Debug)]
pub(crate) struct Permit(Arc<AtomicUsize>);

impl BlockingHandlers {
    pub(crate) fn new(count_max: usize) -> BlockingHandlers {
        BlockingHandlers { count_max, count: Arc::default() }
    }

    /// A permit, if there is room.
    pub(crate) fn admit(&self) -> Option<Permit> {
        let grown = |count: usize| (count < self.count_max).then_some(count + 1);
        self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).ok()?;
        Some(Permit(Arc::clone(&self.count)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_permits_as_there_is_room_and_each_is_given_back() {
        let handlers = BlockingHandlers::new(2);
        let (first, second) = (handlers.admit().unwrap(), handlers.admit().unwrap());
        assert!(handlers.admit().is_none());
        drop(first);
        let third = handlers.admit().unwrap();
        assert!(handlers.admit().is_none());
        drop((second, third));
        assert_eq!(handlers.count.load(Ordering::Relaxed), 0);
    }
}
