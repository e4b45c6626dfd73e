//! Input: bytes, the end of the stream, and the transport's failure.

use super::{Event, Hub, Received, UnknownConnection};
use crate::close::CloseReason;
use crate::handshake::HeadLimits;
use crate::id::ConnectionId;
use crate::link::{Phase, Reader, Signal, wire_limits};
use crate::outbox::Purpose;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::{Compressed, ControlPayload, Frame, Incoming, Message};
use std::io;

impl<'b> Received<'b> {
    fn nothing(consumed: usize) -> Received<'b> {
        Received { consumed, event: None }
    }

    fn event(consumed: usize, event: Event<'b>) -> Received<'b> {
        Received { consumed, event: Some(event) }
    }
}

impl Hub {
    /// Bytes from the peer. Decodes at most one event and says how many bytes
    /// that took; payloads are unmasked in place and borrowed from `bytes`
    /// where the message lies there whole and uncompressed. The work is bounded by
    /// `bytes`, and by `message_bytes_max` where a message is inflated.
    ///
    /// Call only while [`wants_read`](Self::wants_read); otherwise nothing is consumed.
    pub fn receive<'b>(
        &mut self,
        now: Instant,
        id: ConnectionId,
        bytes: &'b mut [u8],
    ) -> Result<Received<'b>, UnknownConnection> {
        let slot = self.slot(id)?;
        let Some(link) = self.links.get_mut(slot) else { return Err(UnknownConnection(id)) };
        if !link.wants_read() {
            return Ok(Received::nothing(0));
        }
        link.clocks.heard(now);
        Ok(match link.phase {
            Phase::Head => self.receive_head(now, slot, bytes),
            Phase::Body => self.receive_body(now, slot, bytes),
            Phase::Open | Phase::CloseSent => self.receive_frame(now, slot, bytes),
            Phase::Finishing { .. } | Phase::Shutting { .. } | Phase::Lingering => {
                self.discard(now, slot, bytes.len());
                Received::nothing(bytes.len())
            }
            Phase::Deciding | Phase::Over { .. } => Received::nothing(0),
        })
    }

    /// The peer ended its side of the stream. An open connection is over with
    /// that; what was queued for it is still to be written, in case it has ended
    /// no more than its side.
    pub fn end_of_input(&mut self, now: Instant, id: ConnectionId) -> Result<(), UnknownConnection> {
        let slot = self.slot(id)?;
        self.conclude(now, slot, Signal::InputEnded, CloseReason::EndOfInput);
        Ok(())
    }

    /// The transport failed; nothing more can be read or written.
    pub fn transport_failed(
        &mut self,
        now: Instant,
        id: ConnectionId,
        kind: io::ErrorKind,
    ) -> Result<(), UnknownConnection> {
        let slot = self.slot(id)?;
        if self.links.get(slot).is_some_and(|link| link.phase.is_before_open()) {
            self.stats.handshakes_failed += 1;
        }
        self.conclude(now, slot, Signal::GiveUp, CloseReason::Transport(kind));
        Ok(())
    }

    /// Whether the transport should be read now.
    pub fn wants_read(&self, id: ConnectionId) -> bool {
        self.link(id).is_some_and(crate::link::Link::wants_read)
    }

    /// While an upgrade is being decided, how many bytes are to be read ahead and
    /// kept until [`wants_read`](Self::wants_read): so that a peer that leaves
    /// meanwhile is noticed, by [`end_of_input`](Self::end_of_input) or
    /// [`transport_failed`](Self::transport_failed). As many as a head may have
    /// (`head_bytes_max`); at any other time 0.
    pub fn reads_ahead_bytes_max(&self, id: ConnectionId) -> usize {
        let reads_ahead = self.link(id).is_some_and(crate::link::Link::reads_ahead);
        if reads_ahead { self.config.server.head_bytes_max } else { 0 }
    }

    /// Stops or resumes reading of an open connection, because a handler is
    /// busy; of one that is not open, it does nothing. What the peer does not say
    /// meanwhile is not held against it; `handler_time_max` bounds the pause.
    pub fn set_paused(
        &mut self,
        now: Instant,
        id: ConnectionId,
        paused: bool,
    ) -> Result<(), UnknownConnection> {
        let slot = self.slot(id)?;
        if let Some(link) = self.links.get_mut(slot)
            && link.phase == Phase::Open
            && link.clocks.is_paused() != paused
        {
            link.clocks.set_paused(now, paused);
            self.arm(slot);
        }
        Ok(())
    }

    fn receive_head<'b>(&mut self, now: Instant, slot: usize, bytes: &[u8]) -> Received<'b> {
        let limits = HeadLimits {
            bytes_max: self.config.server.head_bytes_max,
            headers_max: self.config.server.headers_max,
        };
        let Some(link) = self.links.get_mut(slot) else { return Received::nothing(0) };
        let Reader::Head { reader, arrival } = &mut link.reader else { return Received::nothing(0) };
        let arrival = *arrival;
        match reader.push(bytes, &limits) {
            Ok(progress) => match progress.request {
                None => Received::nothing(progress.consumed),
                Some(request) => {
                    self.arrivals.remove(arrival);
                    link.stop_decoding();
                    if request.upgrade().is_some() {
                        link.reader = Reader::Ahead;
                    }
                    link.signal(now, Signal::HeadComplete);
                    Received::event(progress.consumed, Event::Request(Box::new(request)))
                }
            },
            Err(error) => {
                self.answer(now, slot, &error.response(), false);
                Received::nothing(bytes.len())
            }
        }
    }

    fn receive_body<'b>(&mut self, now: Instant, slot: usize, bytes: &[u8]) -> Received<'b> {
        let Some(link) = self.links.get_mut(slot) else { return Received::nothing(0) };
        let Reader::Body(reader) = &mut link.reader else { return Received::nothing(0) };
        let progress = reader.push(bytes);
        let Some(body) = progress.body else { return Received::nothing(progress.consumed) };
        link.stop_decoding();
        link.signal(now, Signal::BodyComplete);
        Received::event(progress.consumed, Event::Body(body))
    }

    fn receive_frame<'b>(&mut self, now: Instant, slot: usize, bytes: &'b mut [u8]) -> Received<'b> {
        let given = bytes.len();
        let Some(link) = self.links.get_mut(slot) else { return Received::nothing(0) };
        let limits = self.config.profile(link.profile);
        let Reader::Messages(decoder) = &mut link.reader else { return Received::nothing(0) };
        let step = match decoder.decode(&wire_limits(limits), bytes) {
            Ok(step) => step,
            Err(violation) => {
                self.violated(now, slot, violation);
                return Received::nothing(given);
            }
        };
        let is_mid_message = decoder.is_mid_message();
        if link.phase == Phase::Open && link.clocks.set_mid_message(now, is_mid_message) {
            self.arm(slot);
        }
        let consumed = step.consumed;
        match step.incoming {
            Some(Incoming::Message(message)) => {
                let admitted = self.admit_message(now, slot).then_some(message);
                self.received_message(now, slot, consumed, admitted)
            }
            Some(Incoming::Compressed(message)) => {
                let admitted = self.admit_message(now, slot).then_some(message);
                let inflated = admitted.and_then(|message| self.inflate(now, slot, &message));
                self.received_message(now, slot, consumed, inflated)
            }
            Some(Incoming::Ping(payload)) if self.admit_control(now, slot) => {
                self.answer_ping(slot, &payload);
                Received::event(consumed, Event::Ping(payload))
            }
            Some(Incoming::Pong(payload)) if self.admit_control(now, slot) => {
                Received::event(consumed, Event::Pong(payload))
            }
            Some(Incoming::Ping(_) | Incoming::Pong(_)) | None => Received::nothing(consumed),
            Some(Incoming::Close(frame)) => {
                self.peer_closed(now, slot, frame);
                Received::nothing(given)
            }
        }
    }

    /// Counts a message, and says whether anybody is to hear it: nobody is after
    /// our close frame.
    fn admit_message(&mut self, now: Instant, slot: usize) -> bool {
        let Some(link) = self.links.get_mut(slot) else { return false };
        if link.phase != Phase::Open {
            return false;
        }
        let per_second_max = self.config.profile(link.profile).messages_per_second_max;
        let admitted = link.rates.admit_message(now, per_second_max);
        if !admitted {
            self.violated(now, slot, Violation::MessageRate { per_second_max });
        }
        admitted
    }

    /// What a compressed message says, if that is anything.
    fn inflate(&mut self, now: Instant, slot: usize, message: &Compressed<'_>) -> Option<Message<'static>> {
        let bytes_max = self.config.profile(self.links.get(slot)?.profile).message_bytes_max;
        let inflated = self.codec.inflate(message, bytes_max, &mut self.stats);
        inflated.map_err(|violation| self.violated(now, slot, violation)).ok()
    }

    fn received_message<'b>(
        &mut self,
        now: Instant,
        slot: usize,
        consumed: usize,
        message: Option<Message<'b>>,
    ) -> Received<'b> {
        let (Some(link), Some(message)) = (self.links.get_mut(slot), message) else {
            return Received::nothing(consumed);
        };
        link.clocks.heard_message(now);
        self.stats.messages_received += 1;
        self.stats.message_bytes_received += message.len() as u64;
        Received::event(consumed, Event::Message(message))
    }

    /// Counts a ping or pong, and says whether it is an event: after our close
    /// frame nothing the peer says reaches anybody.
    fn admit_control(&mut self, now: Instant, slot: usize) -> bool {
        let Some(link) = self.links.get_mut(slot) else { return false };
        let per_second_max = self.config.profile(link.profile).control_frames_per_second_max;
        let is_open = link.phase == Phase::Open;
        let admitted = link.rates.admit_control(now, per_second_max);
        if !admitted {
            self.violated(now, slot, Violation::ControlRate { per_second_max });
        }
        admitted && is_open
    }

    /// RFC 6455 §5.5.2: a pong for every ping, unless a close frame was sent.
    fn answer_ping(&mut self, slot: usize, payload: &ControlPayload<'_>) {
        self.push_control(slot, Frame::pong(payload).into_bytes(), Purpose::Pong);
    }

    fn discard(&mut self, now: Instant, slot: usize, bytes: usize) {
        let Some(link) = self.links.get_mut(slot) else { return };
        let limits = self.config.profile(link.profile);
        link.discard(bytes, limits);
        if link.has_lingered_enough() {
            link.signal(now, Signal::GiveUp);
            self.settle(now, slot);
        }
    }
}
