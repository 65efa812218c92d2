//! All members.

use axum::{Json, extract::State};
use entities::identity::members;

use super::{Paged, cut};
use crate::{
    cursor,
    extract::{Manage, Permitted, Queried, page_limit},
    model::MemberList,
    problem::{Problem, ProblemBody},
    state::App,
};

/// List members
///
/// Of the tenant, by name.
#[utoipa::path(
    get,
    path = "/api/v1/members",
    operation_id = "members.list",
    tag = "identity",
    params(Paged),
    responses(
        (status = 200, description = "A page of members.", body = MemberList),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn members_list(
    permit: Permitted<Manage>,
    State(app): State<App>,
    Queried(params): Queried<Paged>,
) -> Result<Json<MemberList>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let after: Option<String> = cursor::decode(params.cursor.as_deref())?;
    let found = members::page(permit.db(), after.as_deref(), limit + 1).await?;
    let (found, next) = cut(found, limit, |member| member.name.clone())?;
    Ok(Json(MemberList { items: found.into_iter().map(Into::into).collect(), next }))
}
