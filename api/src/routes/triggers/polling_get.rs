//! How a project is polled.

use axum::Json;
use entities::triggers::polls;

use crate::{
    extract::{LoadedProject, Read},
    model::PollingDto,
    problem::{Code, Problem, ProblemBody},
};

/// Show how a project is polled
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}/polling",
    operation_id = "projects.polling.get",
    tag = "triggers",
    params(("projectId" = Uuid, Path, description = "The project.")),
    responses(
        (status = 200, description = "How it is polled.", body = PollingDto),
        (status = 404, description = "`project-not-found`, `polling-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn polling_get(
    LoadedProject { project, permit }: LoadedProject<Read>,
) -> Result<Json<PollingDto>, Problem> {
    let none = || Problem::new(Code::PollingNotFound, "the project is not polled");
    let found = polls::get(permit.db(), project.project.id).await?;
    Ok(Json(found.ok_or_else(none)?.into()))
}
