//! All webhooks.

use axum::{Json, extract::State};
use entities::{WebhookId, webhooks};

use super::Paged;
use crate::{
    cursor,
    extract::{Manage, Permitted, Queried, page_limit},
    model::{Page, WebhookPage},
    problem::{Problem, ProblemBody},
    routes::identity::cut,
    state::App,
};

/// List webhooks
///
/// Of the tenant, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    operation_id = "webhooks.list",
    tag = "webhooks",
    params(Paged),
    responses(
        (status = 200, description = "A page of webhooks.", body = WebhookPage),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn webhooks_list(
    permit: Permitted<Manage>,
    State(app): State<App>,
    Queried(params): Queried<Paged>,
) -> Result<Json<WebhookPage>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let after: Option<WebhookId> = cursor::decode(params.cursor.as_deref())?;
    let (found, next_cursor) =
        cut(webhooks::page(permit.db(), after, limit + 1).await?, limit, |row| row.id)?;
    Ok(Json(Page { items: found.iter().map(Into::into).collect(), next_cursor }))
}
