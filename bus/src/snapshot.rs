//! Where a sync stands, as its events tell: what a watcher gets first, and goes on from with the events that follow.

use chrono::{DateTime, Utc};
use entities::{ProjectId, ProjectSync, SyncCounts, SyncId, SyncKind, SyncStatus, SyncTrigger};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Event, EventError, Interruption, ProgressEvent, Unit, phases};

/// How many of the last warnings a snapshot shows.
pub const MAX_RECENT_WARNINGS: usize = 10;

/// Where a phase stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PhaseStatus {
    /// It was not begun, or what it did is done anew; of a sync that has ended: it was not needed.
    ToCome,
    /// It runs.
    Running,
    /// It ended well.
    Done,
    /// The sync ended in it.
    Failed,
}

/// Where a phase of a sync stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhaseSnapshot {
    /// The phase.
    pub phase: String,
    /// Where it stands.
    pub status: PhaseStatus,
    /// Which attempt that is, counted from 1; 0 before the first.
    pub attempt: u32,
    /// When that attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// How long it took, in milliseconds, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// How much is done, once it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<u64>,
    /// How much there is, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// What is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
}

/// Something that the user should know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WarningSnapshot {
    /// The phase.
    pub phase: String,
    /// A stable word for the kind of warning.
    pub code: String,
    /// In words for the user.
    pub message: String,
}

/// Why a sync waits to be begun again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterruptionSnapshot {
    /// Why.
    pub reason: Interruption,
    /// Not before this time; at once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<DateTime<Utc>>,
    /// The error that a retry may help against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<EventError>,
}

/// Where a sync stands after one of its events.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncSnapshot {
    /// The sync.
    #[schema(value_type = Uuid)]
    pub sync_id: SyncId,
    /// The project that it belongs to.
    #[schema(value_type = Uuid)]
    pub project_id: ProjectId,
    /// The branch's name.
    pub branch: String,
    /// Its number among all syncs of the project, counted from 1.
    pub ordinal: i64,
    /// The number of the last event that this includes; 0 if there is none.
    pub seq: i64,
    /// What it does.
    pub kind: SyncKind,
    /// Who asked for it.
    pub trigger: SyncTrigger,
    /// Whether everything is compared and derived anew, whatever is known.
    pub forced: bool,
    /// The number of the sync that a restore goes back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_of: Option<i64>,
    /// Where it stands.
    pub status: SyncStatus,
    /// Whether someone asked for its end.
    pub cancel_requested: bool,
    /// How often a worker began it, orderly hand-overs included.
    pub attempts: u32,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When its first phase began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// The phase that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// All phases of a sync of this kind, in order.
    pub phases: Vec<PhaseSnapshot>,
    /// Bytes received over the network so far.
    pub bytes: u64,
    /// Requests sent so far.
    pub requests: u64,
    /// Warnings given since a worker began it last.
    pub warnings: u64,
    /// The last of them, at most 10, in order.
    pub recent_warnings: Vec<WarningSnapshot>,
    /// Why it waits to be begun again, while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interruption: Option<InterruptionSnapshot>,
    /// Its number on the branch, once it completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// The commit that is shown, once it completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// What it changed and cost, once it completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<SyncCounts>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<EventError>,
}

impl PhaseSnapshot {
    fn to_come(phase: &str) -> Self {
        Self {
            phase: phase.to_owned(),
            status: PhaseStatus::ToCome,
            attempt: 0,
            started_at: None,
            duration_ms: None,
            done: None,
            total: None,
            unit: None,
        }
    }
}

