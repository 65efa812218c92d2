//! What may be told of a project's hook.

use axum::{Json, extract::State};
use entities::triggers::hooks;

use crate::{
    extract::{Admin, LoadedProject},
    model::HookDto,
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Show a project's hook
///
/// Where it is to be sent, and what came last. The secret is told to nobody.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}/hook",
    operation_id = "projects.hook.get",
    tag = "triggers",
    params(("projectId" = Uuid, Path, description = "The project.")),
    responses(
        (status = 200, description = "The hook.", body = HookDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`, `hook-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn hook_get(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Admin>,
) -> Result<Json<HookDto>, Problem> {
    let id = project.project.id;
    let none = || Problem::new(Code::HookNotFound, "the project takes no hooks");
    let meta = hooks::get(permit.db(), id).await?.ok_or_else(none)?;
    Ok(Json(HookDto::new(id, meta, app.triggers.public_url.as_deref())))
}
