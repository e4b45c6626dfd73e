//! The shard loop over TLS over scripted transports, against rustls's own client.

mod far;
mod filter;
mod hostile;

use crate::bench::Bench;
use crate::line::Line;
use crate::{REQUEST, app, frame, said};
use fanfare_driver::Turn;
use fanfare_driver::rustls::SupportedProtocolVersion;
use fanfare_driver::rustls::version::{TLS12, TLS13};
use far::{Far, Identity};

const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// A bench whose transports all speak TLS.
fn bench(identity: &Identity) -> Bench {
    let mut bench = Bench::new(app());
    bench.acceptor = bench.acceptor.clone().with_tls(identity.tls());
    bench
}

/// Lets both sides talk until neither has anything to say.
fn settle(bench: &mut Bench, far: &mut Far) {
    loop {
        bench.run();
        if !far.exchange() {
            return;
        }
    }
}

/// What a peer has heard behind the answer to its request.
#[track_caller]
fn heard(far: &Far) -> &[u8] {
    let end = far.heard.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("an answer");
    &far.heard[end + 4..]
}

#[test]
fn messages_come_back_however_the_bytes_are_cut() {
    let identity = Identity::new();
    for version in VERSIONS {
        for (read_max, write_max) in [(1, 1), (1, usize::MAX), (7, 3), (1_000, 1), (usize::MAX, usize::MAX)] {
            let mut bench = bench(&identity);
            let line = Line::default();
            line.with(|state| (state.read_max, state.write_max) = (read_max, write_max));
            let mut far = Far::new(&identity, &line, &[version]);
            bench.accept(&line, b"");
            far.say(REQUEST);
            let mut expected = Vec::new();
            for number in 0..20 {
                let text = format!("message {number}");
                far.say(&frame(1, text.as_bytes()));
                expected.extend(said(&text));
            }
            settle(&mut bench, &mut far);
            assert_eq!(heard(&far), expected, "{version:?}, reads of {read_max}, writes of {write_max}");
            assert_eq!(bench.handle.stats().handshakes_failed, 0);
        }
    }
}

#[test]
fn ciphertext_that_came_with_a_transport_is_read_first() {
    let identity = Identity::new();
    let (mut bench, line) = (bench(&identity), Line::default());
    let mut far = Far::new(&identity, &line, &[&TLS13]);
    far.say(REQUEST);
    far.exchange();
    let hello: Vec<u8> = line.with(|state| state.input.drain(..).collect());
    assert_eq!(hello[0], 0x16, "a handshake record");
    line.say(&hello[100..]);
    bench.accept(&line, &hello[..100]);
    far.say(&frame(1, b"hello"));
    settle(&mut bench, &mut far);
    assert_eq!(heard(&far), said("hello"));
}

#[test]
fn a_close_is_a_handshake_and_then_the_end_of_both_layers() {
    let identity = Identity::new();
    for version in VERSIONS {
        let (mut bench, line) = (bench(&identity), Line::default());
        let mut far = Far::new(&identity, &line, &[version]);
        bench.accept(&line, b"");
        far.say(REQUEST);
        far.say(&frame(8, &[3, 232]));
        settle(&mut bench, &mut far);
        assert_eq!(heard(&far), [0x88, 2, 3, 232]);
        assert!(far.has_ended, "the end was announced before the transport was shut");
        assert!(line.see(|state| state.is_shut && !state.is_dropped), "the peer's end is awaited");
        far.end();
        settle(&mut bench, &mut far);
        assert!(line.see(|state| state.is_dropped));
    }
}

#[test]
fn only_some_handshakes_are_advanced_in_a_turn_and_none_is_forgotten() {
    let identity = Identity::new();
    let mut bench = bench(&identity);
    let mut fars: Vec<Far> = (0..100)
        .map(|_| {
            let line = Line::default();
            let mut far = Far::new(&identity, &line, &[&TLS13]);
            far.say(REQUEST);
            far.exchange();
            bench.accept(&line, b"");
            far
        })
        .collect();
    let answered =
        |fars: &[Far]| fars.iter().filter(|far| far.line.see(|state| !state.output.is_empty())).count();
    for turn in 1..=6 {
        assert_eq!(bench.turn(), Turn::Busy, "others wait for the next turn");
        assert_eq!(answered(&fars), 16 * turn, "after turn {turn}");
    }
    bench.run();
    assert_eq!(answered(&fars), 100);
    for far in &mut fars {
        far.say(&frame(1, b"here"));
        settle(&mut bench, far);
        assert_eq!(heard(far), said("here"));
    }
}

/// Who is connected pays nothing for a crowd that knocks.
#[test]
fn messages_are_served_in_the_turns_of_a_crowd_that_connects() {
    let identity = Identity::new();
    let mut bench = bench(&identity);
    let mut far = Far::new(&identity, &Line::default(), &[&TLS13]);
    bench.accept(&far.line, b"");
    far.say(REQUEST);
    settle(&mut bench, &mut far);
    for _ in 0..200 {
        let mut knocking = Far::new(&identity, &Line::default(), &[&TLS13]);
        knocking.exchange();
        bench.accept(&knocking.line, b"");
    }
    far.say(&frame(1, b"still here"));
    far.exchange();
    assert_eq!(bench.turn(), Turn::Busy);
    far.exchange();
    assert_eq!(heard(&far), said("still here"));
}
