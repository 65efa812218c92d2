use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDateTime, TimeZone, Timelike};
use proptest::prelude::*;

use super::*;

fn table(cron: &str, zone: &str) -> Timetable {
    Timetable::new(cron, zone, 0, ScheduleId::generate()).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// The next moments as a clock in the zone shows them.
fn shown(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let times = table(cron, zone).upcoming(at(after), count);
    let zone: Tz = zone.parse().unwrap();
    times.iter().map(|time| time.with_timezone(&zone).format("%m-%d %H:%M %z").to_string()).collect()
}

#[test]
fn a_time_that_the_clock_skips_comes_right_after() {
    let berlin = shown("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3);
    assert_eq!(berlin, ["03-28 02:30 +0100", "03-29 03:00 +0200", "03-30 02:30 +0200"]);
    let york = shown("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2);
    assert_eq!(york, ["03-08 03:00 -0400", "03-09 02:30 -0400"]);
    // Half an hour is skipped there.
    let howe = shown("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00:00Z", 2);
    assert_eq!(howe, ["10-04 02:30 +1100", "10-05 02:15 +1100"]);
}

#[test]
fn a_time_that_the_clock_shows_twice_comes_once() {
    let berlin = shown("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2);
    assert_eq!(berlin, ["10-25 02:30 +0200", "10-26 02:30 +0100"]);
    let york = shown("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2);
    assert_eq!(york, ["11-01 01:30 -0400", "11-02 01:30 -0500"]);
    let howe = shown("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T02:00:00Z", 2);
    assert_eq!(howe, ["04-05 01:45 +1100", "04-06 01:45 +1030"]);
}

#[test]
fn intervals_follow_the_clock() {
    let gap = shown("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:20:00Z", 3);
    assert_eq!(gap, ["03-29 01:30 +0100", "03-29 03:00 +0200", "03-29 03:30 +0200"]);
    let overlap = shown("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 3);
    assert_eq!(overlap, ["10-25 02:00 +0200", "10-25 02:00 +0100", "10-25 03:00 +0100"]);
}

#[test]
fn jitter_is_an_amount_of_its_own_that_stays() {
    let id = ScheduleId::generate();
    let with = |jitter| Timetable::new("0 */6 * * *", "UTC", jitter, id).unwrap();
    let from = at("2026-05-01T03:00:00Z");
    let (plain, late) = (with(0).upcoming(from, 4), with(900).upcoming(from, 4));
    let late_by: BTreeSet<i64> = plain.iter().zip(&late).map(|(a, b)| (*b - *a).num_seconds()).collect();
    assert_eq!(late_by.len(), 1, "{late_by:?}");
    assert!((0..=900).contains(late_by.first().unwrap()));
    let different: BTreeSet<_> = (0..20)
        .map(|_| Timetable::new("0 0 * * *", "UTC", 900, ScheduleId::generate()).unwrap().next_after(from))
        .collect();
    assert!(different.len() > 10, "schedules of one pattern do not come due at once");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let read = |cron: &str, zone: &str, jitter| {
        let table = Timetable::new(cron, zone, jitter, ScheduleId::generate());
        table.and_then(|table| table.check(at("2026-01-01T00:00:00Z"), Duration::from_secs(300)))
    };
    for cron in
        ["", "* * * *", "0 0 * * * *", "@daily", "61 * * * *", "0 0 * * MOON", "0 0 \u{e9} * *", "0 25 * * *"]
    {
        assert!(matches!(read(cron, "UTC", 0), Err(TimetableError::Cron(_))), "{cron}");
    }
    assert_eq!(read("0 0 30 2 *", "UTC", 0), Err(TimetableError::Never));
    for (cron, found) in [("* * * * *", 60), ("0,4 0 * * *", 240), ("*/4 3 1 * *", 240)] {
        assert_eq!(read(cron, "UTC", 0), Err(TimetableError::TooOften { found, least: 300 }), "{cron}");
    }
    for zone in ["", "Mars/Olympus", "europe/nowhere", &"x".repeat(100)] {
        assert_eq!(read("0 0 * * *", zone, 0), Err(TimetableError::TimeZone), "{zone}");
    }
    assert_eq!(read("0 0 * * *", "UTC", 3_601), Err(TimetableError::Jitter));
    for cron in ["*/5 * * * *", "0 0 29 2 *", "0 9 * * MON-FRI", "15 3 L * *", "0 12 * * 1#2"] {
        assert_eq!(read(cron, "Europe/Berlin", 60), Ok(()), "{cron}");
    }
}

/// A field of a pattern, and the numbers that it means.
#[derive(Clone, Debug)]
struct Field {
    text: String,
    values: BTreeSet<u32>,
    is_single: bool,
}

/// A field of numbers from `first` to `last`; `all` is how a pattern spells all of these.
fn field(first: u32, last: u32, all: &'static str) -> impl Strategy<Value = Field> {
    let every = Just(Field { text: all.into(), values: (first..=last).collect(), is_single: false });
    let one = (first..=last).prop_map(|n| Field { text: n.to_string(), values: [n].into(), is_single: true });
    let range = (first..=last, first..=last).prop_map(|(a, b)| {
        let (a, b) = (a.min(b), a.max(b));
        Field { text: format!("{a}-{b}"), values: (a..=b).collect(), is_single: a == b }
    });
    let steps = (2..=7u32).prop_map(move |step| {
        let values = (first..=last).step_by(step as usize).collect();
        Field { text: format!("{all}/{step}"), values, is_single: false }
    });
    let list = prop::collection::btree_set(first..=last, 2..4).prop_map(|values| {
        let text = values.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        Field { text, values, is_single: false }
    });
    prop_oneof![2 => every, 3 => one, 1 => range, 1 => steps, 2 => list]
}

/// What a schedule means, minute by minute, by asking the clock on the wall.
struct Oracle {
    minute: Field,
    hour: Field,
    weekday: Field,
    zone: Tz,
}

impl Oracle {
    fn cron(&self) -> String {
        format!("{} {} * * {}", self.minute.text, self.hour.text, self.weekday.text)
    }

    fn is_meant(&self, local: NaiveDateTime) -> bool {
        self.minute.values.contains(&local.minute())
            && self.hour.values.contains(&local.hour())
            && self.weekday.values.contains(&local.weekday().num_days_from_sunday())
    }

    /// All moments from one on, within so many minutes.
    fn moments(&self, from: DateTime<Utc>, minutes: i64) -> Vec<DateTime<Utc>> {
        let is_fixed = self.minute.is_single && self.hour.is_single;
        let local = |moment: DateTime<Utc>| moment.with_timezone(&self.zone).naive_local();
        let mut found = Vec::new();
        for minute in 1..=minutes {
            let now = from + TimeDelta::minutes(minute);
            let (wall, before) = (local(now), local(now - TimeDelta::minutes(1)));
            // What the clock skipped between the last minute and this one.
            let mut skipped = std::iter::successors(Some(before + TimeDelta::minutes(1)), |wall| {
                Some(*wall + TimeDelta::minutes(1))
            })
            .take_while(|skipped| *skipped < wall);
            let was_shown = match self.zone.from_local_datetime(&wall) {
                chrono::LocalResult::Ambiguous(first, _) => first.to_utc() < now,
                _ => false,
            };
            let is_due = match is_fixed {
                true => (self.is_meant(wall) && !was_shown) || skipped.any(|wall| self.is_meant(wall)),
                false => self.is_meant(wall),
            };
            if is_due {
                found.push(now);
            }
        }
        found
    }
}

/// Days on which clocks are changed, and one on which none is.
const DAYS: [&str; 7] = [
    "2026-03-28T00:00:00Z",
    "2026-10-24T00:00:00Z",
    "2026-03-07T00:00:00Z",
    "2026-10-31T00:00:00Z",
    "2026-10-02T12:00:00Z",
    "2026-04-03T12:00:00Z",
    "2026-06-01T00:00:00Z",
];

const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn it_comes_due_when_the_clock_says(
        minute in field(0, 59, "*"),
        hour in field(0, 4, "0-4"),
        weekday in field(0, 6, "*"),
        zone in prop::sample::select(&ZONES[..]),
        day in prop::sample::select(&DAYS[..]),
        into in 0i64..1_440,
    ) {
        let oracle = Oracle { minute, hour, weekday, zone: zone.parse().unwrap() };
        let from = at(day) + TimeDelta::minutes(into);
        let minutes = 3 * 1_440;
        let end = from + TimeDelta::minutes(minutes);
        let found: Vec<_> = std::iter::successors(table(&oracle.cron(), zone).next_after(from), |last| {
            table(&oracle.cron(), zone).next_after(*last)
        })
        .take_while(|time| *time <= end)
        .collect();
        prop_assert_eq!(found, oracle.moments(from, minutes), "{} in {} from {}", oracle.cron(), zone, from);
    }
}
