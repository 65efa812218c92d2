//! What operators see and send.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    BranchId, DeadJob, DeadJobId, ProjectId, ProjectSync, QueuePause, SyncEvent, SyncId, TenantId,
    projects::BranchPlace,
    queue::{DeadFilter, Depth},
    syncs::SyncFilter,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    sync::SyncDto,
    words::{SyncStatus, SyncTrigger},
};
use crate::admin::{Bulk, Check, Health, QueueOverview};

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
    pub older_than_seconds: Option<u32>,
}

impl JobFilterDto {
    /// The filter for rows of a tenant.
    pub fn to_rows(&self, tenant: TenantId, now: DateTime<Utc>) -> SyncFilter {
        SyncFilter {
            tenant: Some(tenant),
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

fn older_than(seconds: Option<u32>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
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

/// How many there are in a state.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Depth)]
pub struct DepthDto {
    /// How many.
    pub count: u64,
    /// Since how many seconds the oldest one is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_age_seconds: Option<i64>,
}

/// Somebody who serves the queue.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Worker)]
pub struct WorkerDto {
    /// Its name.
    pub name: String,
    /// How long ago it was heard of, in milliseconds.
    pub seen_ms_ago: u64,
}

/// A pause.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Pause)]
pub struct PauseDto {
    /// The project that is paused; absent: everything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub project_id: Option<ProjectId>,
    /// Why, in the operator's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl From<QueuePause> for PauseDto {
    fn from(pause: QueuePause) -> Self {
        Self { project_id: pause.project_id, reason: pause.reason, since: pause.created_at }
    }
}

/// The queue at one moment.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Queue)]
pub struct QueueDto {
    /// Could be begun now.
    pub ready: DepthDto,
    /// Wait for their time.
    pub delayed: DepthDto,
    /// Run.
    pub running: DepthDto,
    /// Were given up.
    pub dead: DepthDto,
    /// How many messages the queue holds that could be lent now. Absent if it does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued: Option<u64>,
    /// How many messages are on loan to workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lent: Option<u64>,
    /// Why the queue does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Who was heard of lately.
    pub workers: Vec<WorkerDto>,
    /// What is paused, the oldest first.
    pub pauses: Vec<PauseDto>,
}

impl QueueDto {
    /// The queue as it is answered.
    pub fn new(overview: QueueOverview, now: DateTime<Utc>) -> Self {
        let depth = |depth: Depth| DepthDto {
            count: depth.count,
            oldest_age_seconds: depth.oldest.map(|oldest| (now - oldest).num_seconds().max(0)),
        };
        let (stats, error) = match overview.stats {
            Ok(stats) => (Some(stats), None),
            Err(error) => (None, Some(error)),
        };
        let workers = stats.as_ref().map(|stats| stats.workers.clone()).unwrap_or_default();
        Self {
            ready: depth(overview.depth.ready),
            delayed: depth(overview.depth.delayed),
            running: depth(overview.depth.running),
            dead: depth(overview.depth.dead),
            queued: stats.as_ref().map(|stats| stats.ready),
            lent: stats.as_ref().map(|stats| stats.lent),
            error,
            workers: workers
                .into_iter()
                .map(|(name, ago)| WorkerDto { name, seen_ms_ago: ago.as_millis() as u64 })
                .collect(),
            pauses: overview.pauses.into_iter().map(Into::into).collect(),
        }
    }
}

/// What to pause.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PauseRequest {
    /// The project; the whole queue if absent.
    #[schema(value_type = Option<Uuid>)]
    pub project_id: Option<ProjectId>,
    /// Why, for others to read; at most 1,000 characters.
    pub reason: Option<String>,
}

/// What to go on with.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResumeRequest {
    /// The project; the whole queue if absent.
    #[schema(value_type = Option<Uuid>)]
    pub project_id: Option<ProjectId>,
}

/// Whether something was changed.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Toggled)]
pub struct ToggledDto {
    /// Whether it was changed; otherwise it was so already.
    pub changed: bool,
}

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
    pub older_than_seconds: Option<u32>,
}

impl DeadFilterDto {
    /// The filter for rows. Messages that are no job belong to nobody, so that all are looked at.
    pub fn to_rows(&self, now: DateTime<Utc>) -> DeadFilter {
        DeadFilter {
            tenant: None,
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

/// How well a part is.
#[derive(Serialize, ToSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "camelCase")]
pub enum CheckStatus {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warn,
    /// Broken.
    Fail,
}

impl From<Health> for CheckStatus {
    fn from(health: Health) -> Self {
        match health {
            Health::Ok => Self::Ok,
            Health::Warn => Self::Warn,
            Health::Fail => Self::Fail,
        }
    }
}

/// What was found of one part.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Check)]
pub struct CheckDto {
    /// The part: a stable word.
    pub name: &'static str,
    /// How well it is.
    pub status: CheckStatus,
    /// What was found.
    pub detail: String,
    /// What to do, if something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'static str>,
}

impl From<Check> for CheckDto {
    fn from(check: Check) -> Self {
        Self { name: check.name, status: check.health.into(), detail: check.detail, advice: check.advice }
    }
}

/// What was found of all parts.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Doctor)]
pub struct DoctorDto {
    /// The worst of them.
    pub status: CheckStatus,
    /// Each of them.
    pub checks: Vec<CheckDto>,
}

impl From<Vec<Check>> for DoctorDto {
    fn from(checks: Vec<Check>) -> Self {
        let worst = checks.iter().map(|check| check.health).max().unwrap_or(Health::Ok);
        Self { status: worst.into(), checks: checks.into_iter().map(Into::into).collect() }
    }
}
