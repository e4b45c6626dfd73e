//! The wall around user code: a panic becomes `None`.
//!
//! Sound because no hub method runs user code: whatever a handler was doing,
//! the hub it did it to is whole.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

/// Calls `user_code`.
pub(crate) fn call<T>(user_code: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(user_code)).ok()
}

/// Awaits a future of the user's.
pub(crate) async fn attend<T>(mut future: Pin<Box<dyn Future<Output = T> + Send>>) -> Option<T> {
    poll_fn(move |cx| match call(|| future.as_mut().poll(cx)) {
        Some(poll) => poll.map(Some),
        None => Poll::Ready(None),
    })
    .await
}
