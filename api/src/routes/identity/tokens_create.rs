//! A new token.

use axum::{Json, extract::State, http::StatusCode};
use entities::identity::{
    audit::{self, Action},
    tokens::{self, NewToken},
};
use serde_json::json;

use crate::{
    extract::{Body, Manage, Permitted},
    model::{IssuedTokenDto, TokenRequest},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Make a token
///
/// It is shown this once. Nobody gives more than they have.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    operation_id = "tokens.create",
    tag = "identity",
    request_body = TokenRequest,
    responses(
        (status = 201, description = "The token.", body = IssuedTokenDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`limit-reached`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn tokens_create(
    permit: Permitted<Manage>,
    State(app): State<App>,
    Body(body): Body<TokenRequest>,
) -> Result<(StatusCode, Json<IssuedTokenDto>), Problem> {
    let new = NewToken {
        name: body.name,
        scopes: body.scopes.into_iter().collect(),
        is_operator: body.operator,
        project: body.project_id,
        expires_at: body.expires_at,
    };
    let (now, transaction) = (app.now(), permit.db().begin_write().await?);
    let (secret, row) = tokens::create(&transaction, &permit.principal, new, now).await?;
    let detail = json!({ "name": row.name, "scopes": row.scopes, "operator": row.is_operator });
    let record = permit.did(Action::TokenCreate).target("token", row.id).detail(detail);
    audit::record(&transaction, record, now).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(IssuedTokenDto::new(&secret, &row))))
}
