//! Asking a job to end.

use axum::{Json, extract::State, http::StatusCode};

use crate::{
    extract::LoadedSync,
    model::SyncDto,
    problem::{Problem, ProblemBody},
    routes::syncs_cancel::cancel,
    state::App,
};

/// Cancel a job
#[utoipa::path(
    post,
    path = "/api/v1/admin/jobs/{syncId}/cancel",
    operation_id = "admin.jobs.cancel",
    tag = "admin",
    params(("syncId" = Uuid, Path, description = "The sync.")),
    responses(
        (status = 202, description = "The sync, which ends.", body = SyncDto),
        (status = 404, description = "`sync-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`already-ended`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn jobs_cancel(
    State(app): State<App>,
    LoadedSync(sync): LoadedSync,
) -> Result<(StatusCode, Json<SyncDto>), Problem> {
    cancel(&app, sync).await
}
