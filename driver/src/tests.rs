//! What threads share, under threads: nothing that was woken sleeps on, nothing
//! is lost, and each asker's order is kept.
//!
//! Every wait ends as soon as there is what it waits for. `PATIENCE` is spent
//! only where a wake-up was lost, and the test fails then.

use crate::clock::Clock;
use crate::error::HandleError;
use crate::gather::Gather;
use crate::inbox::{Command, Inbox};
use crate::ready::{ConnectionWaker, ReadyList};
use crate::reply::{Answer, reply};
use fanfare_core::broadcast::Target;
use fanfare_core::hub::Publication;
use fanfare_core::id::ShardId;
use fanfare_core::relay::Relay;
use fanfare_core::time::Instant;
use fanfare_core::wire::Frame;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

const THREADS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(20);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Wakes the current thread.
fn unpark() -> Waker {
    Waker::from(Arc::new(Unpark(thread::current())))
}

/// Asks, and sleeps until woken, until there is an answer.
fn sleep_until<T>(mut question: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(answer) = question() {
            return answer;
        }
        let asleep_since = Clock::start();
        thread::park_timeout(PATIENCE);
        assert!(asleep_since.now() < Instant::ZERO + PATIENCE, "a wake-up was lost");
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let (mut future, waker) = (pin!(future), unpark());
    sleep_until(|| match future.as_mut().poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

/// What happens before a wake is seen by the shard that takes the list.
#[test]
fn a_woken_connection_is_looked_at() {
    const EVENTS: usize = 20_000;
    let list = Arc::new(ReadyList::default());
    let events: Arc<Vec<AtomicUsize>> = Arc::new((0..3).map(|_| AtomicUsize::new(0)).collect());
    let wakers: Vec<_> = (0..3).map(|slot| ConnectionWaker::new(slot, &list)).collect();
    let (shard, mut taken, mut seen) = (unpark(), Vec::new(), 0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for event in 0..EVENTS {
                    events[event % 3].fetch_add(1, Ordering::Relaxed);
                    Waker::from(Arc::clone(&wakers[event % 3])).wake();
                }
            });
        }
        sleep_until(|| {
            taken.clear();
            list.take(&shard, &mut taken);
            for &slot in &taken {
                wakers[slot as usize].unlisted();
                seen += events[slot as usize].swap(0, Ordering::Relaxed);
            }
            (seen == THREADS * EVENTS).then_some(())
        });
    });
}

fn numbered(publisher: usize, number: usize) -> Arc<Relay> {
    let text = format!("{publisher} {number}");
    let publication = Publication::new(Target::Everyone, Frame::text(&text));
    Arc::new(Relay::new(ShardId(0), None, publication))
}

/// Takes from `inbox` until each of the publishers' numbers has come, in order.
fn take_in_order(inbox: &Inbox, ready: &ReadyList, numbers: usize) {
    let (waker, mut commands, mut next) = (unpark(), Vec::new(), [0; THREADS]);
    sleep_until(|| {
        // As a shard does it: first it is known whom to wake, then it looks.
        ready.take(&waker, &mut Vec::new());
        while inbox.take(3, &mut commands) || !commands.is_empty() {
            for command in commands.drain(..) {
                let Command::Relay(relay) = command else { panic!("{command:?}") };
                let text = String::from_utf8(relay.publication.frame.as_bytes()[2..].to_vec()).unwrap();
                let (publisher, number) = text.split_once(' ').unwrap();
                let place = &mut next[publisher.parse::<usize>().unwrap()];
                assert_eq!(number.parse(), Ok(*place), "publisher {publisher}");
                *place += 1;
            }
        }
        (next == [numbers; THREADS]).then_some(())
    });
}

#[test]
fn commands_arrive_in_their_askers_order() {
    const COMMANDS: usize = 5_000;
    let ready = Arc::new(ReadyList::default());
    let inbox = Inbox::new(ShardId(0), 8, Arc::clone(&ready));
    thread::scope(|scope| {
        let inbox = &inbox;
        for publisher in 0..THREADS {
            scope.spawn(move || {
                for number in 0..COMMANDS {
                    while let Err(error) = inbox.push(Command::Relay(numbered(publisher, number))) {
                        assert_eq!(error, HandleError::QueueFull { shard: ShardId(0), messages_max: 8 });
                        thread::yield_now();
                    }
                }
            });
        }
        take_in_order(inbox, &ready, COMMANDS);
    });
}

#[test]
fn a_publisher_that_found_no_room_is_woken_when_there_is() {
    const RELAYS: usize = 5_000;
    let ready = Arc::new(ReadyList::default());
    let inbox = Inbox::new(ShardId(0), 2, Arc::clone(&ready));
    thread::scope(|scope| {
        let inbox = &inbox;
        for publisher in 0..THREADS {
            scope.spawn(move || {
                let (own, waker) = (Arc::new(ReadyList::default()), unpark());
                for number in 0..RELAYS {
                    if !inbox.relay(numbered(publisher, number), &own) {
                        sleep_until(|| {
                            own.take(&waker, &mut Vec::new());
                            inbox.has_room_or_wakes(&own).then_some(())
                        });
                    }
                }
            });
        }
        take_in_order(inbox, &ready, RELAYS);
    });
}

/// Given before, while or after it is asked for, in each of the three ways.
#[test]
fn an_answer_reaches_whoever_waits() {
    const ANSWERS: usize = 3_000;
    let (asked, to_answer) = mpsc::channel::<Answer<usize>>();
    let answering = thread::spawn(move || {
        for (number, answer) in to_answer.iter().enumerate() {
            // Every fifth is dropped.
            if number % 5 != 0 {
                answer.give(number);
            }
        }
    });
    for number in 0..ANSWERS {
        let (answer, waiting) = reply();
        asked.send(answer).unwrap();
        let outcome = match number % 3 {
            0 => block_on(waiting),
            1 => waiting.wait(),
            _ => {
                let (sender, outcome) = mpsc::channel();
                waiting.continue_with(move |outcome| sender.send(outcome).unwrap());
                outcome.recv_timeout(PATIENCE).expect("the continuation is called")
            }
        };
        let expected = if number % 5 == 0 { Err(HandleError::Stopped) } else { Ok(number) };
        assert_eq!(outcome, expected);
    }
    drop(asked);
    answering.join().unwrap();
}

#[test]
fn an_answer_of_several_comes_when_the_last_has_spoken() {
    for round in 0..1_000 {
        let (gather, waiting) = Gather::start(|total: &mut usize, part| *total += part);
        let parts: Vec<_> = (0..THREADS).map(|_| gather.part()).collect();
        drop(gather);
        // In every other round one of them ends without a word.
        let silent = (round % 2 == 0).then_some(round % THREADS);
        let outcome = thread::scope(|scope| {
            for (place, part) in parts.into_iter().enumerate() {
                scope.spawn(move || {
                    if silent != Some(place) {
                        part.give(Ok(place + 1));
                    }
                });
            }
            block_on(waiting)
        });
        let all = (1..=THREADS).sum();
        assert_eq!(outcome, if silent.is_some() { Err(HandleError::Stopped) } else { Ok(all) });
    }
}
