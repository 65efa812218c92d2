//! The worker's section of the settings. Every bound of a sync is here, with its unit and its default.

use std::{ops::RangeInclusive, time::Duration};

use bus::triggers::TriggerSettings;
use serde::Deserialize;
use source::{retry::RetryPolicy, settings::SourceSettings};

use crate::memory::MemorySettings;

/// The worker's section of the settings.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct WorkerSettings {
    /// How repositories are read.
    pub source: SourceSettings,
    /// What memory is derived from.
    pub memory: MemorySettings,
    /// How syncs are run.
    pub sync: SyncSettings,
    /// How a worker takes syncs from the queue.
    pub worker: QueueWorkerSettings,
    /// What asks for syncs by itself.
    pub triggers: TriggerSettings,
}

/// How a worker takes syncs from the queue (`[worker]`).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct QueueWorkerSettings {
    /// Syncs that one worker runs at once.
    pub concurrency: usize,
    /// The most times that a sync is begun, before it is given up; orderly hand-overs do not count.
    pub max_attempts: u32,
    /// Seconds before a sync that failed is begun again; doubles from there, jittered.
    pub retry_first_delay_seconds: u64,
    /// The longest wait before a sync is begun again, in seconds.
    pub retry_max_delay_seconds: u64,
    /// Seconds that running syncs are given to end when the worker is to stop; then they are handed over.
    pub drain_seconds: u64,
    /// Seconds between two looks for syncs whose worker is gone and for those that the queue lost.
    pub rescue_seconds: u64,
}

impl Default for QueueWorkerSettings {
    fn default() -> Self {
        Self {
            concurrency: 4,
            max_attempts: 5,
            retry_first_delay_seconds: 5,
            retry_max_delay_seconds: 600,
            drain_seconds: 25,
            rescue_seconds: 5,
        }
    }
}

impl QueueWorkerSettings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![
            ("concurrency", self.concurrency as u64, 1..=256),
            ("max_attempts", self.max_attempts.into(), 1..=1_000),
            ("retry_first_delay_seconds", self.retry_first_delay_seconds, 1..=3_600),
            ("retry_max_delay_seconds", self.retry_max_delay_seconds, 1..=604_800),
            ("drain_seconds", self.drain_seconds, 0..=3_600),
            ("rescue_seconds", self.rescue_seconds, 1..=3_600),
        ]
    }

    /// How long a sync waits after its `attempt`th beginning failed (counted from 1).
    pub fn retry_delay(&self, attempt: u32) -> Duration {
        let policy = RetryPolicy {
            attempts: u32::MAX,
            first_delay: Duration::from_secs(self.retry_first_delay_seconds),
            max_wait: Duration::from_secs(self.retry_max_delay_seconds),
        };
        policy.delay(attempt.saturating_add(1))
    }

    /// How long running syncs are given to end when the worker is to stop.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    /// The time between two looks for what was lost.
    pub fn rescue_interval(&self) -> Duration {
        Duration::from_secs(self.rescue_seconds.max(1))
    }
}

/// How syncs are run (`[sync]`).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct SyncSettings {
    /// Seconds that a claim holds without a heartbeat.
    pub lease_seconds: u64,
    /// The most failures of a sync's phases that are recovered from, plus one.
    pub attempts: u32,
    /// Milliseconds before a failed phase is tried again; doubles from there, jittered.
    pub retry_first_delay_ms: u64,
}

impl Default for SyncSettings {
    fn default() -> Self {
        Self { lease_seconds: 15, attempts: 3, retry_first_delay_ms: 500 }
    }
}

impl SyncSettings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![
            ("lease_seconds", self.lease_seconds, 1..=3_600),
            ("attempts", self.attempts.into(), 1..=20),
            ("retry_first_delay_ms", self.retry_first_delay_ms, 1..=60_000),
        ]
    }
}

impl WorkerSettings {
    /// How long a claim holds without a heartbeat.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.sync.lease_seconds.max(1))
    }

    /// The bounds on trying phases again.
    pub fn phase_retry_policy(&self) -> RetryPolicy {
        RetryPolicy {
            attempts: self.sync.attempts,
            first_delay: Duration::from_millis(self.sync.retry_first_delay_ms),
            max_wait: Duration::from_secs(self.source.max_wait_seconds),
        }
    }
}
