//! Revoking a token.

use axum::{extract::State, http::StatusCode};
use entities::identity::{
    audit::{self, Action},
    tokens,
};
use serde_json::json;

use crate::{
    extract::LoadedToken,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Revoke a token
///
/// It is refused from the next request on. It stays in the list.
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{tokenId}",
    operation_id = "tokens.revoke",
    tag = "identity",
    params(("tokenId" = Uuid, Path, description = "The token.")),
    responses(
        (status = 204, description = "It is revoked."),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`token-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn tokens_revoke(
    State(app): State<App>,
    LoadedToken { token, permit }: LoadedToken,
) -> Result<StatusCode, Problem> {
    let (now, transaction) = (app.now(), permit.db().begin_write().await?);
    if tokens::revoke(&transaction, token.id, now).await? {
        let record = permit.did(Action::TokenRevoke).target("token", token.id);
        audit::record(&transaction, record.detail(json!({ "name": token.name })), now).await?;
        transaction.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
