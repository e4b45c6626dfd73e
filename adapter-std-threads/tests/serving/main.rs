//! Whole servers on plain threads, over real sockets: what the behaviour suite,
//! which is the same for all runtimes, does not ask of this one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod blocking;
mod futures;
#[cfg(unix)]
mod unix;
mod world;

use fanfare_core::broadcast::Target;
use fanfare_driver::{App, HandleError, Route, StopOptions};
use fanfare_std_threads::Server;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;
use world::{DEADLINE, Peer, start, start_with};

fn echo() -> Route {
    Route::new().on_message(|ctx, message| ctx.send(&message))
}

#[test]
fn messages_are_echoed_and_broadcast_over_shards() {
    let route = Route::new().on_open(|ctx| ctx.join("lobby").map(drop)).on_message(|ctx, message| {
        ctx.broadcast(Target::room("/", "lobby"), &message);
    });
    let server = start(App::new().route("/", route));
    let mut peers: Vec<_> = (0..6).map(|_| server.connect()).collect();
    for number in 0..100 {
        let text = format!("message {number}");
        peers[number % 6].say(&text);
        for peer in &mut peers {
            assert_eq!(peer.hear(), text);
        }
    }
}

#[test]
fn much_in_both_directions_at_once_is_neither_lost_nor_stuck() {
    let server = start_with(App::new().route("/", echo()), 1, 1);
    let mut peer = server.connect();
    // Far more than the sockets hold.
    let text = "x".repeat(100_000);
    for _ in 0..50 {
        peer.say(&text);
        assert!(peer.hear() == text);
    }
}

#[test]
fn a_stream_is_attached_with_what_was_read_of_it() {
    let server = start(App::new().route("/", echo()));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    let (stream, address) = listener.accept().unwrap();
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let (read_before, still_to_come) = request.split_at(40);
    server.attacher.attach(stream, Some(address), read_before.into()).unwrap();
    peer.write_all(still_to_come.as_bytes()).unwrap();
    peer.write_all(&[0x81, 0x81, 0, 0, 0, 0, b'?']).unwrap();
    let (mut heard, mut byte) = (Vec::new(), [0]);
    while !heard.ends_with(&[0x81, 1, b'?']) {
        peer.read_exact(&mut byte).unwrap();
        heard.extend(byte);
    }
}

#[test]
fn a_stop_closes_everyone_and_ends_a_server_without_a_listener_too() {
    let mut server = start(App::new().route("/", echo()));
    let mut peer = server.connect();
    let stopper = server.handle.clone();
    let stopping = thread::spawn(move || stopper.stop(&StopOptions::default()).wait());
    assert_eq!(u16::from(peer.closed().code), 1001);
    stopping.join().unwrap().unwrap();
    server.stop(DEADLINE);
    assert_eq!(server.handle.connections().wait(), Err(HandleError::Stopped));

    let server = Server::new(App::new()).unwrap();
    let handle = server.handle();
    let running = thread::spawn(|| server.run());
    handle.stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() }).wait().unwrap();
    running.join().unwrap().unwrap();
}

#[test]
fn a_peer_that_ends_or_resets_is_gone_at_once() {
    let server = start(App::new().route("/", echo()));
    for _ in 0..20 {
        drop(server.connect());
    }
    let mut last = server.connect();
    last.say("still here");
    assert_eq!(last.hear(), "still here");
    world::eventually("the others are gone", || server.handle.totals().connections == 1);
}

#[test]
fn a_wait_on_a_shard_is_refused_rather_than_a_deadlock() {
    let route = Route::new().on_message(|ctx, _| {
        let outcome = ctx.handle().connections().wait();
        ctx.send_text(if outcome == Err(HandleError::OnShard) { "refused" } else { "waited" })
    });
    let server = start(App::new().route("/", route));
    let mut peer: Peer<_> = server.connect();
    peer.say("?");
    assert_eq!(peer.hear(), "refused");
}
