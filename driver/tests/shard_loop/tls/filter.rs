//! The filter by itself: what it promises as a transport, and what it holds.

use super::far::{Far, Identity};
use crate::line::{Line, Then};
use fanfare_driver::Transport;
use fanfare_driver::rustls::version::TLS13;
use proptest::prelude::*;
use std::io::{ErrorKind, IoSlice};
use std::task::{Context, Poll, Waker};

/// Both ends after the handshake.
struct Pair {
    near: Box<dyn Transport>,
    far: Far,
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

impl Pair {
    fn new() -> Pair {
        let (identity, line) = (Identity::new(), Line::default());
        let mut far = Far::new(&identity, &line, &[&TLS13]);
        let mut near = identity.tls().wrap(line.transport(), Vec::new());
        assert!(near.is_handshaking());
        while far.exchange() {
            assert!(near.poll_read(&mut context(), &mut [0; 1_024]).is_pending());
        }
        assert!(!near.is_handshaking());
        Pair { near, far }
    }

    /// Reads until it would block; says how much came, and checks each read.
    fn read_all(&mut self, buffer: &mut [u8]) -> Vec<u8> {
        let mut all = Vec::new();
        while let Poll::Ready(count) = self.near.poll_read(&mut context(), buffer) {
            let count = count.unwrap();
            assert!(count > 0, "the stream has not ended");
            all.extend_from_slice(&buffer[..count]);
        }
        all
    }
}

#[test]
fn a_message_is_read_whole_into_any_buffer() {
    let text: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    for buffer_len in [1, 100, 4_096, 16_384, 65_536, 1_000_000] {
        let mut pair = Pair::new();
        let text = &text[..text.len().min(buffer_len * 1_000)];
        pair.far.say(text);
        pair.far.exchange();
        assert!(pair.read_all(&mut vec![0; buffer_len]) == text, "{buffer_len} bytes of buffer");
    }
}

#[test]
fn a_reader_that_stops_is_felt_and_nothing_is_lost() {
    let mut pair = Pair::new();
    pair.far.line.with(|state| state.room = 0);
    let text: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
    let mut written = 0;
    while let Poll::Ready(count) = pair.near.poll_write(&mut context(), &text[written..]) {
        written += count.unwrap();
    }
    assert_eq!(written, 16 * 1024, "one record's worth is held, and no more taken");
    assert!(pair.near.poll_flush(&mut context()).is_pending(), "what is held is not flushed");

    // A little room is a little progress.
    pair.far.line.with(|state| state.room = 2_000);
    let Poll::Ready(Ok(1_000..2_000)) = pair.near.poll_write(&mut context(), &text[written..]) else {
        panic!("the peer has taken 2,000 bytes, so there is room for some");
    };
    pair.far.line.with(|state| state.room = usize::MAX);
    assert!(pair.near.poll_flush(&mut context()).is_ready());
    pair.far.exchange();
    assert!(text.starts_with(&pair.far.heard) && pair.far.heard.len() > 16 * 1024);
}

#[test]
fn a_peer_that_does_not_read_is_heard_all_the_same() {
    let mut pair = Pair::new();
    pair.far.line.with(|state| state.room = 0);
    let text = vec![1; 100_000];
    let mut written = 0;
    while let Poll::Ready(count) = pair.near.poll_write(&mut context(), &text[written..]) {
        written += count.unwrap();
    }
    // New keys in the middle, which our own are to follow.
    pair.far.say(b"while you ");
    pair.far.connection.refresh_traffic_keys().unwrap();
    pair.far.say(b"were writing");
    pair.far.exchange();
    assert_eq!(pair.read_all(&mut [0; 7]), b"while you were writing");

    pair.far.line.with(|state| state.room = usize::MAX);
    while written < text.len() {
        let Poll::Ready(Ok(count @ 1..)) = pair.near.poll_write(&mut context(), &text[written..]) else {
            panic!("there is room");
        };
        written += count;
    }
    assert!(pair.near.poll_flush(&mut context()).is_ready());
    pair.far.exchange();
    assert!(pair.far.heard == text);
}

#[test]
fn pieces_go_out_in_one_write() {
    let mut pair = Pair::new();
    let pieces = [IoSlice::new(b"one "), IoSlice::new(b""), IoSlice::new(b"two")];
    let Poll::Ready(Ok(7)) = pair.near.poll_write_vectored(&mut context(), &pieces) else {
        panic!("there is room for seven bytes");
    };
    pair.far.exchange();
    assert_eq!(pair.far.heard, b"one two");
}

#[test]
fn the_end_is_announced_once_and_only_when_all_is_out() {
    let mut pair = Pair::new();
    pair.far.line.with(|state| state.room = 10);
    assert!(pair.near.poll_write(&mut context(), b"goodbye").is_ready());
    for _ in 0..3 {
        assert!(pair.near.poll_shutdown(&mut context()).is_pending());
        assert!(!pair.far.line.see(|state| state.is_shut));
    }
    pair.far.line.with(|state| state.room = usize::MAX);
    assert!(pair.near.poll_shutdown(&mut context()).is_ready());
    assert!(pair.far.line.see(|state| state.is_shut));
    pair.far.exchange();
    assert_eq!(pair.far.heard, b"goodbye");
    assert!(pair.far.has_ended);
}

#[test]
fn an_end_is_the_end_whether_it_is_announced_or_not() {
    for is_announced in [true, false] {
        let mut pair = Pair::new();
        pair.far.say(b"last words");
        if is_announced {
            pair.far.end();
        }
        pair.far.exchange();
        pair.far.line.with(|state| state.after_input = Then::End);
        let mut buffer = [0; 100];
        let Poll::Ready(Ok(10)) = pair.near.poll_read(&mut context(), &mut buffer) else {
            panic!("what came before the end is read first");
        };
        for _ in 0..2 {
            assert!(matches!(pair.near.poll_read(&mut context(), &mut buffer), Poll::Ready(Ok(0))));
        }
    }
}

/// A peer keeps a shard busy for a bounded time, whatever it sends.
#[test]
fn records_without_content_are_not_read_for_ever() {
    let mut pair = Pair::new();
    // An endless stream of what carries nothing: records of the kind that
    // middleboxes are humoured with, of which few are allowed.
    pair.far.line.with(|state| state.repeats = Some([0x14, 3, 3, 0, 1, 1].repeat(1_000)));
    let Poll::Ready(Err(error)) = pair.near.poll_read(&mut context(), &mut vec![0; 65_536]) else {
        panic!("the filter must give up");
    };
    assert_eq!(error.kind(), ErrorKind::InvalidData);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Any lengths, any cuts, both ways at once, over a line with little room.
    #[test]
    fn whatever_the_cuts_both_sides_hear_what_was_said(
        to_near in proptest::collection::vec(0_usize..40_000, 0..6),
        to_far in proptest::collection::vec(1_usize..40_000, 0..6),
        read_max in 1_usize..5_000,
        write_max in 1_usize..5_000,
        buffer_len in 1_usize..70_000,
        room in 31_usize..5_000,
    ) {
        let mut pair = Pair::new();
        pair.far.line.with(|state| (state.read_max, state.write_max) = (read_max, write_max));
        let text = |lengths: &[usize]| -> Vec<u8> {
            lengths.iter().enumerate().flat_map(|(n, length)| vec![u8::try_from(n).unwrap(); *length]).collect()
        };
        let (expected, answer) = (text(&to_near), text(&to_far));
        for (n, length) in to_near.iter().enumerate() {
            pair.far.say(&vec![u8::try_from(n).unwrap(); *length]);
        }
        pair.far.exchange();
        let (mut buffer, mut came, mut written) = (vec![0; buffer_len], Vec::new(), 0);
        // As many as the line needs to let everything through, records and all.
        let rounds_max = 10_000 + 2 * answer.len() / (room + 1);
        for round in 0.. {
            assert!(round < rounds_max, "it must come to an end");
            pair.far.line.with(|state| state.room = room + 1);
            came.extend(pair.read_all(&mut buffer));
            while let Some(rest @ [_, ..]) = answer.get(written..)
                && let Poll::Ready(count) = pair.near.poll_write(&mut context(), rest)
            {
                written += count.unwrap();
            }
            let is_flushed = pair.near.poll_flush(&mut context()).is_ready();
            pair.far.exchange();
            if written == answer.len() && is_flushed && came.len() == expected.len() {
                break;
            }
        }
        prop_assert!(came == expected && pair.far.heard == answer);
    }
}
