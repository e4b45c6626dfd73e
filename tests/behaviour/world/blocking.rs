//! The blocking WebSocket client, for the worlds that have no runtime.

use super::runtime::Voice;
use std::io::{Read, Write};
use tungstenite::handshake::HandshakeError;
use tungstenite::handshake::client::Request;
use tungstenite::{Error, Message, WebSocket};

/// The handshake on a fresh stream.
pub(super) fn upgrade<S>(stream: S, request: Request) -> Result<Box<dyn Voice>, Error>
where
    S: Read + Write + Send + 'static,
{
    match tungstenite::client(request, stream) {
        Ok((socket, _)) => Ok(Box::new(socket)),
        Err(HandshakeError::Failure(error)) => Err(error),
        Err(HandshakeError::Interrupted(_)) => panic!("the handshake must be answered within the deadline"),
    }
}

impl<S: Read + Write + Send> Voice for WebSocket<S> {
    fn say(&mut self, message: Message) -> Result<(), Error> {
        self.send(message)
    }

    fn hear(&mut self) -> Result<Message, Error> {
        self.read()
    }
}
