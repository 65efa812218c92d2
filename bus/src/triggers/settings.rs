//! The section of the settings about hooks, schedules and polling.

use std::{ops::RangeInclusive, time::Duration};

use serde::Deserialize;

/// What asks for syncs by itself (`[triggers]`).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct TriggerSettings {
    /// Where hosts reach this service, such as `https://sync.example.org`: what the addresses of hooks begin with. Unset:
    /// they are shown without it.
    pub public_url: Option<String>,
    /// The largest body of a hook, in bytes. GitHub sends 25 MB at most.
    pub max_hook_bytes: usize,
    /// The most bytes of hooks that a process holds at once, before it asks hosts to come again.
    pub max_held_bytes: usize,
    /// Days that deliveries are remembered: one that comes again later is served again.
    pub keep_days: u32,
    /// The most deliveries of a project that are remembered.
    pub keep_deliveries: u64,
    /// Seconds between two looks for what is due.
    pub round_seconds: u64,
    /// Seconds until a pushed commit is looked for at its branch, where the sync did not see it; doubles from there.
    pub look_seconds: u64,
    /// The most times that it is looked for.
    pub max_looks: u32,
    /// The most schedules of a project.
    pub max_schedules: u64,
    /// The fewest seconds between two runs of a schedule.
    pub min_schedule_seconds: u64,
    /// The fewest seconds between two looks of polling.
    pub min_poll_seconds: u32,
    /// The most branches of a project that are polled.
    pub max_poll_branches: usize,
    /// The most projects that a worker polls at once.
    pub poll_concurrency: usize,
    /// The longest pause after failed looks, in seconds: it doubles up to there.
    pub max_poll_pause_seconds: u32,
}

impl Default for TriggerSettings {
    fn default() -> Self {
        Self {
            public_url: None,
            max_hook_bytes: 25 << 20,
            max_held_bytes: 100 << 20,
            keep_days: 30,
            keep_deliveries: 1_000,
            round_seconds: 5,
            look_seconds: 10,
            max_looks: 5,
            max_schedules: 50,
            min_schedule_seconds: 300,
            min_poll_seconds: 30,
            max_poll_branches: 20,
            poll_concurrency: 4,
            max_poll_pause_seconds: 3_600,
        }
    }
}

impl TriggerSettings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![
            ("max_hook_bytes", self.max_hook_bytes as u64, 1_024..=104_857_600),
            ("max_held_bytes", self.max_held_bytes as u64, 1_024..=17_179_869_184),
            ("keep_days", self.keep_days.into(), 1..=3_650),
            ("keep_deliveries", self.keep_deliveries, 1..=100_000),
            ("round_seconds", self.round_seconds, 1..=300),
            ("look_seconds", self.look_seconds, 1..=3_600),
            ("max_looks", self.max_looks.into(), 0..=16),
            ("max_schedules", self.max_schedules, 0..=1_000),
            ("min_schedule_seconds", self.min_schedule_seconds, 0..=604_800),
            ("min_poll_seconds", self.min_poll_seconds.into(), 1..=604_800),
            ("max_poll_branches", self.max_poll_branches as u64, 1..=1_000),
            ("poll_concurrency", self.poll_concurrency as u64, 1..=100),
            ("max_poll_pause_seconds", self.max_poll_pause_seconds.into(), 1..=604_800),
        ]
    }

    /// The time between two looks for what is due.
    pub fn round(&self) -> Duration {
        Duration::from_secs(self.round_seconds.max(1))
    }

    /// How long it takes until a pushed commit is looked for, after it was looked for `looks` times.
    pub fn look_delay(&self, looks: u32) -> Duration {
        Duration::from_secs(self.look_seconds.max(1)).saturating_mul(1 << looks.min(16))
    }

    /// The fewest seconds between two runs of a schedule.
    pub fn min_interval(&self) -> Duration {
        Duration::from_secs(self.min_schedule_seconds)
    }

    /// The pause until the next look of a project that is polled, after `failures` looks that failed.
    pub fn poll_pause(&self, every_seconds: u32, failures: u32) -> Duration {
        let every = Duration::from_secs(every_seconds.max(1).into());
        let most = Duration::from_secs(self.max_poll_pause_seconds.into()).max(every);
        every.saturating_mul(1 << failures.min(16)).min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound() {
        let settings = TriggerSettings::default();
        let seconds = |every, failures| settings.poll_pause(every, failures).as_secs();
        assert_eq!((seconds(60, 0), seconds(60, 3), seconds(60, 40)), (60, 480, 3_600));
        assert_eq!(seconds(7_200, 9), 7_200, "never more often than without failures");
        assert_eq!(settings.look_delay(0).as_secs(), 10);
        assert_eq!(settings.look_delay(4).as_secs(), 160);
    }
}
