//! Attacks with time: what is begun and never ends.

use super::Siege;
use crate::world::{Raw, World, eventually, frame};
use fanfare::{App, Response};
use http::StatusCode;
use std::time::Duration;

/// More rounds than fit into the limits here, on a machine of any speed.
const ROUNDS_MAX: usize = 3_000;

/// Begun messages that look alive and never end.
pub(crate) fn a_dripped_message_is_cut_when_its_time_is_over(world: &World) {
    let mut siege = Siege::new(world, |settings| {
        settings.connection.message_time_max = Duration::from_millis(100);
        settings.connection.fragments_max = u32::MAX;
    });
    let mut first = frame(1, b"a");
    first[0] = 0x01;
    let mut piece = frame(0, b"a");
    piece[0] = 0x00;
    let announced = [0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0].to_vec();
    for (begun, drop) in [(first, piece), (announced, vec![b'a'])] {
        let mut raw = siege.server.raw_open("/");
        raw.write(&begun);
        for _ in 0..ROUNDS_MAX {
            if siege.ends.all().len() > siege.refused {
                break;
            }
            // Until it is cut, it is listened to; then it need not be.
            raw.try_write(&drop);
            siege.assert_served();
        }
        siege.hear_refusal(raw, 1008);
    }
    // A ping that never ends is no message, but as slow.
    let mut raw = siege.server.raw_open("/");
    raw.write(&frame(9, &[0; 100])[..50]);
    siege.hear_refusal(raw, 1008);
    let ends = siege.ends.wait_for(3);
    assert!(ends.iter().all(|end| end.ends_with("a message took too long to arrive")), "{ends:?}");
    siege.assert_over();
}

/// The silent, those who drip, and those who withhold a body.
pub(crate) fn slow_handshakes_share_one_limit_of_time(world: &World) {
    let post =
        |app: App| app.post_async("/post", 10_000, |_, _| async { Response::text(StatusCode::OK, "never") });
    let mut siege = Siege::of(
        world,
        |settings| settings.handshake_time_max = Duration::from_millis(500),
        Siege::echo(),
        post,
    );
    let begun = [
        "",
        "GET / HTTP/1.1\r\nX: ",
        "POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n",
    ];
    let mut slow: Vec<Raw> = begun
        .into_iter()
        .cycle()
        .take(30)
        .map(|begun| {
            let mut raw = siege.server.raw();
            raw.write(begun.as_bytes());
            raw
        })
        .collect();
    for _ in 0..ROUNDS_MAX {
        let handle = siege.server.handle();
        if handle.stats().timeouts == 30 {
            break;
        }
        let dripping = slow.iter_mut().enumerate().filter(|(number, _)| number % 3 != 0);
        for (_, raw) in dripping {
            raw.try_write(b"a");
        }
        siege.assert_served();
    }
    let handle = siege.server.handle();
    eventually("each is cut by its deadline", || handle.stats().timeouts == 30);
    slow.iter_mut().for_each(Raw::hear_end);
    siege.server.connect("/").expect_echo("here");
    assert_eq!(handle.totals().admitted, siege.neighbours.len() as u64 + 1);
}
