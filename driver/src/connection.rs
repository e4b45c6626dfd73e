//! A connection in the hands of a future: the pull style, with back-pressure.

use crate::app::{ParamError, Params};
use crate::error::HandlerError;
use crate::handle::Handle;
use crate::reply::Reply;
use fanfare_core::close::{CloseCode, CloseReason};
use fanfare_core::id::ConnectionId;
use fanfare_core::wire::Message;
use serde::ser::Serialize;
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// One open connection, off its shard. Clones are the same connection.
#[derive(Clone)]
pub struct Connection {
    id: ConnectionId,
    handle: Handle,
    params: Arc<Params>,
    inbox: Arc<ConnectionInbox>,
}

impl Connection {
    pub(crate) fn new(
        id: ConnectionId,
        handle: Handle,
        params: Arc<Params>,
        inbox: Arc<ConnectionInbox>,
    ) -> Connection {
        Connection { id, handle, params, inbox }
    }

    /// The connection's id.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// The server's handle.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// A parameter of the route's path.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    /// A parameter of the route's path, as a value.
    ///
    /// # Errors
    /// The path has no such parameter, or its text is no such value.
    pub fn param_as<T: FromStr>(&self, name: &str) -> Result<T, ParamError> {
        self.params.get_as(name)
    }

    /// The next message; `None` once the connection is closed and all that
    /// arrived before has been received.
    ///
    /// Cancel-safe: a message is taken only by a future that completes. With
    /// several receivers each message goes to one of them.
    pub fn recv(&self) -> Recv<'_> {
        Recv { connection: self, ticket: None }
    }

    /// Queues a message for the peer.
    pub fn send<'m>(&self, message: impl Into<Message<'m>>) -> Reply<()> {
        self.handle.send(self.id, message)
    }

    /// Queues a text message for the peer, the JSON of a value: see
    /// [`Handle::send_json`].
    pub fn send_json<T: Serialize + ?Sized>(&self, value: &T) -> Reply<()> {
        self.handle.send_json(self.id, value)
    }

    /// Queues a message as soon as there is room in the outbox: see [`Handle::send_when_room`].
    ///
    /// ```
    /// use fanfare_driver::{Connection, HandleError, Route};
    ///
    /// async fn count(connection: &Connection) -> Result<(), HandleError> {
    ///     for number in 0..1_000_000 {
    ///         // No faster than the peer reads.
    ///         connection.send_when_room(number.to_string()).await?;
    ///     }
    ///     Ok(())
    /// }
    /// let route = Route::new().on_connection(|connection| async move { count(&connection).await });
    /// # let _ = route;
    /// ```
    pub fn send_when_room<'m>(&self, message: impl Into<Message<'m>>) -> Reply<()> {
        self.handle.send_when_room(self.id, message)
    }

    /// Resolves when the connection is closed: see [`Handle::closed`].
    pub fn closed(&self) -> Reply<Option<CloseReason>> {
        self.handle.closed(self.id)
    }

    /// Starts the closing handshake.
    pub fn close(&self, code: CloseCode, reason: &str) -> Reply<()> {
        self.handle.close(self.id, code, reason)
    }

    /// Whether the connection is open, as far as this side knows.
    pub fn is_open(&self) -> bool {
        !self.inbox.lock().is_closed
    }

    /// Tells the route's error callback.
    pub(crate) fn report(&self, error: HandlerError) {
        self.handle.report(self.id, error);
    }
}

/// The future of [`Connection::recv`]. Dropped, it takes no message with it.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Recv<'c> {
    connection: &'c Connection,
    /// Its place among those that wait.
    ticket: Option<u64>,
}

impl Future for Recv<'_> {
    type Output = Option<Message<'static>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let connection = self.connection;
        let mut state = connection.inbox.lock();
        let Some(message) = state.messages.pop_front() else {
            if state.is_closed {
                return Poll::Ready(None);
            }
            self.ticket = Some(state.wait(self.ticket, cx.waker()));
            return Poll::Pending;
        };
        state.bytes -= message.len();
        let resume = state.is_paused && connection.inbox.has_drained(&state);
        if resume {
            state.is_paused = false;
        }
        drop(state);
        if resume {
            connection.handle.resume(connection.id);
        }
        Poll::Ready(Some(message))
    }
}

impl Drop for Recv<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.connection.inbox.lock().receivers.retain(|(waiting, _)| *waiting != ticket);
        }
    }
}

/// The received messages that wait for a future.
#[derive(Debug)]
pub(crate) struct ConnectionInbox {
    messages_max: usize,
    bytes_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<Message<'static>>,
    bytes: usize,
    /// All that wait, since each may be dropped before it takes what it was
    /// woken for. Mostly one.
    receivers: SmallVec<[(u64, Waker); 1]>,
    tickets: u64,
    is_paused: bool,
    is_closed: bool,
}

impl ConnectionInbox {
    pub(crate) fn new(messages_max: usize, bytes_max: usize) -> ConnectionInbox {
        ConnectionInbox { messages_max, bytes_max, state: Mutex::default() }
    }

