//! Where the client of another system breaks (features.md §9, number 4), as far as
//! the other files do not show that ours does not. `failures` of the behaviour
//! suite has the whole table.

use crate::world::{Log, Peer, World};
use fanfare::{Client, Reconnect};
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};
use tungstenite::Message;

/// If each connection left its pings behind, the last would carry those of all.
pub(crate) fn after_reconnects_there_is_one_heartbeat(world: &World) {
    const BEAT: Duration = Duration::from_millis(40);
    const BEATS: u32 = 10;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let log = Log::default();
    let client = Client::new(&format!("ws://{}/", listener.local_addr().unwrap())).unwrap();
    let client = world.start(log.of_all(client.settings(|client| {
        client.reconnect = Reconnect::Fixed { delay: Duration::from_millis(1) };
        client.connection.ping_interval = Some(BEAT);
    })));
    let connected = client.connect();
    for _ in 0..20 {
        let mut peer = Peer::accept(&listener);
        // Its heart has begun to beat.
        assert!(matches!(peer.socket.read().unwrap(), Message::Ping(_)));
    }
    connected.wait().unwrap();
    let start = Instant::now();
    let mut peer = Peer::accept(&listener);
    for _ in 0..BEATS {
        assert!(matches!(peer.socket.read().unwrap(), Message::Ping(_)));
    }
    let time = start.elapsed();
    assert!(time >= (BEATS - 1) * BEAT, "{BEATS} pings came within {time:?}");
}
