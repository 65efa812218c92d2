//! One schedule.

use axum::Json;
use entities::{ScheduleId, triggers::schedules};

use super::no_schedule;
use crate::{
    extract::{Id, LoadedProject, Read},
    model::ScheduleDto,
    problem::{Problem, ProblemBody},
};

/// Show a schedule
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}/schedules/{id}",
    operation_id = "projects.schedules.get",
    tag = "triggers",
    params(("projectId" = Uuid, Path, description = "The project."), ("id" = Uuid, Path, description = "The schedule.")),
    responses(
        (status = 200, description = "The schedule.", body = ScheduleDto),
        (status = 404, description = "`project-not-found`, `schedule-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn schedules_get(
    LoadedProject { project, permit }: LoadedProject<Read>,
    Id(id): Id<ScheduleId>,
) -> Result<Json<ScheduleDto>, Problem> {
    let found = schedules::get(permit.db(), project.project.id, id).await?;
    Ok(Json((&found.ok_or_else(|| no_schedule(id))?).into()))
}
