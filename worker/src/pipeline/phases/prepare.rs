//! Finds what is to be synced: the branch's head, what this sync follows, and whether there is anything to do.

use async_trait::async_trait;
use entities::{SyncKind, syncs, temporal::StateAt};

use super::Finalize;
use source::KnownHead;

use crate::{
    error::SyncError,
    pipeline::{Next, Phase, Run, Target},
};

/// See the module.
pub struct Prepare;

#[async_trait]
impl Phase for Prepare {
    fn name(&self) -> &'static str {
        "prepare"
    }

    async fn run(&self, run: &mut Run) -> Result<Next, SyncError> {
        run.reload_branch().await?;
        let next = match run.sync.kind {
            SyncKind::Restore => aim_at_earlier_sync(run).await?,
            SyncKind::Sync => aim_at_head(run).await?,
        };
        // The next phase of the list begins with that itself.
        if next != Next::Continue {
            run.sweep().await?;
        }
        Ok(next)
    }
}

async fn aim_at_earlier_sync(run: &mut Run) -> Result<Next, SyncError> {
    let seq = run.sync.restore_seq.ok_or(SyncError::Internal("a restore without its target"))?;
    let earlier = syncs::by_seq(&run.db, run.branch.id, seq).await?.ok_or(SyncError::NoSuchSync(seq))?;
    // From here on it stays: nothing is forgotten that a sync which has begun is to restore.
    StateAt::after(&run.db, &earlier).await?;
    let (Some(commit), Some(tree)) = (earlier.commit_id, earlier.tree_id) else {
        return Err(SyncError::NoSuchSync(seq));
    };
    run.target = Some(Target {
        commit,
        tree,
        committed_at: earlier.committed_at,
        summary: earlier.commit_summary,
        rules_digest: earlier.rules_digest.unwrap_or_default(),
    });
    Ok(Next::Continue)
}

async fn aim_at_head(run: &mut Run) -> Result<Next, SyncError> {
    let known = run.previous.as_ref().and_then(|previous| {
        Some(KnownHead {
            commit: previous.commit_id?,
            tree: previous.tree_id?,
            validator: run.branch.validator.clone(),
        })
    });
    // After a restore the validator is of a head that the rows do not show.
    let after_restore = run.previous.as_ref().is_some_and(|previous| previous.kind == SyncKind::Restore);
    let askable = known.as_ref().filter(|_| !after_restore);
    let head = match run.found_head.take() {
        Some(head) => head,
        None => run.source.head(Some(&run.branch.name), askable, &run.context).await?,
    };
    let same_rules = run
        .previous
        .as_ref()
        .is_some_and(|previous| previous.rules_digest.as_deref() == Some(&run.rules.digest()));
    run.derive_all = run.sync.forced || !same_rules;
    let unchanged = known.as_ref().is_some_and(|known| known.commit == head.commit);
    run.head = Some(head);
    if !unchanged || run.sync.forced {
        return Ok(Next::Continue);
    }
    run.target = run.previous.as_ref().and_then(|previous| {
        Some(Target {
            commit: previous.commit_id?,
            tree: previous.tree_id?,
            committed_at: previous.committed_at,
            summary: previous.commit_summary.clone(),
            rules_digest: run.rules.digest(),
        })
    });
    // The same files under new rules: only the memory is made anew, from what is stored.
    let next = if same_rules { Finalize.name() } else { super::Import.name() };
    Ok(Next::SkipTo(next))
}
