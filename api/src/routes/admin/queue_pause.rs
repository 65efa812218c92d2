//! Pausing.

use axum::{Json, extract::State};
use entities::{
    ProjectId,
    identity::audit::Action,
    projects,
    queue::{MAX_REASON_CHARS, PauseScope},
};

use crate::{
    extract::{Body, Operate, Permitted},
    model::{PauseRequest, ToggledDto},
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Pause the queue, or a project
///
/// What waits is not begun any more; what runs goes on.
#[utoipa::path(
    post,
    path = "/api/v1/admin/queue/pause",
    operation_id = "admin.queue.pause",
    tag = "admin",
    request_body = Option<PauseRequest>,
    responses(
        (status = 200, description = "It is paused.", body = ToggledDto),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn queue_pause(
    permit: Permitted<Operate>,
    State(app): State<App>,
    Body(body): Body<PauseRequest>,
) -> Result<Json<ToggledDto>, Problem> {
    let reason = body.reason.as_deref();
    if reason.is_some_and(|text| text.contains('\0') || text.chars().count() > MAX_REASON_CHARS) {
        let detail = format!("reason must be at most {MAX_REASON_CHARS} characters without NUL");
        return Err(Problem::invalid("reason", detail));
    }
    let scope = scope(&permit, body.project_id).await?;
    let changed = app.dispatcher.pause(scope, reason, app.now()).await?;
    if changed {
        note(&permit, Action::QueuePause, scope).await;
    }
    Ok(Json(ToggledDto { changed }))
}

/// What is paused, or goes on.
pub(super) async fn scope(
    permit: &Permitted<Operate>,
    project: Option<ProjectId>,
) -> Result<PauseScope, Problem> {
    let Some(id) = project else { return Ok(PauseScope::Queue) };
    let missing =
        || Problem::new(Code::ProjectNotFound, format!("there is no project {id}")).field("projectId");
    let tenant = projects::tenant_of(&permit.system(), id).await?.ok_or_else(missing)?;
    Ok(PauseScope::Project(tenant, id))
}

/// Notes that the queue, or a project, was paused or goes on.
pub(super) async fn note(permit: &Permitted<Operate>, action: Action, scope: PauseScope) {
    let record = permit.did(action);
    match scope {
        PauseScope::Queue => permit.note(record).await,
        PauseScope::Project(tenant, project) => {
            permit.note_for(Some(tenant), record.target("project", project)).await;
        }
    }
}