    /// Adds a message; says whether the peer is to be read no further. The
    /// limits are passed by this message at most.
    pub(crate) fn push(&self, message: Message<'static>) -> bool {
        let (receivers, is_paused) = {
            let mut state = self.lock();
            state.bytes += message.len();
            state.messages.push_back(message);
            state.is_paused |= state.messages.len() >= self.messages_max || state.bytes >= self.bytes_max;
            (std::mem::take(&mut state.receivers), state.is_paused)
        };
        wake(receivers);
        is_paused
    }

    /// The connection is closed: receivers get what waits, then `None`.
    pub(crate) fn close(&self) {
        let receivers = {
            let mut state = self.lock();
            state.is_closed = true;
            std::mem::take(&mut state.receivers)
        };
        wake(receivers);
    }

    fn has_drained(&self, state: &State) -> bool {
        state.messages.len() <= self.messages_max / 2 && state.bytes <= self.bytes_max / 2
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Registers a receiver, or its new waker; returns its ticket.
    fn wait(&mut self, ticket: Option<u64>, waker: &Waker) -> u64 {
        let place = self.receivers.iter_mut().find(|(waiting, _)| Some(*waiting) == ticket);
        if let Some((ticket, known)) = place {
            known.clone_from(waker);
            return *ticket;
        }
        self.tickets += 1;
        self.receivers.push((self.tickets, waker.clone()));
        self.tickets
    }
}

fn wake(receivers: SmallVec<[(u64, Waker); 1]>) {
    for (_, receiver) in receivers {
        receiver.wake();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{App, BoxFuture};
    use crate::server::{Launch, Spawn};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    struct Nowhere;

    impl Spawn for Nowhere {
        fn spawn(&self, _: BoxFuture<()>) {}

        fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A connection of a server that does not run, and its inbox.
    fn connection(messages_max: usize, bytes_max: usize) -> (Connection, Arc<ConnectionInbox>) {
        let launch = Launch::new(App::new(), 1, Arc::new(Nowhere)).unwrap();
        let inbox = Arc::new(ConnectionInbox::new(messages_max, bytes_max));
        let id = "0000000000000000000100000000".parse().unwrap();
        let connection = Connection::new(id, launch.handle, Arc::default(), Arc::clone(&inbox));
        (connection, inbox)
    }

    fn poll(receive: &mut Recv<'_>, wakes: &Arc<Wakes>) -> Poll<Option<Message<'static>>> {
        Pin::new(receive).poll(&mut Context::from_waker(&Arc::clone(wakes).into()))
    }

    fn text(text: &str) -> Message<'static> {
        Message::from(text).into_owned()
    }

    #[test]
    fn messages_come_in_order_and_then_the_end() {
        let (connection, inbox) = connection(10, 100);
        let wakes = Arc::default();
        inbox.push(text("a"));
        inbox.push(text("b"));
        inbox.close();
        assert!(!connection.is_open());
        for expected in [Some("a"), Some("b"), None, None] {
            let received = poll(&mut connection.recv(), &wakes);
            assert_eq!(received, Poll::Ready(expected.map(text)));
        }
    }

    #[test]
    fn a_full_inbox_asks_for_a_pause_by_count_or_by_bytes() {
        let (_, by_count) = connection(2, 100);
        assert_eq!([by_count.push(text("")), by_count.push(text(""))], [false, true]);
        let (_, by_bytes) = connection(10, 5);
        assert_eq!([by_bytes.push(text("1234")), by_bytes.push(text("5"))], [false, true]);
    }

    #[test]
    fn it_is_half_empty_before_more_is_asked_for() {
        let (connection, inbox) = connection(4, 100);
        let wakes = Arc::default();
        assert!((0..4).any(|_| inbox.push(text("x"))));
        let is_paused = || inbox.lock().is_paused;
        let mut states = Vec::new();
        for _ in 0..4 {
            assert!(poll(&mut connection.recv(), &wakes).is_ready());
            states.push(is_paused());
        }
        assert_eq!(states, [true, false, false, false]);
    }

    #[test]
    fn every_receiver_is_woken_and_one_that_is_dropped_takes_nothing_with_it() {
        let (connection, inbox) = connection(10, 100);
        let (first, second) = (Arc::<Wakes>::default(), Arc::<Wakes>::default());
        let (mut dropped, mut kept) = (connection.recv(), connection.recv());
        for _ in 0..3 {
            assert!(poll(&mut dropped, &first).is_pending() && poll(&mut kept, &second).is_pending());
        }
        assert_eq!(inbox.lock().receivers.len(), 2, "polled again, each is still one");
        inbox.push(text("for one of you"));
        assert_eq!((first.0.load(Ordering::Relaxed), second.0.load(Ordering::Relaxed)), (1, 1));
        drop(dropped);
        assert_eq!(poll(&mut kept, &second), Poll::Ready(Some(text("for one of you"))));

        let mut waits = connection.recv();
        assert!(poll(&mut waits, &first).is_pending());
        drop(waits);
        assert!(inbox.lock().receivers.is_empty(), "who is gone is forgotten");
    }
}
