//! A new member.

use axum::{Json, extract::State, http::StatusCode};
use entities::identity::{
    audit::{self, Action},
    members,
    passwords::{self, Password},
};
use serde_json::json;

use crate::{
    extract::{Body, Manage, Permitted},
    model::{MemberDto, MemberRequest},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Make a user a member
///
/// One that is there, by name; or a new one, with a password.
#[utoipa::path(
    post,
    path = "/api/v1/members",
    operation_id = "members.add",
    tag = "identity",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is served once.")),
    request_body = MemberRequest,
    responses(
        (status = 201, description = "The member.", body = MemberDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`name-taken`: they are a member, or there is such a user and a password was sent; `limit-reached`, `request-in-progress`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`, `idempotency-key-reused`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-requests`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn members_add(
    permit: Permitted<Manage>,
    State(app): State<App>,
    Body(body): Body<MemberRequest>,
) -> Result<(StatusCode, Json<MemberDto>), Problem> {
    let hash = match body.password {
        Some(password) => Some(passwords::hash(Password::chosen(password)?).await?),
        None => None,
    };
    let tenant = permit.principal.tenant.id;
    let (now, transaction) = (app.now(), permit.identity().begin_write().await?);
    let member = members::add(&transaction, tenant, &body.name, body.role, hash, now).await?;
    let record = permit.did(Action::MemberAdd).target("user", member.user_id);
    let detail = json!({ "name": member.name, "role": member.role });
    audit::record_for(&transaction, Some(tenant), record.detail(detail), now).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(member.into())))
}
