//! RFC 6455 framing: bytes to events, messages to frames, for either role.
//!
//! [`Decoder`] turns what a peer sent into [`Incoming`] events; [`Frame`] is
//! one encoded frame, ready to be shared by every recipient. Apart because it
//! knows bytes only: no connection, no time, no decision about what an event or
//! a [`Violation`](crate::violation::Violation) leads to. It never answers a
//! ping or a close by itself; the link does.

mod assembler;
mod close;
mod control;
mod decoder;
mod frame;
mod header;
mod making;
mod mask;
mod message;
mod payload;
mod utf8;

pub use control::{ControlPayload, ControlPayloadTooLong};
pub use decoder::{Decoded, Decoder, Incoming, Limits};
pub use frame::Frame;
pub use making::MessageError;
pub use message::{Compressed, Message, MessageKind};
pub use tungstenite::protocol::CloseFrame;
pub use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

/// Whose side of the connection we are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// We are the server: the peer's frames are masked, ours are not.
    Server,
    /// We are the client: our frames are masked, the peer's are not.
    Client,
}
