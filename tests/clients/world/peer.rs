//! Servers that are not fanfare's: tungstenite's, and one that says a given text.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use tungstenite::handshake::server::{Request, Response};
use tungstenite::{Message, WebSocket};

/// A server of one connection, whose other side of the conversation a test plays.
pub(crate) struct Peer {
    pub(crate) socket: WebSocket<TcpStream>,
    pub(crate) request: Request,
}

impl Peer {
    /// A URL, and whoever connects there first.
    pub(crate) fn listen() -> (String, JoinHandle<Peer>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("ws://{}/path?query", listener.local_addr().unwrap());
        (url, thread::spawn(move || Peer::accept(&listener)))
    }

    /// Whoever connects next.
    pub(crate) fn accept(listener: &TcpListener) -> Peer {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(super::DEADLINE)).unwrap();
        let mut asked = None;
        let socket = tungstenite::accept_hdr(stream, |request: &Request, response: Response| {
            asked = Some(request.clone());
            Ok(response)
        });
        Peer { socket: socket.unwrap(), request: asked.unwrap() }
    }

    #[track_caller]
    pub(crate) fn expect(&mut self, message: &Message) {
        assert_eq!(self.socket.read().unwrap(), *message);
    }
}

/// A URL where whoever connects is told `answer` when it has asked.
pub(crate) fn plain_answer(answer: &'static str) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut head) = (stream.unwrap(), Vec::new());
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
                head.push(byte[0]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}
