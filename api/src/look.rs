//! Looking at repositories while a request waits.

use std::{sync::Arc, time::Duration};

use entities::{
    Branch, BranchId, ProjectSync, SourceSpec, TenantDb,
    projects::{self, ConnectedProject, MAX_BRANCH_NAME_BYTES},
    syncs,
    temporal::{Forgotten, StateAt, StateError},
};
use serde::{Deserialize, Serialize};
use source::{BranchHead, Head, Source, SourceContext, SourceError, open_project, open_source};
use tokio_util::sync::CancellationToken;

use crate::{
    extract::{Permitted, Read, load_sync},
    problem::{Code, Problem},
    state::App,
};

/// The longest time that a repository is given to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The head of a branch of a repository, or of its default branch.
pub(crate) async fn head(app: &App, source: &SourceSpec, branch: Option<&str>) -> Result<Head, Problem> {
    head_of(app, open_source(source, &app.source_settings)?, branch).await
}

async fn head_of(app: &App, reader: Arc<dyn Source>, branch: Option<&str>) -> Result<Head, Problem> {
    let head = in_time(app, async |context| reader.head(branch, None, context).await).await?;
    if head.branch.len() > MAX_BRANCH_NAME_BYTES {
        let what = format!("a branch name of more than {MAX_BRANCH_NAME_BYTES} bytes");
        return Err(SourceError::Unsupported(what).into());
    }
    Ok(head)
}

/// The branches of a project's repository.
pub(crate) async fn branches(
    app: &App,
    db: &TenantDb,
    project: &ConnectedProject,
) -> Result<Vec<BranchHead>, Problem> {
    let reader = open_project(db, project, &app.source_settings).await?;
    in_time(app, async |context| reader.branches(context).await).await
}

/// Looks, for as long as there is patience.
pub(crate) async fn in_time<T, F>(app: &App, look: F) -> Result<T, Problem>
where
    F: AsyncFnOnce(&SourceContext) -> Result<T, SourceError>,
{
    let cancel = CancellationToken::new();
    let _stop = cancel.clone().drop_guard();
    let context = SourceContext::new(cancel, |_| {});
    // Earlier than the request itself is given up, so that the answer says what it was.
    let patience = PATIENCE.min(app.settings.request_timeout() * 2 / 3);
    match tokio::time::timeout(patience, look(&context)).await {
        Ok(result) => Ok(result?),
        Err(_) => {
            let detail = format!("the repository did not answer within {} seconds", patience.as_secs());
            Err(Problem::new(Code::Source("unreachable"), detail))
        }
    }
}

/// The branch that a sync is asked for: its row, which is made once the branch was seen. Without a name the default
/// branch, as it was when last seen.
pub(crate) async fn branch_to_sync(
    app: &App,
    db: &TenantDb,
    project: &ConnectedProject,
    name: Option<&str>,
) -> Result<Branch, Problem> {
    check_branch_name(name)?;
    let repository = &project.repository;
    if let Some(name) = name.or(repository.default_branch.as_deref())
        && let Some(branch) = projects::branch_named(db, repository.id, name).await?
    {
        return Ok(branch);
    }
    let reader = open_project(db, project, &app.source_settings).await?;
    let head = head_of(app, reader, name).await?;
    if name.is_none() {
        projects::set_default_branch(db, repository, &head.branch).await?;
    }
    Ok(projects::ensure_branch(db, repository, &head.branch, app.now()).await?)
}

/// The branch of a project that is known here: of this name, or the default one.
pub(crate) async fn known_branch(
    db: &TenantDb,
    project: &ConnectedProject,
    name: Option<&str>,
) -> Result<Branch, Problem> {
    check_branch_name(name)?;
    let repository = &project.repository;
    let wanted = name.or(repository.default_branch.as_deref());
    let found = match wanted {
        Some(wanted) => projects::branch_named(db, repository.id, wanted).await?,
        None => None,
    };
    found.ok_or_else(|| {
        let detail = match wanted {
            Some(wanted) => format!("no branch named '{wanted}' was synced; its first sync makes it known"),
            None => "no branch was synced yet; the first sync makes one known".to_owned(),
        };
        Problem::new(Code::BranchNotFound, detail).field("branch")
    })
}

