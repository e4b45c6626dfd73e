//! What goes over the wire, in which order, whatever happens between a loan and
//! its report: by hand, and against a naive model.

mod model;

use super::*;
use crate::config::{ConnectionSettings, Overflow};
use crate::outbox::{ConflationKey, Offered};
use std::num::NonZeroU64;

const PONGS_MAX: usize = 16;

/// Four messages, forty bytes.
pub(super) fn limits() -> ConnectionConfig {
    ConnectionSettings::default()
        .with(|route| {
            (route.message_bytes_max, route.inbox_bytes_max) = (30, 30);
            (route.outbox_bytes_max, route.outbox_messages_max) = (40, 4);
            route.outbox_pressure_bytes = 40;
        })
        .build()
        .unwrap()
}

impl Output {
    /// What waits here, and the frame that is partly written.
    pub(crate) fn holdings(&self) -> (Queue, Option<FrameKey>) {
        (self.control, self.begun.map(|begun| begun.frame))
    }
}

/// One link's output and one member's outbox, with the table of both.
pub(super) struct Desk {
    pub(super) frames: Frames,
    pub(super) output: Output,
    pub(super) outbox: Outbox,
    pub(super) limits: ConnectionConfig,
}

impl Desk {
    pub(super) fn new() -> Desk {
        let (output, outbox) = (Output::new(), Outbox::new());
        Desk { frames: Frames::default(), output, outbox, limits: limits() }
    }

    pub(super) fn control(&mut self, text: &str, purpose: Purpose) {
        self.output.push(&mut self.frames, Bytes::from(text.to_owned()), purpose, PONGS_MAX);
    }

    pub(super) fn message(&mut self, text: &str, policy: Overflow, conflation: u64) -> Offered {
        let conflation = NonZeroU64::new(conflation).map(ConflationKey);
        let key = self.frames.share(Bytes::from(text.to_owned()), Purpose::Data, conflation);
        let offered = self.outbox.offer(&mut self.frames, key, text.len(), &self.limits, policy, conflation);
        if !matches!(offered, Offered::Queued { .. }) {
            self.frames.release(key);
        }
        offered
    }

    pub(super) fn lend(&mut self, pieces_max: usize) -> Vec<String> {
        let outgoing = self.output.lend(&self.frames, Some(&mut self.outbox), pieces_max);
        outgoing.map(|piece| String::from_utf8(piece.to_shared().to_vec()).unwrap()).collect()
    }

    pub(super) fn sent(&mut self, bytes: usize) -> Written {
        self.output.sent(&mut self.frames, Some(&mut self.outbox), &self.limits, bytes)
    }
}

#[test]
fn the_frame_in_flight_then_control_then_messages() {
    let mut desk = Desk::new();
    desk.message("one", Overflow::DropNewest, 0);
    desk.message("two", Overflow::DropNewest, 0);
    assert_eq!(desk.lend(9), ["one", "two"]);
    assert_eq!(desk.sent(1), Written::default());
    desk.control("pong", Purpose::Pong);
    desk.control("ping", Purpose::Ping);
    assert_eq!(desk.lend(9), ["ne", "pong", "ping", "two"]);
    assert_eq!(desk.sent(2 + 4), Written { messages: 1, close: false });
    assert_eq!(desk.lend(1), ["ping"], "no more pieces than asked for");
    assert_eq!(desk.lend(2), ["ping", "two"]);
    assert_eq!(desk.sent(7).messages, 1);
    assert!(desk.output.is_empty() && desk.outbox.queue().is_empty());
    assert_eq!(desk.frames.message_bytes(), 0);
}

#[test]
fn a_control_frame_queued_after_the_loan_waits_for_its_report() {
    let mut desk = Desk::new();
    desk.message("one", Overflow::DropNewest, 0);
    assert_eq!(desk.lend(9), ["one"]);
    desk.control("pong", Purpose::Pong);
    assert_eq!(desk.sent(3).messages, 1, "the bytes were those of the message");
    assert_eq!(desk.lend(9), ["pong"]);
}

