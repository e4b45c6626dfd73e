//! Attacks with time: what is begun and never ends.
//!
//! Attackers drip to the beat of the server's pings: that is its own time,
//! whatever time is in this world.

use super::Siege;
use crate::world::{Raw, World, frame};
use fanfare::{Response, Settings};
use http::StatusCode;
use std::time::Duration;

const BEAT: Duration = Duration::from_millis(20);
/// Several times more than the limits here allow for.
const BEATS_MAX: usize = 100;

/// Begun messages that look alive and never end; a ping among them.
pub(crate) fn a_dripped_message_is_cut_when_its_time_is_over(world: &World) {
    let mut siege = Siege::new(world, |settings| {
        settings.connection.message_time_max = 10 * BEAT;
        settings.connection.ping_interval = Some(BEAT);
    });
    let mut first = frame(1, b"a");
    first[0] = 0x01;
    let mut piece = frame(0, b"a");
    piece[0] = 0x00;
    let announced = [0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0].to_vec();
    let half_a_ping = frame(9, &[b'a'; 125])[..10].to_vec();
    for (begun, drop) in [(first, piece), (announced, vec![b'a']), (half_a_ping, vec![b'a'])] {
        let mut raw = siege.server.raw_open("/");
        raw.write(&begun);
        let mut beats = 0;
        siege.hear_refusal_after(raw, 1008, |raw, opcode| {
            assert_eq!(opcode, 9);
            beats += 1;
            assert!(beats < BEATS_MAX, "dripping keeps nobody alive");
            raw.try_write(&drop);
        });
        siege.assert_served();
    }
    let ends = siege.ends.all();
    assert!(ends.iter().all(|end| end.ends_with("a message took too long to arrive")), "{ends:?}");
    siege.assert_over();
}

/// The silent, those who drip a head, and those who drip a body.
pub(crate) fn slow_handshakes_share_one_limit_of_time(world: &World) {
    const SLOW: usize = 30;
    let brief = |settings: &mut Settings| {
        settings.handshake_time_max = 25 * BEAT;
        settings.connection.ping_interval = Some(BEAT);
    };
    let mut siege = Siege::of(world, brief, Siege::echo(), |app| {
        app.post_async("/post", 10_000, |_, _| async { Response::text(StatusCode::OK, "never") })
    });
    let mut honest = siege.server.raw_open("/");
    let body_follows = "POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n";
    let mut slow: Vec<(&str, Raw)> = [("", ""), ("GET / HTTP/1.1\r\nX: ", "x"), (body_follows, "x")]
        .into_iter()
        .cycle()
        .take(SLOW)
        .map(|(begun, drop)| {
            let mut raw = siege.server.raw();
            raw.write(begun.as_bytes());
            (drop, raw)
        })
        .collect();
    let mut beats = 0;
    while siege.server.handle().stats().timeouts < SLOW as u64 {
        assert!(beats < BEATS_MAX, "dripping keeps nobody alive");
        assert_eq!(honest.hear(), (9, Vec::new()));
        for (drop, raw) in &mut slow {
            raw.try_write(drop.as_bytes());
        }
        siege.assert_served();
        beats += 1;
    }
    for (_, raw) in &mut slow {
        raw.hear_end();
    }
    siege.server.connect("/").expect_echo("here");
    let handle = siege.server.handle();
    assert_eq!(handle.stats().timeouts, SLOW as u64);
    assert_eq!(handle.totals().admitted, siege.neighbours.len() as u64 + 2);
}
