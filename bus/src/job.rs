//! The message that wakes a worker.

use entities::SyncId;
use serde::{Deserialize, Serialize};

/// "This sync wants doing." Carries an id only: the row is the truth, so a lost, doubled or late message is harmless.
///
/// Old and new workers share a queue while they are replaced. A field that is added must be optional, so that both
/// read it; what changes more than that is a new version, which older workers leave to newer ones ([`DecodeError`]).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "version")]
pub enum SyncJob {
    /// The first form.
    #[serde(rename = "1", rename_all = "camelCase")]
    V1 {
        /// The sync to claim.
        sync_id: SyncId,
        /// The W3C trace context of the request that asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trace_parent: Option<String>,
    },
}

/// Why a message is no job for us.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It is of a version that this program does not know: a newer one may.
    #[error("the job is of version '{0}', which this program does not know")]
    UnknownVersion(String),
    /// It is no job at all.
    #[error("the message is no job: {0}")]
    Broken(serde_json::Error),
}

impl SyncJob {
    /// A job for a sync.
    pub fn new(sync_id: SyncId) -> Self {
        Self::V1 { sync_id, trace_parent: None }
    }

    /// The same job, in the context of a request.
    #[must_use]
    pub fn traced(self, parent: Option<String>) -> Self {
        match self {
            Self::V1 { sync_id, .. } => Self::V1 { sync_id, trace_parent: parent },
        }
    }

    /// The sync to claim.
    pub fn sync_id(&self) -> SyncId {
        match self {
            Self::V1 { sync_id, .. } => *sync_id,
        }
    }

    /// The trace context of the request that asked for it.
    pub fn trace_parent(&self) -> Option<&str> {
        match self {
            Self::V1 { trace_parent, .. } => trace_parent.as_deref(),
        }
    }

    /// The job as a message.
    pub fn encode(&self) -> String {
        // Strings and ids only: there is nothing that could fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// If it is of a version that we do not know, or no job.
    pub fn decode(message: &str) -> Result<Self, DecodeError> {
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        serde_json::from_str(message).map_err(|error| match serde_json::from_str(message) {
            Ok(Version { version }) if version != "1" => DecodeError::UnknownVersion(version),
            _ => DecodeError::Broken(error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_stable() {
        let job = SyncJob::new("0190d3f0-0000-7000-8000-000000000001".parse().unwrap());
        let json = r#"{"version":"1","syncId":"0190d3f0-0000-7000-8000-000000000001"}"#;
        assert_eq!(job.encode(), json);
        assert_eq!(SyncJob::decode(json).unwrap(), job);
        let traced = job.traced(Some("00-01-02-01".to_owned()));
        assert_eq!(SyncJob::decode(&traced.encode()).unwrap(), traced);
    }

    #[test]
    fn newer_fields_are_ignored_and_newer_versions_are_told_from_rubbish() {
        let job = r#"{"version":"1","syncId":"0190d3f0-0000-7000-8000-000000000001","later":true}"#;
        assert!(SyncJob::decode(job).is_ok());
        let newer = SyncJob::decode(r#"{"version":"2","sync":7}"#);
        assert!(matches!(newer, Err(DecodeError::UnknownVersion(version)) if version == "2"));
        for rubbish in ["", "{", "null", r#"{"version":"1"}"#, r#"{"version":"1","syncId":"x"}"#, "[1]"] {
            assert!(matches!(SyncJob::decode(rubbish), Err(DecodeError::Broken(_))), "{rubbish}");
        }
    }
}
