//! The client's one transport, as far as it is: dialed, or there.
//!
//! Apart from the task because it moves bytes and knows nothing of what they say.

use super::dial::Dialing;
use crate::transport::Transport;
use bytes::BytesMut;
use std::io;
use std::task::{Context, Poll};

/// See the module.
#[derive(Debug)]
pub(super) enum Line {
    /// There is none.
    Down,
    /// It is being made, for whom TLS may be wanted then.
    Dialing { dialing: Dialing, tls: Option<String> },
    /// It is there.
    Up(Up),
}

/// A transport that is there.
#[derive(Debug)]
pub(super) struct Up {
    pub(super) transport: Box<dyn Transport>,
    /// For whom TLS is still to be established, and whether it is being.
    pub(super) securing: Securing,
    /// What was read and not taken.
    pub(super) unread: BytesMut,
    /// The other side says no more.
    pub(super) has_ended: bool,
}

/// How far TLS is.
#[derive(Debug)]
pub(super) enum Securing {
    /// It is not wanted, or established.
    No,
    /// It is wanted, for this host, once the client says so.
    Wanted(String),
    /// The handshake is under way, with this host.
    Handshake(String),
}

impl Up {
    /// One that was dialed, for whom TLS may be wanted.
    pub(super) fn new(transport: Box<dyn Transport>, tls: Option<String>) -> Up {
        let securing = tls.map_or(Securing::No, Securing::Wanted);
        Up { transport, securing, unread: BytesMut::new(), has_ended: false }
    }

    /// One in the handshake of TLS.
    pub(super) fn securing(transport: Box<dyn Transport>, host: String) -> Up {
        Up { transport, securing: Securing::Handshake(host), unread: BytesMut::new(), has_ended: false }
    }

    /// Reads once; 0 bytes are the end, which is told once.
    pub(super) fn read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.has_ended {
            return Poll::Pending;
        }
        let read = self.transport.poll_read(cx, buffer);
        self.has_ended = matches!(read, Poll::Ready(Ok(0) | Err(_)));
        read
    }
}
