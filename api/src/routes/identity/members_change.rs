//! Another role.

use axum::{Json, extract::State};
use entities::identity::{
    audit::{self, Action},
    members,
};
use serde_json::json;

use crate::{
    extract::{Body, LoadedMember},
    model::{MemberDto, RoleRequest},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Give a member another role
///
/// It holds from the next request of theirs on, for their sessions and tokens, too.
#[utoipa::path(
    put,
    path = "/api/v1/members/{userId}",
    operation_id = "members.change",
    tag = "identity",
    params(("userId" = Uuid, Path, description = "The member.")),
    request_body = RoleRequest,
    responses(
        (status = 200, description = "The member.", body = MemberDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`member-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`last-owner`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn members_change(
    State(app): State<App>,
    LoadedMember { member, permit }: LoadedMember,
    Body(body): Body<RoleRequest>,
) -> Result<Json<MemberDto>, Problem> {
    let tenant = permit.principal.tenant.id;
    let transaction = permit.identity().begin_write().await?;
    let changed = members::change(&transaction, tenant, member.user_id, body.role).await?;
    let record = permit.did(Action::MemberChange).target("user", member.user_id);
    let detail = json!({ "name": member.name, "from": member.role, "to": changed.role });
    audit::record_for(&transaction, Some(tenant), record.detail(detail), app.now()).await?;
    transaction.commit().await?;
    Ok(Json(changed.into()))
}
