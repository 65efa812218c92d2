//! The syncs of a project.

use axum::{Json, extract::State};
use entities::syncs;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    extract::{LoadedProject, Queried, Read, page_limit},
    look,
    model::{SyncPage, SyncStatus},
    places::sync_page,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Which syncs, and which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Only those of this branch.
    branch: Option<String>,
    /// Only those that stand so.
    status: Option<SyncStatus>,
    /// How many items the page holds at most.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// List syncs
///
/// The latest first.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}/sync/history",
    operation_id = "projects.sync.history",
    tag = "sync",
    params(("projectId" = Uuid, Path, description = "The project."), Params),
    responses(
        (status = 200, description = "A page of syncs.", body = SyncPage),
        (status = 404, description = "`project-not-found`, `branch-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sync_history(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Read>,
    Queried(params): Queried<Params>,
) -> Result<Json<SyncPage>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let branch = match &params.branch {
        Some(name) => Some(look::known_branch(permit.db(), &project, Some(name)).await?.id),
        None => None,
    };
    let filter = syncs::SyncFilter {
        project: branch.is_none().then_some(project.project.id),
        branch,
        statuses: params.status.into_iter().map(Into::into).collect(),
        ..Default::default()
    };
    sync_page(permit.db(), &filter, params.cursor.as_deref(), limit).await.map(Json)
}
