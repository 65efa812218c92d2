//! The end of a membership.

use axum::{extract::State, http::StatusCode};
use entities::identity::{
    audit::{self, Action},
    members,
};
use serde_json::json;

use crate::{
    extract::LoadedMember,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Remove a member
///
/// Their sessions and tokens let nobody into this tenant any more. The user stays.
#[utoipa::path(
    delete,
    path = "/api/v1/members/{userId}",
    operation_id = "members.remove",
    tag = "identity",
    params(("userId" = Uuid, Path, description = "The member.")),
    responses(
        (status = 204, description = "They are no member any more."),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`member-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`last-owner`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn members_remove(
    State(app): State<App>,
    LoadedMember { member, permit }: LoadedMember,
) -> Result<StatusCode, Problem> {
    let tenant = permit.principal.tenant.id;
    let transaction = permit.identity().begin_write().await?;
    members::remove(&transaction, tenant, member.user_id).await?;
    let record = permit.did(Action::MemberRemove).target("user", member.user_id);
    let detail = json!({ "name": member.name, "role": member.role });
    audit::record_for(&transaction, Some(tenant), record.detail(detail), app.now()).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
