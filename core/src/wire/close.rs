//! The body of a close frame: a code and a reason, or nothing (RFC 6455 §5.5.1).
//!
//! Apart so that what we refuse and what we send follow the same table of codes.

use super::{CloseCode, CloseFrame, ControlPayload};
use crate::violation::Violation;

/// The longest reason, in bytes: what the code leaves of a control payload.
const REASON_BYTES_MAX: usize = ControlPayload::BYTES_MAX - size_of::<u16>();

/// Reads a received close body. `None` when the peer gave no code.
pub(super) fn parse(body: &[u8]) -> Result<Option<CloseFrame>, Violation> {
    let Some((code, reason)) = body.split_first_chunk() else {
        return if body.is_empty() { Ok(None) } else { Err(Violation::CloseBodyTooShort) };
    };
    let code = u16::from_be_bytes(*code);
    if !may_be_sent(code) {
        return Err(Violation::CloseCodeInvalid { code });
    }
    let reason = str::from_utf8(reason).map_err(|_| Violation::CloseReasonNotUtf8)?;
    Ok(Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() }))
}

/// The body that says `code` and as much of `reason` as fits, cut between
/// characters. Empty when `code` must not be sent: a close frame without a code
/// is always allowed, and a lost one never.
pub(super) fn body(code: CloseCode, reason: &str) -> Vec<u8> {
    let code = u16::from(code);
    if !may_be_sent(code) {
        return Vec::new();
    }
    let (reason, _) = reason.split_at(reason.floor_char_boundary(REASON_BYTES_MAX));
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

/// Whether a close frame may carry the code (RFC 6455 §7.4 and the IANA
/// registry): 1004 is reserved, 1005, 1006 and 1015 are for reporting only.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_codes() {
        let allowed = [1000, 1001, 1002, 1003, 1007, 1011, 1013, 1014, 3000, 3999, 4000, 4999];
        for code in allowed {
            let frame = parse(&u16::to_be_bytes(code)).unwrap().unwrap();
            assert_eq!(u16::from(frame.code), code);
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
            assert_eq!(parse(&code.to_be_bytes()), Err(Violation::CloseCodeInvalid { code }));
            assert_eq!(body(CloseCode::from(code), "reason"), b"", "{code} must not be sent");
        }
    }

    #[test]
    fn no_body_is_no_code() {
        assert_eq!(parse(&[]), Ok(None));
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let exact = "x".repeat(REASON_BYTES_MAX);
        assert_eq!(body(CloseCode::Normal, &exact).len(), ControlPayload::BYTES_MAX);
        // Three bytes each: 41 fit into 123.
        let euros = parse(&body(CloseCode::Normal, &"€".repeat(60))).unwrap().unwrap();
        assert_eq!(euros.reason.as_str(), "€".repeat(41));
        let shifted = parse(&body(CloseCode::Normal, &format!("ab{}", "€".repeat(60)))).unwrap().unwrap();
        assert_eq!(shifted.reason.as_str(), format!("ab{}", "€".repeat(40)));
    }
}
