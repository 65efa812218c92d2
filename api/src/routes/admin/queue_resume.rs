//! Going on after a pause.

use axum::{Json, extract::State};

use super::queue_pause::scope;
use crate::{
    extract::Body,
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
    request_body = ResumeRequest,
    responses(
        (status = 200, description = "It is not paused any more.", body = ToggledDto),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn queue_resume(
    State(app): State<App>,
    Body(body): Body<ResumeRequest>,
) -> Result<Json<ToggledDto>, Problem> {
    let scope = scope(&app, body.project_id).await?;
    Ok(Json(ToggledDto { changed: app.dispatcher.resume(scope, app.now()).await? }))
}
