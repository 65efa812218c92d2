//! Dates as people write them in front matter and file names.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};

/// The years that every database and every format can hold.
const YEARS: RangeInclusive<i32> = 1..=9_999;

/// The years that digits in a file's name can mean; others are rather a padded number.
const NAME_YEARS: RangeInclusive<i32> = 1_900..=2_999;

/// Reads `YYYY-MM-DD`, `YYYY-MM-DD HH:MM[:SS]` (also with `T`), with a zone or without, and RFC 3339.
///
/// To the second; a time without a zone is taken as UTC. A comment (` #…`) after it is passed over.
pub(super) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.split(" #").next().unwrap_or(text).trim();
    let time = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z"))
        .map(|time| time.to_utc())
        .ok()
        .or_else(|| parse_without_zone(text).map(|time| time.and_utc()))?;
    if !YEARS.contains(&time.year()) {
        return None;
    }
    // Whole seconds: databases differ in how fine a time they keep, and in leap seconds.
    DateTime::from_timestamp(time.timestamp(), 0)
}

fn parse_without_zone(text: &str) -> Option<NaiveDateTime> {
    for format in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Some(time);
        }
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    date.and_hms_opt(0, 0, 0)
}

/// Reads eight digits (`YYYYMMDD`) as a date, if there is such a day.
pub(super) fn day_from_digits(digits: &str) -> Option<NaiveDate> {
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(
        digits[..4].parse().ok()?,
        digits[4..6].parse().ok()?,
        digits[6..].parse().ok()?,
    )?;
    NAME_YEARS.contains(&date.year()).then_some(date)
}

/// Reads fourteen digits (`YYYYMMDDHHMMSS`) as a time, if there is such a one.
pub(super) fn time_from_digits(digits: &str) -> Option<NaiveDateTime> {
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    day_from_digits(&digits[..8])?.and_hms_opt(
        digits[8..10].parse().ok()?,
        digits[10..12].parse().ok()?,
        digits[12..].parse().ok()?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, expected) in [
            ("2026-10-03", "2026-10-03T00:00:00+00:00"),
            ("2026-10-03 14:05", "2026-10-03T14:05:00+00:00"),
            ("2026-10-03 14:05:09", "2026-10-03T14:05:09+00:00"),
            ("2026-10-03T14:05:09", "2026-10-03T14:05:09+00:00"),
            ("2026-10-03T14:05:09Z", "2026-10-03T14:05:09+00:00"),
            ("2026-10-03T14:05:09.75+02:00", "2026-10-03T12:05:09+00:00"),
            ("2026-10-03 14:05:09 +0200", "2026-10-03T12:05:09+00:00"),
            ("2026-10-03 # about", "2026-10-03T00:00:00+00:00"),
            ("2024-02-29", "2024-02-29T00:00:00+00:00"),
        ] {
            assert_eq!(parse(text).map(|time| time.to_rfc3339()).as_deref(), Some(expected), "{text:?}");
        }
        for text in
            ["", "soon", "2026-13-01", "2026-02-29", "2026-10-03 25:00", "0000-01-01", "12026-10-03", "2026"]
        {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(parse("9999-12-31T23:59:59-01:00"), None);
    }

    #[test]
    fn digits_are_dates_only_if_there_is_such_a_day() {
        assert!(day_from_digits("20261003").is_some());
        for digits in ["20261399", "20260229", "00000007", "2026100", "202610031", "2026100a", "+2026100"] {
            assert_eq!(day_from_digits(digits), None, "{digits}");
        }
        assert!(time_from_digits("20261003140509").is_some());
        for digits in ["20261003240000", "20261003146000", "20261399000000", "2026100314050"] {
            assert_eq!(time_from_digits(digits), None, "{digits}");
        }
    }
}
