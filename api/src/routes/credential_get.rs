//! What may be told of a project's credential.

use axum::Json;
use entities::credentials;

use crate::{
    extract::{Admin, LoadedProject},
    model::CredentialDto,
    problem::{Code, Problem, ProblemBody},
};

/// Show a project's credential
///
/// What kind it is, and enough to tell it from another one. The secret itself is told to nobody.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}/credential",
    operation_id = "projects.credential.get",
    tag = "projects",
    params(("projectId" = Uuid, Path, description = "The project.")),
    responses(
        (status = 200, description = "The credential.", body = CredentialDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`, `credential-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn credential_get(
    LoadedProject { project, permit }: LoadedProject<Admin>,
) -> Result<Json<CredentialDto>, Problem> {
    let found = credentials::get(permit.db(), project.project.id).await?;
    let none = || Problem::new(Code::CredentialNotFound, "the project has no credential");
    Ok(Json(found.ok_or_else(none)?.into()))
}
