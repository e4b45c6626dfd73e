//! A server on threads, and peers that share no code with it.

use fanfare_driver::{App, Handle, StopOptions};
use fanfare_std_threads::{Attacher, ServeError, Server};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tungstenite::protocol::CloseFrame;
use tungstenite::{Message, WebSocket};

/// What has not happened by then will not.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A server that runs. Dropped, it is stopped, and must return without an error.
pub(crate) struct Running {
    pub(crate) handle: Handle,
    pub(crate) attacher: Attacher,
    pub(crate) address: SocketAddr,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

pub(crate) fn start(app: App) -> Running {
    start_with(app, 2, 2)
}

pub(crate) fn start_with(app: App, shards: usize, workers: usize) -> Running {
    let server = Server::with_workers(app, shards, NonZeroUsize::new(workers).unwrap()).unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (handle, attacher) = (server.handle(), server.attacher());
    let thread = Some(thread::spawn(|| server.serve(listener)));
    Running { handle, attacher, address, thread }
}

impl Running {
    pub(crate) fn connect(&self) -> Peer<TcpStream> {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Peer::open(stream)
    }

    /// Stops within `time_max`, and waits until the server has returned.
    pub(crate) fn stop(&mut self, time_max: Duration) {
        self.handle.stop(&StopOptions { time_max, ..StopOptions::default() }).wait().unwrap();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if thread::panicking() {
            drop(self.handle.stop(&StopOptions { time_max: Duration::ZERO, ..StopOptions::default() }));
            return;
        }
        self.stop(Duration::ZERO);
        let stats = self.handle.stats();
        assert_eq!(stats.connections_opened, stats.connections_closed, "each opened, each closed");
    }
}

/// A WebSocket client.
pub(crate) struct Peer<S: Read + Write>(WebSocket<S>);

impl<S: Read + Write> Peer<S> {
    pub(crate) fn open(stream: S) -> Peer<S> {
        Peer(tungstenite::client("ws://localhost/", stream).map_err(|error| error.to_string()).unwrap().0)
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }

    /// The next message, which must be a text.
    #[track_caller]
    pub(crate) fn hear(&mut self) -> String {
        self.0.read().unwrap().into_text().unwrap().to_string()
    }

    /// The next message, unless the connection is closed first.
    pub(crate) fn try_hear(&mut self) -> Option<String> {
        self.0.read().ok().filter(Message::is_text).map(|message| message.to_string())
    }

    /// The close frame, which must come next, answered.
    #[track_caller]
    pub(crate) fn closed(&mut self) -> CloseFrame {
        let Message::Close(Some(frame)) = self.0.read().unwrap() else { panic!("a close frame must come") };
        while self.0.read().is_ok() {}
        frame
    }
}

/// Waits until something can be observed.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !is_so() {
        assert!(start.elapsed() < DEADLINE, "{what}: must come true within the deadline");
        thread::park_timeout(Duration::from_millis(1));
    }
}
