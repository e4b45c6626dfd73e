//! When a server that closes wants its clients back.
//!
//! Apart from the schedule because this is a convention about bytes, of use to
//! servers too. Advice, not protocol: what is not understood is no advice.

use crate::close::{CloseCode, CloseFrame};
use std::time::Duration;

/// How long a close frame asks its receiver to stay away: with the code 1001
/// (going away), 1012 (service restart) or 1013 (try again later), by a word
/// `retry-after=SECONDS` among the words of its reason. RFC 6455 has nothing of
/// the kind; the name is that of HTTP's header.
///
/// ```
/// use fanfare_core::client::retry_hint;
/// use fanfare_core::close::{CloseCode, CloseFrame};
/// use std::time::Duration;
///
/// let frame = CloseFrame { code: CloseCode::Restart, reason: "deploying retry-after=20".into() };
/// assert_eq!(retry_hint(&frame), Some(Duration::from_secs(20)));
/// ```
pub fn retry_hint(frame: &CloseFrame) -> Option<Duration> {
    // Foreign codes, so there is no full match on them.
    if ![CloseCode::Away, CloseCode::Restart, CloseCode::Again].contains(&frame.code) {
        return None;
    }
    let mut words = frame.reason.as_str().split(|c: char| c.is_whitespace() || c == ',' || c == ';');
    let seconds = words.find_map(|word| word.strip_prefix("retry-after="))?;
    let is_number = !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
    // A number too large for us is a long time.
    is_number.then(|| Duration::from_secs(seconds.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(code: CloseCode, reason: &str) -> Option<u64> {
        retry_hint(&CloseFrame { code, reason: reason.into() }).map(|hint| hint.as_secs())
    }

    #[test]
    fn three_codes_can_say_when_to_come_back() {
        for code in [CloseCode::Away, CloseCode::Restart, CloseCode::Again] {
            assert_eq!(hint(code, "retry-after=7"), Some(7));
        }
        for code in [CloseCode::Normal, CloseCode::Policy, CloseCode::Library(4000)] {
            assert_eq!(hint(code, "retry-after=7"), None);
        }
    }

    #[test]
    fn the_word_may_stand_anywhere() {
        let again = |reason| hint(CloseCode::Again, reason);
        for reason in ["full, retry-after=7", "retry-after=7; full", "a retry-after=7 b", "x,retry-after=7"] {
            assert_eq!(again(reason), Some(7), "{reason}");
        }
        for reason in ["", "full", "retry-after=", "retry-after=-1", "retry-after=1.5", "noretry-after=7"] {
            assert_eq!(again(reason), None, "{reason}");
        }
        assert_eq!(again("retry-after=99999999999999999999"), Some(u64::MAX));
    }
}
