//! What asks for syncs by itself: hooks, schedules, polling.

use bus::triggers::{NEXT_RUNS, Timetable};
use chrono::{DateTime, Utc};
use entities::{
    HookDelivery, HookDeliveryId, ObjectId, Poll, ProjectId, Schedule, ScheduleId, SyncId,
    triggers::{DeliveryResult, HookKind, PollResult, RunResult, hooks::HookMeta, schedules::NewSchedule},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The hook that a project's host sends when something is pushed.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Hook)]
pub struct HookDto {
    /// Which kind of host sends it.
    pub kind: HookKind,
    /// Where it is to be sent. Without a host where `triggers.public_url` is not set: then put the address of this service
    /// before it.
    pub url: String,
    /// Enough to tell its secret from another one: `…ab12`.
    pub hint: String,
    /// When it was set.
    pub updated_at: DateTime<Utc>,
    /// When the host last sent something that was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_delivery_at: Option<DateTime<Utc>>,
    /// What came of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_result: Option<DeliveryResult>,
}

impl HookDto {
    /// What may be told of a project's hook.
    pub fn new(project: ProjectId, meta: HookMeta, public_url: Option<&str>) -> Self {
        let base = public_url.unwrap_or_default().trim_end_matches('/');
        Self {
            kind: meta.kind,
            url: format!("{base}/api/v1/webhooks/{}/{project}", meta.kind),
            hint: meta.hint,
            updated_at: meta.updated_at,
            last_delivery_at: meta.last_delivery_at,
            last_result: meta.last_result,
        }
    }
}

/// A hook that was set, with its secret: it is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IssuedHook)]
pub struct IssuedHookDto {
    /// The hook.
    #[serde(flatten)]
    pub hook: HookDto,
    /// What the host signs with, if it was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Password)]
    pub secret: Option<String>,
}

/// A hook to be taken.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewHook)]
pub struct HookRequest {
    /// Which kind of host sends it.
    pub kind: HookKind,
    /// What it signs with: 16 to 1,024 visible characters, such as a signing token of GitLab (`whsec_…`). Without one it is
    /// made.
    #[schema(format = Password)]
    pub secret: Option<String>,
}

/// Something that a host sent.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = HookDelivery)]
pub struct DeliveryDto {
    /// Its id here.
    #[schema(value_type = Uuid)]
    pub id: HookDeliveryId,
    /// What the host calls it.
    pub delivery: String,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// The host's word for what happened.
    pub event: String,
    /// The branch, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit that the branch was pushed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub commit: Option<ObjectId>,
    /// What came of it.
    pub result: DeliveryResult,
    /// The sync that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub sync_id: Option<SyncId>,
    /// When the commit is looked for next, while it was not seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look_at: Option<DateTime<Utc>>,
}

impl From<&HookDelivery> for DeliveryDto {
    fn from(row: &HookDelivery) -> Self {
        Self {
            id: row.id,
            delivery: row.delivery.clone(),
            received_at: row.received_at,
            event: row.event.clone(),
            branch: row.branch.clone(),
            commit: row.commit_id,
            result: row.result,
            sync_id: row.sync_id,
            look_at: row.look_at,
        }
    }
}

/// What came of a hook.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = HookReceived)]
pub struct ReceivedDto {
    /// A word of a delivery's result, or `repeated`: it was sent before, and nothing was done.
    pub result: String,
    /// The sync that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub sync_id: Option<SyncId>,
}

/// When syncs are asked for by the clock.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Schedule)]
pub struct ScheduleDto {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: ScheduleId,
    /// The branch; the default one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The pattern: minute, hour, day of the month, month, day of the week.
    pub cron: String,
    /// The IANA name of the time zone that it is in.
    pub time_zone: String,
    /// Up to how many seconds later it comes due; how many is chosen once for each schedule.
    pub jitter_seconds: i32,
    /// Whether it comes due at all.
    pub enabled: bool,
    /// The next five times that it comes due.
    pub next_runs: Vec<DateTime<Utc>>,
    /// When it came due last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<DateTime<Utc>>,
    /// What came of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_result: Option<RunResult>,
    /// The sync that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub last_sync_id: Option<SyncId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

impl From<&Schedule> for ScheduleDto {
    fn from(row: &Schedule) -> Self {
        let table = Timetable::of(row).ok();
        let later = row.next_at.zip(table).map(|(next, table)| table.upcoming(next, NEXT_RUNS - 1));
        Self {
            id: row.id,
            branch: row.branch.clone(),
            cron: row.cron.clone(),
            time_zone: row.time_zone.clone(),
            jitter_seconds: row.jitter_seconds,
            enabled: row.enabled,
            next_runs: row.next_at.into_iter().chain(later.into_iter().flatten()).collect(),
            last_at: row.last_at,
            last_result: row.last_result,
            last_sync_id: row.last_sync_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The schedules of a project.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = ScheduleList)]
pub struct ScheduleList {
    /// The oldest first; all of them, which are at most as many as `triggers.max_schedules` allows.
    pub items: Vec<ScheduleDto>,
}

/// What a schedule is to be.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewSchedule)]
pub struct ScheduleRequest {
    /// The branch; the default one if absent.
    pub branch: Option<String>,
    /// The pattern: minute, hour, day of the month, month, day of the week.
    #[schema(example = "30 2 * * MON-FRI")]
    pub cron: String,
    /// The IANA name of the time zone that it is in.
    #[serde(default = "utc")]
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// Up to how many seconds later it may come due, at most 3,600.
    #[serde(default)]
    #[schema(maximum = 3600)]
    pub jitter_seconds: u32,
    /// Whether it comes due at all.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn yes() -> bool {
    true
}

impl From<ScheduleRequest> for NewSchedule {
    fn from(request: ScheduleRequest) -> Self {
        Self {
            branch: request.branch,
            cron: request.cron.split_whitespace().collect::<Vec<_>>().join(" "),
            time_zone: request.time_zone,
            jitter_seconds: request.jitter_seconds,
            enabled: request.enabled,
        }
    }
}

/// How a project is polled.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Polling)]
pub struct PollingDto {
    /// Seconds between two looks.
    pub every_seconds: i32,
    /// The branches that are looked at; if absent those that were ever synced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branches: Option<Vec<String>>,
    /// When it is looked next.
    pub next_at: DateTime<Utc>,
    /// When it was looked last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<DateTime<Utc>>,
    /// What came of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_result: Option<PollResult>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// How many looks failed since the last that did not: each doubles the pause.
    pub failures: i32,
}

impl From<Poll> for PollingDto {
    fn from(row: Poll) -> Self {
        Self {
            every_seconds: row.every_seconds,
            branches: row.names(),
            next_at: row.next_at,
            last_at: row.last_at,
            last_result: row.last_result,
            last_error: row.last_error,
            failures: row.failures,
        }
    }
}

/// How a project is to be polled.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewPolling)]
pub struct PollingRequest {
    /// Seconds between two looks, at least as many as `triggers.min_poll_seconds` says, and at most a week.
    #[schema(minimum = 1, maximum = 604800)]
    pub every_seconds: u32,
    /// The branches that are looked at; if absent those that were ever synced.
    pub branches: Option<Vec<String>>,
}
