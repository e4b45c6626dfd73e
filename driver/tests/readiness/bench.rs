//! One shard whose turns are taken by hand, and its peers over TCP.

use fanfare_core::time::Instant;
use fanfare_driver::{
    Acceptor, App, BoxFuture, Handle, HandleError, Launch, OsSocket, Reply, Route, Shard, Spawn, Turn,
};
use std::future::Future;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// What has not happened by then will not.
const DEADLINE: Duration = Duration::from_secs(20);

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

pub(crate) struct Bench {
    shard: Shard,
    waker: Waker,
    acceptor: Acceptor,
    pub(crate) handle: Handle,
}

struct Nowhere;

impl Spawn for Nowhere {
    fn spawn(&self, _: BoxFuture<()>) {}

    fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        Ok(())
    }
}

impl Bench {
    pub(crate) fn new(app: App) -> Bench {
        let Launch { handle, acceptor, mut shards } = Launch::new(app, 1, Arc::new(Nowhere)).unwrap();
        let mut shard = shards.remove(0);
        Bench { waker: shard.waker().unwrap(), shard, acceptor, handle }
    }

    pub(crate) fn accept(&self, socket: OsSocket) {
        self.acceptor.accept(Box::new(socket), None, Vec::new()).unwrap();
    }

    fn turn(&mut self) -> Turn {
        self.shard.turn(&mut Context::from_waker(&self.waker))
    }

    /// What follows a turn: another look, or sleep.
    fn rest(&mut self, turn: Turn, until: Instant) {
        match turn {
            Turn::Busy => {
                self.shard.look().unwrap();
            }
            Turn::Idle { until: deadline } => {
                let until = deadline.map_or(until, |deadline| deadline.min(until));
                self.shard.wait(Some(until)).unwrap();
            }
            Turn::Ended => panic!("nobody has stopped it"),
        }
    }

    #[track_caller]
    pub(crate) fn run_while(&mut self, mut is_to_run: impl FnMut() -> bool) {
        let until = self.handle.now() + DEADLINE;
        while is_to_run() {
            // Whatever else the condition waits for, nobody tells the shard.
            let soon = self.handle.now() + Duration::from_millis(1);
            let turn = self.turn();
            self.rest(turn, soon);
            assert!(self.handle.now() < until, "it must come true within the deadline");
        }
    }

    /// Goes on until it is so. Only what the shard is told of ends its sleep.
    #[track_caller]
    pub(crate) fn run_until(&mut self, is_so: impl Fn(&Handle) -> bool) {
        let until = self.handle.now() + DEADLINE;
        loop {
            let turn = self.turn();
            if is_so(&self.handle) {
                return;
            }
            self.rest(turn, until);
            assert!(self.handle.now() < until, "it must come true within the deadline");
        }
    }

    /// Goes on until a peer has heard just this.
    #[track_caller]
    pub(crate) fn run_until_heard(&mut self, peer: &mut TcpStream, expected: &[u8]) {
        let heard = self.hear(peer, |heard| heard.len() >= expected.len());
        assert_eq!(heard, expected);
    }

    fn hear(&mut self, peer: &mut TcpStream, is_all: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let until = self.handle.now() + DEADLINE;
        let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
        peer.set_nonblocking(true).unwrap();
        while !is_all(&heard) {
            let turn = self.turn();
            match peer.read(&mut buffer) {
                Ok(count) => heard.extend(&buffer[..count]),
                // Over the loopback, what the turn has written would be there.
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.rest(turn, until),
                Err(error) => panic!("{error}"),
            }
            assert!(self.handle.now() < until, "it must be heard within the deadline");
        }
        peer.set_nonblocking(false).unwrap();
        heard
    }

    /// Asks for a WebSocket connection, and gets it.
    pub(crate) fn upgrade(&mut self, peer: &mut TcpStream) {
        peer.write_all(REQUEST).unwrap();
        let answer = self.hear(peer, |heard| heard.ends_with(b"\r\n\r\n"));
        assert!(answer.starts_with(b"HTTP/1.1 101 "));
    }

    /// Asks something of the shard.
    pub(crate) fn ask<T>(&mut self, question: impl FnOnce(&Handle) -> Reply<T>) -> Result<T, HandleError> {
        let mut reply = pin!(question(&self.handle.clone()));
        loop {
            match reply.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => {
                    self.turn();
                }
            }
        }
    }

    /// Whether a look finds nothing to do.
    pub(crate) fn comes_to_rest(&mut self) -> bool {
        (0..100).any(|_| {
            self.shard.look().unwrap();
            self.turn() != Turn::Busy
        })
    }
}

/// Both ends of a TCP connection; the second is the server's.
pub(crate) fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (peer, listener.accept().unwrap().0)
}

/// A peer with an open WebSocket connection.
pub(crate) fn connect(bench: &mut Bench) -> TcpStream {
    let (mut peer, near) = pair();
    bench.accept(OsSocket::try_from(near).unwrap());
    bench.upgrade(&mut peer);
    peer
}

pub(crate) fn echo() -> App {
    App::new().route("/", Route::new().on_message(|ctx, message| ctx.send(&message)))
}

/// A client's text under a mask of zeros.
pub(crate) fn frame(text: &str) -> Vec<u8> {
    let mut frame = said(text);
    let key_at = frame.len() - text.len();
    frame[1] |= 0x80;
    frame.splice(key_at..key_at, [0; 4]);
    frame
}

/// What the server says to a text.
pub(crate) fn said(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let head = match u8::try_from(length) {
        Ok(length @ 0..126) => vec![0x81, length],
        Ok(_) | Err(_) => [&[0x81, 126], &length.to_be_bytes()[..]].concat(),
    };
    [head, text.as_bytes().to_vec()].concat()
}
