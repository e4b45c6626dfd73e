//! What the driver keeps of a connection beside its socket.

use super::waiting::Waiting;
use crate::app::{Params, Request};
use crate::connection::ConnectionInbox;
use crate::reply::Answer;
use crate::wall::Theirs;
use fanfare_core::id::ConnectionId;
use std::any::Any;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// A connection's place in the application.
#[derive(Debug, Default)]
pub(super) enum Session {
    /// The slot is free.
    #[default]
    Free,
    /// Its request has not arrived.
    New { peer: Option<SocketAddr> },
    /// Its request waits for an answer, or for its body.
    Asking(Box<Asking>),
    /// It is open, or closing.
    Open(Open),
    /// The application has been told its end, or was never told of it; its last
    /// bytes may still be on their way.
    Over,
}

#[derive(Debug)]
pub(super) struct Asking {
    pub(super) id: ConnectionId,
    pub(super) endpoint: usize,
    pub(super) request: Arc<Request>,
    /// For the future that decides, if one does; dropped with the request,
    /// which ends the future.
    pub(super) waiting: Option<Answer<()>>,
}

pub(crate) struct Open {
    pub(super) id: ConnectionId,
    pub(super) endpoint: usize,
    pub(crate) params: Option<Arc<Params>>,
    pub(crate) state: Theirs<Box<dyn Any + Send>>,
    pub(super) inbox: Option<Arc<ConnectionInbox>>,
    pub(super) waiting: Option<Box<Waiting>>,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("id", &self.id).finish_non_exhaustive()
    }
}
