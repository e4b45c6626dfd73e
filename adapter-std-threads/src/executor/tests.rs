//! The executor under many futures, wakes from other threads, panics, and its end.

use super::Executor;
use std::future::{pending, poll_fn};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

/// What has not happened by then will not.
const DEADLINE: Duration = Duration::from_secs(20);

/// A gate that futures wait before.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<(bool, Vec<Waker>)>>);

impl Gate {
    async fn passed(self) {
        poll_fn(|cx| {
            let mut state = self.0.lock().unwrap();
            if state.0 {
                return Poll::Ready(());
            }
            state.1.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn open(&self) {
        let wakers = {
            let mut state = self.0.lock().unwrap();
            state.0 = true;
            std::mem::take(&mut state.1)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    fn waiting(&self) -> usize {
        self.0.lock().unwrap().1.len()
    }
}

#[test]
fn thousands_of_futures_wait_on_two_workers_and_all_go_on() {
    const FUTURES: usize = 5_000;
    let (executor, gate) = (Executor::start(2).unwrap(), Gate::default());
    let (arrive, arrived) = mpsc::channel();
    let (pass, passed) = mpsc::channel();
    for number in 0..FUTURES {
        let (gate, arrive, pass) = (gate.clone(), arrive.clone(), pass.clone());
        executor.spawn(Box::pin(async move {
            arrive.send(()).unwrap();
            gate.passed().await;
            pass.send(number).unwrap();
        }));
    }
    for _ in 0..FUTURES {
        arrived.recv_timeout(DEADLINE).unwrap();
    }
    assert!(passed.try_recv().is_err(), "none before the gate is open");
    gate.open();
    let mut numbers: Vec<_> = (0..FUTURES).map(|_| passed.recv_timeout(DEADLINE).unwrap()).collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..FUTURES));
}

#[test]
fn a_wake_while_it_is_polled_polls_it_again() {
    let executor = Executor::start(4).unwrap();
    let (done, is_done) = mpsc::channel();
    let mut polls = 0;
    executor.spawn(Box::pin(async move {
        poll_fn(|cx| {
            polls += 1;
            let waker = cx.waker().clone();
            // By another thread, before this poll returns.
            thread::spawn(move || waker.wake()).join().unwrap();
            if polls == 1_000 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        done.send(()).unwrap();
    }));
    is_done.recv_timeout(DEADLINE).unwrap();
}

#[test]
fn a_panic_ends_its_future_and_no_worker() {
    let executor = Executor::start(1).unwrap();
    let (done, is_done) = mpsc::channel();
    executor.spawn(Box::pin(async { panic!("as asked") }));
    executor.spawn(Box::pin(async move { done.send(()).unwrap() }));
    is_done.recv_timeout(DEADLINE).unwrap();
}

/// Tells when it is dropped.
struct Tell(mpsc::Sender<()>);

impl Drop for Tell {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
    }
}

#[test]
fn what_nobody_can_wake_is_dropped() {
    let executor = Executor::start(1).unwrap();
    let (dropped, is_dropped) = mpsc::channel();
    let tell = Tell(dropped);
    executor.spawn(Box::pin(async move {
        let _tell = tell;
        pending::<()>().await;
    }));
    is_dropped.recv_timeout(DEADLINE).unwrap();
}

/// What is woken is finished even so: a handler's last words are not lost.
#[test]
fn the_workers_finish_what_is_woken_when_the_executor_goes() {
    let (executor, gate) = (Executor::start(1).unwrap(), Gate::default());
    let (done, is_done) = mpsc::channel();
    let (busy, is_busy) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    executor.spawn(Box::pin(async move {
        busy.send(()).unwrap();
        released.recv_timeout(DEADLINE).unwrap();
    }));
    is_busy.recv_timeout(DEADLINE).unwrap();
    let waits = gate.clone();
    executor.spawn(Box::pin(async move { waits.passed().await }));
    executor.spawn(Box::pin(async move { done.send(()).unwrap() }));
    drop(executor);
    assert_eq!(gate.waiting(), 0, "the worker is busy");
    release.send(()).unwrap();
    is_done.recv_timeout(DEADLINE).unwrap();
}

#[test]
fn what_is_woken_after_the_last_worker_is_dropped() {
    let (executor, gate) = (Executor::start(1).unwrap(), Gate::default());
    let (arrive, arrived) = mpsc::channel();
    let (dropped, is_dropped) = mpsc::channel();
    let (tell, waits) = (Tell(dropped), gate.clone());
    executor.spawn(Box::pin(async move {
        let _tell = tell;
        arrive.send(()).unwrap();
        waits.passed().await;
    }));
    arrived.recv_timeout(DEADLINE).unwrap();
    let shared = Arc::clone(&executor.shared);
    drop(executor);
    while super::lock(&shared.queue).workers > 0 {
        thread::yield_now();
    }
    gate.open();
    is_dropped.recv_timeout(DEADLINE).unwrap();
}
