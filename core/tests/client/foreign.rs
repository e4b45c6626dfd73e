//! The client against a server that is not ours: tungstenite's, in memory.
//!
//! What both of our sides might misunderstand in the same way shows here.

use fanfare_core::client::{Client, ClientSettings, Event, Notice, Transmit};
use fanfare_core::close::CloseReason;
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use fanfare_core::wire::{CloseCode, ControlPayload, Message};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use tungstenite::WebSocket;

/// The server's end of a transport.
#[derive(Default)]
struct Stream {
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() {
            Err(io::ErrorKind::WouldBlock.into())
        } else {
            self.incoming.read(bytes)
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct World {
    client: Client,
    heard: Vec<String>,
}

impl World {
    /// A client and the server that it has connected to.
    fn open() -> (World, WebSocket<Stream>) {
        let settings = ClientSettings::new("ws://example.com:9001/chat?a=b".parse().unwrap());
        let client = Client::new(settings.build().unwrap().into(), Random::from_seed([7; 32]));
        let mut world = World { client, heard: Vec::new() };
        world.client.connect(Instant::ZERO).unwrap();
        world.client.poll_connect(Instant::ZERO).unwrap();
        world.client.connected();
        let request = Stream { incoming: world.written().into(), outgoing: Vec::new() };
        let mut server = tungstenite::accept(request).expect("a request that others understand");
        world.hear(&mut server);
        assert!(matches!(world.client.next_notice(), Some(Notice::Connected(_))));
        (world, server)
    }

    fn written(&mut self) -> Vec<u8> {
        let Transmit::Write(pieces) = self.client.transmit(64) else { return Vec::new() };
        let bytes: Vec<u8> = pieces.flat_map(|piece| piece.as_bytes()).copied().collect();
        self.client.sent(Instant::ZERO, bytes.len());
        bytes
    }

    /// What the server has said.
    fn hear(&mut self, server: &mut WebSocket<Stream>) {
        let mut bytes = std::mem::take(&mut server.get_mut().outgoing);
        let mut rest = bytes.as_mut_slice();
        while !rest.is_empty() {
            let received = self.client.receive(Instant::ZERO, rest);
            let consumed = received.consumed;
            if let Some(Event::Message(message)) = &received.event {
                self.heard.push(format!("message of {} bytes", message.len()));
            }
            if let Some(Event::Ping(payload)) = &received.event {
                self.heard.push(format!("ping of {} bytes", payload.len()));
            }
            rest = &mut rest[consumed..];
        }
    }
}

#[test]
fn messages_of_every_size_go_both_ways() {
    let (mut world, mut server) = World::open();
    for bytes in [0, 1, 125, 126, 65_535, 65_536, 500_000] {
        let text = "x".repeat(bytes);
        world.client.send(Instant::ZERO, &Message::from(text.as_str())).unwrap();
        let written = world.written();
        server.get_mut().incoming.extend(written);
        assert_eq!(server.read().unwrap(), tungstenite::Message::text(text.as_str()));
        server.send(tungstenite::Message::text(text)).unwrap();
        world.hear(&mut server);
        assert_eq!(world.heard.pop(), Some(format!("message of {bytes} bytes")));
    }
}

#[test]
fn pings_are_answered_from_both_sides() {
    let (mut world, mut server) = World::open();
    server.send(tungstenite::Message::Ping("here?".into())).unwrap();
    world.hear(&mut server);
    assert_eq!(world.heard, ["ping of 5 bytes"]);
    assert!(world.client.ping(&ControlPayload::EMPTY));
    let written = world.written();
    server.get_mut().incoming.extend(written);
    let mut got =
        [server.read().unwrap(), server.read().unwrap()].map(|message| message.into_data().to_vec());
    got.sort();
    assert_eq!(got, [b"".to_vec(), b"here?".to_vec()]);
}

#[test]
fn either_side_may_close() {
    let (mut world, mut server) = World::open();
    world.client.close(Instant::ZERO, CloseCode::Away, "bye");
    let written = world.written();
    server.get_mut().incoming.extend(written);
    let frame = server.read().unwrap();
    assert!(matches!(&frame, tungstenite::Message::Close(Some(frame)) if frame.reason == "bye"), "{frame:?}");
    server.flush().ok();
    world.hear(&mut server);
    let Some(Notice::Disconnected(end)) = world.client.next_notice() else { panic!("the end") };
    assert_eq!(end.reason, CloseReason::ByUs { code: CloseCode::Away });

    let (mut world, mut server) = World::open();
    server.close(None).unwrap();
    world.hear(&mut server);
    let written = world.written();
    server.get_mut().incoming.extend(written);
    assert!(matches!(server.read(), Ok(tungstenite::Message::Close(None))), "it is answered");
    let Some(Notice::Disconnected(end)) = world.client.next_notice() else { panic!("the end") };
    assert_eq!((end.is_graceful(), end.reason), (true, CloseReason::ByPeer(None)));
}
