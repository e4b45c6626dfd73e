//! Each policy by its name. All of them at random, and the order on the wire,
//! are judged where writes happen: in the tests of the link's output.

use super::*;
use crate::config::ConnectionSettings;
use std::num::NonZeroU64;

const PRICE: ConflationKey = ConflationKey(NonZeroU64::MIN);

/// Three messages, ten bytes; pressure from seven bytes on.
fn limits() -> ConnectionConfig {
    ConnectionSettings::default()
        .with(|route| {
            (route.message_bytes_max, route.inbox_bytes_max) = (10, 10);
            (route.outbox_bytes_max, route.outbox_messages_max) = (20, 3);
            route.outbox_pressure_bytes = 6;
        })
        .build()
        .unwrap()
}

/// An outbox with its table.
struct Post {
    frames: Frames,
    outbox: Outbox,
    limits: ConnectionConfig,
}

impl Post {
    fn new() -> Post {
        Post { frames: Frames::default(), outbox: Outbox::new(), limits: limits() }
    }

    fn offer(&mut self, text: &'static str, policy: Overflow) -> Offered {
        self.offer_conflated(text, policy, None)
    }

    fn offer_conflated(
        &mut self,
        text: &'static str,
        policy: Overflow,
        conflation: Option<ConflationKey>,
    ) -> Offered {
        let key = self.frames.share(Bytes::from_static(text.as_bytes()), Purpose::Data, conflation);
        let offered = self.outbox.offer(&mut self.frames, key, text.len(), &self.limits, policy, conflation);
        if !matches!(offered, Offered::Queued { .. }) {
            self.frames.release(key);
        }
        offered
    }

    fn waiting(&self) -> Vec<&str> {
        self.frames
            .iter(self.outbox.queue(), usize::MAX)
            .map(|bytes| str::from_utf8(bytes).unwrap())
            .collect()
    }
}

const QUEUED: Offered = Offered::Queued { evicted: 0, pressure: false };

fn evicted(evicted: u32) -> Offered {
    Offered::Queued { evicted, pressure: false }
}

fn full(policy: Overflow) -> Post {
    let mut post = Post::new();
    for text in ["a", "b", "c"] {
        assert_eq!(post.offer(text, policy), QUEUED);
    }
    post
}

#[test]
fn drop_newest_keeps_what_waits() {
    let mut post = full(Overflow::DropNewest);
    assert_eq!(post.offer("d", Overflow::DropNewest), Offered::Dropped);
    assert_eq!(post.waiting(), ["a", "b", "c"]);
    assert_eq!(post.frames.message_bytes(), 3, "the dropped frame is not kept");
}

#[test]
fn drop_oldest_makes_room_for_the_newest() {
    let mut post = full(Overflow::DropOldest);
    assert_eq!(post.offer("d", Overflow::DropOldest), evicted(1));
    assert_eq!(post.waiting(), ["b", "c", "d"]);
}

#[test]
fn drop_oldest_evicts_as_many_as_the_bytes_need() {
    let mut post = full(Overflow::DropOldest);
    assert_eq!(
        post.offer("nineteen bytes long", Overflow::DropOldest),
        Offered::Queued { evicted: 2, pressure: true }
    );
    assert_eq!(post.waiting(), ["c", "nineteen bytes long"]);
}

#[test]
fn drop_oldest_evicts_nothing_that_is_in_flight() {
    let mut post = full(Overflow::DropOldest);
    post.outbox.lend(2);
    assert_eq!(post.offer("d", Overflow::DropOldest), evicted(1));
    assert_eq!(post.waiting(), ["a", "b", "d"]);
    post.outbox.lend(3);
    assert_eq!(post.offer("e", Overflow::DropOldest), Offered::Dropped);
    assert_eq!(post.waiting(), ["a", "b", "d"]);
}

#[test]
fn nothing_gives_way_to_a_frame_that_cannot_be_queued() {
    let mut post = full(Overflow::DropOldest);
    assert_eq!(post.offer("twenty-one bytes long", Overflow::DropOldest), Offered::Dropped);
    post.outbox.lend(2);
    assert_eq!(post.offer("nineteen bytes long", Overflow::DropOldest), Offered::Dropped);
    assert_eq!(post.waiting(), ["a", "b", "c"]);
}

#[test]
fn disconnect_asks_for_the_end() {
    let mut post = full(Overflow::Disconnect);
    assert_eq!(post.offer("d", Overflow::Disconnect), Offered::Disconnect);
    assert_eq!(post.waiting(), ["a", "b", "c"]);
}

#[test]
fn nobody_is_disconnected_for_a_frame_that_fits_no_outbox() {
    let mut post = Post::new();
    assert_eq!(post.offer("twenty-one bytes long", Overflow::Disconnect), Offered::Dropped);
}

