//! One connection, against a peer that is written byte by byte.

use super::*;
use fanfare_core::client::{ClientConfig, ClientSettings, ConnectError};
use fanfare_driver::OsSocket;
use mio::{Events, Poll as Set, Token};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use tungstenite::handshake::derive_accept_key;

/// A connection in a set, and its peer.
struct Bench {
    client: Client,
    set: Set,
    random: Random,
    theirs: UnixStream,
}

impl Bench {
    /// One that has asked for the upgrade; what it was asked with.
    fn new() -> (Bench, String) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let (set, mut socket) = (Set::new().unwrap(), OsSocket::try_from(ours).unwrap());
        socket.watch(set.registry(), Token(0)).unwrap();
        let config: ClientConfig = ClientSettings::new("ws://a/b".parse().unwrap()).build().unwrap();
        let mut random = Random::from_seed([7; 32]);
        let (opening, request) = Opening::begin(&Arc::new(config), &mut random);
        let mut wanted = vec![0; request.len()];
        let mut bench = Bench {
            client: Client::new(Box::new(socket), opening, request),
            set,
            random,
            theirs: theirs.try_clone().unwrap(),
        };
        bench.turn(1_024, |_| ()).unwrap();
        theirs.read_exact(&mut wanted).unwrap();
        (bench, String::from_utf8(wanted).unwrap())
    }

    fn open() -> Bench {
        let (mut bench, request) = Bench::new();
        let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
        let accept = derive_accept_key(key.as_bytes());
        write!(
            bench.theirs,
            "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        )
        .unwrap();
        let mut opened = 0;
        bench.turn(64, |event| opened += u32::from(matches!(event, Event::Opened))).unwrap();
        assert_eq!(opened, 1);
        bench
    }

    /// Lets the set tell what it has to tell.
    fn turn(&mut self, buffer_bytes: usize, mut on: impl FnMut(Event<'_>)) -> Result<(), Ending> {
        let mut events = Events::with_capacity(4);
        self.set.poll(&mut events, None).unwrap();
        let mut buffer = vec![0; buffer_bytes];
        events.iter().try_for_each(|event| self.client.told(event, &mut buffer, &mut self.random, &mut on))
    }

    fn ending(&mut self) -> Ending {
        self.turn(64, |_| ()).unwrap_err()
    }
}

#[test]
fn messages_arrive_whole_however_they_are_cut() {
    let mut bench = Bench::open();
    let wire = [&b"\x82\x03one"[..], b"\x82\x00", b"\x02\x02th", b"\x89\x00", b"\x80\x03ree"].concat();
    let mut received = Vec::new();
    for byte in wire {
        bench.theirs.write_all(&[byte]).unwrap();
        let on = |event: Event<'_>| {
            if let Event::Message(payload, _) = event {
                received.push(payload.to_vec());
            }
        };
        bench.turn(8, on).unwrap();
    }
    assert_eq!(received, [&b"one"[..], b"", b"three"]);
    let mut pong = [0; 6];
    bench.theirs.read_exact(&mut pong).unwrap();
    assert_eq!(pong[..2], [0x8A, 0x80], "masked, and empty");
}

#[test]
fn a_goodbye_that_is_answered_ends_properly_and_any_other_end_says_how() {
    let mut bench = Bench::open();
    bench.client.close(&mut bench.random).unwrap();
    let mut goodbye = [0; 8];
    bench.theirs.read_exact(&mut goodbye).unwrap();
    assert_eq!(goodbye[..2], [0x88, 0x82], "masked, and two bytes long");
    bench.theirs.write_all(&[0x88, 0x00]).unwrap();
    bench.turn(64, |_| ()).unwrap();
    assert_eq!(bench.theirs.read(&mut goodbye).unwrap(), 0, "the end of our writing");
    bench.theirs.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(bench.ending(), Ending::Closed);

    let mut bench = Bench::open();
    bench.theirs.write_all(&[0x88, 0x02, 0x03, 0xF1]).unwrap();
    assert_eq!(bench.ending(), Ending::ClosedByServer(Some(1009)));

    let mut bench = Bench::open();
    bench.theirs.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(bench.ending(), Ending::HungUp);
}

#[test]
fn what_breaks_the_protocol_ends_it() {
    let mut bench = Bench::open();
    // A server must not mask (RFC 6455 §5.1).
    bench.theirs.write_all(b"\x82\x81\0\0\0\0x").unwrap();
    assert!(matches!(bench.ending(), Ending::Violation(_)));
}

#[test]
fn another_answer_is_a_refusal() {
    let (mut bench, _) = Bench::new();
    bench.theirs.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").unwrap();
    let ending = bench.ending();
    assert!(matches!(&ending, Ending::NotOpened(ConnectError::Status(_))), "{ending:?}");
    assert!(ending.to_string().contains("404"), "{ending}");

    let (mut bench, _) = Bench::new();
    bench.theirs.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(bench.ending(), Ending::NotOpened(ConnectError::EndOfInput));
}
