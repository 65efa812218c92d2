//! A sync as it is printed.

use bus::Event;
use chrono::{DateTime, Utc};
use entities::{
    Branch, BranchId, ObjectId, PhaseRecord, Project, ProjectId, ProjectSync, SyncCounts, SyncId, SyncKind,
    SyncStatus, SyncTrigger,
};
use serde::Serialize;

use super::text;

/// A sync as programs read it.
#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct SyncRecord {
    /// Its id.
    pub id: SyncId,
    /// The project's name.
    pub project: String,
    /// The project's id.
    pub project_id: ProjectId,
    /// The branch's name.
    pub branch: String,
    /// Its number on the branch; completed syncs only.
    pub number: Option<i64>,
    /// Whether the state that it left is not kept any more.
    pub forgotten: bool,
    /// What it does.
    pub kind: SyncKind,
    /// Who asked for it.
    pub trigger: SyncTrigger,
    /// Whether everything was compared and derived anew.
    pub forced: bool,
    /// The number of the sync that a restore goes back to.
    pub restored_number: Option<i64>,
    /// Where it stands.
    pub status: SyncStatus,
    /// The phase that runs, or ran last.
    pub phase: Option<String>,
    /// The commit that it shows.
    pub commit: Option<ObjectId>,
    /// That commit's tree.
    pub tree: Option<ObjectId>,
    /// When that was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// The first line of its message.
    pub summary: Option<String>,
    /// The sync that it followed.
    pub previous_sync_id: Option<SyncId>,
    /// What it changed and cost.
    pub counts: SyncCounts,
    /// The finished phases.
    pub phases: Vec<PhaseRecord>,
    /// The error that it ended with.
    pub error: Option<ErrorRecord>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// From its beginning to its end.
    pub duration_ms: Option<i64>,
}

/// Why a sync failed.
#[derive(Serialize, Debug)]
pub struct ErrorRecord {
    /// A stable word.
    pub code: String,
    /// In words.
    pub message: String,
}

impl SyncRecord {
    /// The record of a row whose state, if it left one, is kept.
    pub fn new(sync: &ProjectSync, project: &Project, branch: &str) -> Self {
        Self {
            id: sync.id,
            project: project.name.clone(),
            project_id: project.id,
            branch: branch.to_owned(),
            number: sync.seq,
            forgotten: false,
            kind: sync.kind,
            trigger: sync.trigger,
            forced: sync.forced,
            restored_number: sync.restore_seq,
            status: sync.status,
            phase: sync.phase.clone(),
            commit: sync.commit_id,
            tree: sync.tree_id,
            committed_at: sync.committed_at,
            summary: sync.commit_summary.clone(),
            previous_sync_id: sync.previous_sync_id,
            counts: sync.into(),
            // A list of another form is of a newer version of this program: the rest of the record still holds.
            phases: serde_json::from_value(sync.phases.clone()).unwrap_or_default(),
            error: sync
                .error_code
                .clone()
                .map(|code| ErrorRecord { code, message: sync.error_message.clone().unwrap_or_default() }),
            created_at: sync.created_at,
            started_at: sync.started_at,
            finished_at: sync.finished_at,
            duration_ms: duration_ms(sync),
        }
    }

    /// The record of a row of one of these branches.
    pub fn of_branches(sync: &ProjectSync, project: &Project, branches: &[Branch]) -> Self {
        let branch = branches.iter().find(|branch| branch.id == sync.branch_id);
        let forgotten = branch.zip(sync.seq).is_some_and(|(branch, number)| number < branch.kept_from);
        let name = branch.map_or("?", |branch| branch.name.as_str());
        Self { forgotten, ..Self::new(sync, project, name) }
    }

    /// `branch #12`, or the branch and the sync's id while it has no number.
    pub fn title(&self) -> String {
        let branch = text::clean(&self.branch);
        match self.number {
            Some(number) => format!("{branch} #{number}"),
            None => format!("{branch}, sync {}", short_id(self.id)),
        }
    }

    /// What it does, in a word or two.
    pub fn what(&self) -> String {
        match (self.restored_number, self.forced) {
            (Some(number), _) => format!("restore #{number}"),
            (None, true) => "sync, forced".to_owned(),
            (None, false) => "sync".to_owned(),
        }
    }

