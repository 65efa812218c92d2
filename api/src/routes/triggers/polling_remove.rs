//! Polling a project no more.

use axum::{extract::State, http::StatusCode};
use entities::{
    identity::audit::{self, Action},
    triggers::polls,
};

use crate::{
    extract::{Admin, LoadedProject},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Poll a project no more
///
/// If it is not, nothing happens.
#[utoipa::path(
    delete,
    path = "/api/v1/projects/{projectId}/polling",
    operation_id = "projects.polling.remove",
    tag = "triggers",
    params(("projectId" = Uuid, Path, description = "The project.")),
    responses(
        (status = 204, description = "It is polled no more."),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn polling_remove(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Admin>,
) -> Result<StatusCode, Problem> {
    let id = project.project.id;
    let transaction = permit.db().begin_write().await?;
    if polls::remove(&transaction, id).await? {
        audit::record(&transaction, permit.did(Action::PollingRemove).target("project", id), app.now())
            .await?;
        transaction.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
