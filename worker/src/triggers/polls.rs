//! Branches that are looked at now and then.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use entities::{
    Branch, Poll, SyncTrigger, TenantDb,
    projects::{self, ConnectedProject},
    syncs,
    triggers::{
        PollResult,
        polls::{self, Polled, Seen, SeenHead},
    },
};
use futures::{StreamExt, TryStreamExt, stream};
use metrics::counter;
use rand::Rng;
use sea_orm::DbErr;
use source::{Head, KnownHead, Retry, SourceError};

use super::{MAX_DUE, Triggers};
use crate::telemetry;

/// By how much a pause is longer at random, so that not all projects are looked at at once.
const JITTER: f64 = 0.1;

/// What came of the look at one branch.
enum Looked {
    Same,
    Changed,
}

impl Triggers {
    /// Looks at the projects that are to be looked at by now. Tells how many were taken on.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn run_polls(&self) -> Result<usize, DbErr> {
        let system = self.dispatcher.db.system();
        let due = polls::due(&system, self.clock.now(), MAX_DUE).await?;
        let looks = due.into_iter().map(|poll| self.claim_poll(poll));
        let looks = stream::iter(looks).buffer_unordered(self.settings.poll_concurrency.max(1));
        looks.try_fold(0, async |sum, taken| Ok(sum + usize::from(taken))).await
    }

    /// Claimed only when it is its turn: a claim does not hold for long.
    async fn claim_poll(&self, poll: Poll) -> Result<bool, DbErr> {
        let (system, now) = (self.dispatcher.db.system(), self.clock.now());
        if self.stop.is_cancelled() || !polls::claim(&system, &poll, now, self.claimed_until(now)).await? {
            return Ok(false);
        }
        self.poll(&poll).await.map(|()| true)
    }

    async fn poll(&self, poll: &Poll) -> Result<(), DbErr> {
        let db = self.dispatcher.db.tenant(poll.tenant_id);
        let Some(project) = projects::get(&db, poll.project_id).await? else { return Ok(()) };
        let before = poll.seen_heads();
        let (mut seen, mut result, mut failure) = (Seen::new(), PollResult::Same, None);
        for name in self.names(&db, poll, &project).await? {
            let last = before.get(&name);
            if failure.is_none() {
                match self.poll_branch(&db, &project, &name, last).await? {
                    Ok((looked, head)) => {
                        seen.extend(head.map(|head| (name, head)));
                        if matches!(looked, Looked::Changed) {
                            result = PollResult::Changed;
                        }
                        continue;
                    }
                    Err(error) => failure = Some(error),
                }
            }
            // What was not asked after is known as before.
            seen.extend(last.map(|head| (name, head.clone())));
        }
        let failures = failure.as_ref().map_or(0, |_| poll.failures.saturating_add(1));
        if failure.is_some() {
            result = PollResult::Failed;
        }
        let at = self.clock.now();
        let next_at = self.next_look(poll, failures, failure.as_ref(), at);
        let error = failure.map(|error| error.to_string());
        counter!(telemetry::POLLS, "result" => result.as_str()).increment(1);
        polls::polled(&db, poll, Polled { at, result, error, seen, next_at, failures }).await?;
        Ok(())
    }

    /// The branches that are looked at.
    async fn names(
        &self,
        db: &TenantDb,
        poll: &Poll,
        project: &ConnectedProject,
    ) -> Result<Vec<String>, DbErr> {
        let mut names = match poll.names() {
            Some(names) => names,
            None => {
                let known = projects::branches(db, &project.repository).await?;
                let mut names: Vec<String> = known.into_iter().map(|branch| branch.name).collect();
                // The default branch first: it is the one that is not to be left out where there are too many.
                names.sort_by_key(|name| project.repository.default_branch.as_ref() != Some(name));
                names
            }
        };
        names.truncate(self.settings.max_poll_branches);
        Ok(names)
    }

    /// Asks where a branch stands. A sync is asked for if that is not where it stood when it was looked at last, or, the
    /// first time, not what is shown here: so a restore to an earlier state stays until the branch moves.
    async fn poll_branch(
        &self,
        db: &TenantDb,
        project: &ConnectedProject,
        name: &str,
        last: Option<&SeenHead>,
    ) -> Result<Result<(Looked, Option<SeenHead>), SourceError>, DbErr> {
        let branch = projects::branch_named(db, project.repository.id, name).await?;
        let known = last.and_then(|head| {
            Some(KnownHead { commit: head.commit, tree: head.tree?, validator: head.validator.clone() })
        });
        let head = match self.head(db, project, name, known.as_ref()).await? {
            Ok(head) => head,
            Err(SourceError::BranchNotFound { .. }) => {
                if let Some(branch) = &branch {
                    projects::set_deleted(db, branch, Some(self.clock.now())).await?;
                }
                return Ok(Ok((Looked::Same, None)));
            }
            Err(error) => return Ok(Err(error)),
        };
        let shown = match (last, &branch) {
            (Some(last), _) => Some(last.commit),
            (None, Some(branch)) => shown(db, branch).await?,
            (None, None) => None,
        };
        let looked = match shown == Some(head.commit) {
            true => Looked::Same,
            false => {
                let branch = match branch {
                    Some(branch) => branch,
                    None => projects::ensure_branch(db, &project.repository, name, self.clock.now()).await?,
                };
                projects::set_deleted(db, &branch, None).await?;
                self.request(&branch, SyncTrigger::Schedule).await?;
                Looked::Changed
            }
        };
        Ok(Ok((looked, Some(seen(head)))))
    }

    /// When a project is looked at next: later after failures, not before its host allows it, and never quite regularly.
    fn next_look(
        &self,
        poll: &Poll,
        failures: i32,
        failure: Option<&SourceError>,
        now: DateTime<Utc>,
    ) -> DateTime<Utc> {
        let pause = self.settings.poll_pause(poll.every_seconds.unsigned_abs(), failures.unsigned_abs());
        let allowed = match failure.map(SourceError::retry) {
            Some(Retry::After(pause)) => pause,
            _ => Duration::ZERO,
        };
        let pause = pause.max(allowed).mul_f64(1.0 + JITTER * rand::rng().random::<f64>());
        (now + pause).trunc_subsecs(3)
    }
}

fn seen(head: Head) -> SeenHead {
    SeenHead { commit: head.commit, tree: head.tree, validator: head.validator }
}

/// The commit that is shown of a branch.
pub(super) async fn shown(db: &TenantDb, branch: &Branch) -> Result<Option<entities::ObjectId>, DbErr> {
    let Some(id) = branch.head_sync_id else { return Ok(None) };
    Ok(syncs::get(db, id).await?.and_then(|sync| sync.commit_id))
}
