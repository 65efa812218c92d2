//! All tokens.

use axum::{Json, extract::State};
use entities::{ApiTokenId, identity::tokens};

use super::{Paged, cut};
use crate::{
    cursor,
    extract::{Manage, Permitted, Queried, page_limit},
    model::TokenList,
    problem::{Problem, ProblemBody},
    state::App,
};

/// List tokens
///
/// Of the tenant, the latest first; those that are good no longer, too.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    operation_id = "tokens.list",
    tag = "identity",
    params(Paged),
    responses(
        (status = 200, description = "A page of tokens.", body = TokenList),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn tokens_list(
    permit: Permitted<Manage>,
    State(app): State<App>,
    Queried(params): Queried<Paged>,
) -> Result<Json<TokenList>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let after: Option<ApiTokenId> = cursor::decode(params.cursor.as_deref())?;
    let (found, next) = cut(tokens::page(permit.db(), after, limit + 1).await?, limit, |row| row.id)?;
    Ok(Json(TokenList { items: found.iter().map(Into::into).collect(), next }))
}
