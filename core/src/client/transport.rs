//! One transport of a client: what is being read, what is to be written, which
//! phase of its life it is in, and its times.
//!
//! The counterpart of a server's link, of the same parts. It knows nothing of
//! attempts, rooms or questions: what outlives a transport is the client's.

use super::error::Refused;
use crate::close::CloseCode;
use crate::config::ConnectionConfig;
use crate::deflate::Window;
use crate::handshake::{AnswerReader, Key};
use crate::link::{Clocks, Output, Phase, Rates, Signal};
use crate::outbox::{Frames, Outbox, Purpose};
use crate::time::Instant;
use crate::wire::{CloseFrame, Decoder};
use bytes::Bytes;

/// See the module.
#[derive(Debug)]
pub(super) struct Transport {
    pub(super) phase: Phase,
    pub(super) reader: Reader,
    pub(super) frames: Frames,
    pub(super) output: Output,
    pub(super) outbox: Outbox,
    pub(super) clocks: Clocks,
    pub(super) rates: Rates,
    /// What our messages may be compressed with.
    pub(super) deflate: Option<Window>,
    pub(super) opened_at: Instant,
    /// What we close with.
    pub(super) close_code: CloseCode,
    /// Messages that did not fit the envelope.
    pub(super) malformed_events: u32,
}

/// What the transport's bytes are, in the order of a connection's life.
#[derive(Debug)]
pub(super) enum Reader {
    /// There are none: the adapter is dialing.
    Dialing,
    /// The proxy's answer.
    Tunnel(AnswerReader),
    /// They are TLS's, and the adapter's.
    Securing,
    /// The server's answer to the key.
    Answer { reader: AnswerReader, key: Key, interim: u8 },
    /// The body of an answer that refuses.
    Refusal { refused: Box<Refused>, bytes_left: usize },
    /// Messages.
    Messages(Decoder),
    /// Nothing that means anything.
    Nothing { discarded_bytes: usize },
}

impl Transport {
    /// One that is being dialed.
    pub(super) fn new(now: Instant) -> Transport {
        Transport {
            phase: Phase::Head,
            reader: Reader::Dialing,
            frames: Frames::default(),
            output: Output::new(),
            outbox: Outbox::new(),
            clocks: Clocks::new(now),
            rates: Rates::default(),
            deflate: None,
            opened_at: now,
            close_code: CloseCode::Normal,
            malformed_events: 0,
        }
    }

    /// Follows the lifecycle table.
    pub(super) fn signal(&mut self, now: Instant, signal: Signal) {
        let next = self.phase.on(signal);
        let changed = std::mem::discriminant(&next) != std::mem::discriminant(&self.phase);
        self.phase = next;
        // The attempt is one stretch of time, however many steps it takes.
        if changed && !next.is_before_open() {
            self.clocks.enter_phase(now);
        }
        if changed && !next.is_talking() {
            self.reader = Reader::Nothing { discarded_bytes: 0 };
        }
    }

    /// After a change of phase or output: when all is written, moves on.
    pub(super) fn settle(&mut self, now: Instant) {
        if let Phase::Finishing { .. } = self.phase
            && !self.is_writing()
        {
            self.signal(now, Signal::Flushed);
            // RFC 6455 §7.1.1: the server ends its side first. What is left is to
            // wait for that, with nothing to be shut.
            self.signal(now, Signal::WriteShut);
        }
    }

    pub(super) fn is_writing(&self) -> bool {
        !self.output.is_empty() || !self.outbox.queue().is_empty()
    }

    /// Whether the transport should be read.
    pub(super) fn wants_read(&self) -> bool {
        match self.phase {
            Phase::Head => match &self.reader {
                Reader::Tunnel(_) | Reader::Answer { .. } | Reader::Refusal { .. } => true,
                Reader::Dialing | Reader::Securing | Reader::Messages(_) | Reader::Nothing { .. } => false,
            },
            Phase::Open => !self.clocks.is_paused(),
            Phase::CloseSent | Phase::Lingering => true,
            Phase::Finishing { input_ended } | Phase::Shutting { input_ended } => !input_ended,
            Phase::Deciding | Phase::Body | Phase::Over { .. } => false,
        }
    }

    /// Counts input that means nothing; more than `linger_bytes_max` of it is not
    /// waited out.
    pub(super) fn discard(&mut self, now: Instant, bytes: usize, limits: &ConnectionConfig) {
        let Reader::Nothing { discarded_bytes } = &mut self.reader else { return };
        *discarded_bytes = discarded_bytes.saturating_add(bytes);
        if *discarded_bytes > limits.linger_bytes_max {
            self.signal(now, Signal::GiveUp);
        }
    }

    /// Queues a control frame or a request, before all messages.
    pub(super) fn push_control(&mut self, bytes: Bytes, purpose: Purpose, limits: &ConnectionConfig) {
        self.output.push(&mut self.frames, bytes, purpose, limits.pongs_pending_max);
    }

    /// Drops all that waits; says how many messages that were.
    pub(super) fn discard_output(&mut self) -> u64 {
        let is_cut_short = self.output.discard_all(&mut self.frames);
        u64::from(is_cut_short) + self.outbox.discard_all(&mut self.frames) as u64
    }
}

/// The code that answers a close frame (RFC 6455 §5.5.1).
pub(super) fn echoed(frame: Option<&CloseFrame>) -> CloseCode {
    frame.map_or(CloseCode::Status, |frame| frame.code)
}
