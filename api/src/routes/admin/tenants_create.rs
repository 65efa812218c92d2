//! A new tenant.

use axum::{Json, extract::State, http::StatusCode};
use entities::identity::{
    audit::{self, Action},
    passwords::{self, Password},
    tenants,
};
use serde_json::json;

use crate::{
    extract::{Body, Operate, Permitted},
    model::{TenantDto, TenantRequest},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Make a tenant
///
/// With its first owner: a user that is there, by name; or a new one, with a password.
#[utoipa::path(
    post,
    path = "/api/v1/admin/tenants",
    operation_id = "admin.tenants.create",
    tag = "admin",
    request_body = TenantRequest,
    responses(
        (status = 201, description = "The tenant.", body = TenantDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`name-taken`: there is such a tenant, or such a user and a password was sent", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-requests`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn tenants_create(
    permit: Permitted<Operate>,
    State(app): State<App>,
    Body(body): Body<TenantRequest>,
) -> Result<(StatusCode, Json<TenantDto>), Problem> {
    let hash = match body.owner.password {
        Some(password) => Some(passwords::hash(Password::chosen(password)?).await?),
        None => None,
    };
    let (now, transaction) = (app.now(), permit.system().begin_write().await?);
    let (tenant, owner) = tenants::create(&transaction, &body.name, &body.owner.name, hash, now).await?;
    let record = permit.did(Action::TenantCreate).target("tenant", tenant.id);
    let detail = json!({ "name": tenant.name, "owner": owner.name });
    audit::record_for(&transaction, Some(tenant.id), record.detail(detail), now).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(tenant.into())))
}
