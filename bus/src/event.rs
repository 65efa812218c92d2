//! How a sync tells what it does.
//!
//! The events of one sync are numbered 1, 2, 3… without a hole. They begin with `queued`, written with the sync itself, and
//! end with exactly one terminal event: `completed`, `failed` or `cancelled`. Every one is kept in `sync_events`.

use chrono::{DateTime, Utc};
use entities::{ProjectId, ProjectSync, SyncCounts, SyncEvent, SyncId, SyncKind, SyncTrigger, TenantId};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One step of one sync, as it is stored and streamed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgressEvent {
    /// The sync.
    #[schema(value_type = Uuid)]
    pub sync_id: SyncId,
    /// Its number within the sync, counted from 1.
    pub seq: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What a phase counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// Files of the tree.
    Files,
    /// Contents, each counted once however many files show it.
    Blobs,
    /// Directories.
    Directories,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
#[schema(as = SyncEvent)]
pub enum Event {
    /// Somebody asked for the sync: the first event of each.
    #[serde(rename_all = "camelCase")]
    Queued {
        /// The project.
        #[schema(value_type = Uuid)]
        project_id: ProjectId,
        /// Its number among all syncs of the project, counted from 1.
        ordinal: i64,
        /// The branch's name.
        branch: String,
        /// What it does.
        kind: SyncKind,
        /// Who asked for it.
        trigger: SyncTrigger,
        /// Whether everything is compared and derived anew, whatever is known.
        forced: bool,
        /// The number of the sync that a restore goes back to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        restore_of: Option<i64>,
        /// The names of its phases, in order.
        #[serde(default)]
        phases: Vec<String>,
    },
    /// A phase begins; again, with a higher attempt, if it is tried again.
    PhaseStarted {
        /// The phase.
        phase: String,
        /// Counted from 1.
        attempt: u32,
    },
    /// A phase got on. At most ten a second.
    PhaseProgress {
        /// The phase.
        phase: String,
        /// How much is done.
        done: u64,
        /// How much there is, once that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<u64>,
        /// What is counted.
        unit: Unit,
        /// Bytes received over the network so far, in the whole sync.
        bytes: u64,
        /// Requests sent so far, in the whole sync.
        requests: u64,
    },
    /// A phase ended well.
    #[serde(rename_all = "camelCase")]
    PhaseCompleted {
        /// The phase.
        phase: String,
        /// How long it took.
        duration_ms: i64,
    },
    /// Something that the user should know; the sync goes on.
    Warning {
        /// The phase.
        phase: String,
        /// A stable word for the kind of warning.
        code: String,
        /// In words for the user.
        message: String,
    },
    /// The sync goes no further here, and is to be begun again: its phases start anew.
    #[serde(rename_all = "camelCase")]
    Interrupted {
        /// Why.
        reason: Interruption,
        /// Not before this time; at once if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<DateTime<Utc>>,
        /// The error that a retry may help against.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<EventError>,
    },
    /// The sync is done and visible.
    Completed {
        /// Its number on the branch.
        number: i64,
        /// The commit that is shown now.
        commit: String,
        /// What it changed and cost.
        counts: SyncCounts,
    },
    /// The sync failed; nothing of it is visible.
    Failed {
        /// Why.
        error: EventError,
    },
    /// The sync was cancelled; nothing of it is visible.
    Cancelled {},
}

/// Why a sync goes no further for now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Interruption {
    /// An error that may pass.
    Error,
    /// The worker that ran it is gone.
    WorkerLost,
    /// The worker that ran it ends in order.
    HandedOver,
}

/// Why a sync failed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventError {
    /// A stable word for the kind of error.
    pub code: String,
    /// In words for the user.
    pub message: String,
}

/// The kinds of events, for those that only need to tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventKind {
    /// Something on the way.
    Passing,
    /// The last event of its sync.
    Terminal,
}

impl ProgressEvent {
    /// The first event of a sync of this branch.
    pub fn queued(sync: &ProjectSync, branch: &str) -> Self {
        let event = Event::Queued {
            project_id: sync.project_id,
            ordinal: sync.ordinal,
            branch: branch.to_owned(),
            kind: sync.kind,
            trigger: sync.trigger,
            forced: sync.forced,
            restore_of: sync.restore_seq,
            phases: phases(sync.kind).iter().map(|phase| (*phase).to_owned()).collect(),
        };
        Self { sync_id: sync.id, seq: 1, at: sync.created_at, event }
    }

    /// The event as its row.
    ///
    /// # Errors
    /// If it cannot be written as JSON, which would be a bug of ours.
    pub fn to_row(&self, tenant: TenantId) -> Result<SyncEvent, DbErr> {
        Ok(SyncEvent {
            tenant_id: tenant,
            sync_id: self.sync_id,
            seq: self.seq,
            at: self.at,
            payload: serde_json::to_value(self).map_err(|error| DbErr::Json(error.to_string()))?,
        })
    }
}

