//! Changing a schedule.

use axum::{Json, extract::State};
use entities::{
    ScheduleId,
    identity::audit::{self, Action},
    triggers::schedules::{self, NewSchedule},
};
use serde_json::json;

use super::{first_run, no_schedule};
use crate::{
    extract::{Admin, Body, Id, LoadedProject},
    look,
    model::{ScheduleDto, ScheduleRequest},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Change a schedule
///
/// All of it: what the body leaves out is as in a new one. What was due and not done yet is forgotten.
#[utoipa::path(
    put,
    path = "/api/v1/projects/{projectId}/schedules/{id}",
    operation_id = "projects.schedules.change",
    tag = "triggers",
    params(("projectId" = Uuid, Path, description = "The project."), ("id" = Uuid, Path, description = "The schedule.")),
    request_body = ScheduleRequest,
    responses(
        (status = 200, description = "The schedule.", body = ScheduleDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`, `schedule-not-found`, `branch-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`, `source-…`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn schedules_change(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Admin>,
    Id(id): Id<ScheduleId>,
    Body(body): Body<ScheduleRequest>,
) -> Result<Json<ScheduleDto>, Problem> {
    let (project_id, new) = (project.project.id, NewSchedule::from(body));
    let next = first_run(&app, &new, id)?;
    if schedules::get(permit.db(), project_id, id).await?.is_none() {
        return Err(no_schedule(id));
    }
    look::branch_to_sync(&app, permit.db(), &project, new.branch.as_deref()).await?;
    let (now, transaction) = (app.now(), permit.db().begin_write().await?);
    let changed = schedules::change(&transaction, project_id, id, new, next, now).await?;
    let row = changed.ok_or_else(|| no_schedule(id))?;
    let detail =
        json!({ "schedule": id, "cron": row.cron, "timeZone": row.time_zone, "enabled": row.enabled });
    let record = permit.did(Action::ScheduleChange).target("project", project_id).detail(detail);
    audit::record(&transaction, record, now).await?;
    transaction.commit().await?;
    Ok(Json((&row).into()))
}
