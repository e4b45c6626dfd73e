//! Attacks with how a message is cut up: very many pieces, announced ones that
//! never come, splits at every byte.

use super::{Siege, drip};
use crate::world::{Log, Raw, World, config, frame};
use fanfare::{App, Route};

/// The start of a binary message.
fn start(payload: &[u8]) -> Vec<u8> {
    let mut bytes = frame(2, payload);
    bytes[0] = 0x02;
    bytes
}

/// A piece that is not the last.
fn piece(payload: &[u8]) -> Vec<u8> {
    let mut bytes = frame(0, payload);
    bytes[0] = 0x00;
    bytes
}

pub(crate) fn tiny_fragments_are_refused_at_the_limit(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    for payload in [&b""[..], b"x"] {
        let mut raw = siege.server.raw_open("/");
        raw.write(&[start(payload), piece(payload).repeat(1_023)].concat());
        // The pong shows that all of them were taken.
        raw.write(&frame(9, b"?"));
        assert_eq!(raw.hear(), (10, b"?".to_vec()));
        raw.write(&piece(payload));
        siege.hear_refusal(raw, 1008);
    }
    siege.assert_over();
}

/// Where they are allowed, they end as one message.
pub(crate) fn tiny_fragments_become_one_message(world: &World) {
    const PIECES: usize = 50_000;
    let mut siege = Siege::new(world, |settings| settings.connection.fragments_max = u32::MAX);
    let mut raw = siege.server.raw_open("/");
    raw.write(&[start(b""), piece(b"x").repeat(PIECES / 2)].concat());
    siege.assert_served();
    raw.write(&[piece(b"x").repeat(PIECES / 2), frame(0, b"x")].concat());
    assert_eq!(raw.hear(), (2, vec![b'x'; PIECES + 1]));
}

/// Fifty connections declare a gigabyte each.
pub(crate) fn a_declared_length_reserves_nothing(world: &World) {
    const GIB: usize = 1 << 30;
    let mut siege = Siege::new(world, |settings| {
        settings.connection.message_bytes_max = GIB;
        settings.connection.inbox_bytes_max = GIB;
        settings.connection.outbox_bytes_max = GIB + 10;
        settings.server_outbox_bytes_max = GIB + 10;
    });
    let before = address_space_bytes();
    let announced = [&[0xff], &(GIB as u64 - 1).to_be_bytes()[..], &[0; 4], b"a few bytes"].concat();
    let silent: Vec<Raw> = [0x81, 0x82, 0x02]
        .into_iter()
        .cycle()
        .take(50)
        .map(|first| {
            let mut raw = siege.server.raw_open("/");
            raw.write(&[&[first], &announced[..]].concat());
            raw
        })
        .collect();
    siege.assert_served();
    // Other tests run in this process, but none needs half of what was declared.
    assert!(address_space_bytes().saturating_sub(before) < 25 * GIB as u64);
    assert_eq!(siege.server.handle().totals().connections, siege.neighbours.len() + silent.len());
}

/// Reserved memory counts, touched or not.
#[cfg(target_os = "linux")]
fn address_space_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    1024 * size.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
}

/// Elsewhere an allocation of the declared lengths has to fail by itself.
#[cfg(not(target_os = "linux"))]
fn address_space_bytes() -> u64 {
    0
}

/// From the first byte of the request to what comes behind the close.
pub(crate) fn any_split_is_heard_the_same(world: &World) {
    let log = Log::default();
    let (heard, pinged, closed) = (log.clone(), log.clone(), log.clone());
    let route = Route::new()
        .on_message(move |ctx, message| {
            heard.note(format!("{message:?}"));
            ctx.send(&message)
        })
        .on_ping(move |_, payload| pinged.note(payload.escape_ascii().to_string()))
        .on_close(move |_, reason| closed.note(reason.reason.to_string()));
    let server = world.start(App::new().config(config(|_| {})).route("/", route));
    let mut text_start = frame(1, "za\u{17c}".as_bytes());
    text_start[0] = 0x01;
    let stream = [
        Raw::request("/").into_bytes(),
        frame(1, "\u{17c}\u{f3}\u{142}w".as_bytes()),
        text_start,
        frame(9, b"in between"),
        frame(0, "\u{f3}\u{142}w".as_bytes()),
        frame(2, &[7; 130]),
        frame(8, b"\x03\xe8done"),
        frame(1, b"too late"),
    ]
    .concat();
    let answers = [
        (1, "za\u{17c}\u{f3}\u{142}w".into()),
        (1, "\u{17c}\u{f3}\u{142}w".into()),
        (2, vec![7; 130]),
        (10, b"in between".to_vec()),
    ];
    let mut notes = Vec::new();
    let mut hear_all = |mut raw: Raw, how: &str| {
        raw.hear_upgrade();
        // Pongs overtake messages, as far as those have not left.
        let mut heard: Vec<_> = answers.iter().map(|_| raw.hear()).collect();
        heard.sort_unstable();
        assert_eq!(heard, answers, "{how}");
        assert_eq!(raw.hear_close(), 1000, "{how}");
        raw.hear_end();
        let before = notes.len();
        notes = log.wait_for(before + 5);
        assert_eq!(notes[before..], notes[..5], "{how}");
    };
    for at in 0..=stream.len() {
        let (first, second) = stream.split_at(at);
        let mut raw = server.attach(first);
        raw.write(second);
        hear_all(raw, &format!("split at {at}"));
    }
    let mut raw = server.raw();
    drip(&mut raw, &stream);
    hear_all(raw, "one byte at a time");
    assert_eq!(notes.len(), 5 * (stream.len() + 2), "nothing was heard behind a close");
}
