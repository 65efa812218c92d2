//! A project's schedules.

use axum::Json;
use entities::triggers::schedules;

use crate::{
    extract::{LoadedProject, Read},
    model::ScheduleList,
    problem::{Problem, ProblemBody},
};

/// List a project's schedules
///
/// Each with the next five times that it comes due.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}/schedules",
    operation_id = "projects.schedules.list",
    tag = "triggers",
    params(("projectId" = Uuid, Path, description = "The project.")),
    responses(
        (status = 200, description = "The schedules.", body = ScheduleList),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn schedules_list(
    LoadedProject { project, permit }: LoadedProject<Read>,
) -> Result<Json<ScheduleList>, Problem> {
    let found = schedules::list(permit.db(), project.project.id).await?;
    Ok(Json(ScheduleList { items: found.iter().map(Into::into).collect() }))
}
