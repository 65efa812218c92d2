//! Taking no hooks any more.

use axum::{extract::State, http::StatusCode};
use entities::{
    identity::audit::{self, Action},
    triggers::hooks,
};

use crate::{
    extract::{Admin, LoadedProject},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Remove a project's hook
///
/// What its host sends is refused from now on. Without one nothing happens.
#[utoipa::path(
    delete,
    path = "/api/v1/projects/{projectId}/hook",
    operation_id = "projects.hook.remove",
    tag = "triggers",
    params(("projectId" = Uuid, Path, description = "The project.")),
    responses(
        (status = 204, description = "There is none any more."),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn hook_remove(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Admin>,
) -> Result<StatusCode, Problem> {
    let id = project.project.id;
    let transaction = permit.db().begin_write().await?;
    if hooks::remove(&transaction, id).await? {
        audit::record(&transaction, permit.did(Action::HookRemove).target("project", id), app.now()).await?;
        transaction.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
