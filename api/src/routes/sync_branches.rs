//! The branches of the repository, as it is now.

use std::collections::HashMap;

use axum::{Json, extract::State};
use entities::{ObjectId, TenantDb, projects, syncs};
use serde::Deserialize;
use source::BranchHead;
use utoipa::IntoParams;

use crate::{
    extract::{LoadedProject, Queried, Read, page_limit},
    look,
    model::{BranchDto, BranchesDto},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Which branches.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Only those whose name holds this text; capital letters count as small ones.
    query: Option<String>,
    /// How many are listed at most.
    #[param(minimum = 1)]
    limit: Option<u64>,
}

/// List branches
///
/// The repository is asked, and each branch is told with what is known of it here.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}/sync/branches",
    operation_id = "projects.sync.branches",
    tag = "sync",
    params(("projectId" = Uuid, Path, description = "The project."), Params),
    responses(
        (status = 200, description = "The branches.", body = BranchesDto),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`, `source-…`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sync_branches(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Read>,
    Queried(params): Queried<Params>,
) -> Result<Json<BranchesDto>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let mut heads = look::branches(&app, permit.db(), &project).await?;
    if let Some(query) = params.query.map(|query| query.to_lowercase()) {
        heads.retain(|head| head.name.to_lowercase().contains(&query));
    }
    let total = heads.len();
    heads.truncate(limit as usize);
    let known = known(permit.db(), &project.repository).await?;
    let items = heads.into_iter().map(|head| dto(head, &known)).collect();
    Ok(Json(BranchesDto { items, total }))
}

/// The number and the commit of the latest completed sync of each branch, by its name.
async fn known(
    db: &TenantDb,
    repository: &entities::Repository,
) -> Result<HashMap<String, (i64, Option<ObjectId>)>, Problem> {
    let branches = projects::branches(db, repository).await?;
    let mut commits = HashMap::new();
    let heads: Vec<_> = branches.iter().filter_map(|branch| branch.head_sync_id).collect();
    for chunk in heads.chunks(entities::temporal::ROWS_PER_STATEMENT) {
        let found = syncs::by_ids(db, chunk.iter().copied()).await?;
        commits.extend(found.into_iter().map(|sync| (sync.id, sync.commit_id)));
    }
    let commit = |id| commits.get(&id).copied().flatten();
    Ok(branches
        .into_iter()
        .map(|branch| (branch.name, (branch.head_seq, branch.head_sync_id.and_then(commit))))
        .collect())
}

fn dto(head: BranchHead, known: &HashMap<String, (i64, Option<ObjectId>)>) -> BranchDto {
    let (head_sync, synced_commit) = known.get(&head.name).copied().unwrap_or_default();
    BranchDto {
        is_up_to_date: synced_commit == Some(head.commit),
        name: head.name,
        commit: head.commit,
        is_default: head.is_default,
        head_sync,
        synced_commit,
    }
}
