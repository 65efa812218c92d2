//! What the phases of one sync share.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entities::{
    Branch, ObjectId, ProjectSync, Repository, SyncCounts, TenantDb, TenantId, TenantTx, projects,
    syncs::{self, Claim},
    temporal::{Draft, StateAt},
};
use tokio_util::sync::CancellationToken;

use super::Progress;
use source::{Head, Snapshot, Source, SourceContext};

use crate::{clock::Clock, error::SyncError, memory::Rules, settings::WorkerSettings};

/// The commit that the sync will show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// The commit.
    pub commit: ObjectId,
    /// Its root tree: what the proof must come to.
    pub tree: ObjectId,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// The first line of its message.
    pub summary: Option<String>,
    /// The rules that its memory is derived by.
    pub rules_digest: String,
}

/// What the phases of one sync share. Phases run one after the other, so each may change it freely.
pub struct Run {
    /// The database, in the name of the sync's tenant.
    pub db: TenantDb,
    /// The right to write.
    pub claim: Claim,
    /// The sync as it was when it was claimed.
    pub sync: ProjectSync,
    /// Its branch, with the head that it follows.
    pub branch: Branch,
    /// Its repository.
    pub repository: Repository,
    /// The worker's settings.
    pub settings: Arc<WorkerSettings>,
    /// What memory is derived from.
    pub rules: Arc<Rules>,
    /// Where the repository is read.
    pub source: Arc<dyn Source>,
    /// Traffic, notices and cancellation of the source.
    pub context: SourceContext,
    /// The sync's voice.
    pub progress: Progress,
    /// Tells the time.
    pub clock: Clock,
    /// Fires when the sync is to stop.
    pub cancel: CancellationToken,
    /// The completed sync that this one follows.
    pub previous: Option<ProjectSync>,
    /// The head, where it was found before the sync began. Taken by the first attempt.
    pub found_head: Option<Head>,
    /// The head that is being synced.
    pub head: Option<Head>,
    /// The open commit.
    pub snapshot: Option<Box<dyn Snapshot>>,
    /// The commit that the sync will show.
    pub target: Option<Target>,
    /// Whether what earlier syncs know is offered to the source, so that it sends only what is new.
    pub use_haves: bool,
    /// Whether memory is derived from all files, not only from those that changed.
    pub derive_all: bool,
    /// All files of the commit, where the whole of it was walked.
    pub files_walked: Option<i64>,
    /// What the sync changed so far.
    pub counts: SyncCounts,
}

impl Run {
    /// The tenant.
    pub fn tenant(&self) -> TenantId {
        self.sync.tenant_id
    }

    /// What the sync writes.
    pub fn draft(&self) -> Draft {
        Draft::after_head(&self.branch)
    }

    /// What readers see meanwhile.
    pub fn state(&self) -> StateAt {
        StateAt::head(&self.branch)
    }

    /// Begins a transaction under the claim.
    pub async fn begin(&self) -> Result<TenantTx, SyncError> {
        let transaction = self.db.begin_write().await?;
        if !syncs::fence(&transaction, &self.claim).await? {
            return Err(SyncError::ClaimLost);
        }
        Ok(transaction)
    }

    /// Undoes what an interrupted sync, or an earlier attempt of this one, left of its draft.
    pub async fn sweep(&self) -> Result<(), SyncError> {
        let transaction = self.begin().await?;
        self.draft().sweep(&transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Reads the branch again: where its head is now is what this sync follows.
    pub async fn reload_branch(&mut self) -> Result<(), SyncError> {
        let reading = self.db.begin().await?;
        self.branch = projects::branch(&reading, self.branch.id)
            .await?
            .ok_or(SyncError::Internal("the branch of a running sync is gone"))?;
        self.previous = match self.branch.head_sync_id {
            Some(id) => syncs::get(&reading, id).await?,
            None => None,
        };
        reading.commit().await?;
        Ok(())
    }

    /// The commit that the sync will show, once that is known.
    pub fn target(&self) -> Result<&Target, SyncError> {
        self.target.as_ref().ok_or(SyncError::Internal("no target yet"))
    }

    /// The open commit.
    pub fn snapshot(&self) -> Result<&dyn Snapshot, SyncError> {
        self.snapshot.as_deref().ok_or(SyncError::Internal("no open commit yet"))
    }

    /// `Err(Cancelled)` once the sync is to stop.
    pub fn check(&self) -> Result<(), SyncError> {
        if self.cancel.is_cancelled() { Err(SyncError::Cancelled) } else { Ok(()) }
    }
}
