//! The queue's section of the settings.

use std::{fmt, ops::RangeInclusive, path::PathBuf, time::Duration};

use serde::Deserialize;

/// The queue's section of the settings (`[queue]`).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct QueueSettings {
    /// The Redis that processes share: `redis://…`, or `rediss://…` for TLS. May hold a user and a password. Unset:
    /// the queue is in this process.
    pub redis_url: Option<String>,
    /// A file that holds the URL, in the place of `redis_url`.
    pub redis_url_file: Option<PathBuf>,
    /// What all keys and channels in Redis begin with, in braces: they are all in one slot of a Redis Cluster.
    pub prefix: String,
    /// Seconds that a loan holds without a sign of life from its worker; then the job is lent to another one.
    pub lease_seconds: u64,
    /// Events that are kept of each sync for those who come late; the database has all of them.
    pub log_events: usize,
    /// Seconds that the events of an ended sync are kept for those who come late.
    pub log_seconds: u64,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            redis_url: None,
            redis_url_file: None,
            prefix: "project-sync".to_owned(),
            lease_seconds: 30,
            log_events: 500,
            log_seconds: 86_400,
        }
    }
}

impl QueueSettings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![
            ("lease_seconds", self.lease_seconds, 1..=3_600),
            ("log_events", self.log_events as u64, 1..=100_000),
            ("log_seconds", self.log_seconds, 1..=2_592_000),
        ]
    }

    /// How long a loan holds.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds.max(1))
    }
}

impl fmt::Debug for QueueSettings {
    /// Leaves out the URL: it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueSettings")
            .field("redis_url", &self.redis_url.as_ref().map(|_| "…"))
            .field("redis_url_file", &self.redis_url_file)
            .field("prefix", &self.prefix)
            .field("lease_seconds", &self.lease_seconds)
            .field("log_events", &self.log_events)
            .field("log_seconds", &self.log_seconds)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_the_default_and_unknown_keys_are_refused() {
        let read = serde_json::from_str::<QueueSettings>;
        assert_eq!(read("{}").unwrap(), QueueSettings::default());
        let settings = read(r#"{"redis_url":"redis://localhost","lease_seconds":7}"#).unwrap();
        assert_eq!((settings.lease(), settings.log_events), (Duration::from_secs(7), 500));
        assert!(read(r#"{"redisUrl":"redis://localhost"}"#).is_err());
    }

    #[test]
    fn the_password_is_not_shown() {
        let url = Some("rediss://user:secret@host".to_owned());
        let shown = format!("{:?}", QueueSettings { redis_url: url, ..QueueSettings::default() });
        assert!(!shown.contains("secret") && shown.contains("project-sync"), "{shown}");
    }
}
