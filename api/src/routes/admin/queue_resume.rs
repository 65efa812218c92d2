//! Going on after a pause.

use axum::{Json, extract::State};
use entities::identity::audit::Action;

use super::queue_pause::{note, scope};
use crate::{
    extract::{Body, Operate, Permitted},
    model::{ResumeRequest, ToggledDto},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Go on after a pause
#[utoipa::path(
    post,
    path = "/api/v1/admin/queue/resume",
    operation_id = "admin.queue.resume",
    tag = "admin",
    request_body = Option<ResumeRequest>,
    responses(
        (status = 200, description = "It is not paused any more.", body = ToggledDto),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn queue_resume(
    permit: Permitted<Operate>,
    State(app): State<App>,
    Body(body): Body<ResumeRequest>,
) -> Result<Json<ToggledDto>, Problem> {
    let scope = scope(&permit, body.project_id).await?;
    let changed = app.dispatcher.resume(scope, app.now()).await?;
    if changed {
        note(&permit, Action::QueueResume, scope).await;
    }
    Ok(Json(ToggledDto { changed }))
}
