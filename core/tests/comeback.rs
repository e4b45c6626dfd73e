//! 10,000 clients that lose their server together, and how they come back: as
//! machines in imagined time, so that the shares are exact and the same every time.
//!
//! Apart from the tests of a single client because one client cannot show that many
//! do not come all at once.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use fanfare_core::client::{Client, ClientConfig, ClientSettings, ConnectError, Notice, Reconnect, Transmit};
use fanfare_core::handshake::{HeadLimits, HeadReader, accept};
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use http::HeaderMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

const CLIENTS: usize = 10_000;
const WINDOW: Duration = Duration::from_millis(100);
const BASE: Duration = Duration::from_millis(250);
const CAP: Duration = Duration::from_secs(3);

fn config() -> Arc<ClientConfig> {
    let settings = ClientSettings::new("ws://example.com/".parse().unwrap()).with(|client| {
        client.reconnect = Reconnect::Exponential { base: BASE, cap: CAP };
    });
    Arc::new(settings.build().unwrap())
}

/// Opens the connection that is due; the server answers at once.
fn open(client: &mut Client, now: Instant) {
    client.poll_connect(now).expect("an attempt is due");
    client.connected();
    let mut request = Vec::new();
    while let Transmit::Write(pieces) = client.transmit(16) {
        let begin = request.len();
        pieces.for_each(|piece| request.extend_from_slice(piece.as_bytes()));
        let count = request.len() - begin;
        client.sent(now, count);
    }
    let limits = HeadLimits { bytes_max: 8 * 1024, headers_max: 100 };
    let request = HeadReader::default().push(&request, &limits).unwrap().request.unwrap();
    let mut answer = accept(request.upgrade().unwrap(), None, None, &HeaderMap::new()).unwrap().to_vec();
    client.receive(now, &mut answer);
    assert!(client.is_connected());
    forget(client);
}

fn forget(client: &mut Client) {
    while client.next_notice().is_some() {}
}

/// When each of the clients is back, after a server that was away for `away`, in
/// order; counted from the loss.
fn arrivals(away: Duration) -> Vec<Duration> {
    let config = config();
    let mut due = BinaryHeap::new();
    let mut clients: Vec<Client> = (0..CLIENTS)
        .map(|number| {
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&u64::try_from(number).unwrap().to_le_bytes());
            Client::new(Arc::clone(&config), Random::from_seed(seed))
        })
        .collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.connect(Instant::ZERO).unwrap();
        open(client, Instant::ZERO);
        client.failed(Instant::ZERO, ErrorKind::ConnectionReset);
        assert!(matches!(client.next_notice(), Some(Notice::Disconnected(_))));
        assert!(matches!(client.transmit(16), Transmit::Release { .. }));
        client.released();
        due.push(Reverse((client.next_deadline().expect("another attempt"), number)));
    }
    let mut back = Vec::new();
    while let Some(Reverse((now, number))) = due.pop() {
        let client = &mut clients[number];
        client.expire(now);
        if now.since(Instant::ZERO) >= away {
            open(client, now);
            back.push(now.since(Instant::ZERO));
        } else {
            client.poll_connect(now).expect("an attempt is due");
            client.connect_failed(now, ConnectError::Refused);
            forget(client);
            due.push(Reverse((client.next_deadline().expect("another attempt"), number)));
        }
    }
    back
}

/// The most that arrive in any window, wherever it begins, in percent of all.
fn busiest_percent(arrivals: &[Duration]) -> usize {
    let within = |first: usize| {
        let end = arrivals[first] + WINDOW;
        arrivals.partition_point(|arrival| *arrival < end) - first
    };
    (0..arrivals.len()).map(within).max().unwrap_or(0) * 100 / arrivals.len()
}

#[test]
fn after_a_restart_all_are_back_within_the_cap_and_never_all_at_once() {
    for away_ms in [700, 1_000, 2_000, 10_000] {
        let away = Duration::from_millis(away_ms);
        let arrivals = arrivals(away);
        assert_eq!(arrivals.len(), CLIENTS);
        assert!(arrivals.is_sorted());
        let last = arrivals.last().unwrap();
        assert!(*last <= away + CAP, "away for {away:?}, and one came back after {last:?}");
        let percent = busiest_percent(&arrivals);
        assert!(percent <= 15, "away for {away:?}, and {percent} % came back within {WINDOW:?}");
    }
}

/// Then many have waited once only, for 250 milliseconds at most, of which a window
/// is two fifths.
#[test]
fn after_a_moment_no_more_are_back_at_once_than_the_first_wait_spreads() {
    let arrivals = arrivals(Duration::ZERO);
    assert!(*arrivals.last().unwrap() <= BASE);
    let percent = busiest_percent(&arrivals);
    assert!((39..=42).contains(&percent), "{percent} % came back within {WINDOW:?}");
}
