//! The readiness set of a shard over real sockets. The shard sleeps between its
//! turns, as on a thread, so that what it was not told of stays undone.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bench;

use bench::{Bench, connect, echo, frame, pair, said};
use fanfare_core::close::CloseCode;
use fanfare_core::config::Settings;
use fanfare_driver::{App, OsSocket};
use socket2::SockRef;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

#[test]
fn what_arrives_while_the_shard_sleeps_is_answered() {
    let mut bench = Bench::new(echo());
    let mut peer = connect(&mut bench);
    for number in 0..100 {
        let text = number.to_string();
        peer.write_all(&frame(&text)).unwrap();
        bench.run_until_heard(&mut peer, &said(&text));
    }
}

/// Told in one event with the last bytes, which are fewer than a read asks for.
#[test]
fn an_end_that_came_with_the_last_bytes_is_seen() {
    let mut bench = Bench::new(echo());
    let mut peer = connect(&mut bench);
    peer.write_all(&frame("last words")).unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    bench.run_until(|handle| handle.totals().connections == 0);
    assert_eq!(bench.handle.stats().messages_received, 1);
}

#[test]
fn an_end_that_comes_behind_a_short_read_is_seen() {
    let mut bench = Bench::new(echo());
    let mut peer = connect(&mut bench);
    peer.write_all(&frame("last words")).unwrap();
    bench.run_until_heard(&mut peer, &said("last words"));
    drop(peer);
    bench.run_until(|handle| handle.totals().connections == 0);
}

#[test]
fn a_reset_is_seen() {
    let mut bench = Bench::new(echo());
    let peer = connect(&mut bench);
    SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
    bench.run_until(|handle| handle.totals().connections == 0);
    assert_eq!(bench.handle.stats().connections_closed, 1);
}

/// The peer reads nothing until the shard can write no more.
#[test]
fn a_socket_that_was_full_is_written_on_when_it_is_read() {
    let mut bench = Bench::new(echo());
    let mut peer = connect(&mut bench);
    let large = "x".repeat(60_000);
    let (mut sent, mut stalled) = (0, 0);
    // Until a round of writes arrives in no outbox's way: both sockets are full.
    while stalled < 3 {
        peer.write_all(&frame(&large)).unwrap();
        sent += 1;
        let before = bench.handle.stats().deliveries_sent;
        bench.run_until(|handle| handle.stats().messages_received == sent);
        stalled = if bench.handle.stats().deliveries_sent == before { stalled + 1 } else { 0 };
    }
    let expected = said(&large).repeat(usize::try_from(sent).unwrap());
    let length = expected.len();
    let reader = thread::spawn(move || {
        let mut heard = vec![0; length];
        peer.read_exact(&mut heard).map(|()| heard)
    });
    bench.run_until(|handle| handle.stats().deliveries_sent == sent);
    assert!(reader.join().unwrap().unwrap() == expected);
}

#[test]
fn a_slot_that_is_used_again_is_the_successors_alone() {
    let at_once =
        Settings::default().with(|server| server.connection.linger_time_max = Duration::from_millis(1));
    let mut bench = Bench::new(echo().config(at_once.build().unwrap()));
    // The application keeps a duplicate, so the socket lives on when the shard
    // has closed its own, and what arrives there must concern nobody.
    let (mut first, near) = pair();
    let duplicate = near.try_clone().unwrap();
    bench.accept(OsSocket::try_from(near).unwrap());
    bench.upgrade(&mut first);
    let ids = |bench: &mut Bench| bench.ask(fanfare_driver::Handle::connections).unwrap();
    let former = ids(&mut bench)[0].id;
    bench.ask(|handle| handle.close(former, CloseCode::Normal, "")).unwrap();
    // The answer to the close; the end of the stream does not follow.
    first.write_all(&[0x88, 0x82, 0, 0, 0, 0, 3, 232]).unwrap();
    bench.run_until(|handle| handle.totals().connections == 0);

    // The slot is free when the shard has lingered.
    let has_the_slot = |bench: &mut Bench| ids(bench).iter().any(|it| it.id.slot() == former.slot());
    let mut others = vec![connect(&mut bench)];
    while !has_the_slot(&mut bench) {
        others.push(connect(&mut bench));
    }
    let mut second = others.pop().unwrap();
    for number in 0..20 {
        first.write_all(b"noise").unwrap();
        let text = number.to_string();
        second.write_all(&frame(&text)).unwrap();
        bench.run_until_heard(&mut second, &said(&text));
    }
    assert!(bench.comes_to_rest(), "nothing about the former is told any more");
    drop(duplicate);
}

#[test]
fn many_come_and_go() {
    let mut bench = Bench::new(echo());
    for round in 0..5 {
        let mut peers: Vec<_> = (0..50).map(|_| connect(&mut bench)).collect();
        for peer in &mut peers {
            peer.write_all(&frame(&round.to_string())).unwrap();
        }
        for peer in &mut peers {
            bench.run_until_heard(peer, &said(&round.to_string()));
        }
        drop(peers);
        bench.run_until(|handle| handle.totals().connections == 0);
    }
}

/// The shard's thread sleeps, is about to, or wakes up: each time it is heard.
#[test]
fn commands_of_other_threads_end_the_sleep() {
    let mut bench = Bench::new(App::new());
    let handle = bench.handle.clone();
    let asker = thread::spawn(move || {
        for _ in 0..5_000 {
            handle.connections().wait().unwrap();
        }
    });
    bench.run_while(|| !asker.is_finished());
    asker.join().unwrap();
}