    /// Its outcome, in a word or two.
    pub fn outcome(&self) -> String {
        match &self.error {
            Some(error) => format!("{}: {}", self.status, error.code),
            None if self.forgotten => format!("{}, forgotten", self.status),
            None => self.status.to_string(),
        }
    }

    /// The lines that sum it up for people.
    pub fn summary_lines(&self) -> Vec<String> {
        let counts = &self.counts;
        let mut lines = vec![
            format!("project  {}", text::clean(&self.project)),
            format!("branch   {}", self.title()),
            format!("status   {} ({})", self.outcome(), self.what()),
        ];
        if let Some(commit) = self.commit {
            let summary = self.summary.as_deref().unwrap_or_default();
            lines.push(format!("commit   {} {}", commit.short(), text::clean(summary)).trim_end().to_owned());
        }
        if self.status == SyncStatus::Completed {
            lines.push(format!("files    {} ({})", text::number(counts.files()), file_counts(counts)));
            let (made, gone) = (counts.entries_created, counts.entries_superseded);
            lines.push(format!("memory   {} created, {} superseded", text::number(made), text::number(gone)));
        }
        let took = match (self.duration_ms, self.started_at) {
            (Some(ms), _) => text::duration(ms),
            (None, Some(at)) => format!("running since {}", text::time(at)),
            (None, None) => "not begun".to_owned(),
        };
        let requests = text::count(counts.requests, "request", "requests");
        let bytes = text::bytes(counts.bytes_fetched.unsigned_abs());
        lines.push(format!("cost     {took}, {requests}, {bytes}"));
        if counts.warnings > 0 {
            lines.push(format!("warnings {}", text::number(counts.warnings)));
        }
        if let Some(error) = &self.error {
            lines.push(format!("error    {}", text::clean(&error.message)));
        }
        lines
    }
}

/// The counts of files in words.
pub fn file_counts(counts: &SyncCounts) -> String {
    let parts: Vec<String> = [
        (counts.added, "added"),
        (counts.modified, "modified"),
        (counts.deleted, "deleted"),
        (counts.renamed, "renamed"),
        (counts.unchanged, "unchanged"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{} {word}", text::number(count)))
    .collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

/// How long a sync took, in milliseconds.
fn duration_ms(sync: &ProjectSync) -> Option<i64> {
    Some((sync.finished_at? - sync.started_at?).num_milliseconds())
}

/// The part of a sync's id that tells its millisecond: enough to name it.
pub fn short_id(id: SyncId) -> String {
    let mut text = id.to_string();
    text.truncate(13);
    text
}

/// How far a phase is.
#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct PhaseProgress {
    /// The phase.
    pub phase: String,
    /// How much is done.
    pub done: u64,
    /// How much there is, once that is known.
    pub total: Option<u64>,
    /// What is counted.
    pub unit: bus::Unit,
    /// Bytes received so far.
    pub bytes: u64,
    /// Requests sent so far.
    pub requests: u64,
}

impl PhaseProgress {
    /// The progress that an event tells, if it tells one.
    pub fn of(event: Event) -> Option<Self> {
        match event {
            Event::PhaseProgress { phase, done, total, unit, bytes, requests } => {
                Some(Self { phase, done, total, unit, bytes, requests })
            }
            _ => None,
        }
    }

    /// In words for people.
    pub fn line(&self) -> String {
        let unit = match self.unit {
            bus::Unit::Files => "files",
            bus::Unit::Blobs => "blobs",
            bus::Unit::Directories => "directories",
        };
        let signed = |n: u64| text::number(i64::try_from(n).unwrap_or(i64::MAX));
        let of = self.total.map(|total| format!(" of {}", signed(total))).unwrap_or_default();
        let requests = text::count(i64::try_from(self.requests).unwrap_or(i64::MAX), "request", "requests");
        format!("{}{of} {unit}, {}, {requests}", signed(self.done), text::bytes(self.bytes))
    }
}

/// The names of branches by their ids.
pub fn branch_name(branches: &[entities::Branch], id: BranchId) -> &str {
    branches.iter().find(|branch| branch.id == id).map_or("?", |branch| branch.name.as_str())
}
