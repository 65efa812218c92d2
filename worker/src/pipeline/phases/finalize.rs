//! Supersedes the memory of deleted files, counts, proves the draft, and in one last transaction links the sync to the
//! chain and moves the branch's head: what was drafted is seen from then on.

use async_trait::async_trait;
use entities::{
    SyncCounts,
    syncs::{Ending, Totals},
};

use crate::{
    error::SyncError,
    pipeline::{Next, Phase, Run},
    proof,
};

/// See the module.
pub struct Finalize;

#[async_trait]
impl Phase for Finalize {
    fn name(&self) -> &'static str {
        "finalize"
    }

    async fn run(&self, run: &mut Run) -> Result<Next, SyncError> {
        let transaction = run.begin().await?;
        // The memory of files that are still there is what the import derived; a restore drafts memory like files.
        if run.counts.deleted > 0 {
            run.draft().close_entries_of_deleted_files(&transaction).await?;
        }
        proof::prove_draft(&transaction, run.draft(), run.target()?.tree).await?;
        let entries = run.draft().count_entries(&transaction).await?;
        transaction.commit().await?;
        count(run, entries).await?;
        Ok(Next::Continue)
    }
}

/// Completes the counts that need the whole draft; `entries` are those that it made and superseded.
async fn count(run: &mut Run, entries: (i64, i64)) -> Result<(), SyncError> {
    let before = run.previous.as_ref().map_or(0, |previous| SyncCounts::from(previous).files());
    let counts = &mut run.counts;
    counts.unchanged = match run.files_walked {
        Some(all) => all - counts.modified - counts.added,
        None => before - counts.modified - counts.deleted,
    };
    if counts.added > 0 && counts.deleted > 0 {
        let later = entities::temporal::Draft::after_head(&run.branch).state();
        counts.renamed =
            entities::temporal::StateAt::head(&run.branch).count_renames_to(&run.db, &later).await?;
        counts.added -= counts.renamed;
        counts.deleted -= counts.renamed;
    }
    (run.counts.entries_created, run.counts.entries_superseded) = entries;
    Ok(())
}

impl Run {
    /// How the sync ends if nothing comes between.
    pub(crate) fn completed(&self) -> Result<Ending, SyncError> {
        let target = self.target()?;
        Ok(Ending::Completed {
            seq: self.draft().seq(),
            commit: target.commit,
            tree: target.tree,
            committed_at: target.committed_at,
            summary: target.summary.clone(),
            rules_digest: target.rules_digest.clone(),
            validator: self.head.as_ref().and_then(|head| head.validator.clone()),
        })
    }

    /// What is noted of the sync when it ends.
    pub(crate) fn totals(&self, phases: &[entities::PhaseRecord]) -> Totals {
        let traffic = self.context.traffic();
        let counts = SyncCounts {
            bytes_fetched: traffic.bytes() as i64,
            requests: traffic.requests() as i64,
            warnings: self.progress.warnings(),
            ..self.counts
        };
        Totals { counts, phases: phases.to_vec() }
    }
}
