//! Drafts the rows of an earlier sync: closes what came since, reopens what was closed since. Nothing is fetched.

use async_trait::async_trait;

use crate::{
    error::SyncError,
    pipeline::{Next, Phase, Run},
};

/// See the module.
pub struct Restore;

#[async_trait]
impl Phase for Restore {
    fn name(&self) -> &'static str {
        "restore"
    }

    async fn run(&self, run: &mut Run) -> Result<Next, SyncError> {
        run.sweep().await?;
        let seq = run.sync.restore_seq.ok_or(SyncError::Internal("a restore without its target"))?;
        let earlier = entities::syncs::by_seq(&run.db, run.branch.id, seq).await?;
        let earlier = earlier.ok_or(SyncError::NoSuchSync(seq))?;
        let earlier = entities::temporal::StateAt::after(&run.db, &earlier).await?;
        let transaction = run.begin().await?;
        run.draft().restore(&transaction, earlier).await?;
        transaction.commit().await?;
        let changes = run.state().count_changes_to(&run.db, &run.draft().state()).await?;
        run.counts.added = changes.added;
        run.counts.modified = changes.modified;
        run.counts.deleted = changes.deleted;
        Ok(Next::Continue)
    }
}
