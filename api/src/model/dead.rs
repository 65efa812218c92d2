//! What was given up.

use chrono::{DateTime, Utc};
use entities::{DeadJob, DeadJobId, SyncId, queue::DeadFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::job::older_than;

/// Something that was given up.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeadJob)]
pub struct DeadJobDto {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: DeadJobId,
    /// The sync that failed; absent of a message that is no job.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub sync_id: Option<SyncId>,
    /// The message, where it is no job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// A stable word for the reason.
    pub code: String,
    /// The reason in words.
    pub message: String,
    /// How often it was begun or delivered.
    pub attempts: i32,
    /// When it was given up.
    pub created_at: DateTime<Utc>,
}

impl From<DeadJob> for DeadJobDto {
    fn from(dead: DeadJob) -> Self {
        Self {
            id: dead.id,
            sync_id: dead.sync_id,
            payload: dead.payload,
            code: dead.code,
            message: dead.message,
            attempts: dead.attempts,
            created_at: dead.created_at,
        }
    }
}

/// Which of the dead are meant. Everything that is said must hold.
#[derive(Deserialize, Serialize, IntoParams, ToSchema, Clone, PartialEq, Default, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[schema(as = DeadFilter)]
pub struct DeadFilterDto {
    /// Only those given up for this reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Only those given up longer ago than this many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Int64, minimum = 0, maximum = 4_294_967_295i64)]
    pub older_than_seconds: Option<u32>,
}

impl DeadFilterDto {
    /// The filter for rows. Messages that are no job belong to nobody, so that all are looked at.
    pub fn to_rows(&self, now: DateTime<Utc>) -> DeadFilter {
        DeadFilter {
            code: self.code.clone(),
            before: older_than(self.older_than_seconds, now),
            is_sync: None,
        }
    }
}

/// An operation on many of the dead.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeadBulkRequest {
    /// Which ones. Something must be said, unless `all` is.
    #[serde(default)]
    pub filter: DeadFilterDto,
    /// All of them.
    #[serde(default)]
    pub all: bool,
    /// Only tell which it would be.
    #[serde(default)]
    pub dry_run: bool,
}
