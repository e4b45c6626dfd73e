//! What the application wants of the connection, and whom the adapter is to dial.

use super::error::ClientClosed;
use super::transport::{Reader, Transport};
use super::{Client, Notice};
use crate::close::{CloseCode, CloseReason};
use crate::link::{Phase, Signal};
use crate::time::Instant;
use std::io;

/// What the application wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    /// No connection, for now.
    Offline,
    /// A connection.
    Online,
    /// Never a connection again.
    Closed,
}

/// The next attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// There is none to come.
    None,
    /// It waits for its time.
    At(Instant),
    /// It is due: as soon as no transport is left.
    Now,
}

/// Whom to dial.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ConnectRequest {
    /// A name, or an address without brackets: the server's, or the proxy's.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether [`Transmit::StartTls`](super::Transmit::StartTls) will follow:
    /// then for whom the server has to have a certificate. Nothing is to be
    /// encrypted before.
    pub tls: Option<String>,
    /// Which attempt this is: 0 is the one that was asked for.
    pub attempt: u32,
}

/// Where a client is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Status {
    /// There is no connection, and none will come by itself.
    Offline,
    /// There is no connection, and an attempt is under way or will be.
    Connecting,
    /// The connection is open.
    Connected,
    /// The connection is being closed.
    Closing,
    /// The client is closed, and its last transport released: it can be dropped.
    Finished,
}

impl Client {
    /// Wants a connection: asks for one, unless it is there or under way. An attempt
    /// that waits for its time is made at once, and attempts count anew. After
    /// [`disconnect`](Self::disconnect), the connection that is being closed ends
    /// first.
    ///
    /// # Errors
    /// The client is closed.
    pub fn connect(&mut self, now: Instant) -> Result<(), ClientClosed> {
        match self.wish {
            Wish::Closed => return Err(ClientClosed),
            Wish::Online => {}
            Wish::Offline => {
                self.wish = Wish::Online;
                self.has_connected = false;
            }
        }
        match self.phase() {
            Some(Phase::Head | Phase::Deciding | Phase::Body | Phase::Open) => return Ok(()),
            // Its end is still to be told.
            Some(Phase::CloseSent) | None => {}
            Some(
                Phase::Finishing { .. } | Phase::Shutting { .. } | Phase::Lingering | Phase::Over { .. },
            ) => {
                self.let_go(now);
            }
        }
        self.forget_plan();
        self.backoff.reset();
        self.next = Next::Now;
        Ok(())
    }

    /// Wants no connection, for now: closes the one that is open with the code
    /// 1000, and makes no further attempt. [`connect`](Self::connect) works again.
    pub fn disconnect(&mut self, now: Instant) {
        if self.wish == Wish::Online {
            self.wish = Wish::Offline;
        }
        self.part(now, CloseCode::Normal, "");
    }

    /// Wants no connection ever again: closes the one that is open, and ends an
    /// attempt at once. What waited for a connection is forgotten, and the questions
    /// that wait for an answer end. After that comes nothing but the one
    /// [`Notice::Disconnected`] of a connection that was open.
    ///
    /// Queued messages go before the close frame. `reason` is cut to the 123 bytes
    /// a close frame has room for.
    pub fn close(&mut self, now: Instant, code: CloseCode, reason: &str) {
        self.wish = Wish::Closed;
        self.stats.discarded += self.offline.clear() as u64;
        self.part(now, code, reason);
        self.end_questions();
    }

    /// Cuts the connection without a word, as if it had broken: a client that is to
    /// reconnect does.
    pub fn abort(&mut self, now: Instant) {
        if self.is_opening() {
            self.fail_attempt(now, io::ErrorKind::ConnectionAborted.into());
        } else {
            self.end_connection(now, Signal::GiveUp, CloseReason::Aborted);
        }
    }

    /// Where it is.
    pub fn status(&self) -> Status {
        match (self.phase(), self.wish) {
            (Some(Phase::Open), _) => Status::Connected,
            (Some(Phase::CloseSent), _) | (Some(_), Wish::Closed) => Status::Closing,
            (None, Wish::Closed) => Status::Finished,
            (_, Wish::Online) => Status::Connecting,
            (_, Wish::Offline) => Status::Offline,
        }
    }

    /// How many attempts were made since a connection was last stable; 0 while
    /// none was lost.
    pub fn attempts(&self) -> u32 {
        self.backoff.attempt()
    }

    /// Whom to dial, if anybody: once for each attempt. Ask after every call; the
    /// time until the answer is verified runs from here.
    pub fn poll_connect(&mut self, now: Instant) -> Option<ConnectRequest> {
        if self.transport.is_some() || self.next != Next::Now || self.wish != Wish::Online {
            return None;
        }
        self.next = Next::None;
        self.transport = Some(Box::new(Transport::new(now)));
        let url = &self.config.url;
        let (host, port) = match &self.config.proxy {
            Some(proxy) => (proxy.host.as_str(), proxy.port),
            None => (url.host(), url.port()),
        };
        Some(ConnectRequest {
            host: host.to_owned(),
            port,
            tls: url.is_tls().then(|| url.host().to_owned()),
            attempt: self.backoff.attempt(),
        })
    }

    /// Whether an attempt is with the adapter, which dials or starts TLS.
    pub(super) fn is_dialing(&self) -> bool {
        self.transport.as_ref().is_some_and(|transport| {
            let is_away = matches!(transport.reader, Reader::Dialing | Reader::Securing);
            transport.phase == Phase::Head && is_away
        })
    }

    /// Whether the handshake is under way.
    pub(super) fn is_opening(&self) -> bool {
        self.phase().is_some_and(Phase::is_before_open)
    }

    /// Whether the end of the connection, or of the attempt, is still to be told.
    pub(super) fn is_talking(&self) -> bool {
        self.phase().is_some_and(Phase::is_talking)
    }

    /// The attempt that was planned is not made, so it is not announced either, if
    /// that has not been heard yet: as where the callback that hears of the loss wants
    /// something else.
    fn forget_plan(&mut self) {
        if let Next::At(_) = self.next {
            let is_plan = |notice: &Notice| matches!(notice, Notice::Reconnecting { .. });
            if let Some(last) = self.notices.iter().rposition(is_plan) {
                self.notices.remove(last);
            }
        }
        self.next = Next::None;
    }

    fn part(&mut self, now: Instant, code: CloseCode, reason: &str) {
        self.forget_plan();
        match self.phase() {
            Some(Phase::Open) => self.start_closing(now, code, reason),
            Some(Phase::Head | Phase::Deciding | Phase::Body) => self.let_go(now),
            Some(
                Phase::CloseSent
                | Phase::Finishing { .. }
                | Phase::Shutting { .. }
                | Phase::Lingering
                | Phase::Over { .. },
            )
            | None => {}
        }
    }
}