impl Event {
    /// What it is called: its `type` in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "queued",
            Self::PhaseStarted { .. } => "phaseStarted",
            Self::PhaseProgress { .. } => "phaseProgress",
            Self::PhaseCompleted { .. } => "phaseCompleted",
            Self::Warning { .. } => "warning",
            Self::Interrupted { .. } => "interrupted",
            Self::Completed { .. } => "completed",
            Self::Failed { .. } => "failed",
            Self::Cancelled {} => "cancelled",
        }
    }

    /// Whether this is the last event of its sync.
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Completed { .. } | Self::Failed { .. } | Self::Cancelled {} => EventKind::Terminal,
            _ => EventKind::Passing,
        }
    }
}

/// The names of the phases of each kind of sync, in order.
pub fn phases(kind: SyncKind) -> &'static [&'static str] {
    match kind {
        SyncKind::Sync => &["prepare", "scan", "import", "finalize"],
        SyncKind::Restore => &["prepare", "restore", "finalize"],
    }
}

#[cfg(test)]
mod tests {
    use utoipa::{PartialSchema, openapi::schema::Schema};

    use super::*;

    /// Clients tell the events apart by their `type`.
    #[test]
    fn the_schema_is_a_union_by_type() {
        let json = serde_json::to_value(Event::schema()).unwrap();
        let variants = json["oneOf"].as_array().unwrap();
        let types: Vec<&str> = variants
            .iter()
            .map(|variant| {
                assert!(variant["required"].as_array().unwrap().contains(&"type".into()), "{variant}");
                let words = variant["properties"]["type"]["enum"].as_array().unwrap();
                assert_eq!(words.len(), 1, "{variant}");
                words[0].as_str().unwrap()
            })
            .collect();
        let right = [
            "queued",
            "phaseStarted",
            "phaseProgress",
            "phaseCompleted",
            "warning",
            "interrupted",
            "completed",
            "failed",
            "cancelled",
        ];
        assert_eq!(types, right);
        assert!(variants[0]["properties"]["projectId"].is_object(), "{}", variants[0]);
        assert!(variants[3]["properties"]["durationMs"].is_object(), "{}", variants[3]);
        assert!(variants[5]["properties"]["retryAt"].is_object(), "{}", variants[5]);
        let utoipa::openapi::RefOr::T(Schema::AllOf(_)) = ProgressEvent::schema() else {
            panic!("its fields stand beside those of the event");
        };
    }

    /// What clients read: changing any of it breaks them.
    #[test]
    fn the_json_is_stable() {
        let queued = |kind, trigger, restore_of| Event::Queued {
            project_id: "0190d3f0-0000-7000-8000-000000000002".parse().unwrap(),
            ordinal: 7,
            branch: "main".into(),
            kind,
            trigger,
            forced: false,
            restore_of,
            phases: phases(kind).iter().map(|phase| (*phase).to_owned()).collect(),
        };
        let events = [
            queued(SyncKind::Sync, SyncTrigger::Webhook, None),
            queued(SyncKind::Restore, SyncTrigger::Api, Some(3)),
            Event::PhaseStarted { phase: "scan".into(), attempt: 1 },
            Event::PhaseProgress {
                phase: "import".into(),
                done: 3,
                total: Some(10),
                unit: Unit::Blobs,
                bytes: 4_096,
                requests: 3,
            },
            Event::PhaseProgress {
                phase: "scan".into(),
                done: 3,
                total: None,
                unit: Unit::Files,
                bytes: 0,
                requests: 0,
            },
            Event::PhaseCompleted { phase: "scan".into(), duration_ms: 12 },
            Event::Warning {
                phase: "import".into(),
                code: "content-not-stored".into(),
                message: "big.bin is 100 MB".into(),
            },
            Event::Interrupted {
                reason: Interruption::Error,
                retry_at: DateTime::parse_from_rfc3339("2026-01-02T03:05:05Z").ok().map(|at| at.to_utc()),
                error: Some(EventError { code: "unreachable".into(), message: "cannot reach host".into() }),
            },
            Event::Interrupted { reason: Interruption::WorkerLost, retry_at: None, error: None },
            Event::Interrupted { reason: Interruption::HandedOver, retry_at: None, error: None },
            Event::Completed { number: 2, commit: "4b825dc".into(), counts: SyncCounts::default() },
            Event::Failed {
                error: EventError { code: "unreachable".into(), message: "cannot reach host".into() },
            },
            Event::Cancelled {},
        ];
        let at = DateTime::parse_from_rfc3339("2026-01-02T03:04:05Z").unwrap().to_utc();
        let sync_id: SyncId = "0190d3f0-0000-7000-8000-000000000001".parse().unwrap();
        let lines: Vec<String> = events
            .into_iter()
            .zip(1..)
            .map(|(event, seq)| {
                let event = ProgressEvent { sync_id, seq, at, event };
                let json = serde_json::to_string(&event).unwrap();
                assert_eq!(serde_json::from_str::<ProgressEvent>(&json).unwrap(), event);
                assert!(json.contains(&format!("\"type\":\"{}\"", event.event.name())), "{json}");
                json
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
