//! Bytes and times as people write them.
//!
//! A whole number and one unit; writing chooses the largest unit that is exact,
//! so that what is written reads back to the same.

use std::time::Duration;

/// Largest first. A bare number of bytes is fine, a bare number of time is not:
/// it would be anyone's guess.
const BYTE_UNITS: [(&str, usize); 5] =
    [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1), ("", 1)];
const TIME_UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// `1MiB`, `512KiB`, `100B`, `100`.
pub(super) fn parse_bytes(text: &str) -> Option<usize> {
    let (number, unit) = split(text);
    let (_, factor) = BYTE_UNITS.into_iter().find(|(name, _)| *name == unit)?;
    number.parse::<usize>().ok()?.checked_mul(factor)
}

/// The shortest exact form.
pub(super) fn format_bytes(bytes: usize) -> String {
    let exact = BYTE_UNITS.into_iter().find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor));
    match exact {
        Some((_, 1)) | None => bytes.to_string(),
        Some((unit, factor)) => format!("{}{unit}", bytes / factor),
    }
}

/// `500ms`, `30s`, `5m`, `1h`.
pub(crate) fn parse_time(text: &str) -> Option<Duration> {
    let (number, unit) = split(text);
    let (_, factor) = TIME_UNITS.into_iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(factor).map(Duration::from_millis)
}

/// The shortest exact form; seconds rather than minutes up to two of them, as
/// one says 60 s or 90 s.
pub(super) fn format_time(time: Duration) -> String {
    let millis = time.as_millis();
    let exact =
        TIME_UNITS.into_iter().map(|(unit, factor)| (unit, u128::from(factor))).find(|(_, factor)| {
            let usual = *factor <= 1_000 || millis > 120_000;
            usual && millis >= *factor && millis.is_multiple_of(*factor)
        });
    match exact {
        Some((unit, factor)) => format!("{}{unit}", millis / factor),
        None => "0s".to_owned(),
    }
}

fn split(text: &str) -> (&str, &str) {
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(unit_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_in_every_unit_and_write_in_the_largest_exact_one() {
        for (text, bytes, written) in [
            ("0", 0, "0"),
            ("1500", 1_500, "1500"),
            ("100B", 100, "100"),
            ("512KiB", 512 << 10, "512KiB"),
            ("1024KiB", 1 << 20, "1MiB"),
            ("2GiB", 2 << 30, "2GiB"),
        ] {
            assert_eq!(parse_bytes(text), Some(bytes));
            assert_eq!(format_bytes(bytes), written);
            assert_eq!(parse_bytes(written), Some(bytes));
        }
    }

    #[test]
    fn bytes_refuse_signs_fractions_decimal_units_and_overflow() {
        for text in
            ["", "-1", "+1", "1.5MiB", "1MB", "1 MiB", "KiB", "99999999999999999999", "18014398509481984GiB"]
        {
            assert_eq!(parse_bytes(text), None, "{text}");
        }
    }

    #[test]
    fn times_read_in_every_unit_and_write_in_the_usual_one() {
        for (text, millis, written) in [
            ("0s", 0, "0s"),
            ("500ms", 500, "500ms"),
            ("1500ms", 1_500, "1500ms"),
            ("60s", 60_000, "60s"),
            ("1m", 60_000, "60s"),
            ("300s", 300_000, "5m"),
            ("60m", 3_600_000, "1h"),
        ] {
            assert_eq!(parse_time(text), Some(Duration::from_millis(millis)));
            assert_eq!(format_time(Duration::from_millis(millis)), written);
            assert_eq!(parse_time(written), Some(Duration::from_millis(millis)));
        }
    }

    #[test]
    fn times_refuse_bare_numbers_and_unknown_units() {
        for text in ["", "30", "30sec", "-1s", "1.5s", "1m30s", "off", "18446744073709551615h"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
