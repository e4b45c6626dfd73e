//! Attacks on the end: malformed, unanswered, never finished, cut.

use super::peer::{CLOSE, UPGRADE, close, frame, get, text};
use super::shard::{Heard, Shard, assert_refused, close_code};
use fanfare_core::close::{CloseCode, CloseReason};
use fanfare_core::hub::{Deadline, Transmit};
use std::io;
use std::time::Duration;

#[test]
fn malformed_close_frames_are_refused() {
    assert_refused(&frame(CLOSE, b"\x03"), 1002);
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
        assert_refused(&close(code, b""), 1002);
    }
    assert_refused(&close(1000, b"\xc3\x28"), 1007);
    assert_refused(&close(1000, b"\xe2\x82"), 1007);
}

#[test]
fn nothing_is_heard_after_a_close_frame() {
    let mut shard = Shard::new();
    let id = shard.open();
    let stream = [text("before"), close(3000, b""), text("after"), close(1000, b"")].concat();
    assert_eq!(shard.feed(id, &stream), [Heard::Text("before".to_owned())]);
    assert_eq!(close_code(&shard.write(id)), Some(3000));
    assert_eq!(shard.feed(id, &text("after")), []);
    assert_eq!(shard.write(id), b"");
    assert_eq!(shard.reasons(id).len(), 1);
}

#[test]
fn an_unanswered_close_ends_once_when_its_time_is_over() {
    let mut shard = Shard::new();
    let id = shard.open();
    shard.hub.close(shard.now, id, CloseCode::Away, "bye").unwrap();
    assert_eq!(close_code(&shard.write(id)), Some(1001));
    // Messages do not count as an answer, and are not heard.
    for _ in 0..4 {
        assert_eq!(shard.feed(id, &text("and another thing")), []);
        shard.pass(Duration::from_secs(1));
    }
    assert_eq!(shard.reasons(id), []);
    shard.pass(Duration::from_millis(1_050));
    assert_eq!(shard.reasons(id), [CloseReason::TimedOut(Deadline::Close)]);
    assert!(shard.is_over(id));
    shard.release(id);
    assert_eq!(shard.reasons(id).len(), 1);
}

/// Our close frame is not even taken.
#[test]
fn a_close_that_cannot_be_written_ends_when_its_time_is_over() {
    let mut shard = Shard::new();
    let id = shard.open();
    shard.hub.close(shard.now, id, CloseCode::Away, "bye").unwrap();
    shard.write_nothing(id);
    shard.pass(Duration::from_millis(10_050));
    assert_eq!(shard.reasons(id), [CloseReason::TimedOut(Deadline::Write)]);
    assert!(shard.is_over(id));
}

#[test]
fn a_withheld_end_of_stream_holds_the_transport_for_a_moment_only() {
    let mut shard = Shard::new();
    let id = shard.open();
    shard.feed(id, &close(1000, b""));
    shard.write(id);
    assert!(!shard.is_over(id), "it lingers");
    shard.pass(Duration::from_millis(2_050));
    assert!(shard.is_over(id));
    assert_eq!(shard.reasons(id).len(), 1);
}

#[test]
fn endless_input_after_the_end_is_cut_at_a_limit() {
    let mut shard = Shard::new();
    let id = shard.open();
    shard.feed(id, &close(1000, b""));
    shard.write(id);
    let mut brought = 0;
    while shard.hub.wants_read(id) {
        assert_eq!(shard.feed(id, &[0; 1024]), []);
        brought += 1024;
    }
    let limit = shard.hub.config().server().connection.linger_bytes_max;
    assert!(shard.is_over(id) && brought <= limit + 1024, "{brought}");
    assert_eq!(shard.reasons(id).len(), 1);
}

/// From the first byte of the head to the last of the close frame.
#[test]
fn a_reset_at_any_byte_ends_once() {
    let head = get(UPGRADE);
    let stream = [&head[..], &text("hello"), &frame(0x02, b"begun"), &close(1000, b"")].concat();
    for at in 0..=stream.len() {
        let mut shard = Shard::new();
        let id = shard.arrive();
        for byte in &stream[..at] {
            for heard in shard.feed(id, &[*byte]) {
                if let Heard::Request(request) = heard {
                    shard.grant(id, &request);
                }
            }
        }
        shard.hub.transport_failed(shard.now, id, io::ErrorKind::ConnectionReset).unwrap();
        let reasons = shard.reasons(id);
        if at < stream.len() {
            assert_eq!(reasons, [CloseReason::Transport(io::ErrorKind::ConnectionReset)]);
        } else {
            assert!(matches!(reasons.as_slice(), [CloseReason::ByPeer(Some(_))]), "{reasons:?}");
        }
        // Told again, and late deadlines: nothing more comes of it.
        shard.hub.transport_failed(shard.now, id, io::ErrorKind::BrokenPipe).unwrap();
        shard.pass(Duration::from_secs(100));
        assert_eq!(shard.reasons(id).len(), 1);
        assert!(matches!(shard.hub.transmit(id, 16), Ok(Transmit::Release { abort: true })));
        shard.hub.released(id).unwrap();
        assert_eq!(shard.hub.queued_bytes(), 0);
    }
}
