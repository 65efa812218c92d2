//! The message that wakes a worker.

use entities::SyncId;
use serde::{Deserialize, Serialize};

/// "This sync wants doing." Carries an id only: the row is the truth, so a lost, doubled or late message is harmless.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "version")]
pub enum SyncJob {
    /// The first form.
    #[serde(rename = "1", rename_all = "camelCase")]
    V1 {
        /// The sync to claim.
        sync_id: SyncId,
    },
}

impl SyncJob {
    /// A job for a sync.
    pub fn new(sync_id: SyncId) -> Self {
        Self::V1 { sync_id }
    }

    /// The sync to claim.
    pub fn sync_id(&self) -> SyncId {
        match self {
            Self::V1 { sync_id } => *sync_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_stable() {
        let job = SyncJob::new("0190d3f0-0000-7000-8000-000000000001".parse().unwrap());
        let json = r#"{"version":"1","syncId":"0190d3f0-0000-7000-8000-000000000001"}"#;
        assert_eq!(serde_json::to_string(&job).unwrap(), json);
        assert_eq!(serde_json::from_str::<SyncJob>(json).unwrap(), job);
    }
}
