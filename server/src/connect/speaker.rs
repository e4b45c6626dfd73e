//! Sends what lines say, no faster than the server reads, and not while there is
//! no connection.
//!
//! Apart from the lines' sources, the pipe and the prompt, which run it on a
//! thread of their own so that it may wait.

use super::failure::ConnectFailure;
use super::happening::Connections;
use fanfare::core::client::SendError;
use fanfare::{ClientError, ClientHandle, Message};

/// See the module. Clones are the same.
#[derive(Clone)]
pub(super) struct Speaker {
    handle: ClientHandle,
    connections: Connections,
}

impl Speaker {
    pub(super) fn new(handle: ClientHandle, connections: Connections) -> Speaker {
        Speaker { handle, connections }
    }

    pub(super) fn handle(&self) -> &ClientHandle {
        &self.handle
    }

    /// Queues a message when there is room for it, or says why there is none.
    pub(super) fn send(&self, message: Message<'static>) -> Result<(), ClientError> {
        self.handle.send_when_room(message).wait()
    }

    /// The same, however many connections it takes until there is one to send it on.
    pub(super) fn send_on_any(&self, message: &Message<'static>) -> Result<(), ConnectFailure> {
        loop {
            // Looked at before it is tried: the next connection is one more, whenever
            // it comes.
            let known = self.connections.count();
            match self.send(message.clone()) {
                Ok(()) => return Ok(()),
                Err(ClientError::Send(SendError::Offline)) => self.connections.wait_for_more_than(known),
                Err(error) => return Err(ConnectFailure::Unsent(error)),
            }
        }
    }
}
