//! One transport and its protocol: what is being read, what is to be written,
//! which phase of its life it is in, and its times.
//!
//! A link knows nothing of rooms or of other links; what rooms know is the
//! [`member`](crate::member).

mod arrivals;
mod clocks;
mod lifecycle;
mod output;
mod rates;

pub use clocks::Deadline;
pub use output::{Outgoing, Piece};

pub(crate) use arrivals::{ArrivalKey, Arrivals};
pub(crate) use clocks::{Clocks, first_ping};
pub(crate) use lifecycle::{Phase, Signal};
pub(crate) use output::Output;
pub(crate) use rates::Rates;

use crate::config::{ConnectionConfig, ConnectionSettings};
use crate::handshake::{BodyReader, HeadReader};
use crate::id::ProfileId;
use crate::rooms::MemberKey;
use crate::time::Instant;
use crate::wire::{self, Decoder};

/// See the module.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) serial: u64,
    pub(crate) phase: Phase,
    pub(crate) reader: Reader,
    pub(crate) output: Output,
    pub(crate) clocks: Clocks,
    pub(crate) rates: Rates,
    /// The one entry of the wheel that counts; entries at other times are stale.
    pub(crate) next_check: Instant,
    /// Set from the acceptance of the upgrade until the release.
    pub(crate) member: Option<MemberKey>,
    pub(crate) profile: ProfileId,
    /// Whether the member has questions that wait, or a look at them does: the only
    /// case in which their times are looked at.
    pub(crate) is_asked: bool,
}

/// What turns the link's bytes into something.
#[derive(Debug)]
pub(crate) enum Reader {
    Head {
        reader: Box<HeadReader>,
        /// Its place among those whose head is awaited.
        arrival: ArrivalKey,
    },
    Body(Box<BodyReader>),
    Messages(Decoder),
    /// An upgrade is being decided. What the peer says meanwhile waits with the
    /// driver, which looks out for the end.
    Ahead,
    /// Input means nothing: while a plain request is being answered, and after
    /// the end.
    Nothing {
        /// What was thrown away, in bytes.
        discarded_bytes: u32,
    },
    /// More was thrown away than `linger_bytes_max`.
    Sated,
}

impl Link {
    pub(crate) fn new(now: Instant, serial: u64, arrival: ArrivalKey) -> Link {
        Link {
            serial,
            phase: Phase::Head,
            reader: Reader::Head { reader: Box::default(), arrival },
            output: Output::new(),
            clocks: Clocks::new(now),
            rates: Rates::default(),
            next_check: Instant::FAR_FUTURE,
            member: None,
            profile: ProfileId::default(),
            is_asked: false,
        }
    }

    /// Follows the lifecycle table; says whether the phase changed.
    pub(crate) fn signal(&mut self, now: Instant, signal: Signal) -> bool {
        let next = self.phase.on(signal);
        let changed = std::mem::discriminant(&next) != std::mem::discriminant(&self.phase);
        self.phase = next;
        // The handshake is one stretch of time, however many steps it takes: a
        // peer must not buy more of it by reaching the next one.
        if changed && !next.is_before_open() {
            self.clocks.enter_phase(now);
        }
        if changed && !next.is_talking() {
            self.stop_decoding();
        }
        changed
    }

    /// Whether the transport should be read.
    pub(crate) fn wants_read(&self) -> bool {
        match self.phase {
            Phase::Head | Phase::Body | Phase::CloseSent | Phase::Lingering => true,
            Phase::Open => !self.clocks.is_paused(),
            Phase::Finishing { input_ended } | Phase::Shutting { input_ended } => {
                !input_ended && !matches!(self.reader, Reader::Sated)
            }
            Phase::Deciding | Phase::Over { .. } => false,
        }
    }

    /// Whether the end of the input is to be looked out for, although what
    /// precedes it is not taken yet. A peer that waits for a plain answer may
    /// have ended its side and still be there; one that wants to open a
    /// WebSocket connection has left.
    pub(crate) fn reads_ahead(&self) -> bool {
        matches!(self.reader, Reader::Ahead)
    }

    /// Its place among those whose head is awaited.
    pub(crate) fn arrival(&self) -> Option<ArrivalKey> {
        match self.reader {
            Reader::Head { arrival, .. } => Some(arrival),
            Reader::Body(_)
            | Reader::Messages(_)
            | Reader::Ahead
            | Reader::Nothing { .. }
            | Reader::Sated => None,
        }
    }

    /// Frees what was being read.
    pub(crate) fn stop_decoding(&mut self) {
        match self.reader {
            Reader::Head { .. } | Reader::Body(_) | Reader::Messages(_) | Reader::Ahead => {
                self.reader = Reader::Nothing { discarded_bytes: 0 };
            }
            Reader::Nothing { .. } | Reader::Sated => {}
        }
    }

    /// Counts discarded input. Beyond the limit nothing more is read while we
    /// still write, so that the last frame goes out whatever the peer does.
    pub(crate) fn discard(&mut self, bytes: usize, limits: &ConnectionConfig) {
        let Reader::Nothing { discarded_bytes } = &mut self.reader else { return };
        *discarded_bytes = discarded_bytes.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        if *discarded_bytes as usize > limits.linger_bytes_max {
            self.reader = Reader::Sated;
        }
    }

    /// Whether there is no point in draining the peer any longer.
    pub(crate) fn has_lingered_enough(&self) -> bool {
        self.phase == Phase::Lingering && matches!(self.reader, Reader::Sated)
    }
}

/// The decoder's share of a connection's limits.
pub(crate) fn wire_limits(settings: &ConnectionSettings) -> wire::Limits {
    wire::Limits { message_bytes_max: settings.message_bytes_max, fragments_max: settings.fragments_max }
}
