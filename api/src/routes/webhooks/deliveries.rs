//! What was sent to a webhook.

use axum::{Json, extract::State};
use entities::{DeliveryId, DeliveryStatus, webhooks};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    cursor,
    extract::{LoadedWebhook, Queried, page_limit},
    model::{Page, WebhookDeliveryPage},
    problem::{Problem, ProblemBody},
    routes::identity::cut,
    state::App,
};

/// Which deliveries, and which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Only those that stand so.
    #[param(inline)]
    status: Option<DeliveryStatus>,
    /// How many items the page holds at most.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// List what was and is to be sent to a webhook
///
/// The latest first, without what is sent.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhookId}/deliveries",
    operation_id = "webhooks.deliveries.list",
    tag = "webhooks",
    params(("webhookId" = Uuid, Path, description = "The webhook."), Params),
    responses(
        (status = 200, description = "A page of deliveries.", body = WebhookDeliveryPage),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`webhook-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn webhooks_deliveries(
    State(app): State<App>,
    LoadedWebhook { webhook, permit }: LoadedWebhook,
    Queried(params): Queried<Params>,
) -> Result<Json<WebhookDeliveryPage>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let after: Option<DeliveryId> = cursor::decode(params.cursor.as_deref())?;
    let found = webhooks::deliveries(permit.db(), webhook.id, params.status, after, limit + 1).await?;
    let (found, next_cursor) = cut(found, limit, |row| row.id)?;
    Ok(Json(Page { items: found.into_iter().map(Into::into).collect(), next_cursor }))
}