#[test]
fn conflation_keeps_the_latest_in_the_order_of_arrival() {
    let mut post = Post::new();
    for (text, conflation, gave_way) in
        [("p1", Some(PRICE), 0), ("b", None, 0), ("p2", Some(PRICE), 1), ("p3", Some(PRICE), 1)]
    {
        assert_eq!(post.offer_conflated(text, Overflow::DropNewest, conflation), evicted(gave_way));
    }
    assert_eq!(post.waiting(), ["b", "p3"]);
}

#[test]
fn conflation_replaces_in_a_full_outbox_under_every_policy() {
    for policy in [Overflow::DropNewest, Overflow::DropOldest, Overflow::Disconnect] {
        let mut post = Post::new();
        post.offer("a", policy);
        post.offer_conflated("p1", policy, Some(PRICE));
        post.offer("b", policy);
        assert_eq!(post.offer_conflated("p2", policy, Some(PRICE)), evicted(1), "{policy:?}");
        assert_eq!(post.waiting(), ["a", "b", "p2"], "{policy:?}");
    }
}

#[test]
fn the_old_value_stays_when_the_new_one_has_no_room() {
    let mut post = Post::new();
    post.offer("eighteen bytes lon", Overflow::DropNewest);
    post.offer_conflated("p1", Overflow::DropNewest, Some(PRICE));
    assert_eq!(post.offer_conflated("longer", Overflow::DropNewest, Some(PRICE)), Offered::Dropped);
    assert_eq!(post.waiting(), ["eighteen bytes lon", "p1"]);
}

#[test]
fn conflation_leaves_alone_what_is_in_flight() {
    let mut post = Post::new();
    post.offer_conflated("p1", Overflow::DropNewest, Some(PRICE));
    post.outbox.lend(1);
    assert_eq!(post.offer_conflated("p2", Overflow::DropNewest, Some(PRICE)), QUEUED);
    assert_eq!(post.waiting(), ["p1", "p2"]);
}

#[test]
fn the_only_frame_is_taken_at_once_when_it_went_whole() {
    let mut post = Post::new();
    post.offer("seven b", Overflow::DropNewest);
    assert!(!post.outbox.take_only(&mut post.frames, 7), "it was not lent");
    post.outbox.lend(1);
    assert!(!post.outbox.take_only(&mut post.frames, 6), "a part went");
    post.offer("more", Overflow::DropNewest);
    assert!(!post.outbox.take_only(&mut post.frames, 7), "another waits");
    assert_eq!(post.waiting(), ["seven b", "more"], "and nothing was done");

    let mut post = Post::new();
    post.offer("seven b", Overflow::DropNewest);
    post.outbox.lend(1);
    assert!(post.outbox.take_only(&mut post.frames, 7));
    assert_eq!((post.frames.message_bytes(), post.outbox.in_flight), (0, 0));
    assert!(post.outbox.queue().is_empty());

    let mut post = Post::new();
    post.offer("eighteen bytes lon", Overflow::DropNewest);
    assert!(!post.outbox.has_room_or_awaits(18, &post.limits));
    post.outbox.lend(1);
    assert!(!post.outbox.take_only(&mut post.frames, 18), "who waits for room is to be told");
}

#[test]
fn pressure_is_told_once_until_it_is_gone() {
    let mut post = Post::new();
    let told = |offered| matches!(offered, Offered::Queued { pressure: true, .. });
    assert!(!told(post.offer("123456", Overflow::DropNewest)));
    assert!(told(post.offer("7", Overflow::DropNewest)));
    assert!(!told(post.offer("8", Overflow::DropNewest)), "told already");
    post.outbox.lend(3);
    while let Some((key, _)) = post.outbox.take_lent(&mut post.frames) {
        post.frames.release(key);
    }
    post.outbox.end_loan(&post.limits);
    assert!(told(post.offer("1234567", Overflow::DropNewest)), "it was gone");
}

#[test]
fn a_discard_spares_what_is_in_flight_and_counts_messages() {
    let mut post = full(Overflow::DropNewest);
    post.outbox.push_close(&mut post.frames, Bytes::from_static(b"close"));
    assert_eq!(post.waiting(), ["a", "b", "c", "close"], "the close frame needs no room");
    post.outbox.lend(1);
    assert_eq!(post.outbox.discard_unsent(&mut post.frames), 2);
    assert_eq!(post.waiting(), ["a"]);
    assert_eq!(post.outbox.discard_all(&mut post.frames), 1);
    assert_eq!((post.frames.message_bytes(), post.outbox.in_flight), (0, 0));
}
