//! Input: bytes, the end of the stream, and the transport's failure.

use super::event::{Event, Received};
use super::transport::Reader;
use super::{Client, ConnectError};
use crate::close::CloseReason;
use crate::link::{Phase, Signal, wire_limits};
use crate::outbox::Purpose;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::{Compressed, ControlPayload, Frame, Incoming, Message};
use std::io;

impl Client {
    /// Whether the transport should be read now.
    pub fn wants_read(&self) -> bool {
        self.transport.as_ref().is_some_and(|transport| transport.wants_read())
    }

    /// Bytes from the transport. Decodes at most one event and says how many bytes
    /// that took; payloads are borrowed from `bytes` where the message lies there
    /// whole and uncompressed. Give it the rest again, once the event and the
    /// notices are handled. The work is bounded by `bytes`, and by
    /// `message_bytes_max` where a message is inflated.
    ///
    /// Call only while [`wants_read`](Self::wants_read); otherwise nothing is
    /// consumed. What is read and not consumed when
    /// [`Transmit::StartTls`](super::Transmit::StartTls) comes does not exist: a
    /// server that speaks first is refused.
    pub fn receive<'b>(&mut self, now: Instant, bytes: &'b mut [u8]) -> Received<'b> {
        let Some(transport) = &mut self.transport else { return Received::nothing(0) };
        if !transport.wants_read() {
            return Received::nothing(0);
        }
        transport.clocks.heard(now);
        match transport.phase {
            Phase::Head | Phase::Deciding | Phase::Body => self.receive_head(now, bytes),
            Phase::Open | Phase::CloseSent => self.receive_frame(now, bytes),
            Phase::Finishing { .. } | Phase::Shutting { .. } | Phase::Lingering | Phase::Over { .. } => {
                transport.discard(now, bytes.len(), self.config.connection());
                self.settle(now);
                Received::nothing(bytes.len())
            }
        }
    }

    /// The server ended its side of the stream. An open connection is over with
    /// that.
    pub fn end_of_input(&mut self, now: Instant) {
        if self.is_opening() {
            if !self.refusal_complete(now) {
                self.fail_attempt(now, ConnectError::EndOfInput);
            }
        } else {
            self.end_connection(now, Signal::InputEnded, CloseReason::EndOfInput);
        }
    }

    /// The transport failed; nothing more can be read or written.
    /// [`Transmit::Release`](super::Transmit::Release) follows.
    pub fn failed(&mut self, now: Instant, kind: io::ErrorKind) {
        if self.is_opening() {
            if !self.refusal_complete(now) {
                self.fail_attempt(now, kind.into());
            }
        } else {
            self.end_connection(now, Signal::GiveUp, CloseReason::Transport(kind));
        }
    }

    /// Stops or resumes reading of the open connection, because a handler is busy.
    /// What the server does not say meanwhile is not held against it;
    /// `handler_time_max` bounds the pause.
    pub fn set_paused(&mut self, now: Instant, paused: bool) {
        if let Some(transport) = &mut self.transport
            && transport.phase == Phase::Open
            && transport.clocks.is_paused() != paused
        {
            transport.clocks.set_paused(now, paused);
        }
    }

    fn receive_frame<'b>(&mut self, now: Instant, bytes: &'b mut [u8]) -> Received<'b> {
        let given = bytes.len();
        let limits = self.config.connection();
        let Some(transport) = &mut self.transport else { return Received::nothing(0) };
        let Reader::Messages(decoder) = &mut transport.reader else { return Received::nothing(0) };
        let step = match decoder.decode(&wire_limits(limits), bytes) {
            Ok(step) => step,
            Err(violation) => {
                self.violated(now, violation);
                return Received::nothing(given);
            }
        };
        if transport.phase == Phase::Open {
            transport.clocks.set_mid_message(now, decoder.is_mid_message());
        }
        let consumed = step.consumed;
        match step.incoming {
            Some(Incoming::Message(message)) => {
                let admitted = self.admit_message(now).then_some(message);
                self.received_message(now, consumed, admitted)
            }
            Some(Incoming::Compressed(message)) => {
                let admitted = self.admit_message(now).then_some(message);
                let inflated = admitted.and_then(|message| self.inflate(now, &message));
                self.received_message(now, consumed, inflated)
            }
            Some(Incoming::Ping(payload)) if self.admit_control(now) => {
                self.answer_ping(&payload);
                Received::event(consumed, Event::Ping(payload))
            }
            Some(Incoming::Pong(payload)) if self.admit_control(now) => {
                Received::event(consumed, Event::Pong(payload))
            }
            Some(Incoming::Ping(_) | Incoming::Pong(_)) | None => Received::nothing(consumed),
            Some(Incoming::Close(frame)) => {
                self.server_closed(now, frame);
                Received::nothing(given)
            }
        }
    }

    /// Counts a message, and says whether anybody is to hear it: nobody is after
    /// our close frame.
    fn admit_message(&mut self, now: Instant) -> bool {
        let per_second_max = self.limits().messages_per_second_max;
        let Some(transport) = self.transport.as_mut().filter(|transport| transport.phase == Phase::Open)
        else {
            return false;
        };
        let admitted = transport.rates.admit_message(now, per_second_max);
        if !admitted {
            self.violated(now, Violation::MessageRate { per_second_max });
        }
        admitted
    }

    fn inflate(&mut self, now: Instant, message: &Compressed<'_>) -> Option<Message<'static>> {
        let bytes_max = self.limits().message_bytes_max;
        let inflated = self.codec.inflate(message, bytes_max, &mut self.stats);
        inflated.map_err(|violation| self.violated(now, violation)).ok()
    }

    fn received_message<'b>(
        &mut self,
        now: Instant,
        consumed: usize,
        message: Option<Message<'b>>,
    ) -> Received<'b> {
        let (Some(transport), Some(message)) = (&mut self.transport, message) else {
            return Received::nothing(consumed);
        };
        transport.clocks.heard_message(now);
        self.stats.messages_received += 1;
        self.stats.message_bytes_received += message.len() as u64;
        Received::event(consumed, Event::Message(message))
    }

    /// Counts a ping or pong, and says whether it is an event: after our close
    /// frame nothing the server says reaches anybody.
    fn admit_control(&mut self, now: Instant) -> bool {
        let per_second_max = self.limits().control_frames_per_second_max;
        let Some(transport) = &mut self.transport else { return false };
        let is_open = transport.phase == Phase::Open;
        let admitted = transport.rates.admit_control(now, per_second_max);
        if !admitted {
            self.violated(now, Violation::ControlRate { per_second_max });
        }
        admitted && is_open
    }

    /// RFC 6455 §5.5.2: a pong for every ping, unless a close frame was sent.
    fn answer_ping(&mut self, payload: &ControlPayload<'_>) {
        let pong = Frame::pong(payload).masked(self.mask());
        self.push_control(pong, Purpose::Pong);
    }
}