impl SyncSnapshot {
    /// Where a sync of this branch stands after these events, which are in order: all of them, or its milestones (see
    /// [`entities::syncs::milestones`]). Of the row only what never changes is taken, and whether its end is wanted: it may
    /// know more than the events.
    pub fn of<'a>(
        row: &ProjectSync,
        branch: &str,
        events: impl IntoIterator<Item = &'a ProgressEvent>,
    ) -> Self {
        let mut snapshot = Self {
            sync_id: row.id,
            project_id: row.project_id,
            branch: branch.to_owned(),
            ordinal: row.ordinal,
            seq: 0,
            kind: row.kind,
            trigger: row.trigger,
            forced: row.forced,
            restore_of: row.restore_seq,
            status: SyncStatus::Pending,
            cancel_requested: row.cancel_requested,
            attempts: 0,
            created_at: row.created_at,
            started_at: None,
            finished_at: None,
            phase: None,
            phases: phases_to_come(row.kind),
            bytes: 0,
            requests: 0,
            warnings: 0,
            recent_warnings: Vec::new(),
            interruption: None,
            number: None,
            commit: None,
            counts: None,
            error: None,
        };
        for event in events {
            snapshot.apply(event);
        }
        snapshot
    }

    /// Goes on with an event. One that is included already changes nothing.
    pub fn apply(&mut self, event: &ProgressEvent) {
        if event.seq <= self.seq {
            return;
        }
        self.seq = event.seq;
        match &event.event {
            Event::Queued { .. } => {}
            Event::PhaseStarted { phase, attempt } => self.enter(phase, *attempt, event.at),
            Event::PhaseProgress { phase, done, total, unit, bytes, requests } => {
                (self.bytes, self.requests) = (*bytes, *requests);
                if let Some(phase) = self.phase_named(phase) {
                    (phase.done, phase.total, phase.unit) = (Some(*done), *total, Some(*unit));
                }
            }
            Event::PhaseCompleted { phase, duration_ms } => {
                self.phase = None;
                if let Some(phase) = self.phase_named(phase) {
                    phase.status = PhaseStatus::Done;
                    phase.duration_ms = Some(*duration_ms);
                }
            }
            Event::Warning { phase, code, message } => self.warn(phase, code, message),
            Event::Interrupted { reason, retry_at, error } => {
                let (reason, retry_at, error) = (*reason, *retry_at, error.clone());
                self.interruption = Some(InterruptionSnapshot { reason, retry_at, error });
                self.status = SyncStatus::Pending;
                self.phase = None;
                self.phases = phases_to_come(self.kind);
            }
            Event::Completed { number, commit, counts } => {
                self.end(SyncStatus::Completed, event.at);
                self.number = Some(*number);
                self.commit = Some(commit.clone());
                self.counts = Some(*counts);
                self.bytes = u64::try_from(counts.bytes_fetched).unwrap_or_default();
                self.requests = u64::try_from(counts.requests).unwrap_or_default();
                // Not all of them were told one by one.
                self.warnings = u64::try_from(counts.warnings).unwrap_or_default();
            }
            Event::Failed { error } => {
                self.end(SyncStatus::Failed, event.at);
                self.error = Some(error.clone());
            }
            Event::Cancelled {} => {
                self.end(SyncStatus::Cancelled, event.at);
                self.cancel_requested = true;
            }
        }
    }

    /// A phase begins: the sync's first one, the next one, or one to go on from again after an error.
    fn enter(&mut self, phase: &str, attempt: u32, at: DateTime<Utc>) {
        if self.status == SyncStatus::Pending {
            self.status = SyncStatus::Running;
            self.attempts += 1;
            self.started_at.get_or_insert(at);
            self.interruption = None;
            // The worker that begins warns of everything anew.
            self.warnings = 0;
            self.recent_warnings.clear();
        }
        self.phase = Some(phase.to_owned());
        if let Some(index) = self.phases.iter().position(|known| known.phase == phase) {
            // What comes after it is done anew, too.
            for later in &mut self.phases[index..] {
                *later = PhaseSnapshot::to_come(&later.phase);
            }
            let entered = &mut self.phases[index];
            entered.status = PhaseStatus::Running;
            entered.attempt = attempt;
            entered.started_at = Some(at);
        }
    }

    fn warn(&mut self, phase: &str, code: &str, message: &str) {
        self.warnings += 1;
        if self.recent_warnings.len() == MAX_RECENT_WARNINGS {
            self.recent_warnings.remove(0);
        }
        let (phase, code, message) = (phase.to_owned(), code.to_owned(), message.to_owned());
        self.recent_warnings.push(WarningSnapshot { phase, code, message });
    }

    fn end(&mut self, status: SyncStatus, at: DateTime<Utc>) {
        self.status = status;
        self.finished_at = Some(at);
        self.phase = None;
        self.interruption = None;
        for phase in &mut self.phases {
            if phase.status == PhaseStatus::Running {
                phase.status = PhaseStatus::Failed;
            }
        }
    }

    fn phase_named(&mut self, name: &str) -> Option<&mut PhaseSnapshot> {
        self.phases.iter_mut().find(|phase| phase.phase == name)
    }
}

fn phases_to_come(kind: SyncKind) -> Vec<PhaseSnapshot> {
    phases(kind).iter().map(|phase| PhaseSnapshot::to_come(phase)).collect()
}

#[cfg(test)]
mod tests;
