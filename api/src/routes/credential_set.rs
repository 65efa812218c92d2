//! Keeping a credential.

use axum::{Json, extract::State};
use entities::{
    credentials::{self, Credential, CredentialError, InvalidCredential},
    identity::audit::{self, Action},
    keys::KeysError,
};
use serde_json::json;

use crate::{
    extract::{Admin, Body, LoadedProject},
    model::{CredentialDto, CredentialRequest},
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Set a project's credential
///
/// In the place of the one before. It is kept sealed and sent to the project's repository only.
#[utoipa::path(
    put,
    path = "/api/v1/projects/{projectId}/credential",
    operation_id = "projects.credential.set",
    tag = "projects",
    params(("projectId" = Uuid, Path, description = "The project.")),
    request_body = CredentialRequest,
    responses(
        (status = 200, description = "The credential.", body = CredentialDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`no-keys`: the service has none to seal it with", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn credential_set(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Admin>,
    Body(body): Body<CredentialRequest>,
) -> Result<Json<CredentialDto>, Problem> {
    let (credential, id) = (Credential::from(body), project.project.id);
    let (now, transaction) = (app.now(), permit.db().begin_write().await?);
    let keys = app.source_settings.keys.store();
    let meta = credentials::set(&transaction, keys, id, &credential, now).await.map_err(refused)?;
    let record = permit.did(Action::CredentialSet).target("project", id);
    audit::record(&transaction, record.detail(json!({ "kind": meta.kind })), now).await?;
    transaction.commit().await?;
    Ok(Json(meta.into()))
}

/// Why it is not kept. The path of a file with keys is for the log only.
pub(super) fn refused(error: CredentialError) -> Problem {
    match error {
        CredentialError::Invalid(invalid) => {
            let field = match invalid {
                InvalidCredential::Token => "token",
                InvalidCredential::AppId => "appId",
                InvalidCredential::InstallationId => "installationId",
                InvalidCredential::PrivateKey => "privateKey",
            };
            Problem::invalid(field, invalid.to_string())
        }
        CredentialError::Keys(KeysError::None) => Problem::new(Code::NoKeys, KeysError::None.to_string()),
        CredentialError::Database(error) => error.into(),
        other => Problem::internal(other),
    }
}
