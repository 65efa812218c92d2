//! Letters: one entry a file, with a date and a title from its front matter, its text or its name.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::{
    Derived, Entry, Warning, date,
    format::{Format, file_name},
    front_matter, key,
    sections::Headings,
    title,
};

/// What a letter's name says.
#[derive(Clone, PartialEq, Eq, Debug)]
enum LetterName {
    /// `letter_NN`: a number without leading zeros.
    Number(String),
    /// `letter_YYYYMMDD_NNNN` or `letter_YYYYMMDD`.
    Day(NaiveDate, Option<String>),
    /// `letter_YYYYMMDDHHMMSS`.
    Time(NaiveDateTime),
}

/// Adds the letter at `path` to `derived`.
pub(super) fn derive(path: &[u8], format: Format, text: &str, derived: &mut Derived) {
    let front = front_matter::read(text);
    derived.warnings.extend(front.fault.map(Warning::BrokenFrontMatter));
    let stem = stem(path);
    let name = std::str::from_utf8(stem).ok().and_then(LetterName::parse);
    let front_date = front.date.as_deref().map(date::parse);
    if front_date == Some(None) {
        derived.warnings.push(Warning::UnknownDate);
    }
    let date = front_date.flatten().or_else(|| name.as_ref().and_then(LetterName::date));
    let title = front
        .title
        .or_else(|| first_heading(format, &text[front.headings_from..]))
        .or_else(|| name.map(|name| title::cut(name.title())))
        .unwrap_or_else(|| title::of_bytes(stem));
    derived.entries.push(Entry {
        key: key::of_file(path),
        title,
        heading_path: Vec::new(),
        date,
        body: text[front.body_from..].to_owned(),
    });
}

fn first_heading(format: Format, text: &str) -> Option<String> {
    let mut headings = Headings::new(1, 0);
    format.find_headings(text, &mut headings);
    headings.first_title().map(ToOwned::to_owned)
}

/// A file's name without its ending.
fn stem(path: &[u8]) -> &[u8] {
    let name = file_name(path);
    match name.iter().rposition(|byte| *byte == b'.') {
        Some(dot) if dot > 0 => &name[..dot],
        _ => name,
    }
}

impl LetterName {
    /// Reads a file's name without its ending. Digits that are no real date are just a number.
    fn parse(stem: &str) -> Option<Self> {
        let prefix = stem.get(..7)?;
        if !prefix.eq_ignore_ascii_case("letter_") && !prefix.eq_ignore_ascii_case("letter-") {
            return None;
        }
        let rest = &stem[7..];
        if let Some((day, number)) = rest.split_once(['_', '-']) {
            return Some(Self::Day(date::day_from_digits(day)?, Some(number_of(number)?)));
        }
        if let Some(time) = date::time_from_digits(rest) {
            return Some(Self::Time(time));
        }
        if let Some(day) = date::day_from_digits(rest) {
            return Some(Self::Day(day, None));
        }
        number_of(rest).map(Self::Number)
    }

    fn date(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Number(_) => None,
            Self::Day(day, _) => Some(day.and_time(NaiveTime::MIN).and_utc()),
            Self::Time(time) => Some(time.and_utc()),
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Number(number) => format!("Letter {number}"),
            Self::Day(day, None) => format!("Letter {day}"),
            Self::Day(day, Some(number)) => format!("Letter {day} no. {number}"),
            Self::Time(time) => format!("Letter {time}"),
        }
    }
}

/// Digits without leading zeros; as text, since they may be many.
fn number_of(digits: &str) -> Option<String> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = digits.trim_start_matches('0');
    Some(if number.is_empty() { "0" } else { number }.to_owned())
}
