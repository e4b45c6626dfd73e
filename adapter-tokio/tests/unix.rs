//! Unix sockets, which the behaviour suite does not have.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fanfare_driver::{App, Route, StopOptions};
use fanfare_tokio::{Placement, Server};
use std::time::Duration;
use std::{env, fs, process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

async fn a_conversation(placement: Placement, name: &str) {
    let path = env::temp_dir().join(format!("fanfare-{}-{name}.sock", process::id()));
    let echo = Route::new().on_message(|ctx, message| ctx.send(&message));
    let server = Server::with_shards(App::new().route("/", echo), 2, placement).unwrap();
    let handle = server.handle();
    let running = tokio::spawn(server.serve(UnixListener::bind(&path).unwrap()));

    let mut peer = UnixStream::connect(&path).await.unwrap();
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    peer.write_all(request.as_bytes()).await.unwrap();
    peer.write_all(&[0x81, 0x81, 0, 0, 0, 0, b'?']).await.unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(&[0x81, 1, b'?']) {
        assert_ne!(peer.read_buf(&mut heard).await.unwrap(), 0, "an echo must come");
    }

    let connections = handle.connections().await.unwrap();
    assert_eq!(connections[0].address, None, "its peer has no address");
    assert_eq!(connections[0].client_id, connections[0].id.to_string());
    handle.stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() }).await.unwrap();
    running.await.unwrap().unwrap();
    fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn shards_as_tasks_serve_a_unix_socket() {
    timeout(Duration::from_secs(20), a_conversation(Placement::Tasks, "tasks")).await.unwrap();
}

#[tokio::test]
async fn shards_on_threads_serve_a_unix_socket() {
    timeout(Duration::from_secs(20), a_conversation(Placement::Threads, "threads")).await.unwrap();
}

#[test]
fn outside_a_runtime_a_server_is_refused_and_told_why() {
    let error = Server::new(App::new()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the server could not be started: it must be built inside a tokio runtime"),
        "{error}"
    );
}
