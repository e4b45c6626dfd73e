//! Attacks with the end: too much behind it, or too early.

use super::{Siege, drip};
use crate::world::{Raw, World, eventually, frame};
use std::time::Duration;

pub(crate) fn nothing_is_heard_after_a_close_frame(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    let behind = [frame(1, b"after"), frame(8, &[3, 232]), frame(0xB, b"")].concat();
    let stream = [frame(1, b"before"), frame(8, &3000_u16.to_be_bytes()), behind].concat();
    for bring in [Raw::write, drip] {
        let mut raw = siege.server.raw_open("/");
        bring(&mut raw, &stream);
        assert_eq!(raw.hear(), (1, b"before".to_vec()));
        assert_eq!(raw.hear_close(), 3000);
        assert_eq!(raw.hear_rest(), b"");
    }
    assert_eq!(siege.ends.wait_for(2), ["closed by the peer with 3000 \"\""; 2]);
    siege.assert_served();
    assert_eq!(siege.server.handle().stats().violations, 0);
}

/// Input that is discarded is discarded up to a limit.
pub(crate) fn endless_input_after_the_end_is_cut(world: &World) {
    /// More than the two sockets of a connection hold.
    const POURED_BYTES_MAX: usize = 64 << 20;
    let mut siege = Siege::new(world, |settings| {
        settings.connection.linger_time_max = Duration::from_secs(600);
        settings.connection.linger_bytes_max = 1_024;
    });
    let mut raw = siege.server.raw_open("/");
    raw.write(&frame(8, &[3, 232]));
    assert_eq!(raw.hear_close(), 1000);
    let mut poured = 0;
    while raw.try_write(&[0; 16 * 1024]) {
        poured += 16 * 1024;
        assert!(poured < POURED_BYTES_MAX, "the server must let go");
    }
    assert_eq!(siege.ends.wait_for(1), ["closed by the peer with 1000 \"\""]);
    siege.assert_served();
}

/// From the first byte of the request to the last of the close frame.
fn cut_everywhere(world: &World, cut: impl Fn(Raw)) {
    let mut siege = Siege::new(world, |_| {});
    let request_bytes = Raw::request("/").len();
    let mut begun = frame(2, b"begun");
    begun[0] = 0x02;
    let stream = [Raw::request("/").into_bytes(), frame(1, b"hello"), begun, frame(8, &[3, 232])].concat();
    let mut opened = 0;
    for at in 0..=stream.len() {
        let mut raw = siege.server.raw();
        raw.write(&stream[..at]);
        if at >= request_bytes {
            raw.hear_upgrade();
            opened += 1;
        }
        cut(raw);
    }
    let ends = siege.ends.wait_for(opened);
    let (handle, neighbours) = (siege.server.handle(), siege.neighbours.len());
    eventually("nobody is left", || handle.totals().connections == neighbours);
    eventually("each has an end", || handle.stats().connections_closed == opened as u64);
    assert_eq!(siege.ends.all().len(), opened, "one each: {ends:?}");
    assert_eq!(handle.stats().connections_opened, (opened + neighbours) as u64);
    siege.assert_served();
}

pub(crate) fn a_reset_at_any_byte_ends_once(world: &World) {
    cut_everywhere(world, Raw::reset);
}

pub(crate) fn an_end_at_any_byte_ends_once(world: &World) {
    cut_everywhere(world, |mut raw| {
        raw.finish();
        raw.hear_end();
    });
}
