//! The clock on the wall, as messages tell it.

use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A time since 1970 as RFC 3339 has it, in UTC and whole seconds:
/// `2023-11-14T22:13:20Z`.
pub(super) fn rfc3339(unix_time: Duration) -> String {
    // Clocks that are beyond the year 9999, which is the last there is, stay there.
    let seconds = i64::try_from(unix_time.as_secs()).unwrap_or(i64::MAX);
    let time = OffsetDateTime::from_unix_timestamp(seconds);
    time.ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_in_whole_seconds_and_never_fail() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (u64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(Duration::from_secs(seconds)), text);
            assert_eq!(rfc3339(Duration::new(seconds, 999_999_999)), text);
        }
    }
}
