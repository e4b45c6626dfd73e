//! A server of somebody else's, for what the program would never do.

use crate::support::PATIENCE;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Message, WebSocket, accept};

/// Its URL, and its thread.
pub(super) struct Stranger {
    pub(super) url: String,
    thread: JoinHandle<()>,
}

impl Stranger {
    /// Does as it is told with the one connection it accepts.
    pub(super) fn start(serve: impl FnOnce(TcpStream) + Send + 'static) -> Stranger {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let thread = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            // Nobody else is let in.
            drop(listener);
            serve(stream);
        });
        Stranger { url, thread }
    }

    /// The same with a WebSocket.
    pub(super) fn talking(serve: impl FnOnce(&mut WebSocket<TcpStream>) + Send + 'static) -> Stranger {
        Stranger::start(move |stream| {
            let mut socket = accept(stream).unwrap();
            serve(&mut socket);
            while socket.read().is_ok() {}
        })
    }

    /// Says something.
    pub(super) fn saying(messages: Vec<Message>) -> Stranger {
        Stranger::talking(|socket| messages.into_iter().for_each(|message| socket.send(message).unwrap()))
    }

    /// Closes at once.
    pub(super) fn closing(code: u16, reason: &'static str) -> Stranger {
        Stranger::talking(move |socket| {
            socket.close(Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() })).unwrap();
        })
    }

    /// Refuses the upgrade.
    pub(super) fn refusing(answer: &'static str) -> Stranger {
        Stranger::start(move |mut stream| {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            stream.write_all(answer.as_bytes()).unwrap();
        })
    }

    /// Waits until it is done, and was content.
    #[track_caller]
    pub(super) fn end(self) {
        self.thread.join().unwrap();
    }
}
