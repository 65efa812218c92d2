//! The relay's section of the settings.

use std::{fmt, ops::RangeInclusive, path::PathBuf, time::Duration};

use lapin::uri::AMQPUri;
use serde::Deserialize;
use source::retry::RetryPolicy;

/// The longest name that AMQP knows, in bytes, less what a queue's name of ours adds.
const MAX_NAME_BYTES: usize = 200;

/// The most events of a turn: they are held in memory.
const MAX_BATCH: u64 = 5_000;

/// How events get to a broker (`[relay]`).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct RelaySettings {
    /// The RabbitMQ that events are published to: `amqp://…`, or `amqps://…` for TLS. May hold a user and a password.
    /// Unset: nothing is published.
    pub amqp_url: Option<String>,
    /// A file that holds the URL, in the place of `amqp_url`.
    pub amqp_url_file: Option<PathBuf>,
    /// The durable topic exchange that events are published to; it is declared.
    pub exchange: String,
    /// What becomes of events that no queue is bound for.
    pub unroutable: Unroutable,
    /// Events that are read and published in one turn at most.
    pub batch: usize,
    /// Milliseconds between two looks for events that another process wrote; those of this one are seen at once.
    pub poll_ms: u64,
    /// Seconds between two signs of life; a broker that shows none for twice as long is left.
    pub heartbeat_seconds: u16,
    /// Seconds that the broker is given to confirm. Time in which it blocks who publishes does not count.
    pub confirm_timeout_seconds: u64,
    /// Seconds that projects are held by a relay without a sign of life from it; then others publish their events.
    pub lease_seconds: u64,
    /// Milliseconds before what failed is tried again; doubles from there, jittered.
    pub retry_first_delay_ms: u64,
    /// The longest wait before what failed is tried again, in seconds.
    pub retry_max_delay_seconds: u64,
    /// Days that published events are kept in the database.
    pub keep_days: u32,
}

/// What becomes of events that no queue is bound for. All are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unroutable {
    /// They go to a durable queue of the broker, the exchange's name and `.unroutable`, and stay there as long as events
    /// stay in the database.
    Park,
    /// They wait, and the later ones of their projects with them, until a queue is bound.
    Wait,
    /// They are done with: nobody wants them.
    Drop,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            amqp_url: None,
            amqp_url_file: None,
            exchange: "project-sync".to_owned(),
            unroutable: Unroutable::Park,
            batch: 200,
            poll_ms: 1_000,
            heartbeat_seconds: 10,
            confirm_timeout_seconds: 30,
            lease_seconds: 30,
            retry_first_delay_ms: 500,
            retry_max_delay_seconds: 60,
            keep_days: 7,
        }
    }
}

/// A setting of the relay that cannot work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RelaySettingsError {
    /// The URL is none. It is not told: it may hold a password.
    #[error(
        "relay.amqp_url must be amqp://… or amqps://…, with a virtual host whose special characters are escaped"
    )]
    Url,
    /// The exchange has no name that AMQP knows.
    #[error("relay.exchange must be a name of 1 to {MAX_NAME_BYTES} bytes that does not begin with amq.")]
    Exchange,
    /// A broker that is gone would be waited for only to be left while it is closed in order.
    #[error("relay.confirm_timeout_seconds must be more than twice relay.heartbeat_seconds")]
    ConfirmTimeout,
}