fn check_branch_name(name: Option<&str>) -> Result<(), Problem> {
    match name {
        Some(name) if name.is_empty() || name.len() > MAX_BRANCH_NAME_BYTES || name.contains('\0') => {
            let detail = format!("branch must be 1 to {MAX_BRANCH_NAME_BYTES} bytes without NUL");
            Err(Problem::invalid("branch", detail))
        }
        _ => Ok(()),
    }
}

/// The state of a project that a request asks for: `at` is a sync's id, a number, or `latest` (as if absent).
pub(crate) async fn state_at(
    permit: &Permitted<Read>,
    project: &ConnectedProject,
    branch: Option<&str>,
    at: Option<&str>,
) -> Result<StateAt, Problem> {
    let at = at.unwrap_or("latest");
    if let Ok(id) = at.parse() {
        let sync = load_sync(permit, id, "at").await?;
        let place = projects::places(permit.db(), [sync.branch_id]).await?.remove(&sync.branch_id);
        let is_here = place.as_ref().is_some_and(|place| place.project_id == project.project.id);
        if !is_here {
            let detail = format!("there is no sync {id} of this project");
            return Err(Problem::new(Code::SyncNotFound, detail).field("at"));
        }
        if branch.is_some_and(|branch| place.is_some_and(|place| place.branch != branch)) {
            return Err(Problem::invalid("branch", "the sync that `at` names is of another branch"));
        }
        return completed(permit.db(), &sync).await.map_err(|problem| problem.field("at"));
    }
    let branch = known_branch(permit.db(), project, branch).await?;
    if at == "latest" {
        return Ok(StateAt::head(&branch));
    }
    let Ok(number) = at.parse::<i64>() else {
        return Err(Problem::invalid("at", "at must be a sync's id, a number, or latest"));
    };
    let found = syncs::by_seq(permit.db(), branch.id, number).await?;
    let missing =
        || Problem::new(Code::SyncNotFound, format!("{} has no sync {number}", branch.name)).field("at");
    completed(permit.db(), &found.ok_or_else(missing)?).await.map_err(|problem| problem.field("at"))
}

/// Where the next page of a state begins. It stays in the state of the first page, whatever is synced meanwhile.
#[derive(Serialize, Deserialize)]
pub(crate) struct Position<T> {
    /// The state's branch.
    pub(crate) branch: BranchId,
    /// The number of its sync.
    pub(crate) seq: i64,
    /// The last item of the page before.
    pub(crate) after: T,
}

/// The state that the page before was of, and where that page ended; the state that is asked for, for a first page.
pub(crate) fn same_state<T>(
    state: StateAt,
    position: Option<Position<T>>,
) -> Result<(StateAt, Option<T>), Problem> {
    let Some(Position { branch, seq, after }) = position else { return Ok((state, None)) };
    let other =
        || Problem::new(Code::Malformed, "the cursor is of another list; begin without one").field("cursor");
    if state.branch() != branch {
        return Err(other());
    }
    let same = state.back_to(seq).map_err(|error| forgotten(error).field("cursor"))?;
    Ok((same.ok_or_else(other)?, Some(after)))
}

/// The state that a sync left.
pub(crate) async fn completed(db: &TenantDb, sync: &ProjectSync) -> Result<StateAt, Problem> {
    StateAt::after(db, sync).await.map_err(unreadable)
}

/// Why there is no state to read.
pub(crate) fn unreadable(error: StateError) -> Problem {
    match error {
        StateError::NotCompleted { sync, .. } => {
            Problem::new(Code::SyncNotCompleted, error.to_string()).sync(sync)
        }
        StateError::Forgotten(error) => forgotten(error),
        StateError::Database(error) => error.into(),
    }
}

fn forgotten(error: Forgotten) -> Problem {
    Problem::new(Code::SyncForgotten, error.to_string())
}
