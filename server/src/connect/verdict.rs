//! What the end of a connection means: whether to come again, and otherwise
//! whether it was a good end.

use super::failure::ConnectFailure;
use fanfare::{CloseCode, CloseReason};

/// Whether it may help to come again.
pub(super) fn is_worth_another(reason: &CloseReason) -> bool {
    match reason {
        CloseReason::ByPeer(Some(frame)) => {
            matches!(frame.code, CloseCode::Away | CloseCode::Restart | CloseCode::Again)
        }
        // A server that breaks the rules will do so again.
        CloseReason::ByPeer(None) | CloseReason::ByUs { .. } | CloseReason::Violation(_) => false,
        CloseReason::TimedOut(_)
        | CloseReason::OutboxFull
        | CloseReason::HandlerFailed
        | CloseReason::HandlerRefused
        | CloseReason::EndOfInput
        | CloseReason::Transport(_)
        | CloseReason::Evicted
        | CloseReason::Aborted
        | CloseReason::Rejected { .. }
        | CloseReason::Answered(_)
        | _ => true,
    }
}

/// What it means for who does not come again.
pub(super) fn of(reason: CloseReason) -> Result<(), ConnectFailure> {
    match reason {
        CloseReason::ByUs { .. } | CloseReason::ByPeer(None) => Ok(()),
        CloseReason::ByPeer(Some(frame)) if matches!(frame.code, CloseCode::Normal | CloseCode::Away) => {
            Ok(())
        }
        CloseReason::ByPeer(Some(frame)) => {
            Err(ConnectFailure::Closed { code: frame.code, reason: frame.reason.to_string() })
        }
        CloseReason::Violation(_)
        | CloseReason::TimedOut(_)
        | CloseReason::OutboxFull
        | CloseReason::HandlerFailed
        | CloseReason::HandlerRefused
        | CloseReason::EndOfInput
        | CloseReason::Transport(_)
        | CloseReason::Evicted
        | CloseReason::Aborted
        | CloseReason::Rejected { .. }
        | CloseReason::Answered(_)
        | _ => Err(ConnectFailure::Lost(reason)),
    }
}
