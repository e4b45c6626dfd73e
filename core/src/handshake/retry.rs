//! When a server that refuses wants to be asked again: `Retry-After`.
//!
//! Apart from the answer because it is advice, not protocol: what cannot be
//! understood is no advice.

use super::answer::Answer;
use super::date::unix_seconds;
use http::header::{DATE, RETRY_AFTER};
use std::time::Duration;

/// How long from now (RFC 9110 §10.2.3): told in seconds, or as a date, which
/// means something beside the answer's own `Date` only: no clock of ours has to
/// agree with the server's.
pub(crate) fn retry_after(answer: &Answer) -> Option<Duration> {
    let text = answer.text(&RETRY_AFTER)?;
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number too large for us is a long time.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let (then, now) = (unix_seconds(text)?, unix_seconds(answer.text(&DATE)?)?);
    Some(Duration::from_secs(then.saturating_sub(now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handshake::{AnswerReader, HeadLimits};

    fn after(lines: &str) -> Option<Duration> {
        let head = format!("HTTP/1.1 503 Service Unavailable\r\n{lines}\r\n");
        let limits = HeadLimits { bytes_max: 1024, headers_max: 10 };
        let answer = AnswerReader::default().push(head.as_bytes(), &limits).unwrap().answer.unwrap();
        retry_after(&answer)
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        assert_eq!(after("Retry-After: 120\r\n"), Some(Duration::from_secs(120)));
        assert_eq!(after("Retry-After: 99999999999999999999\r\n"), Some(Duration::from_secs(u64::MAX)));
        let now = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        let later = "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n";
        assert_eq!(after(&format!("{later}{now}")), Some(Duration::from_secs(30)));
        assert_eq!(after(later), None, "whose clock?");
        let past = "Retry-After: Sun, 06 Nov 1994 08:00:00 GMT\r\n";
        assert_eq!(after(&format!("{past}{now}")), Some(Duration::ZERO));
    }

    #[test]
    fn what_is_not_understood_is_no_advice() {
        for text in
            ["", "Retry-After: \r\n", "Retry-After: soon\r\n", "Retry-After: -1\r\n", "Retry-After: 1.5\r\n"]
        {
            assert_eq!(after(text), None, "{text:?}");
        }
    }
}
