//! The life of one transport, as one table.
//!
//! Blind to role, and to everything but phases and signals: what a phase holds
//! and what a transition does is the [`Link`](super::Link)'s.

/// Where a transport is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// The HTTP head is being read.
    Head,
    /// The head is complete; the application decides. Nothing is taken.
    Deciding,
    /// The body of a plain request is being read.
    Body,
    /// The WebSocket connection is open (RFC 6455 §4.1, last paragraph).
    Open,
    /// Our close frame is queued or sent, the peer's is awaited (§7.1.2).
    CloseSent,
    /// The last bytes are queued; what the peer still says is discarded.
    Finishing {
        /// The peer has ended its side.
        input_ended: bool,
    },
    /// All is written; the transport's write side is to be shut.
    Shutting {
        /// The peer has ended its side.
        input_ended: bool,
    },
    /// Our side is shut; input is discarded until the peer ends its own, so
    /// that our last frame is not lost to a reset (§7.1.1).
    Lingering,
    /// The transport is to be dropped.
    Over {
        /// Drop it without ceremony: the peer may see a reset.
        abort: bool,
    },
}

/// What happens to a transport.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Signal {
    /// The HTTP head is complete.
    HeadComplete,
    /// The application wants the request's body.
    BodyWanted,
    /// The body is complete.
    BodyComplete,
    /// The application accepted the upgrade.
    Accepted,
    /// An HTTP answer that ends the transport is queued.
    Answered,
    /// The application closes; our close frame is queued behind its messages.
    CloseRequested,
    /// The peer's close frame arrived (and our reply, if one was due, is queued).
    PeerClosed,
    /// The connection fails (§7.1.7): our close frame is queued.
    Failed,
    /// All queued bytes were taken by the transport.
    Flushed,
    /// The transport's write side is shut.
    WriteShut,
    /// The peer ended its side.
    InputEnded,
    /// A time or byte limit ran out, or the transport broke.
    GiveUp,
}

impl Phase {
    /// The phase after `signal`. A signal that means nothing in a phase leaves
    /// it as it is; the whole table is spelt out in the test beside this.
    pub(crate) fn on(self, signal: Signal) -> Phase {
        match self {
            Phase::Head | Phase::Body | Phase::Deciding => self.on_before_open(signal),
            Phase::Open | Phase::CloseSent => self.on_open(signal),
            Phase::Finishing { .. } | Phase::Shutting { .. } | Phase::Lingering => self.on_ending(signal),
            Phase::Over { .. } => self,
        }
    }

    fn on_before_open(self, signal: Signal) -> Phase {
        match (self, signal) {
            (Phase::Head, Signal::HeadComplete) | (Phase::Body, Signal::BodyComplete) => Phase::Deciding,
            (Phase::Deciding, Signal::BodyWanted) => Phase::Body,
            (Phase::Deciding, Signal::Accepted) => Phase::Open,
            (_, Signal::Answered) => Phase::Finishing { input_ended: false },
            (_, Signal::InputEnded) => Phase::Over { abort: false },
            (_, Signal::GiveUp | Signal::Failed | Signal::CloseRequested) => Phase::Over { abort: true },
            (phase, _) => phase,
        }
    }

    fn on_open(self, signal: Signal) -> Phase {
        match (self, signal) {
            (Phase::Open, Signal::CloseRequested) => Phase::CloseSent,
            (_, Signal::PeerClosed | Signal::Failed) => Phase::Finishing { input_ended: false },
            // It may have ended its side only: what it has asked for still goes.
            (_, Signal::InputEnded) => Phase::Finishing { input_ended: true },
            (_, Signal::GiveUp) => Phase::Over { abort: true },
            (phase, _) => phase,
        }
    }

    fn on_ending(self, signal: Signal) -> Phase {
        match (self, signal) {
            (Phase::Finishing { input_ended }, Signal::Flushed) => Phase::Shutting { input_ended },
            (Phase::Finishing { .. }, Signal::InputEnded) => Phase::Finishing { input_ended: true },
            (Phase::Shutting { input_ended: false }, Signal::WriteShut) => Phase::Lingering,
            (Phase::Shutting { input_ended: true }, Signal::WriteShut)
            | (Phase::Lingering, Signal::InputEnded | Signal::GiveUp) => Phase::Over { abort: false },
            (Phase::Shutting { .. }, Signal::InputEnded) => Phase::Shutting { input_ended: true },
            (_, Signal::GiveUp) => Phase::Over { abort: true },
            (phase, _) => phase,
        }
    }

    /// Whether the end of this transport's conversation is still to be told.
    pub(crate) fn is_talking(self) -> bool {
        match self {
            Phase::Head | Phase::Deciding | Phase::Body | Phase::Open | Phase::CloseSent => true,
            Phase::Finishing { .. } | Phase::Shutting { .. } | Phase::Lingering | Phase::Over { .. } => false,
        }
    }

    /// Whether the handshake is still under way.
    pub(crate) fn is_before_open(self) -> bool {
        match self {
            Phase::Head | Phase::Deciding | Phase::Body => true,
            Phase::Open
            | Phase::CloseSent
            | Phase::Finishing { .. }
            | Phase::Shutting { .. }
            | Phase::Lingering
            | Phase::Over { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests;
