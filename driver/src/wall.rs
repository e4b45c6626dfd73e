//! The wall around user code: a panic becomes `None`.
//!
//! User code is what handlers do, and also what happens when something of the
//! application's is dropped: its state, its futures, its errors, and what it
//! panicked with. Sound because no hub method runs user code: whatever a handler
//! was doing, the hub it did it to is whole.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

/// Calls `user_code`.
pub(crate) fn call<T>(user_code: impl FnOnce() -> T) -> Option<T> {
    let payload = match catch_unwind(AssertUnwindSafe(user_code)) {
        Ok(value) => return Some(value),
        Err(payload) => payload,
    };
    // It may be of a type of theirs, whose destructor panics in turn. What that
    // one panics with is leaked: there must be an end to it.
    if let Err(worse) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(worse);
    }
    None
}

/// Awaits a future of the user's. It is dropped behind the wall, too, polled or not.
pub(crate) fn attend<T>(
    future: Pin<Box<dyn Future<Output = T> + Send>>,
) -> impl Future<Output = Option<T>> + Send {
    let mut future = Theirs::new(future);
    poll_fn(move |cx| {
        let Some(running) = future.get_mut() else { return Poll::Ready(None) };
        match call(|| running.as_mut().poll(cx)) {
            Some(poll) => poll.map(Some),
            None => Poll::Ready(None),
        }
    })
}

/// A place for a value of the application's, which is dropped behind the wall:
/// a destructor that panics harms nobody.
pub(crate) struct Theirs<T>(Option<T>);

impl<T> Theirs<T> {
    pub(crate) fn new(value: T) -> Theirs<T> {
        Theirs(Some(value))
    }

    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.0.as_mut()
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// Takes the value out; whoever has it then is to drop it behind the wall.
    pub(crate) fn take(&mut self) -> Option<T> {
        self.0.take()
    }
}

impl<T> Default for Theirs<T> {
    fn default() -> Self {
        Theirs(None)
    }
}

impl<T> Drop for Theirs<T> {
    fn drop(&mut self) {
        if let Some(value) = self.0.take()
            && call(|| drop(value)).is_none()
        {
            tracing::error!("something of the application's panicked when it was dropped");
        }
    }
}

impl<T> fmt::Debug for Theirs<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Theirs")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Waker};

    struct Mine;

    impl Drop for Mine {
        fn drop(&mut self) {
            panic!("as asked");
        }
    }

    #[test]
    fn a_panic_becomes_none_whatever_it_panics_with() {
        assert_eq!(call(|| 7), Some(7));
        assert_eq!(call(|| -> u8 { panic!("as asked") }), None);
        assert_eq!(call(|| -> u8 { std::panic::panic_any(Mine) }), None);
    }

    #[test]
    fn what_is_dropped_in_its_place_harms_nobody() {
        drop(Theirs::new(Mine));
        let mut place = Theirs::new(7);
        assert_eq!((place.take(), place.take()), (Some(7), None));
    }

    /// Also while another panic goes on, where one more would end the process.
    #[test]
    fn nor_does_it_while_another_panic_goes_on() {
        let both = || -> () {
            let _mine = Theirs::new(Mine);
            panic!("as asked");
        };
        assert_eq!(call(both), None);
    }

    #[test]
    fn a_future_is_dropped_behind_the_wall_polled_or_not() {
        for polled in [false, true] {
            let mine = Mine;
            let future: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
                let _mine = mine;
                std::future::pending::<()>().await;
            });
            let mut attended = pin!(attend(future));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(!polled || attended.as_mut().poll(&mut cx).is_pending());
        }
    }
}
