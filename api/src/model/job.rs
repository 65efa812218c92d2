//! Syncs as operators see them.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entities::{BranchId, ProjectId, ProjectSync, SyncEvent, projects::BranchPlace, syncs::SyncFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    sync::SyncDto,
    words::{SyncStatus, SyncTrigger},
};
use crate::admin::Bulk;

/// A sync as operators see it.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Job)]
pub struct JobDto {
    /// The sync.
    #[serde(flatten)]
    pub sync: SyncDto,
    /// The project's name.
    pub project: String,
    /// The worker that claimed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Until when the claim holds without a heartbeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<DateTime<Utc>>,
    /// The trace context of the request that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
}

impl JobDto {
    /// A row as it is answered.
    pub fn new(sync: &ProjectSync, places: &HashMap<BranchId, BranchPlace>) -> Self {
        Self {
            sync: SyncDto::new(sync, places),
            project: places.get(&sync.branch_id).map(|place| place.project.clone()).unwrap_or_default(),
            worker: sync.worker.clone(),
            lease_until: sync.lease_until,
            trace_parent: sync.trace_parent.clone(),
        }
    }
}

/// An event of a sync.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
pub struct EventDto {
    /// Its number within the sync, counted from 1.
    pub seq: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened, as it is streamed.
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
}

impl From<SyncEvent> for EventDto {
    fn from(event: SyncEvent) -> Self {
        Self { seq: event.seq, at: event.at, payload: event.payload }
    }
}

/// A sync with what happened last.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobDetail)]
pub struct JobDetailDto {
    /// The sync.
    #[serde(flatten)]
    pub job: JobDto,
    /// Its last events, at most 20, in order.
    pub events: Vec<EventDto>,
}

/// Which jobs are meant. Everything that is said must hold.
#[derive(Deserialize, Serialize, IntoParams, ToSchema, Clone, PartialEq, Default, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[schema(as = JobFilter)]
pub struct JobFilterDto {
    /// Only those that stand so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SyncStatus>,
    /// Only those of this project.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    #[param(value_type = Option<Uuid>)]
    pub project: Option<ProjectId>,
    /// Only those of branches of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Only those that were asked for in this way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<SyncTrigger>,
    /// Only those that ended with this error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Only those asked for longer ago than this many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Int64, minimum = 0, maximum = 4_294_967_295i64)]
    pub older_than_seconds: Option<u32>,
}

impl JobFilterDto {
    /// The filter for rows.
    pub fn to_rows(&self, now: DateTime<Utc>) -> SyncFilter {
        SyncFilter {
            project: self.project,
            branch: None,
            branch_name: self.branch.clone(),
            statuses: self.status.into_iter().map(Into::into).collect(),
            trigger: self.trigger.map(Into::into),
            error_code: self.error_code.clone(),
            before: older_than(self.older_than_seconds, now),
        }
    }
}

/// The time before which something must have come that is older than so many seconds.
pub(super) fn older_than(seconds: Option<u32>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    seconds.map(|seconds| now - TimeDelta::seconds(i64::from(seconds)))
}

/// An operation on many jobs.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BulkRequest {
    /// Which jobs. Something must be said.
    #[serde(default)]
    pub filter: JobFilterDto,
    /// Only tell which it would be.
    #[serde(default)]
    pub dry_run: bool,
}

/// What came of an operation on many things.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Bulk)]
pub struct BulkDto {
    /// How many the filter matched when it began. One call changes at most 1,000.
    pub matched: u64,
    /// How many were changed; none if it was only tried out.
    pub changed: u64,
    /// Those that were changed, or would be.
    pub ids: Vec<String>,
}

impl<Id: ToString> From<Bulk<Id>> for BulkDto {
    fn from(bulk: Bulk<Id>) -> Self {
        let ids = bulk.ids.iter().map(ToString::to_string).collect();
        Self { matched: bulk.matched, changed: bulk.changed, ids }
    }
}
