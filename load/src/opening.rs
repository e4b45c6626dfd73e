//! From a transport to a WebSocket connection: fanfare's own client asks for the
//! upgrade and judges the answer in full.
//!
//! Apart from the connection because that client is given up when it has done so:
//! what it would do from then on (deadlines, outboxes, coming back) would cost the
//! load more than it may.

use fanfare_core::client::{Client, ClientConfig, ConnectError, Notice, Transmit};
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;

/// Deadlines are the fleet's to keep, so no time passes here.
const NOW: Instant = Instant::ZERO;

/// A handshake that is under way.
pub(crate) struct Opening(Box<Client>);

/// What one [`Opening::receive`] did.
#[derive(Debug)]
pub(crate) struct Answered {
    /// How many of the bytes belonged to the handshake.
    pub(crate) consumed: usize,
    /// Whether that was all: what follows is WebSocket.
    pub(crate) is_open: bool,
}

impl Opening {
    /// Begins one on a transport that is there or will be, and encrypted if it has
    /// to be. The bytes are the request.
    pub(crate) fn begin(config: &Arc<ClientConfig>, random: &mut Random) -> (Opening, Vec<u8>) {
        let mut client = Client::new(Arc::clone(config), random.fork());
        // Fails only on one that was closed.
        let _ = client.connect(NOW);
        let _ = client.poll_connect(NOW);
        client.connected();
        client.secured();
        let request = match client.transmit(1) {
            Transmit::Write(pieces) => pieces.flat_map(|piece| piece.as_bytes()).copied().collect(),
            Transmit::Nothing | Transmit::StartTls | Transmit::Release { .. } => Vec::new(),
        };
        client.sent(NOW, request.len());
        (Opening(Box::new(client)), request)
    }

    /// Bytes of the answer. Nothing may be given once it is open, or has failed.
    pub(crate) fn receive(&mut self, bytes: &mut [u8]) -> Result<Answered, ConnectError> {
        let consumed = self.0.receive(NOW, bytes).consumed;
        self.outcome().map(|is_open| Answered { consumed, is_open })
    }

    /// The server has ended the stream.
    pub(crate) fn end_of_input(&mut self) -> ConnectError {
        self.0.end_of_input(NOW);
        self.outcome().err().unwrap_or(ConnectError::EndOfInput)
    }

    /// The transport has failed.
    pub(crate) fn failed(&mut self, kind: ErrorKind) -> ConnectError {
        self.0.failed(NOW, kind);
        self.outcome().err().unwrap_or(ConnectError::from(kind))
    }

    /// Whom the server has to be.
    pub(crate) fn host(&self) -> &str {
        self.0.config().url.host()
    }

    fn outcome(&mut self) -> Result<bool, ConnectError> {
        while let Some(notice) = self.0.next_notice() {
            if let Notice::ConnectFailed { error, .. } = notice {
                return Err(error);
            }
        }
        Ok(self.0.is_connected())
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening")
    }
}