#[test]
fn a_graceful_close_follows_the_messages() {
    let mut desk = Desk::new();
    desk.message("one", Overflow::DropNewest, 0);
    desk.outbox.push_close(&mut desk.frames, Bytes::from_static(b"close"));
    assert!(!desk.output.has_farewell());
    assert_eq!(desk.lend(9), ["one", "close"]);
    assert_eq!(desk.sent(6), Written { messages: 1, close: false });
    assert!(!desk.output.is_close_sent());
    assert_eq!(desk.lend(9), ["se"]);
    assert_eq!(desk.sent(1), Written::default());
    assert_eq!(desk.lend(9), ["e"]);
    assert_eq!(desk.sent(1), Written { messages: 0, close: true });
    assert!(desk.output.is_close_sent());
}

#[test]
fn sixteen_pongs_wait_and_then_the_oldest_gives_way() {
    let mut desk = Desk::new();
    for number in 0..1_000 {
        desk.control(&format!("pong {number}"), Purpose::Pong);
    }
    let expected: Vec<String> = (984..1_000).map(|number| format!("pong {number}")).collect();
    assert_eq!(desk.lend(100), expected);
}

#[test]
fn pongs_in_flight_stay_and_the_latest_replaces_the_one_behind() {
    let mut desk = Desk::new();
    for number in 0..PONGS_MAX {
        desk.control(&format!("pong {number}"), Purpose::Pong);
    }
    let lent = desk.lend(100);
    for number in 100..1_000 {
        desk.control(&format!("pong {number}"), Purpose::Pong);
    }
    desk.sent(0);
    let mut expected = lent;
    expected.push("pong 999".to_owned());
    assert_eq!(desk.lend(100), expected);
    let bytes = expected.iter().map(String::len).sum();
    desk.sent(bytes);
    assert!(desk.output.is_empty());
}

#[test]
fn pongs_that_are_gone_make_room_again() {
    let mut desk = Desk::new();
    for round in 0..3 {
        for number in 0..PONGS_MAX {
            desk.control(&format!("pong {round}.{number}"), Purpose::Pong);
        }
        let lent = desk.lend(100);
        assert_eq!(lent.len(), PONGS_MAX, "round {round}");
        desk.sent(lent.iter().map(String::len).sum());
    }
}

#[test]
fn a_ping_waits_until_it_has_left_whole() {
    let mut desk = Desk::new();
    assert!(!desk.output.has_ping_waiting());
    desk.control("ping", Purpose::Ping);
    for left in (1..=4).rev() {
        assert!(desk.output.has_ping_waiting(), "{left} bytes left");
        desk.lend(1);
        desk.sent(1);
    }
    assert!(!desk.output.has_ping_waiting());
}

#[test]
fn a_broken_transport_keeps_nothing_and_tells_of_the_message_it_cut() {
    let mut desk = Desk::new();
    desk.message("message", Overflow::DropNewest, 0);
    desk.control("ping", Purpose::Ping);
    desk.lend(9);
    desk.sent(5);
    assert!(desk.output.discard_all(&mut desk.frames), "four bytes of ping, one of the message");
    assert!(desk.output.is_empty());
    assert_eq!(desk.frames.message_bytes(), 0);
    assert!(!desk.output.discard_all(&mut desk.frames));
}

#[test]
fn a_piece_can_be_kept_without_copying() {
    let mut desk = Desk::new();
    desk.message("message", Overflow::DropNewest, 0);
    desk.lend(1);
    desk.sent(3);
    let mut outgoing = desk.output.lend(&desk.frames, Some(&mut desk.outbox), 1);
    let piece = outgoing.next().unwrap();
    let shared = piece.to_shared();
    assert_eq!((piece.as_bytes(), &shared[..]), (&b"sage"[..], &b"sage"[..]));
    assert_eq!(piece.as_bytes().as_ptr(), shared.as_ptr());
    assert!(outgoing.next().is_none());
}
