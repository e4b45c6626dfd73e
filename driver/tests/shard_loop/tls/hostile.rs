//! Peers that cannot or will not speak TLS.

use super::far::{Far, Identity};
use super::{bench, settle};
use crate::bench::Bench;
use crate::line::{Line, Then};
use crate::{REQUEST, app};
use fanfare_core::config::Settings;
use fanfare_driver::rustls::version::TLS13;
use fanfare_driver::rustls::{AlertDescription, Error};
use fanfare_driver::{Tls, TlsError, Turn};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn who_speaks_plain_http_is_told_so() {
    let (mut bench, line) = (bench(&Identity::new()), Line::default());
    line.say(REQUEST);
    bench.accept(&line, b"");
    bench.run();
    assert!(line.see(|state| state.is_dropped));
    let answer = line.see(|state| String::from_utf8(state.output.clone()).unwrap());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{head}");
    assert!(body.contains("https://"), "{body}");
    assert_eq!(bench.handle.stats().handshakes_failed, 1);
}

#[test]
fn garbage_is_refused_wherever_it_begins() {
    let identity = Identity::new();
    for good in [0, 1, 4, 5, 6, 50, 200] {
        let (mut bench, line) = (bench(&identity), Line::default());
        let mut far = Far::new(&identity, &line, &[&TLS13]);
        far.exchange();
        line.with(|state| {
            state.input.truncate(good);
            state.input.extend(vec![0xff; 70_000]);
        });
        bench.accept(&line, b"");
        bench.run();
        assert!(line.see(|state| state.is_dropped), "{good} good bytes, and then garbage");
        assert_eq!(bench.handle.stats().handshakes_failed, 1);
    }
}

#[test]
fn a_damaged_record_ends_an_open_connection() {
    let identity = Identity::new();
    let (mut bench, line) = (bench(&identity), Line::default());
    let mut far = Far::new(&identity, &line, &[&TLS13]);
    bench.accept(&line, b"");
    far.say(REQUEST);
    settle(&mut bench, &mut far);
    line.say(&[&[0x17, 3, 3, 0, 32][..], &[0; 32]].concat());
    bench.run();
    assert!(line.see(|state| state.is_dropped));
    assert_eq!(far.try_exchange(), Err(Error::AlertReceived(AlertDescription::BadRecordMac)));
    assert_eq!(bench.handle.stats().connections_closed, 1);
}

#[test]
fn every_transport_is_released_wherever_it_breaks() {
    let identity = Identity::new();
    for then in [Then::End, Then::Error] {
        for at in (0..400).chain([1_000, 2_000]) {
            let (mut bench, line) = (bench(&identity), Line::default());
            let mut far = Far::new(&identity, &line, &[&TLS13]);
            // The server breaks off in the middle of its own part.
            line.with(|state| (state.room, state.after_output) = (at, then));
            bench.accept(&line, b"");
            far.say(REQUEST);
            settle(&mut bench, &mut far);
            line.with(|state| state.after_input = then);
            bench.run();
            assert!(line.see(|state| state.is_dropped), "{then:?} after {at} bytes");
            let stats = bench.handle.stats();
            assert_eq!(stats.connections_opened, stats.connections_closed);
        }
    }
}

/// A bench with little time for handshakes, on the real clock.
fn hasty(identity: &Identity, handshake_time_max: Duration) -> Bench {
    let settings = Settings::default().with(|server| server.handshake_time_max = handshake_time_max);
    let mut bench = Bench::new(app().config(settings.build().unwrap()));
    bench.acceptor = bench.acceptor.clone().with_tls(identity.tls());
    bench
}

/// Takes turns, with a byte of the peer's before each, until the transport is
/// dropped; says how many bytes that took.
fn drip(bench: &mut Bench, line: &Line, mut bytes: impl Iterator<Item = u8>) -> usize {
    let mut count = 0;
    while !line.see(|state| state.is_dropped) {
        if let Some(byte) = bytes.next() {
            line.say(&[byte]);
            count += 1;
        }
        assert_ne!(bench.turn(), Turn::Ended);
        std::thread::park_timeout(Duration::from_millis(1));
    }
    count
}

#[test]
fn silent_and_dripping_clients_are_cut_in_time() {
    let identity = Identity::new();
    let silent = Line::default();
    let mut bench = hasty(&identity, Duration::from_millis(50));
    bench.accept(&silent, b"");
    drip(&mut bench, &silent, std::iter::empty());

    let dripping = Line::default();
    Far::new(&identity, &dripping, &[&TLS13]).exchange();
    let hello: Vec<u8> = dripping.with(|state| state.input.drain(..).collect());
    bench.accept(&dripping, b"");
    // Its clock is that of the transport: progress buys no time.
    let sent = drip(&mut bench, &dripping, hello.iter().copied());
    assert!(sent < hello.len(), "cut in the middle of its first words, of {} bytes", hello.len());
    assert_eq!(bench.handle.stats().timeouts, 2);
    assert_eq!(bench.handle.stats().connections_opened, 0);
}

#[test]
fn a_handshake_of_tls_is_a_pending_handshake() {
    let identity = Identity::new();
    let settings = Settings::default().with(|server| server.pending_handshakes_max = 10);
    let mut bench = Bench::new(app().config(settings.build().unwrap()));
    bench.acceptor = bench.acceptor.clone().with_tls(identity.tls());
    let lines: Vec<Line> = (0..15).map(|_| Line::default()).collect();
    for line in &lines {
        bench.accept(line, b"");
    }
    bench.run();
    assert_eq!(lines.iter().filter(|line| line.see(|state| state.is_dropped)).count(), 5);
}

#[test]
fn who_could_replay_what_others_said_is_not_invited() {
    let mut config = Identity::new().server();
    config.max_early_data_size = 1_000;
    let refused = Tls::from_config(Arc::new(config));
    assert!(matches!(refused, Err(TlsError::EarlyData { bytes_max: 1_000 })), "{refused:?}");
}
