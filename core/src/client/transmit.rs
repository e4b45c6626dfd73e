//! Output: what to do with the transport next, and what was done.

use super::transport::Reader;
use super::{Client, Notice};
use crate::link::{Outgoing, Phase};
use crate::time::Instant;

/// What to do with the transport next.
#[derive(Debug)]
pub enum Transmit<'c> {
    /// Nothing, until something happens.
    Nothing,
    /// Write these bytes, any part of them, and report with [`Client::sent`].
    Write(Outgoing<'c>),
    /// Establish TLS on the transport, for the name that
    /// [`ConnectRequest::tls`](super::ConnectRequest::tls) has told, and report
    /// with [`Client::secured`] or [`Client::connect_failed`]. Asked for until
    /// then.
    StartTls,
    /// Drop the transport, or stop dialing, and report with [`Client::released`]
    /// once no operation on it is outstanding.
    Release {
        /// The server broke off or gave no sign of life; do not be polite.
        abort: bool,
    },
}

impl Client {
    /// What to do with the transport next, with at most `pieces_max` pieces for one
    /// vectored write. Ask after every call, until `Nothing` or until it would block.
    pub fn transmit(&mut self, pieces_max: usize) -> Transmit<'_> {
        let Some(transport) = &mut self.transport else { return Transmit::Nothing };
        if let Phase::Over { abort } = transport.phase {
            return Transmit::Release { abort };
        }
        if let Reader::Securing = transport.reader
            && !transport.is_writing()
        {
            return Transmit::StartTls;
        }
        if transport.output.has_farewell() {
            self.stats.discarded += transport.outbox.discard_overtaken(&mut transport.frames) as u64;
        }
        let outgoing = transport.output.lend(&transport.frames, Some(&mut transport.outbox), pieces_max);
        if outgoing.len() == 0 { Transmit::Nothing } else { Transmit::Write(outgoing) }
    }

    /// Of what [`transmit`](Self::transmit) lent, the transport took `bytes` bytes
    /// (0: it would block). Says whether more waits to be written.
    pub fn sent(&mut self, now: Instant, bytes: usize) -> bool {
        self.stats.bytes_sent += bytes as u64;
        let limits = self.config.connection();
        let Some(transport) = &mut self.transport else { return false };
        if let Phase::Over { .. } = transport.phase {
            return false;
        }
        let written =
            transport.output.sent(&mut transport.frames, Some(&mut transport.outbox), limits, bytes);
        self.stats.deliveries_sent += u64::from(written.messages);
        // Once it closes there is nothing to wait for.
        if transport.phase == Phase::Open && transport.outbox.take_room(limits) {
            self.notices.push_back(Notice::Room);
        }
        let pending = transport.is_writing();
        if written.close {
            transport.clocks.enter_phase(now);
        }
        transport.clocks.wrote(now, bytes > 0, pending);
        self.settle(now);
        pending
    }

    /// The transport is dropped and no operation on it is outstanding. Without
    /// effect before the client has asked for it.
    pub fn released(&mut self) {
        if self.is_over() {
            self.transport = None;
        }
    }
}
