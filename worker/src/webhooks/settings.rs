//! The section of the settings for what is told over HTTP.

use std::{ops::RangeInclusive, time::Duration};

use chrono::TimeDelta;
use serde::Deserialize;
use source::{
    guard::Reach,
    retry::RetryPolicy,
    settings::{Network, SourceSettings},
};

/// The name of the section.
const SECTION: &str = "webhooks";

/// How events are sent to webhooks (`[webhooks]`).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct WebhookSettings {
    /// Whether this process sends. What is to be sent waits for one that does.
    pub enabled: bool,
    /// The hosts that are sent to: patterns in which `*` stands for anything, whatever the case.
    pub allowed_hosts: Vec<String>,
    /// The private networks whose addresses are connected to. Unset: those of `source.private_networks`.
    pub private_networks: Option<Vec<Network>>,
    /// Seconds that a receiver is given to answer.
    pub timeout_seconds: u64,
    /// The most attempts of one delivery, the first included.
    pub attempts: u32,
    /// Seconds before the second attempt; doubles from there, jittered.
    pub retry_first_delay_seconds: u64,
    /// The longest wait before another attempt, in seconds, whatever a receiver asks for.
    pub retry_max_delay_seconds: u64,
    /// Deliveries in a row that may be given up before a webhook is switched off; 0: any number.
    pub disable_after: u32,
    /// Deliveries on their way at once.
    pub concurrency: usize,
    /// Of these, those of one tenant.
    pub tenant_concurrency: usize,
    /// Of these, those to one host.
    pub host_concurrency: usize,
    /// Milliseconds between two looks for what is due; what this process itself wrote is seen at once.
    pub poll_ms: u64,
    /// Days that the log of deliveries is kept.
    pub keep_days: u32,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            allowed_hosts: vec!["*".to_owned()],
            private_networks: None,
            timeout_seconds: 10,
            attempts: 12,
            retry_first_delay_seconds: 60,
            retry_max_delay_seconds: 43_200,
            disable_after: 20,
            concurrency: 32,
            tenant_concurrency: 16,
            host_concurrency: 4,
            poll_ms: 1_000,
            keep_days: 14,
        }
    }
}

impl WebhookSettings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![
            ("timeout_seconds", self.timeout_seconds, 1..=120),
            ("attempts", self.attempts.into(), 1..=100),
            ("retry_first_delay_seconds", self.retry_first_delay_seconds, 1..=86_400),
            ("retry_max_delay_seconds", self.retry_max_delay_seconds, 1..=604_800),
            ("disable_after", self.disable_after.into(), 0..=10_000),
            ("concurrency", self.concurrency as u64, 1..=1_000),
            ("tenant_concurrency", self.tenant_concurrency as u64, 1..=1_000),
            ("host_concurrency", self.host_concurrency as u64, 1..=1_000),
            ("poll_ms", self.poll_ms, 10..=3_600_000),
            ("keep_days", self.keep_days.into(), 1..=3_650),
        ]
    }

    /// Refuses values that cannot work. What the numbers may be is asked apart: [`Self::numbers`].
    ///
    /// # Errors
    /// With the key.
    pub fn check(&self) -> Result<(), String> {
        self.reach(&SourceSettings::default()).check()
    }

    /// Where may be sent to. Private networks that are not said are those of repositories.
    pub fn reach(&self, source: &SourceSettings) -> Reach {
        Reach {
            section: SECTION,
            allowed_hosts: self.allowed_hosts.clone(),
            private_networks: self.private_networks.clone().or_else(|| source.private_networks.clone()),
        }
    }

    /// How long a receiver is given to answer.
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    /// The bounds on trying again.
    pub(super) fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy {
            attempts: self.attempts,
            first_delay: Duration::from_secs(self.retry_first_delay_seconds),
            max_wait: Duration::from_secs(self.retry_max_delay_seconds),
        }
    }

    /// How long the log is kept.
    pub(super) fn keep(&self) -> TimeDelta {
        TimeDelta::days(self.keep_days.into())
    }
}
