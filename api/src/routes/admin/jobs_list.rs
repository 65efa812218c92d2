//! Syncs as operators see them.

use axum::{Json, extract::State};
use entities::{ProjectId, SyncId, projects, syncs};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    cursor,
    extract::{Operate, Permitted, Queried, page_limit},
    model::{JobDto, JobFilterDto, JobPage, Page, SyncStatus, SyncTrigger},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Which jobs, and which page.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Only those that stand so.
    status: Option<SyncStatus>,
    /// Only those of this project.
    #[param(value_type = Option<Uuid>)]
    project: Option<ProjectId>,
    /// Only those of branches of this name.
    branch: Option<String>,
    /// Only those that were asked for in this way.
    trigger: Option<SyncTrigger>,
    /// Only those that ended with this error.
    error_code: Option<String>,
    /// Only those asked for longer ago than this many seconds.
    #[param(format = Int64, minimum = 0, maximum = 4_294_967_295i64)]
    older_than_seconds: Option<u32>,
    /// How many items the page holds at most.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// List jobs
///
/// All syncs, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/jobs",
    operation_id = "admin.jobs.list",
    tag = "admin",
    params(Params),
    responses(
        (status = 200, description = "A page of jobs.", body = JobPage),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn jobs_list(
    permit: Permitted<Operate>,
    State(app): State<App>,
    Queried(params): Queried<Params>,
) -> Result<Json<JobPage>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let after: Option<SyncId> = cursor::decode(params.cursor.as_deref())?;
    let filter = JobFilterDto {
        status: params.status,
        project: params.project,
        branch: params.branch,
        trigger: params.trigger,
        error_code: params.error_code,
        older_than_seconds: params.older_than_seconds,
    };
    let filter = filter.to_rows(app.now());
    let mut found = syncs::page(&permit.system(), &filter, after, limit + 1).await?;
    let has_more = found.len() as u64 > limit;
    found.truncate(limit as usize);
    let next_cursor = match found.last() {
        Some(last) if has_more => Some(cursor::encode(&last.id)?),
        _ => None,
    };
    let places = projects::places(&permit.system(), found.iter().map(|sync| sync.branch_id)).await?;
    let items = found.iter().map(|sync| JobDto::new(sync, &places)).collect();
    Ok(Json(Page { items, next_cursor }))
}
