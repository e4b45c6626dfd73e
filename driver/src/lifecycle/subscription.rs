//! One listener's end of the bus: a stream of no particular runtime, which a
//! thread can wait for as well.

use super::Lifecycle;
use super::bus::{Bus, Queue};
use crate::error::HandleError;
use crate::shard::is_on_shard;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// What happens from now on, in order: see [`Handle::subscribe`](crate::Handle::subscribe).
///
/// Nothing waits for a subscriber. Up to `lifecycle_events_max` events wait for it;
/// what has no room is told as [`Lifecycle::Missed`], in its place. Dropped, it
/// listens no more.
#[must_use = "dropped, it listens no more"]
pub struct Subscription {
    bus: Arc<Bus>,
    queue: Arc<Queue>,
}

impl Subscription {
    pub(crate) fn new(bus: &Arc<Bus>) -> Subscription {
        Subscription { bus: Arc::clone(bus), queue: bus.listen() }
    }

    /// The next event; `None` behind [`Lifecycle::Shutdown`]. A future, to be
    /// awaited, or [waited](RecvLifecycle::wait) for by a thread.
    ///
    /// Cancel-safe: an event is taken only by a future that completes.
    pub fn recv(&mut self) -> RecvLifecycle<'_> {
        RecvLifecycle { subscription: self }
    }

    /// The same to be polled, for a stream of some runtime.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Lifecycle>> {
        self.queue.poll(cx.waker())
    }
}

/// The future of [`Subscription::recv`]. Dropped, it takes no event with it.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct RecvLifecycle<'s> {
    subscription: &'s mut Subscription,
}

impl RecvLifecycle<'_> {
    /// Blocks the thread until there is an event.
    ///
    /// # Errors
    /// [`HandleError::OnShard`] where there is none, and the thread is inside a
    /// synchronous handler: the shard would wait for itself.
    pub fn wait(self) -> Result<Option<Lifecycle>, HandleError> {
        match self.subscription.queue.wait(|| !is_on_shard()) {
            Poll::Ready(next) => Ok(next),
            Poll::Pending => Err(HandleError::OnShard),
        }
    }
}

impl Future for RecvLifecycle<'_> {
    type Output = Option<Lifecycle>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.subscription.poll_recv(cx)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.bus.forget(&self.queue);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}
