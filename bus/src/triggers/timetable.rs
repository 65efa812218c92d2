//! When a schedule comes due: a pattern in a time zone, later by an amount of its own.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use entities::{
    Schedule, ScheduleId,
    triggers::schedules::{MAX_CRON_BYTES, MAX_JITTER_SECONDS, MAX_TIME_ZONE_BYTES},
};

/// How many of the next runs are shown.
pub const NEXT_RUNS: usize = 5;

/// How many runs are looked at to see how far apart they are.
const CHECKED_RUNS: usize = 100;

/// How many fields a pattern has: minute, hour, day of the month, month, day of the week.
const FIELDS: usize = 5;

/// What is wrong with a schedule, by its field.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TimetableError {
    /// The pattern cannot be read.
    #[error("cron: {0}")]
    Cron(String),
    /// The pattern can be read and fits no day, such as the 30th of February.
    #[error("cron: it never comes due")]
    Never,
    /// Runs are closer together than the settings allow.
    #[error(
        "cron: runs are {found} seconds apart and must be at least {least} (triggers.min_schedule_seconds)"
    )]
    TooOften {
        /// How far, in seconds.
        found: i64,
        /// How far they must be, in seconds.
        least: u64,
    },
    /// There is no such time zone.
    #[error("timeZone: there is none of this name; one reads Europe/Berlin or UTC")]
    TimeZone,
    /// More jitter than there may be.
    #[error("jitterSeconds: must be at most {MAX_JITTER_SECONDS}")]
    Jitter,
}

impl TimetableError {
    /// The field that is wrong.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Cron(_) | Self::Never | Self::TooOften { .. } => "cron",
            Self::TimeZone => "timeZone",
            Self::Jitter => "jitterSeconds",
        }
    }
}

/// When a schedule comes due.
///
/// A pattern with one time of day (`30 2 * * *`) comes due once on each of its days: where the clock skips that time, at
/// the first moment after, and where the clock shows it twice, the first time. All other patterns follow the clock on the
/// wall: what is skipped is skipped, and what is shown twice comes due twice.
#[derive(Clone, Debug)]
pub struct Timetable {
    cron: Cron,
    zone: Tz,
    /// How much later than the pattern says.
    offset: TimeDelta,
}

impl Timetable {
    /// Reads a schedule. How much later it comes due is chosen by its id, once and for all, up to `jitter_seconds`: so many
    /// schedules of one pattern do not all come due at once.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(
        cron: &str,
        time_zone: &str,
        jitter_seconds: u32,
        id: ScheduleId,
    ) -> Result<Self, TimetableError> {
        if jitter_seconds > MAX_JITTER_SECONDS {
            return Err(TimetableError::Jitter);
        }
        let zone = Some(time_zone).filter(|name| name.len() <= MAX_TIME_ZONE_BYTES);
        let zone = zone.and_then(|name| name.parse::<Tz>().ok()).ok_or(TimetableError::TimeZone)?;
        if cron.len() > MAX_CRON_BYTES || !cron.is_ascii() {
            return Err(TimetableError::Cron(format!("must be at most {MAX_CRON_BYTES} ASCII characters")));
        }
        if cron.split_whitespace().count() != FIELDS {
            let wanted = "must be five fields: minute, hour, day of the month, month, day of the week";
            return Err(TimetableError::Cron(wanted.to_owned()));
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(cron).map_err(|error| TimetableError::Cron(error.to_string()))?;
        let seconds = id.0.as_u128() % (u128::from(jitter_seconds) + 1);
        // At most an hour: see above.
        let offset = TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default());
        Ok(Self { cron, zone, offset })
    }

    /// Reads a schedule's row.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(schedule: &Schedule) -> Result<Self, TimetableError> {
        let jitter = schedule.jitter_seconds.unsigned_abs();
        Self::new(&schedule.cron, &schedule.time_zone, jitter, schedule.id)
    }

    /// When it comes due after a moment; never if none.
    pub fn next_after(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let moment = moment.trunc_subsecs(0).checked_sub_signed(self.offset)?.with_timezone(&self.zone);
        let next = self.cron.find_next_occurrence(&moment, false).ok()?;
        next.with_timezone(&Utc).checked_add_signed(self.offset)
    }

    /// The next moments after one at which it comes due, at most `count`.
    pub fn upcoming(&self, after: DateTime<Utc>, count: usize) -> Vec<DateTime<Utc>> {
        std::iter::successors(self.next_after(after), |last| self.next_after(*last)).take(count).collect()
    }

    /// Refuses what never comes due, or more often than once in `least`.
    ///
    /// # Errors
    /// Which of them it is.
    pub fn check(&self, from: DateTime<Utc>, least: Duration) -> Result<(), TimetableError> {
        let runs = self.upcoming(from, CHECKED_RUNS);
        if runs.is_empty() {
            return Err(TimetableError::Never);
        }
        let found = runs.windows(2).map(|pair| (pair[1] - pair[0]).num_seconds()).min();
        match found {
            Some(found) if found.unsigned_abs() < least.as_secs() => {
                Err(TimetableError::TooOften { found, least: least.as_secs() })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
