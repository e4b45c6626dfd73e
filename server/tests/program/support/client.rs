//! A WebSocket client that blocks, on a stranger's implementation of the protocol.

use super::{PATIENCE, Program};
use serde_json::Value;
use std::net::{SocketAddr, TcpStream};
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::client::Response;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Error, HandshakeError, Message, WebSocket, client};

/// A connection to the program.
pub(crate) struct Client {
    socket: WebSocket<TcpStream>,
}

/// Opens a connection, or yields why there is none. `headers` are sent in addition.
fn open(
    program: &Program,
    path: &str,
    headers: &[(&'static str, &'static str)],
) -> Result<WebSocket<TcpStream>, Box<Error>> {
    let stream = TcpStream::connect(program.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let mut request = format!("ws://{}{path}", program.address()).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    match client(request, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(HandshakeError::Failure(error)) => Err(Box::new(error)),
        Err(HandshakeError::Interrupted(_)) => panic!("no answer to the handshake on {path}"),
    }
}

/// The answer to a handshake that must not succeed.
#[track_caller]
pub(crate) fn refused(program: &Program, path: &str) -> Response {
    refused_with(program, path, &[])
}

/// The same with more headers.
#[track_caller]
pub(crate) fn refused_with(
    program: &Program,
    path: &str,
    headers: &[(&'static str, &'static str)],
) -> Response {
    match open(program, path, headers).map_err(|error| *error) {
        Err(Error::Http(response)) => *response,
        Err(error) => panic!("{path}: {error}"),
        Ok(_) => panic!("{path}: was accepted"),
    }
}

impl Client {
    #[track_caller]
    pub(crate) fn connect(program: &Program, path: &str) -> Client {
        Client::connect_with(program, path, &[])
    }

    /// The same with more headers.
    #[track_caller]
    pub(crate) fn connect_with(
        program: &Program,
        path: &str,
        headers: &[(&'static str, &'static str)],
    ) -> Client {
        Client { socket: open(program, path, headers).unwrap() }
    }

    /// Where the program sees it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.get_ref().local_addr().unwrap()
    }

    pub(crate) fn send(&mut self, message: impl Into<Message>) {
        self.socket.send(message.into()).unwrap();
    }

    pub(crate) fn send_json(&mut self, value: &Value) {
        self.send(value.to_string());
    }

    /// The next message; pings are answered and passed over.
    #[track_caller]
    pub(crate) fn receive(&mut self) -> Message {
        loop {
            let message = self.socket.read().unwrap();
            if !matches!(message, Message::Ping(_) | Message::Pong(_)) {
                return message;
            }
        }
    }

    #[track_caller]
    pub(crate) fn receive_json(&mut self) -> Value {
        serde_json::from_str(self.receive().to_text().unwrap()).unwrap()
    }

    /// The close frame that is next, which is not answered before the next read.
    #[track_caller]
    pub(crate) fn receive_close(&mut self) -> CloseCode {
        let message = self.receive();
        let Message::Close(Some(frame)) = message else { panic!("no close frame with a code: {message:?}") };
        frame.code
    }

    /// Answers a close frame, and waits until the server has hung up.
    #[track_caller]
    pub(crate) fn finish(mut self) {
        assert!(matches!(self.socket.read(), Err(Error::ConnectionClosed)));
    }

    /// Leaves with a whole closing handshake.
    #[track_caller]
    pub(crate) fn leave(mut self) {
        self.socket.close(None).unwrap();
        assert!(matches!(self.receive(), Message::Close(_)));
        self.finish();
    }

    /// Shows that the connection lives and has nothing waiting: the answer to a
    /// ping is the next that comes.
    #[track_caller]
    pub(crate) fn assert_quiet(&mut self) {
        self.socket.send(Message::Ping("quiet?".into())).unwrap();
        assert_eq!(self.socket.read().unwrap(), Message::Pong("quiet?".into()));
    }
}
