//! The queue.

use chrono::{DateTime, Utc};
use entities::{ProjectId, QueuePause, queue::Depth};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::QueueOverview;

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
