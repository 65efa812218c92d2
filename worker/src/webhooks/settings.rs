//! The section of the settings for what is told over HTTP.

use std::time::Duration;

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
    /// Refuses values that cannot work.
    ///
    /// # Errors
    /// With the key.
    pub fn check(&self) -> Result<(), String> {
        let at_least_one = [
            ("timeout_seconds", self.timeout_seconds),
            ("attempts", u64::from(self.attempts)),
            ("retry_first_delay_seconds", self.retry_first_delay_seconds),
            ("retry_max_delay_seconds", self.retry_max_delay_seconds),
            ("concurrency", self.concurrency as u64),
            ("tenant_concurrency", self.tenant_concurrency as u64),
            ("host_concurrency", self.host_concurrency as u64),
            ("poll_ms", self.poll_ms),
            ("keep_days", u64::from(self.keep_days)),
        ];
        if let Some((key, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
            return Err(format!("{SECTION}.{key} must be at least 1"));
        }
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
