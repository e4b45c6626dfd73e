//! Dates as HTTP writes them (RFC 9110 §5.6.7), as seconds since 1970.
//!
//! Apart because it is a calendar and nothing else. It reads no clock: whoever
//! asks has two dates and wants the time between them.

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads a date in the one form that is written today, or in one of the two that
/// were. The day of the week is not looked at.
pub(super) fn unix_seconds(text: &str) -> Option<u64> {
    match text.split_once(',') {
        Some((_, rest)) => {
            let words: Vec<&str> = rest.split_ascii_whitespace().collect();
            match words[..] {
                [day, month, year, time, "GMT"] => seconds(four_digits(year)?, month, day, time),
                [date, time, "GMT"] => {
                    let (day, rest) = date.split_once('-')?;
                    let (month, year) = rest.split_once('-')?;
                    seconds(two_digits(year)?, month, day, time)
                }
                _ => None,
            }
        }
        None => match text.split_ascii_whitespace().collect::<Vec<_>>()[..] {
            [_, month, day, time, year] => seconds(four_digits(year)?, month, day, time),
            _ => None,
        },
    }
}

fn seconds(year: u64, month: &str, day: &str, time: &str) -> Option<u64> {
    let month = MONTHS.iter().position(|name| *name == month)?;
    let day = number(day).filter(|day| (1..=31).contains(day))?;
    let mut parts = time.split(':').map(number);
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let days = days_before(year, month as u64)?.checked_add(day - 1)?;
    Some(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
}

/// Days from 1970 to the first of a month, counted from 0.
fn days_before(year: u64, month: u64) -> Option<u64> {
    // Years that begin with March, so that a leap day is the last of its year.
    let (year, month) = if month < 2 { (year.checked_sub(1)?, month + 10) } else { (year, month - 2) };
    let leap_days = year / 4 - year / 100 + year / 400;
    // 153 days in the five months from March, and from August, on.
    let days = year * 365 + leap_days + (153 * month + 2) / 5;
    // The first of March of the year 0 was so many days before 1970.
    days.checked_sub(719_468)
}

fn four_digits(year: &str) -> Option<u64> {
    (year.len() == 4).then(|| number(year))?
}

/// RFC 9110 §5.6.7: a year that seems to be far ahead is past. Nobody has sent
/// this form since long before 2000, and dates before 1970 are no use here.
fn two_digits(year: &str) -> Option<u64> {
    let year = number(year).filter(|_| year.len() == 2)?;
    Some(if year < 70 { 2000 + year } else { 1900 + year })
}

/// Digits only: `parse` would take a sign as well.
fn number(text: &str) -> Option<u64> {
    let is_number = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::unix_seconds;

    #[test]
    fn the_three_forms_of_one_date() {
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(unix_seconds(text), Some(784_111_777), "{text}");
        }
    }

    #[test]
    fn leap_years_and_the_ends_of_time() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Tue, 29 Feb 2000 12:00:00 GMT", Some(951_825_600)),
            ("Wed, 01 Mar 2000 00:00:00 GMT", Some(951_868_800)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799)),
            ("Wed, 31 Dec 1969 23:59:59 GMT", None),
        ] {
            assert_eq!(unix_seconds(text), seconds, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            ",",
            "soon",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nom 1994 08:49:37 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37:00 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "Sun, 06-Nov-1994 08:49:37 GMT",
            "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        ] {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }
}
