//! Taking hooks of a host.

use axum::{Json, extract::State};
use entities::{
    Secret,
    credentials::CredentialError,
    identity::audit::{self, Action},
    keys::KeysError,
    triggers::{
        HookKind,
        hooks::{self, MAX_SECRET_BYTES, MIN_SECRET_BYTES},
    },
};
use serde_json::json;

use crate::{
    extract::{Admin, Body, LoadedProject},
    hooks::is_key,
    model::{HookDto, HookRequest, IssuedHookDto},
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Set a project's hook
///
/// In the place of the one before. The answer says where the host is to send it, and shows the secret if it was made here:
/// this once. It is kept sealed.
#[utoipa::path(
    put,
    path = "/api/v1/projects/{projectId}/hook",
    operation_id = "projects.hook.set",
    tag = "triggers",
    params(("projectId" = Uuid, Path, description = "The project.")),
    request_body = HookRequest,
    responses(
        (status = 200, description = "The hook.", body = IssuedHookDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`no-keys`: the service has none to seal it with", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn hook_set(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Admin>,
    Body(body): Body<HookRequest>,
) -> Result<Json<IssuedHookDto>, Problem> {
    let (id, now, kind) = (project.project.id, app.now(), body.kind);
    let is_made = body.secret.is_none();
    let secret = match body.secret {
        Some(text) => Secret::new(&text),
        None => hooks::new_secret().map_err(Problem::internal)?,
    };
    check(kind, &secret)?;
    let transaction = permit.db().begin_write().await?;
    let keys = app.source_settings.keys.store();
    let meta = hooks::set(&transaction, keys, id, kind, &secret, now).await.map_err(refused)?;
    let record = permit.did(Action::HookSet).target("project", id).detail(json!({ "kind": kind }));
    audit::record(&transaction, record, now).await?;
    transaction.commit().await?;
    let hook = HookDto::new(id, meta, app.triggers.public_url.as_deref());
    Ok(Json(IssuedHookDto { hook, secret: is_made.then(|| secret.expose().to_owned()) }))
}

fn check(kind: HookKind, secret: &Secret) -> Result<(), Problem> {
    if !hooks::is_secret(secret.expose()) {
        let detail =
            format!("secret must be {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} ASCII characters of one line");
        return Err(Problem::invalid("secret", detail));
    }
    if !is_key(kind, secret) {
        return Err(Problem::invalid("secret", "a signing token is whsec_ and a key in base64"));
    }
    Ok(())
}

/// Why it is not kept. The path of a file with keys is for the log only.
fn refused(error: CredentialError) -> Problem {
    match error {
        CredentialError::Keys(KeysError::None) => Problem::new(Code::NoKeys, KeysError::None.to_string()),
        CredentialError::Database(error) => error.into(),
        other => Problem::internal(other),
    }
}
