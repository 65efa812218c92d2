//! Removing a schedule.

use axum::{extract::State, http::StatusCode};
use entities::{
    ScheduleId,
    identity::audit::{self, Action},
    triggers::schedules,
};
use serde_json::json;

use super::no_schedule;
use crate::{
    extract::{Admin, Id, LoadedProject},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Remove a schedule
///
/// Syncs that it asked for go on.
#[utoipa::path(
    delete,
    path = "/api/v1/projects/{projectId}/schedules/{id}",
    operation_id = "projects.schedules.remove",
    tag = "triggers",
    params(("projectId" = Uuid, Path, description = "The project."), ("id" = Uuid, Path, description = "The schedule.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`, `schedule-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn schedules_remove(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Admin>,
    Id(id): Id<ScheduleId>,
) -> Result<StatusCode, Problem> {
    let project = project.project.id;
    let transaction = permit.db().begin_write().await?;
    if !schedules::remove(&transaction, project, id).await? {
        return Err(no_schedule(id));
    }
    let record =
        permit.did(Action::ScheduleRemove).target("project", project).detail(json!({ "schedule": id }));
    audit::record(&transaction, record, app.now()).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
