//! Unix sockets, executors and cancellation, which the behaviour suite does not
//! have.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fanfare_driver::{App, Route, StopOptions};
use fanfare_smol::{Placement, Server};
use smol::future::or;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::unix::{UnixListener, UnixStream};
use smol::{Executor, Timer};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, process, thread};

/// What has not happened by then will not.
const DEADLINE: Duration = Duration::from_secs(20);

fn echo() -> App {
    App::new().route("/", Route::new().on_message(|ctx, message| ctx.send(&message)))
}

async fn a_conversation(server: Server, name: &str) {
    let path = env::temp_dir().join(format!("fanfare-{}-smol-{name}.sock", process::id()));
    let handle = server.handle();
    let running = smol::spawn(server.serve(UnixListener::bind(&path).unwrap()));

    let mut peer = UnixStream::connect(&path).await.unwrap();
    assert_echo(&mut peer, &[]).await;
    let connections = handle.connections().await.unwrap();
    assert_eq!(connections[0].address, None, "its peer has no address");
    assert_eq!(connections[0].client_id, connections[0].id.to_string());
    handle.stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() }).await.unwrap();
    running.await.unwrap();
    fs::remove_file(&path).unwrap();
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Opens a connection, of whose request something was read before, and uses it.
async fn assert_echo(peer: &mut UnixStream, read_before: &[u8]) {
    peer.write_all(REQUEST.strip_prefix(read_before).unwrap()).await.unwrap();
    peer.write_all(&[0x81, 0x81, 0, 0, 0, 0, b'?']).await.unwrap();
    let (mut heard, mut byte) = (Vec::new(), [0]);
    while !heard.ends_with(&[0x81, 1, b'?']) {
        peer.read_exact(&mut byte).await.unwrap();
        heard.extend(byte);
    }
}

/// Runs a test, which must end within the deadline.
fn run(test: impl Future<Output = ()>) {
    smol::block_on(or(test, async {
        Timer::after(DEADLINE).await;
        panic!("nothing more has happened for a long time");
    }));
}

#[test]
fn shards_as_tasks_serve_a_unix_socket() {
    let server = Server::with_shards(echo(), 2, Placement::Tasks).unwrap();
    run(a_conversation(server, "tasks"));
}

#[test]
fn shards_on_threads_serve_a_unix_socket() {
    let server = Server::with_shards(echo(), 2, Placement::Threads).unwrap();
    run(a_conversation(server, "threads"));
}

#[test]
fn shards_on_an_executor_of_the_programs_own_serve_a_unix_socket() {
    let executor = Arc::new(Executor::new());
    let server = Server::with_executor(echo(), 2, Placement::Tasks, &executor).unwrap();
    let (end, ended) = smol::channel::bounded::<()>(1);
    let on_another_thread = Arc::clone(&executor);
    let thread = thread::spawn(move || smol::block_on(on_another_thread.run(ended.recv())));
    run(executor.run(a_conversation(server, "own")));
    drop(end);
    thread.join().unwrap().unwrap_err();
}

#[test]
fn a_stream_of_smols_is_attached_with_what_was_read_of_it() {
    run(async {
        let server = Server::new(echo()).unwrap();
        let (attacher, handle) = (server.attacher(), server.handle());
        let running = smol::spawn(server.run());
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let (read_before, _) = REQUEST.split_at(40);
        attacher.attach(ours, None, read_before.to_vec()).unwrap();
        assert_echo(&mut theirs, read_before).await;

        // Not read to the end: the stop must cut it.
        handle.stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() }).await.unwrap();
        running.await.unwrap();
        let mut rest = Vec::new();
        theirs.read_to_end(&mut rest).await.unwrap();
    });
}

#[test]
fn without_its_executor_a_server_is_not_run() {
    let executor = Arc::new(Executor::new());
    let server = Server::with_executor(echo(), 1, Placement::Tasks, &executor).unwrap();
    drop(executor);
    let error = smol::block_on(server.run()).unwrap_err();
    assert_eq!(error.to_string(), "the server could not be started: its executor is gone");
}

#[test]
fn a_server_that_is_dropped_while_it_runs_ends() {
    run(async {
        let server = Server::with_shards(echo(), 2, Placement::Threads).unwrap();
        let handle = server.handle();
        or(async { server.run().await.unwrap() }, async {
            handle.connections().await.unwrap();
        })
        .await;
        handle.stop(&StopOptions::default()).await.unwrap();
        assert!(handle.is_stopped());
    });
}
