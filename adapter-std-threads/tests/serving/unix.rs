//! Unix sockets: served, and attached.

use crate::echo;
use crate::world::{DEADLINE, Peer, start};
use fanfare_driver::{App, StopOptions};
use fanfare_std_threads::Server;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;
use std::{env, fs, process, thread};

#[test]
fn a_unix_socket_is_served() {
    let path = env::temp_dir().join(format!("fanfare-{}-std-threads.sock", process::id()));
    let server = Server::with_shards(App::new().route("/", echo()), 2).unwrap();
    let handle = server.handle();
    let listener = UnixListener::bind(&path).unwrap();
    let running = thread::spawn(|| server.serve(listener));

    let stream = UnixStream::connect(&path).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut peer = Peer::open(stream);
    peer.say("?");
    assert_eq!(peer.hear(), "?");

    let connections = handle.connections().wait().unwrap();
    assert_eq!(connections[0].address, None, "its peer has no address");
    assert_eq!(connections[0].client_id, connections[0].id.to_string());
    handle.stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() }).wait().unwrap();
    running.join().unwrap().unwrap();
    fs::remove_file(&path).unwrap();
}

#[test]
fn a_pair_of_unix_sockets_is_attached() {
    let server = start(App::new().route("/", echo()));
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_read_timeout(Some(DEADLINE)).unwrap();
    server.attacher.attach(ours, None, Vec::new()).unwrap();
    let mut peer = Peer::open(theirs);
    peer.say("?");
    assert_eq!(peer.hear(), "?");
}