impl RelaySettings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![
            ("batch", self.batch as u64, 1..=MAX_BATCH),
            ("poll_ms", self.poll_ms, 10..=3_600_000),
            ("heartbeat_seconds", self.heartbeat_seconds.into(), 1..=300),
            ("confirm_timeout_seconds", self.confirm_timeout_seconds, 3..=3_600),
            ("lease_seconds", self.lease_seconds, 1..=3_600),
            ("retry_first_delay_ms", self.retry_first_delay_ms, 1..=60_000),
            ("retry_max_delay_seconds", self.retry_max_delay_seconds, 1..=3_600),
            ("keep_days", self.keep_days.into(), 1..=3_650),
        ]
    }

    /// Refuses values that cannot work. What the numbers may be is asked apart: [`Self::numbers`].
    ///
    /// # Errors
    /// With the key.
    pub fn check(&self) -> Result<(), RelaySettingsError> {
        if self.amqp_url.is_some() && self.uri().is_none() {
            return Err(RelaySettingsError::Url);
        }
        // Names that begin with amq. are the broker's own (AMQP 0-9-1, exchange.declare).
        if !(1..=MAX_NAME_BYTES).contains(&self.exchange.len()) || self.exchange.starts_with("amq.") {
            return Err(RelaySettingsError::Exchange);
        }
        if self.confirm_timeout_seconds <= 2 * u64::from(self.heartbeat_seconds) {
            return Err(RelaySettingsError::ConfirmTimeout);
        }
        Ok(())
    }

    /// Where the broker is, with our heartbeat. `None` if nothing is to be published, or the URL is none.
    pub(super) fn uri(&self) -> Option<AMQPUri> {
        let mut uri: AMQPUri = self.amqp_url.as_deref()?.parse().ok()?;
        uri.query.heartbeat = Some(self.heartbeat_seconds);
        Some(uri)
    }

    /// The queue that takes what no other does.
    pub fn parking(&self) -> String {
        format!("{}.unroutable", self.exchange)
    }

    /// How long published events are kept.
    pub fn keep(&self) -> Duration {
        Duration::from_secs(u64::from(self.keep_days) * 86_400)
    }

    pub(super) fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms.max(1))
    }

    pub(super) fn confirm_timeout(&self) -> Duration {
        Duration::from_secs(self.confirm_timeout_seconds)
    }

    pub(super) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds.max(1))
    }

    /// How long to wait after the `failures`th failure in a row, counted from 1.
    pub(super) fn delay(&self, failures: u32) -> Duration {
        let policy = RetryPolicy {
            attempts: u32::MAX,
            first_delay: Duration::from_millis(self.retry_first_delay_ms),
            max_wait: Duration::from_secs(self.retry_max_delay_seconds),
        };
        policy.delay(failures.saturating_add(1))
    }
}

impl fmt::Debug for RelaySettings {
    /// Leaves out the URL: it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelaySettings")
            .field("amqp_url", &self.amqp_url.as_ref().map(|_| "…"))
            .field("amqp_url_file", &self.amqp_url_file)
            .field("exchange", &self.exchange)
            .field("unroutable", &self.unroutable)
            .field("batch", &self.batch)
            .field("poll_ms", &self.poll_ms)
            .field("heartbeat_seconds", &self.heartbeat_seconds)
            .field("confirm_timeout_seconds", &self.confirm_timeout_seconds)
            .field("lease_seconds", &self.lease_seconds)
            .field("retry_first_delay_ms", &self.retry_first_delay_ms)
            .field("retry_max_delay_seconds", &self.retry_max_delay_seconds)
            .field("keep_days", &self.keep_days)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut RelaySettings)) -> RelaySettings {
        let mut settings = RelaySettings::default();
        change(&mut settings);
        settings
    }

    #[test]
    fn what_cannot_work_is_refused_by_its_key_and_the_url_is_not_told() {
        assert_eq!(RelaySettings::default().check(), Ok(()));
        assert_eq!(with(|s| s.amqp_url = Some("amqp://a:b@host/%2f".to_owned())).check(), Ok(()));
        type Change = fn(&mut RelaySettings);
        let wrong: [(Change, &str); 5] = [
            (|s| s.amqp_url = Some("http://u:hush@host".to_owned()), "relay.amqp_url"),
            (|s| s.amqp_url = Some("amqp://u:hush@host:port".to_owned()), "relay.amqp_url"),
            (|s| s.exchange = String::new(), "relay.exchange"),
            (|s| s.exchange = "amq.topic".to_owned(), "relay.exchange"),
            (|s| s.confirm_timeout_seconds = 20, "relay.confirm_timeout_seconds"),
        ];
        for (change, key) in wrong {
            let error = with(change).check().unwrap_err().to_string();
            assert!(error.starts_with(key) && !error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn the_password_is_not_shown() {
        let shown = format!("{:?}", with(|s| s.amqp_url = Some("amqp://u:hush@host".to_owned())));
        assert!(!shown.contains("hush") && shown.contains("project-sync"), "{shown}");
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_are_jittered() {
        let settings = RelaySettings::default();
        for (failures, most) in [(1, 500), (2, 1_000), (4, 4_000), (30, 60_000)] {
            let delay = settings.delay(failures).as_millis();
            assert!(delay <= most && delay >= most / 2, "{failures}: {delay}");
        }
    }
}
