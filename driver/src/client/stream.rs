//! What a client hears, as a stream: for a future, or a thread, that pulls.
//!
//! Bounded: when as much waits as may, the server is read no further, and feels
//! it.

use super::error::ClientFault;
use super::handle::ClientHandle;
use super::hearing::Hearing;
use crate::app::OwnedEvent;
use crate::blocking::unparks_this_thread;
use crate::shard::is_on_shard;
use fanfare_core::client::{Connected, Disconnected};
use fanfare_core::wire::{ControlPayload, Message};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::Duration;

/// What a client hears of its server, and of its own fate. [`Connected`] and
/// [`Disconnected`](Heard::Disconnected) alternate.
#[derive(Debug)]
#[non_exhaustive]
pub enum Heard {
    /// The connection is open.
    Connected(Box<Connected>),
    /// The connection is over.
    Disconnected(Disconnected),
    /// There will be another attempt to connect.
    Reconnecting {
        /// Which, since a connection was last stable: 1 is the first.
        attempt: u32,
        /// How long from now.
        delay: Duration,
    },
    /// A message, of a client that has no envelope.
    Message(Message<'static>),
    /// An event, of a client that has one.
    Event(OwnedEvent),
    /// A ping of the server's, which has been answered; for who asked to
    /// [hear pings](super::Client::hear_pings).
    Ping(ControlPayload<'static>),
    /// A pong, as well.
    Pong(ControlPayload<'static>),
    /// Something went wrong, and the client goes on.
    Fault(ClientFault),
}

/// A client, and what it hears in the order it happens. What has a callback goes
/// there instead. Dropped, with the last [handle](Self::handle), it ends the client;
/// where there are others, nothing is heard from then on.
///
/// When as many messages wait as may in an inbox (`inbox_messages_max` and
/// `inbox_bytes_max`), the server is read no further until half of them are taken.
/// Of all else so many are kept; who takes none hears then how it is, not all that it
/// was: the latest fault of a kind and the latest announcement, and of no connection
/// that came, said nothing and went.
#[derive(Debug)]
pub struct ClientStream {
    handle: ClientHandle,
    hearing: Arc<Hearing>,
}

impl ClientStream {
    pub(super) fn new(handle: ClientHandle, hearing: Arc<Hearing>) -> ClientStream {
        ClientStream { handle, hearing }
    }

    /// What asks the client for something.
    pub fn handle(&self) -> &ClientHandle {
        &self.handle
    }

    /// What comes next; `None` once the client has ended and all that happened
    /// before has been heard. A future, to be awaited, or [waited](Hear::wait) for
    /// by a thread.
    ///
    /// Cancel-safe: only a future that completes takes something.
    pub fn hear(&mut self) -> Hear<'_> {
        Hear { stream: self }
    }

    /// The same for who is interested in messages only: all else is passed over,
    /// events too.
    pub fn recv(&mut self) -> HearMessage<'_> {
        HearMessage { stream: self }
    }

    fn poll_hear(&mut self, cx: &mut Context<'_>) -> Poll<Option<Heard>> {
        let (heard, resumes) = ready!(self.hearing.poll_take(cx));
        if resumes {
            self.handle.wake();
        }
        Poll::Ready(heard)
    }
}

impl Drop for ClientStream {
    /// Who goes on by a handle is not held up by what nobody hears.
    fn drop(&mut self) {
        self.hearing.abandon();
        self.handle.wake();
    }
}

/// The future of [`ClientStream::hear`]. Dropped, it takes nothing with it.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Hear<'s> {
    stream: &'s mut ClientStream,
}

/// The future of [`ClientStream::recv`]. Dropped, it takes no message with it.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct HearMessage<'s> {
    stream: &'s mut ClientStream,
}

impl Hear<'_> {
    /// Blocks the thread until something comes. In a callback, where that might be
    /// for ever, `None`.
    pub fn wait(self) -> Option<Heard> {
        wait(self)
    }
}

impl HearMessage<'_> {
    /// Blocks the thread until a message comes. In a callback, where that might be
    /// for ever, `None`.
    pub fn wait(self) -> Option<Message<'static>> {
        wait(self)
    }
}

impl Future for Hear<'_> {
    type Output = Option<Heard>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Heard>> {
        self.stream.poll_hear(cx)
    }
}

impl Future for HearMessage<'_> {
    type Output = Option<Message<'static>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match ready!(self.stream.poll_hear(cx)) {
                None => return Poll::Ready(None),
                Some(Heard::Message(message)) => return Poll::Ready(Some(message)),
                Some(
                    heard @ (Heard::Connected(_)
                    | Heard::Disconnected(_)
                    | Heard::Reconnecting { .. }
                    | Heard::Event(_)
                    | Heard::Ping(_)
                    | Heard::Pong(_)
                    | Heard::Fault(_)),
                ) => tracing::debug!(?heard, "passed over by who waits for a message"),
            }
        }
    }
}

fn wait<T>(mut future: impl Future<Output = Option<T>> + Unpin) -> Option<T> {
    let waker = unparks_this_thread();
    let mut cx = Context::from_waker(&waker);
    loop {
        match Pin::new(&mut future).poll(&mut cx) {
            Poll::Ready(outcome) => return outcome,
            Poll::Pending if is_on_shard() => return None,
            // Woken since the look, it returns at once.
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::handle::Shared;
    use std::pin::pin;
    use std::task::Waker;

    fn stream(count_max: usize, bytes_max: usize) -> (ClientStream, Arc<Hearing>) {
        let shared = Arc::new(Shared::new("ws://localhost".parse().unwrap()));
        let hearing = Arc::new(Hearing::new(count_max, bytes_max));
        (ClientStream::new(ClientHandle::new(shared), Arc::clone(&hearing)), hearing)
    }

    fn message(text: &'static str) -> Heard {
        Heard::Message(Message::from(text))
    }

    fn poll<F: Future>(future: F) -> Poll<F::Output> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn what_waits_is_heard_and_then_the_end() {
        let (mut stream, hearing) = stream(10, 100);
        assert!(poll(stream.hear()).is_pending());
        hearing.push(message("last"));
        hearing.close();
        hearing.push(message("too late"));
        assert!(matches!(stream.hear().wait(), Some(Heard::Message(last)) if last == "last".into()));
        assert!(stream.hear().wait().is_none() && stream.hear().wait().is_none());
    }

    #[test]
    fn a_full_stream_is_half_empty_before_more_is_read() {
        for (count_max, bytes_max, text) in [(4, 100, "x"), (100, 8, "xx")] {
            let (mut stream, hearing) = stream(count_max, bytes_max);
            let mut states = Vec::new();
            for _ in 0..4 {
                hearing.push(message(text));
                states.push(hearing.is_full());
            }
            for _ in 0..4 {
                assert!(poll(stream.hear()).is_ready());
                states.push(hearing.is_full());
            }
            assert_eq!(states, [false, false, false, true, true, false, false, false]);
        }
    }

    #[test]
    fn who_waits_for_a_message_passes_over_all_else() {
        let (mut stream, hearing) = stream(10, 100);
        hearing.push(Heard::Reconnecting { attempt: 1, delay: Duration::ZERO });
        assert!(poll(stream.recv()).is_pending());
        hearing.push(Heard::Fault(ClientFault::GaveUp { attempts: 1 }));
        hearing.push(message("hello"));
        assert_eq!(stream.recv().wait(), Some("hello".into()));
    }
}
