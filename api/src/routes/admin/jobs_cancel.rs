//! Asking a job to end.

use axum::{Json, extract::State, http::StatusCode};
use entities::identity::audit::Action;

use crate::{
    extract::LoadedJob,
    model::SyncDto,
    places::sync_dto,
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
    LoadedJob { sync, permit }: LoadedJob,
) -> Result<(StatusCode, Json<SyncDto>), Problem> {
    let (tenant, id) = (sync.tenant_id, sync.id);
    let sync = cancel(&app, &permit.system(), sync).await?;
    permit.note_for(Some(tenant), permit.did(Action::JobCancel).target("sync", id)).await;
    Ok((StatusCode::ACCEPTED, Json(sync_dto(&permit.system(), &sync).await?)))
}
