//! All tenants.

use axum::{Json, extract::State};
use entities::identity::tenants;

use crate::{
    cursor,
    extract::{Operate, Permitted, Queried, page_limit},
    model::TenantList,
    problem::{Problem, ProblemBody},
    routes::identity::{Paged, cut},
    state::App,
};

/// List tenants
///
/// By name.
#[utoipa::path(
    get,
    path = "/api/v1/admin/tenants",
    operation_id = "admin.tenants.list",
    tag = "admin",
    params(Paged),
    responses(
        (status = 200, description = "A page of tenants.", body = TenantList),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn tenants_list(
    permit: Permitted<Operate>,
    State(app): State<App>,
    Queried(params): Queried<Paged>,
) -> Result<Json<TenantList>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let after: Option<String> = cursor::decode(params.cursor.as_deref())?;
    let found = tenants::page(&permit.system(), after.as_deref(), limit + 1).await?;
    let (found, next) = cut(found, limit, |tenant| tenant.name.clone())?;
    Ok(Json(TenantList { items: found.into_iter().map(Into::into).collect(), next }))
}
