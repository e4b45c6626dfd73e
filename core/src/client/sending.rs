//! Messages out: at once, or when there is a connection.

use super::lifecycle::Wish;
use super::{Client, ClientClosed, SendError};
use crate::close::{CloseCode, CloseReason};
use crate::event::AckId;
use crate::link::Phase;
use crate::outbox::{Offered, Purpose};
use crate::time::Instant;
use crate::wire::{ControlPayload, Frame, Message};

impl Client {
    /// Sends a message: queues it for the connection, compressed where that was
    /// agreed on and helps; without a connection, as the setting `offline` says. A
    /// connection that is being closed is none.
    ///
    /// What is queued when the connection is lost is lost with it, and is not sent
    /// again: a message arrives once or not at all.
    pub fn send(&mut self, now: Instant, message: &Message<'_>) -> Result<(), SendError> {
        self.send_asking(now, message, None)
    }

    /// The same only where there is room in the outbox without anything giving way;
    /// says whether there was. Where there was not, a
    /// [`Notice::Room`](super::Notice::Room) comes once half of the outbox is free,
    /// or a [`Notice::Disconnected`](super::Notice::Disconnected).
    pub fn send_if_room(&mut self, now: Instant, message: &Message<'_>) -> Result<bool, SendError> {
        let limits = self.config.connection();
        if let Some(transport) = self.transport.as_mut().filter(|transport| transport.phase == Phase::Open) {
            // Compression can only make it shorter. What can never fit is not to
            // be waited for.
            let bytes = frame_bytes(message.len());
            let fits = bytes <= limits.outbox_bytes_max;
            if fits && !transport.outbox.has_room_or_awaits(bytes, limits) {
                return Ok(false);
            }
        }
        self.send(now, message).map(|()| true)
    }

    /// Sends a ping of the application's own. Says whether it was queued: only on
    /// an open connection, and not behind one that is not written yet.
    pub fn ping(&mut self, payload: &ControlPayload<'_>) -> bool {
        let is_free = |transport: &super::Transport| {
            transport.phase == Phase::Open && !transport.output.has_ping_waiting()
        };
        let may_ping = self.transport.as_deref().is_some_and(is_free);
        if may_ping {
            self.stats.pings_queued += 1;
            let ping = Frame::ping(payload).masked(self.mask());
            self.push_control(ping, Purpose::Ping);
        }
        may_ping
    }

    /// How many messages, of how many bytes, wait to be written; `None` without a
    /// connection.
    pub fn outbox_level(&self) -> Option<(usize, usize)> {
        let transport = self.transport.as_ref().filter(|_| self.is_connected())?;
        Some((transport.outbox.queue().len(), transport.outbox.queue().bytes()))
    }

    /// How many messages, of how many bytes of payload, wait for a connection.
    pub fn offline_level(&self) -> (usize, usize) {
        self.offline.level()
    }

    /// Sends a message, which may ask something.
    pub(super) fn send_asking(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        ask: Option<AckId>,
    ) -> Result<(), SendError> {
        match self.wish {
            Wish::Closed => Err(ClientClosed.into()),
            Wish::Online | Wish::Offline if self.is_connected() => self.queue(now, message),
            Wish::Online | Wish::Offline => {
                self.offline.check(message, self.config.offline)?;
                self.offline.push(message.clone().into_owned(), ask);
                Ok(())
            }
        }
    }

    /// A new connection is open: what waited for it goes. It has room, by the
    /// checks of the configuration.
    pub(super) fn send_waiting(&mut self, now: Instant) {
        while let Some(message) = self.offline.pop() {
            let queued = self.queue(now, &message);
            debug_assert!(queued.is_ok(), "{queued:?}: the outbox is empty, and large enough");
        }
    }

    /// Queues a message for the open connection.
    fn queue(&mut self, now: Instant, message: &Message<'_>) -> Result<(), SendError> {
        let frame = self.encode(message);
        let limits = self.config.connection();
        let (bytes, bytes_max) = (frame.len(), limits.outbox_bytes_max);
        if bytes > bytes_max {
            return Err(SendError::TooLarge { bytes, bytes_max });
        }
        let Some(transport) = &mut self.transport else { return Err(SendError::Offline) };
        let waiting = (transport.outbox.queue().len(), transport.outbox.queue().bytes());
        let (messages, waiting_bytes) = waiting;
        let key = transport.frames.share(frame.into_bytes(), Purpose::Data, None);
        let (frames, policy) = (&mut transport.frames, limits.outbox_policy);
        let offered = transport.outbox.offer(frames, key, bytes, limits, policy, None);
        self.stats.deliveries_offered += 1;
        let error = match offered {
            Offered::Queued { evicted, .. } => {
                self.stats.deliveries_queued += 1;
                self.stats.evicted += u64::from(evicted);
                return Ok(());
            }
            Offered::Dropped => {
                self.stats.dropped_outbox_full += 1;
                SendError::QueueFull { messages, bytes: waiting_bytes }
            }
            Offered::Disconnect => {
                self.stats.dropped_disconnected += 1;
                SendError::Disconnected { messages, bytes: waiting_bytes }
            }
        };
        transport.frames.release(key);
        if offered == Offered::Disconnect {
            self.fail_connection(now, CloseCode::Again, CloseReason::OutboxFull);
        }
        Err(error)
    }

    /// The frame of a message, masked and perhaps compressed for the connection.
    fn encode(&mut self, message: &Message<'_>) -> Frame {
        let key = self.mask();
        let threshold_bytes = self.limits().compression_threshold_bytes;
        let window = self.transport.as_ref().and_then(|transport| transport.deflate);
        let compressed = window
            .filter(|_| message.len() >= threshold_bytes)
            .and_then(|window| self.codec.deflate(window, &Frame::from(message), &mut self.stats));
        match compressed {
            Some(frame) => frame.masked(key),
            None => Frame::masked_message(message, key),
        }
    }

    /// Queues a control frame, before all messages.
    pub(super) fn push_control(&mut self, frame: Frame, purpose: Purpose) {
        let limits = self.config.connection();
        if let Some(transport) = &mut self.transport {
            transport.push_control(frame.into_bytes(), purpose, limits);
        }
    }

    /// Queues the close frame, behind all messages.
    pub(super) fn push_close(&mut self, code: CloseCode, reason: &str) {
        let close = Frame::close(code, reason).masked(self.mask()).into_bytes();
        if let Some(transport) = &mut self.transport {
            transport.outbox.push_close(&mut transport.frames, close);
        }
    }

    /// Discards the messages that no write was lent.
    pub(super) fn discard_unsent(&mut self) {
        if let Some(transport) = &mut self.transport {
            self.stats.discarded += transport.outbox.discard_unsent(&mut transport.frames) as u64;
        }
    }
}

/// Length of the masked frame of a message.
fn frame_bytes(payload_bytes: usize) -> usize {
    let header_bytes = match payload_bytes {
        ..=125 => 6,
        126..=0xFFFF => 8,
        _ => super::checked::HEADER_BYTES_MAX,
    };
    payload_bytes.saturating_add(header_bytes)
}
