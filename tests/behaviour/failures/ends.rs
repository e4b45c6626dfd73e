//! Failures 10 and 11: the last frame, and who is taken for dead.

use crate::world::{Log, Said, World, config, frame};
use fanfare::{App, CloseCode, Route};
use std::time::Duration;

/// By the handler and from outside: cut between characters, and no byte shorter
/// than it must be.
pub(crate) fn a_reason_that_is_too_long_is_cut_and_heard(world: &World) {
    let log = Log::default();
    let noted = log.clone();
    let route = Route::new()
        .on_message(|ctx, message| ctx.close(CloseCode::from(4000), message.as_text().unwrap_or_default()))
        .on_close(move |_, closed| noted.note(closed.reason.to_string()));
    let server = world.start(App::new().route("/", route));
    let cases = [
        ("x".repeat(123), "x".repeat(123)),
        ("x".repeat(124), "x".repeat(123)),
        ("x".repeat(100_000), "x".repeat(123)),
        // 41 of three bytes fill it; of four, 30 do, and three bytes stay free.
        ("€".repeat(42), "€".repeat(41)),
        ("🎺".repeat(31), "🎺".repeat(30)),
        (format!("{}é", "x".repeat(122)), "x".repeat(122)),
    ];
    let mut ends = 0;
    for (reason, heard) in &cases {
        for is_from_outside in [false, true] {
            let mut peer = server.connect("/");
            if is_from_outside {
                let id = server.handle().connections().wait().unwrap()[0].id;
                server.handle().close(id, CloseCode::from(4000), reason).wait().unwrap();
            } else {
                peer.send(reason);
            }
            assert_eq!(peer.hear(), Said::Close(4000, heard.clone()));
            assert_eq!(peer.hear(), Said::End);
            ends += 1;
            assert_eq!(log.wait_for(ends).last().unwrap(), "closed by us with 4000");
        }
    }
}

/// Not even a whole message is needed: bytes of one do.
pub(crate) fn who_says_anything_is_alive_without_a_pong(world: &World) {
    const BEAT: Duration = Duration::from_millis(50);
    const LIVENESS: Duration = BEAT.saturating_mul(8);
    let attentive = config(|settings| {
        settings.connection.ping_interval = Some(BEAT);
        settings.connection.liveness_time_max = LIVENESS;
    });
    let route = Route::new().on_message(|ctx, message| ctx.send(&message));
    let server = world.start(App::new().config(attentive).route("/", route));
    let mut raw = server.raw_open("/");
    let message = frame(1, b"said slowly...");
    let start = server.handle().now();
    for byte in &message {
        // A beat passes for each byte.
        assert_eq!(raw.hear(), (9, Vec::new()));
        raw.write(&[*byte]);
    }
    let alive = server.handle().now().since(start);
    assert!(alive > 2 * LIVENESS, "{alive:?} have shown nothing");
    let pinged = (9, Vec::new());
    let heard = std::iter::repeat_with(|| raw.hear()).find(|heard| *heard != pinged);
    assert_eq!(heard, Some((1, b"said slowly...".to_vec())));
    assert_eq!(server.handle().stats().timeouts, 0);
}
