//! What a listener hears, however slowly it listens.

use super::*;
use fanfare_core::close::CloseCode;
use fanfare_core::event::Payload;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Wake, Waker};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn created(name: &str) -> Lifecycle {
    Lifecycle::RoomCreated(RoomName::new("/", name))
}

fn tell(bus: &Bus, events: impl IntoIterator<Item = Lifecycle>) {
    let events: Vec<_> = events.into_iter().collect();
    bus.tell(&events).into_iter().for_each(Waker::wake);
}

/// All that there is.
fn heard(queue: &bus::Queue) -> Vec<Option<Lifecycle>> {
    let mut heard = Vec::new();
    while let Poll::Ready(next) = queue.wait(|| false) {
        let is_over = next.is_none();
        heard.push(next);
        if is_over {
            break;
        }
    }
    heard
}

#[test]
fn it_is_told_in_words_that_do_not_change() {
    let id: ConnectionId = "0000000000000000000100000000".parse().unwrap();
    let (room, client_id) = (RoomName::new("/chat", "\"1\""), Arc::from("ann"));
    let reason = CloseReason::ByUs { code: CloseCode::Away };
    for (event, name, json) in [
        (
            Lifecycle::Connected { id, client_id: Arc::clone(&client_id) },
            "connected",
            r#"{"id":"0000000000000000000100000000","client_id":"ann"}"#,
        ),
        (
            Lifecycle::Disconnected { id, client_id, reason },
            "disconnected",
            r#"{"id":"0000000000000000000100000000","client_id":"ann","code":1001,"reason":"closed by us with 1001"}"#,
        ),
        (Lifecycle::RoomEmptied(room.clone()), "room_emptied", r#"{"namespace":"/chat","room":"\"1\""}"#),
        (
            Lifecycle::Joined { id, room: room.clone() },
            "joined",
            r#"{"id":"0000000000000000000100000000","namespace":"/chat","room":"\"1\""}"#,
        ),
        (
            Lifecycle::Left { id, room },
            "left",
            r#"{"id":"0000000000000000000100000000","namespace":"/chat","room":"\"1\""}"#,
        ),
    ] {
        assert_eq!(event.name(), name);
        assert_eq!(Payload::of(&event).unwrap().raw(), json);
    }
}

#[test]
fn what_has_no_room_is_counted_in_its_place_and_the_end_always_has() {
    let bus = Bus::new(3);
    let (slow, quick) = (bus.listen(), bus.listen());
    let mut quickly = Vec::new();
    for name in ["a", "b", "c", "d"] {
        tell(&bus, [created(name)]);
        quickly.extend(heard(&quick));
    }
    assert_eq!(slow.wait(|| false), Poll::Ready(Some(Lifecycle::Initialized)));
    assert_eq!(slow.wait(|| false), Poll::Ready(Some(created("a"))));
    tell(&bus, ["e", "f"].map(created));
    bus.end();
    let expected =
        [created("b"), Lifecycle::Missed(2), created("e"), Lifecycle::Missed(1), Lifecycle::Shutdown];
    assert_eq!(heard(&slow), expected.map(Some).into_iter().chain([None]).collect::<Vec<_>>());
    let expected = [Lifecycle::Initialized, created("a"), created("b"), created("c"), created("d")];
    assert_eq!(quickly, expected.map(Some), "one does not wait for the other");
    assert_eq!(heard(&bus.listen()), [Some(Lifecycle::Shutdown), None], "who comes too late");
}

#[test]
fn a_future_is_woken_once_for_what_comes() {
    let bus = Bus::new(10);
    let queue = bus.listen();
    let wakes = Arc::<Wakes>::default();
    let listener = Waker::from(Arc::clone(&wakes));
    assert_eq!(queue.poll(&listener), Poll::Ready(Some(Lifecycle::Initialized)));
    assert_eq!(queue.poll(&listener), Poll::Pending);
    tell(&bus, ["a", "b"].map(created));
    tell(&bus, [created("c")]);
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
    for name in ["a", "b", "c"] {
        assert_eq!(queue.poll(&listener), Poll::Ready(Some(created(name))));
    }
    assert_eq!(queue.poll(&listener), Poll::Pending);
    bus.end();
    assert_eq!(wakes.0.load(Ordering::Relaxed), 2);
    assert_eq!(queue.poll(&listener), Poll::Ready(Some(Lifecycle::Shutdown)));
    assert_eq!([(); 2].map(|()| queue.poll(&listener)), [Poll::Ready(None), Poll::Ready(None)]);
}

#[test]
fn nobody_is_listened_for_who_has_gone() {
    let bus = Bus::new(10);
    assert!(!bus.is_heard());
    let (first, second) = (bus.listen(), bus.listen());
    bus.forget(&first);
    assert!(bus.is_heard());
    bus.forget(&second);
    assert!(!bus.is_heard());
    tell(&bus, [created("a")]);
    assert_eq!(heard(&first), [Some(Lifecycle::Initialized)]);
}
