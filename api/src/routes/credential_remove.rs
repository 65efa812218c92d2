//! Forgetting a credential.

use axum::{extract::State, http::StatusCode};
use entities::{
    credentials,
    identity::audit::{self, Action},
};

use crate::{
    extract::{Admin, LoadedProject},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Remove a project's credential
///
/// Without one nothing happens.
#[utoipa::path(
    delete,
    path = "/api/v1/projects/{projectId}/credential",
    operation_id = "projects.credential.remove",
    tag = "projects",
    params(("projectId" = Uuid, Path, description = "The project.")),
    responses(
        (status = 204, description = "There is none any more."),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn credential_remove(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Admin>,
) -> Result<StatusCode, Problem> {
    let id = project.project.id;
    let transaction = permit.db().begin_write().await?;
    if credentials::remove(&transaction, id).await? {
        let record = permit.did(Action::CredentialRemove).target("project", id);
        audit::record(&transaction, record, app.now()).await?;
        transaction.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
